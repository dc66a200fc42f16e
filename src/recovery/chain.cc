#include "recovery/chain.h"

#include <algorithm>
#include <utility>

#include "recovery/entry_check.h"

namespace simdr::core {
namespace {

// Where an entry lies depends on the one after it, so a plain walk waits for memory at each step. Among small entries
// the next trailers are somewhere in the next few KiB below, and every line of them is asked for. Larger ones are
// often of one size: where some in a row were, the places some steps further down are asked for, if all were like those. Where
// they are not, one that is large says where the one so many steps down would be, and the others that it is among the next few KiB.
constexpr std::uint64_t kPrefetchDistance = 4 * 1024;
constexpr std::uint64_t kCacheLineSize = 64;
constexpr std::uint64_t kSmallStep = 192;
constexpr std::uint64_t kLargeStep = 1024;
constexpr std::uint64_t kStepsAhead = 24;

class Prefetcher {
 public:
  Prefetcher(ByteView file, std::uint64_t from) noexcept : file_(file), reached_(from) {}

  // After each batch: the walk came down to `offset`, in `count` steps of `size` bytes together, the last of them of `step`. Asking once for
  // several costs least, but among larger entries it comes too late.
  void follow(std::uint64_t offset, std::uint64_t size, std::size_t count, std::uint64_t step) noexcept {
    if (!wants_each_) ask_for_lines(offset);
    are_alike_ = count > 1 && size == count * step;
    wants_each_ = size > count * kSmallStep;
  }
  // Where they are larger: then follow_each() is to be told of each step, too.
  [[nodiscard]] bool wants_each() const noexcept { return wants_each_; }
  void follow_each(std::uint64_t offset, std::uint64_t step) noexcept {
    if (!are_alike_ && step <= kLargeStep) return ask_for_lines(offset);
    if (offset <= kStepsAhead * step + kTrailerSize) return;
    const std::byte* const trailer = file_.data() + (offset - kStepsAhead * step - kTrailerSize);
    __builtin_prefetch(trailer);
    __builtin_prefetch(trailer + kTrailerSize);
  }

 private:
  void ask_for_lines(std::uint64_t offset) noexcept {
    if (offset <= kPrefetchDistance + kCacheLineSize) return;
    const std::uint64_t goal = offset - kPrefetchDistance;
    if (reached_ > offset) reached_ = offset;  // after a jump over a large payload
    while (reached_ > goal) {
      reached_ -= kCacheLineSize;
      __builtin_prefetch(file_.data() + reached_);
    }
  }

  ByteView file_;
  std::uint64_t reached_;
  bool wants_each_ = false;
  bool are_alike_ = false;  // the last steps
};

// What nearly every step comes down to, with what it needs in registers: values of two bytes or more in the current generation, whose
// links are not doubtful. At most `room`, from *tail down; how many there were.
std::size_t pass_plain_values(ByteView file, std::uint64_t* tail, std::uint64_t stop, std::size_t room,
                              Prefetcher* prefetcher, EntryRecord* out) noexcept {
  std::uint64_t at = *tail;
  std::size_t count = 0;
  const std::uint64_t least = std::max<std::uint64_t>(stop, kTrailerSize);
  const bool follows_each = prefetcher->wants_each();
  while (count < room && at > least) {
    EntryRecord& record = out[count];
    if (!read_current_value(file, at - kTrailerSize, &record) || record.payload_size() < 2 || record.prev_tail < stop ||
        is_phantom(record) || is_link_doubtful(file, record)) [[unlikely]] {
      break;
    }
    const std::uint64_t step = at - record.prev_tail;
    at = record.prev_tail;
    ++count;
    if (follows_each) prefetcher->follow_each(at, step);
  }
  *tail = at;
  return count;
}

}  // namespace

ChainWalk walk_chain(ByteView file, std::uint64_t tail, std::uint64_t stop, const Layout& layout, ChainSink* sink) {
  ChainWalk walk;
  EntryRecord batch[kChainBatchSize];
  std::size_t count = 0;
  std::uint64_t oldest_offset = 0;  // of a trailer, read again in the end: copying each batch's oldest costs more
  Prefetcher prefetcher(file, tail);
  const bool is_current = layout == kAligned64 && tail <= file.size();
  bool is_doubtful = false;  // the link that led here

  const auto deliver = [&] {
    const std::size_t size = std::exchange(count, std::size_t{0});
    const std::uint64_t first = batch[0].trailer_offset + layout.trailer_size;
    const EntryRecord& last = batch[size - 1];
    prefetcher.follow(last.prev_tail, first - last.prev_tail, size,
                      last.trailer_offset + layout.trailer_size - last.prev_tail);
    return sink == nullptr || sink->on_batch(batch, size);
  };

  while (tail > stop) {
    if (is_current && !is_doubtful) [[likely]] {
      const std::size_t passed =
          pass_plain_values(file, &tail, stop, kChainBatchSize - count, &prefetcher, batch + count);
      walk.entry_count += passed;
      count += passed;
      if (passed != 0) oldest_offset = batch[count - 1].trailer_offset;
    }
    if (count < kChainBatchSize && tail > stop) {
      EntryRecord& record = batch[count];
      if (!read_entry_ending_at(file, tail, layout, &record)) {
        walk.end = ChainEnd::kNoEntry;
        break;
      }
      if (record.prev_tail < stop) {
        walk.end = ChainEnd::kMissedStop;
        break;
      }
      if (prefetcher.wants_each()) prefetcher.follow_each(record.prev_tail, tail - record.prev_tail);
      const bool is_entry = !is_phantom(record);
      if (is_doubtful && is_entry && !crc_matches(file, record, layout)) {
        walk.end = ChainEnd::kNoEntry;
        break;
      }
      is_doubtful = is_link_doubtful(file, record);
      walk.entry_count += is_entry ? 1 : 0;
      walk.phantom_count += is_entry ? 0 : 1;
      walk.tombstone_count += is_entry && record.is_tombstone ? 1 : 0;
      oldest_offset = is_entry ? record.trailer_offset : oldest_offset;
      tail = record.prev_tail;
      ++count;
    }
    if (count == kChainBatchSize && !deliver()) {
      walk.end = ChainEnd::kStopped;
      break;
    }
  }
  if (tail < stop) walk.end = ChainEnd::kMissedStop;
  walk.break_offset = tail;
  if (count != 0 && !deliver()) walk.end = ChainEnd::kStopped;
  if (walk.entry_count != 0) (void)read_entry_record(file, oldest_offset, layout, &walk.oldest);
  return walk;
}

}  // namespace simdr::core
