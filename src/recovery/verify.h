// Reads a whole chain and checks all that can be checked: every CRC, every link, every pad.
//
// A flipped bit anywhere in a payload, a stored CRC, a pad, or a link shows: a link decides where a payload starts,
// so a wrong one makes its entry's CRC fail, or leads to where no entry ends. (Under an alignment, links that differ
// within one pad lead to one payload; then the place the wrong one leads to is the fault.) Under no checksum, and so
// never found: the key hash, what lies above the tail, and what lies in front of a phantom, which is nobody's.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "format/layout.h"
#include "recovery/chain.h"

namespace simdr::core {

enum class FaultKind : std::uint8_t {
  kPayload,  // does not match its CRC: the payload, the CRC or the link is damaged
  kPad,  // not zero in front of the payload
  kLink,  // no entry ends where one must; what lies below could not be read
};

struct Fault {
  FaultKind kind;
  std::uint64_t offset;  // of the payload; of the first byte that is not zero; where no entry ends
  EntryRecord entry;  // the one at fault; for kLink the one whose link leads there (all zero at the tail itself)
};

class VerifySink {
 public:
  virtual ~VerifySink() = default;

  // False ends the verification.
  virtual bool on_fault(const Fault& fault) = 0;

  // `done` of `total` bytes are behind; called now and then, and at the end. False ends the verification.
  virtual bool on_progress(std::uint64_t done, std::uint64_t total) {
    static_cast<void>(done), static_cast<void>(total);
    return true;
  }
};

struct VerifySummary {
  std::uint64_t entry_count = 0;  // tombstones included, phantoms not
  std::uint64_t tombstone_count = 0;
  std::uint64_t phantom_count = 0;
  std::uint64_t payload_size = 0;
  std::uint64_t payload_faults = 0;
  std::uint64_t pad_faults = 0;
  std::uint64_t link_faults = 0;
  std::uint64_t unread_size = 0;  // bytes below a broken link, or below where the sink ended it
  bool stopped = false;  // by the sink

  [[nodiscard]] std::uint64_t fault_count() const noexcept { return payload_faults + pad_faults + link_faults; }
  [[nodiscard]] bool is_sound() const noexcept { return fault_count() == 0 && !stopped; }
};

// `tail` and `layout` as scan() gave them; newest to oldest. `sink` may be null.
[[nodiscard]] VerifySummary verify(ByteView file, std::uint64_t tail, const Layout& layout, VerifySink* sink);

}  // namespace simdr::core
