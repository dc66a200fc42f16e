#include "recovery/chain.h"

#include <utility>

#include "format/step_run.h"
#include "recovery/entry_check.h"

namespace simdr::core {
namespace {

// Where an entry lies depends on the one after it, so a plain walk waits for memory at each step. Among small entries
// the next trailers are somewhere in the next few KiB below, and every line of them is asked for. Larger ones are
// often of one size: where some in a row were, or where entries are large, the place some steps further down is asked for, if all were
// like the last.
constexpr std::uint64_t kPrefetchDistance = 4 * 1024;
constexpr std::uint64_t kCacheLineSize = 64;
constexpr std::uint64_t kSmallStep = 192;
constexpr std::uint64_t kLargeStep = 1024;
constexpr std::uint64_t kStepsAhead = 16;

class Prefetcher {
 public:
  Prefetcher(ByteView file, std::uint64_t from) noexcept : file_(file), reached_(from) {}

  // The walk is at `offset` and came `step` bytes down.
  void follow(std::uint64_t offset, std::uint64_t step) noexcept {
    if ((run_.follow(step) && step > kSmallStep) || step > kLargeStep) {
      if (offset / kStepsAhead > step) {
        const std::byte* const guess = file_.data() + (offset - kStepsAhead * step);
        __builtin_prefetch(guess);
        __builtin_prefetch(guess + kTrailerSize);
      }
      return;
    }
    if (offset <= kPrefetchDistance + kCacheLineSize) return;
    const std::uint64_t goal = offset - kPrefetchDistance;
    if (reached_ > offset) reached_ = offset;  // after a jump over a large payload
    while (reached_ > goal) {
      reached_ -= kCacheLineSize;
      __builtin_prefetch(file_.data() + reached_);
    }
  }

 private:
  ByteView file_;
  std::uint64_t reached_;
  StepRun run_;
};

}  // namespace

ChainWalk walk_chain(ByteView file, std::uint64_t tail, std::uint64_t stop, const Layout& layout, ChainSink* sink) {
  ChainWalk walk;
  EntryRecord batch[kChainBatchSize];
  std::size_t count = 0;
  const EntryRecord* oldest = nullptr;  // in `batch`, where it is copied from once a batch
  Prefetcher prefetcher(file, tail);
  bool is_doubtful = false;  // the link that led here

  while (tail > stop) {
    EntryRecord& record = batch[count];
    if (!read_entry_ending_at(file, tail, layout, &record)) {
      walk.end = ChainEnd::kNoEntry;
      break;
    }
    if (record.prev_tail < stop) {
      walk.end = ChainEnd::kMissedStop;
      break;
    }
    prefetcher.follow(record.trailer_offset, tail - record.prev_tail);
    const bool is_entry = !is_phantom(record);
    if (is_doubtful && is_entry && !crc_matches(file, record, layout)) {
      walk.end = ChainEnd::kNoEntry;
      break;
    }
    is_doubtful = is_link_doubtful(file, record);
    walk.entry_count += is_entry ? 1 : 0;
    walk.phantom_count += is_entry ? 0 : 1;
    walk.tombstone_count += is_entry && record.is_tombstone ? 1 : 0;
    oldest = is_entry ? &record : oldest;
    tail = record.prev_tail;
    if (++count == kChainBatchSize) {
      if (oldest != nullptr) walk.oldest = *std::exchange(oldest, nullptr);
      if (sink != nullptr && !sink->on_batch(batch, count)) {
        walk.end = ChainEnd::kStopped;
        return walk;
      }
      count = 0;
    }
  }
  if (oldest != nullptr) walk.oldest = *oldest;
  if (tail < stop) walk.end = ChainEnd::kMissedStop;
  walk.break_offset = tail;
  if (count != 0 && sink != nullptr && !sink->on_batch(batch, count)) walk.end = ChainEnd::kStopped;
  return walk;
}

}  // namespace simdr::core
