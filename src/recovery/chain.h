// The chain of a file, walked from its newest entry to its oldest.
//
//   tail -> entry -> prev_tail -> entry -> ... -> stop
//
// Each entry starts exactly where the one before it ended, so a walk that arrives at `stop` has accounted for every
// byte between.
//
// No checksum is looked at, but for one case. Under an alignment, links that differ within one pad lead to one
// payload, so a flipped bit there passes every check of its own entry and leads a few bytes beside the entry before
// it; and in a small file what lies there may look like a link once more. Such a link mostly shows a trailer's bytes
// where the pad should be zero. Behind a pad that is not zero the next entry must therefore match its CRC, or the
// chain ends there.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "format/guard_line.h"
#include "format/trailer.h"

namespace simdr::core {

// Where a walk puts what it finds. A store builds its index here, in the pass that proves the chain.
class ChainSink {
 public:
  virtual ~ChainSink() = default;

  // A walk begins. Whatever an earlier one delivered is void: that chain broke, or was of another layout.
  virtual bool on_begin(const Layout& layout) {
    static_cast<void>(layout);
    return true;
  }

  // The next entries, newest to oldest, 1 to kChainBatchSize of them; the records are gone when this returns.
  // Phantoms are among them (is_phantom). False stops the walk.
  virtual bool on_batch(const EntryRecord* records, std::size_t count) = 0;

  // After a search of a file with a torn end, when all that is intact was delivered: the entries of the same chain that
  // fail their CRC, newest to oldest. A power cut leaves such where a newer value did not arrive whole; it must not hide an
  // older one that did, nor be taken for a value.
  virtual bool on_damaged(const EntryRecord* records, std::size_t count) { return on_batch(records, count); }
};

// So few that what the sink does with a batch overlaps with the lines that the walk has asked for.
inline constexpr std::size_t kChainBatchSize = 8;

// What a guard became after another program appended behind it: a link of the chain, but nobody's entry. It is
// not live, and its CRC never matches what lies before it.
[[nodiscard]] inline bool is_phantom(const EntryRecord& record) noexcept { return is_guards_key_hash(record.key_hash); }

// Whether what lies in front of a payload is not the zeros of a pad (see above). One load tells of a pad of 8 or more
// bytes what there is to tell: a wrong link shows right behind it.
[[nodiscard]] inline bool is_link_doubtful(ByteView file, const EntryRecord& record) noexcept {
  const std::uint64_t pad_size = record.payload_offset - record.prev_tail;
  if (pad_size == 0 || is_phantom(record)) return false;
  const std::uint64_t bytes = load_le64(file.data() + record.prev_tail);  // a payload and a trailer follow: 8 are there
  return pad_size >= 8 ? bytes != 0 : bytes << (64 - 8 * pad_size) != 0;
}

enum class ChainEnd : std::uint8_t {
  kArrived,  // at `stop`, exactly
  kNoEntry,  // nothing that can be an entry ends at break_offset
  kMissedStop,  // the entry that ends at break_offset links to below `stop`
  kStopped,  // the sink said so
};

struct ChainWalk {
  ChainEnd end = ChainEnd::kArrived;
  std::uint64_t break_offset = 0;  // a tail; meaningful for kNoEntry and kMissedStop
  std::uint64_t entry_count = 0;  // tombstones included, phantoms not
  std::uint64_t tombstone_count = 0;
  std::uint64_t phantom_count = 0;
  EntryRecord oldest;  // of entry_count; meaningful when that is not 0
};

// Walks from `tail` to `stop`, delivering to `sink` (may be null) without on_begin. `tail` == `stop` is an empty chain.
// Reads nothing outside `file`; takes at most file.size() / 20 steps whatever the file holds.
[[nodiscard]] ChainWalk walk_chain(ByteView file, std::uint64_t tail, std::uint64_t stop, const Layout& layout,
                                   ChainSink* sink);

// The entry that ends at `tail`; false when none can.
[[nodiscard]] inline bool read_entry_ending_at(ByteView file, std::uint64_t tail, const Layout& layout,
                                               EntryRecord* out) noexcept {
  return tail > layout.trailer_size && tail <= file.size() &&
         read_entry_record(file, tail - layout.trailer_size, layout, out);
}

}  // namespace simdr::core
