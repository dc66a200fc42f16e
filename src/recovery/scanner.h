// The verdict on a file: where its newest entry ends, of which generation it is, and why that tail was taken.
//
// Bytes in, verdict out: opens nothing, changes nothing, and reads nothing outside `file` whatever it holds. Time is
// linear in the size of the file, memory is at most 4 bytes for each 512, 16 for each sixteenth entry, and 8 for each
// damaged one.
//
// A chain is admitted when
//   - its links lead from the tail to 0 and each entry starts exactly where the one before it ended,
//   - its newest entry and its oldest match their CRC (phantoms are links, never entries), and
//   - in a file with a guard, every entry above the durable mark matches, and the chain goes through that mark.
//
// What is tried, in order:
//
//   empty file        an empty store
//   guard at the end  the committed tail; else the synced one; else, unless the guard says kGuardAllSynced, the
//                     longest chain above the durable mark with every CRC right; else the durable mark; else as below
//   otherwise         the end of the file; else the newest chain that is admitted, searched for from the end
//
// An oldest entry that fails its CRC would condemn every chain of the file, for all of them end there. So where the
// search finds chains that lack nothing but that, the one with most intact bytes is compared with the best that lacks
// nothing, and the larger is taken: one flipped bit in the first payload does not hide a store, and a link that a
// flipped bit turned to 0 does not hide what lies below it. kDamagedHead says that this happened. (An oldest entry
// of whose trailer a sector may be missing is a hole, and counts so only where the file ends with its newest entry: see
// Scan::choose.)
//
// A damaged entry inside a chain does not condemn it either. Opening a file that looks whole does not read every
// payload, so such damage is found by verify() and by checked reads; where a search was needed, a census is taken and
// reported here. In a file with a torn end, or whose guard says kGuardHoldsTorn, what is damaged may never have been whole, and is delivered last
// (ChainSink::on_damaged); in one that ends with its newest entry it was whole once, and is delivered as all others are.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/status.h"
#include "format/guard_line.h"
#include "format/layout.h"
#include "recovery/chain.h"

namespace simdr::core {

enum class Reason : std::uint8_t {
  kClean,  // the chain ends where the file does, or the file is empty
  kGuarded,  // a guard, and all is as it says
  // A guard whose committed tail was torn: what could be proven below it. Or one that says kGuardHoldsTorn: all that matches its CRC.
  kGuardedRolledBack,
  kTornTail,  // no intact entry above the tail
  kBrokenChain,  // intact entries above the tail that no chain reaches: a write would destroy them, repair() saves them
  kDamagedHead,  // as kTornTail, kBrokenChain or kClean, and the oldest entry fails its CRC
};
[[nodiscard]] const char* reason_text(Reason reason) noexcept;

struct ScanOptions {
  // The layout to read the file by, if the caller knows; otherwise it is detected.
  std::optional<Layout> layout = std::nullopt;

  // The file is the part that counts of one whose guard says kGuardHoldsTorn.
  bool holds_torn = false;

  // How many bytes of payload the census of a damaged file may read.
  std::uint64_t census_limit = std::uint64_t{8} << 30;

  // Where to put ScanResult::work, if anywhere, also when the file is refused.
  std::uint64_t* work = nullptr;
};

struct ScanResult {
  Layout layout;  // aligned-64 for an empty store, unless the options say otherwise
  bool layout_ambiguous = false;  // other layouts read this chain the same
  Reason reason = Reason::kClean;

  std::uint64_t tail = 0;  // where the newest entry ends; 0 for an empty store
  std::uint64_t skipped_size = 0;  // bytes from there to the end of the file, a guard among them
  std::uint64_t entry_count = 0;  // in the chain: values, all versions, and tombstones
  std::uint64_t tombstone_count = 0;  // among entry_count
  std::uint64_t phantom_count = 0;  // not among entry_count

  bool has_guard = false;  // at the end of the file
  GuardLine guard;

  // Intact entries above the tail: exact after a search from the end, 0 in a clean or guarded file.
  std::uint64_t unreachable_count = 0;
  std::uint64_t newest_unreachable = 0;  // the highest tail of one

  // Entries of the chain that fail their CRC, by trailer offset, newest first. Known only where a census was taken.
  static constexpr std::size_t kMaxDamaged = 32;
  bool census_taken = false;
  bool census_complete = false;
  std::uint64_t damaged_count = 0;
  std::uint64_t intact_size = 0;  // bytes of file that entries matching their CRC take
  std::array<std::uint64_t, kMaxDamaged> damaged{};

  std::uint64_t work = 0;  // bytes gone over, read for CRCs, and steps walked: linear in the file's size
  char message[200] = {};  // what was found, in words; empty when reason is kClean or kGuarded
};

// Delivers the entries of the chain to `sink` (may be null), newest to oldest, in batches; those damaged in a file with a torn
// end by themselves. sink->on_begin voids what came before it. kNotAStore: no chain, and nothing that looks like an entry.
// kCorrupt: entries, but no chain that reaches the start of the file: salvage() finds them. kStopped: the sink said so.
// kNoMemory.
[[nodiscard]] Result<ScanResult> scan(ByteView file, const ScanOptions& options, ChainSink* sink);

}  // namespace simdr::core
