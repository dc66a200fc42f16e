#include "recovery/sweep.h"

#include "recovery/chain.h"
#include "recovery/entry_check.h"

namespace simdr::core {
namespace {

// A walk that runs into a stretch another one went over notices after at most this many steps; remembering every step
// would cost 16 bytes for each entry of the file.
constexpr std::uint64_t kMarkStride = 16;
constexpr std::size_t kMaxHeadless = 4;

}  // namespace

FoundChain Sweep::run(std::uint64_t from) {
  std::uint64_t tail = from;
  std::uint64_t named = 0;
  while ((tail = finder_.next_candidate(tail, stop_)) != 0) {
    EntryRecord record;
    if (!finder_.is_intact(tail, &record)) {
      --tail;
      continue;
    }
    const Verdict verdict = follow(tail);
    if (verdict == Verdict::kGood) return {.tail = tail, .layout = finder_.layout(), .intact_above = intact_seen_};
    if (verdict != Verdict::kBad && headless_.size() < kMaxHeadless) {
      headless_.push_back({tail, finder_.layout(), false, verdict == Verdict::kHole, intact_seen_});
    }
    if (intact_seen_++ == 0) newest_intact_ = tail;
    linked_seen_ += tail == named ? 1 : 0;
    named = record.prev_tail;
    // Its payload is proven, so nothing else ends in there. The link is not: under an alignment, links that differ
    // within the pad lead to one payload. So on from the start of the payload.
    tail = record.payload_offset;
  }
  return {};
}

Sweep::Verdict Sweep::follow(std::uint64_t tail) {
  const std::uint64_t stride = demand_ == Demand::kEvery ? 1 : kMarkStride;
  EntryRecord oldest;
  bool is_doubtful = false;
  for (std::uint64_t step = 1; tail > stop_; ++step) {
    ++steps_;
    EntryRecord record;
    if (marks_.contains(tail) || (tail == wall_ && step > 1)) return Verdict::kBad;
    if (!read_entry_ending_at(file_, tail, finder_.layout(), &record)) {
      doubts_alignment_ |= finder_.layout().trailer_size == kTrailerSize && tail > kTrailerSize &&
                           read_entry_ending_at(file_, tail, kPacked20, &record);
      return Verdict::kBad;
    }
    if (record.prev_tail < stop_) return Verdict::kBad;
    if (!is_phantom(record)) {
      const bool is_wrong = (demand_ == Demand::kEvery || is_doubtful) && !finder_.crc_matches(record);
      if (is_wrong || (demand_ == Demand::kEvery && !is_pad_zero(file_, record))) {
        marks_.insert(tail);
        return Verdict::kBad;
      }
      oldest = record;
    }
    is_doubtful = is_link_doubtful(file_, record);
    if (step % stride == 0) marks_.insert(tail);
    tail = record.prev_tail;
  }
  return demand_ == Demand::kEvery ? Verdict::kGood : judge_oldest(oldest);
}

Sweep::Verdict Sweep::judge_oldest(const EntryRecord& oldest) {
  if (finder_.crc_matches(oldest)) return Verdict::kGood;
  return may_be_holed_trailer(oldest) ? Verdict::kHole : Verdict::kHeadless;
}

}  // namespace simdr::core
