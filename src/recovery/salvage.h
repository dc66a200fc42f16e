// Everything intact in a file whose chain is broken, wherever it lies.
//
// An entry is salvaged when its payload matches its CRC and its link is possible. How sure that is, the confidence
// says:
//
//   kLinked  and its link names the end of the salvaged entry below it, or the start of the file, or the salvaged entry
//            above it names its end: the link is 8 bytes that no chance provides
//   kAlone   nothing next to it is left to agree with it. By chance 1 in 2^32 of the places asked passes, and a file
//            asks at most one for every few bytes. Where the CRC has 24 bits (packed-19) such entries are left out
//
// What the file held may be more recent or older than what is found: an entry that a later session rolled back, or
// that was written and never published, is as intact as any other. What lies between a guard's committed tail and
// that guard is therefore not looked at. What was lost is told as ranges, and where the lost part held the newest
// version of a key an older one may be the newest here.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/status.h"
#include "format/trailer.h"

namespace simdr::core {

enum class Confidence : std::uint8_t { kLinked, kAlone };

class SalvageSink {
 public:
  virtual ~SalvageSink() = default;

  // Before anything else: the layout by which all entries are to be read.
  virtual bool on_begin(const Layout& layout) {
    static_cast<void>(layout);
    return true;
  }
  // Entries and lost ranges come in the order of the file, oldest first; tombstones are entries, phantoms are not.
  // False ends it.
  virtual bool on_entry(const EntryRecord& record, Confidence confidence) = 0;
  virtual bool on_lost(std::uint64_t from_offset, std::uint64_t to_offset) = 0;
};

struct SalvageOptions {
  std::optional<Layout> layout = std::nullopt;  // detected otherwise
};

struct SalvageSummary {
  Layout layout;
  std::uint64_t entry_count = 0;  // tombstones included
  std::uint64_t tombstone_count = 0;
  std::uint64_t alone_count = 0;
  std::uint64_t lost_count = 0;  // ranges
  std::uint64_t lost_size = 0;
  std::uint64_t passed_over = 0;  // places not asked, since junk was too dense there: 0 but in hostile files
  std::uint64_t work = 0;  // as ScanResult::work
};

// Takes time linear in the file and 8 bytes of memory for each entry found. kNotAStore when there is none; kStopped;
// kNoMemory.
[[nodiscard]] Result<SalvageSummary> salvage(ByteView file, const SalvageOptions& options, SalvageSink* sink);

}  // namespace simdr::core
