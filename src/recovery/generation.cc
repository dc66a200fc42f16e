#include "recovery/generation.h"

#include <bit>
#include <cstddef>

#include "format/trailer.h"
#include "recovery/chain.h"
#include "recovery/entry_check.h"
#include "recovery/payload_crc.h"
#include "recovery/zero_run.h"

namespace simdr::core {
namespace {

constexpr int kSampleCount = 64;
constexpr std::uint64_t kMaxSampleSize = 64 * 1024;

bool newest_matches(ByteView file, std::uint64_t tail, const Layout& layout) noexcept {
  EntryRecord record;
  return read_entry_ending_at(file, tail, layout, &record) && crc_matches(file, record, layout);
}

}  // namespace

LayoutVote::Answer LayoutVote::ask(ByteView file, std::uint64_t tail, std::uint64_t max_size) noexcept {
  const std::uint64_t end = tail - kTrailerSize;
  const Trailer trailer = decode_trailer(file.data() + end);
  if (trailer.prev_tail >= end) return Answer::kMismatch;
  if (end - trailer.prev_tail > max_size || is_phantom({.key_hash = trailer.key_hash})) return Answer::kSilent;

  if (silence().covers(trailer.prev_tail, end)) return Answer::kSilent;

  const Starts starts = starts_before(file, end);
  if (starts.count == 0) return Answer::kMismatch;
  // The longest common part is read once; what each smaller start adds in front of it is at most a pad.
  const std::uint64_t common_start = starts.at[starts.count - 1];
  const std::uint32_t common_crc = payload_crc(0, file.data() + common_start, end - common_start);
  const std::uint32_t matched = matching(file, starts, end, common_crc, trailer.crc32);
  if (matched == 0) return Answer::kMismatch;
  mask_ = matched;
  return Answer::kMatched;
}

LayoutVote::Starts LayoutVote::starts_before(ByteView file, std::uint64_t end,
                                             std::uint64_t pads_allowance) const noexcept {
  Starts starts;
  const std::uint64_t prev_tail = decode_trailer(file.data() + end).prev_tail;
  if (prev_tail >= end) return starts;
  // What read_entry_record says for each alignment, without asking it 21 times: a tombstone without a pad has one
  // place under all of them, and otherwise pads only grow with the alignment.
  if (end - prev_tail == 1 && file[static_cast<std::size_t>(prev_tail)] == kTombstoneByte) {
    starts.at[0] = prev_tail;
    starts.alignments[0] = mask_;
    starts.count = 1;
    return starts;
  }
  ZeroRun pad(file, prev_tail, pads_allowance);  // as is_pad_credible() has it, but each byte of it once
  for (unsigned log2 = 0; log2 <= kMaxAlignmentLog2; ++log2) {
    const std::uint64_t alignment = std::uint64_t{1} << log2;
    const std::uint64_t start = payload_start(prev_tail, alignment);
    if (start >= end) break;
    if ((mask_ & alignment) == 0) continue;
    if (starts.count == 0 || starts.at[starts.count - 1] != start) {
      if (start - prev_tail >= kPayloadAlignment && !pad.reaches(start)) break;
      starts.at[starts.count] = start;
      starts.alignments[starts.count++] = 0;
    }
    starts.alignments[starts.count - 1] |= static_cast<std::uint32_t>(alignment);
  }
  starts.pads_size_read = pad.size_read();
  starts.is_cut_short = pad.ran_out();
  return starts;
}

std::uint32_t LayoutVote::matching(ByteView file, const Starts& starts, std::uint64_t end, std::uint32_t common_crc,
                                   std::uint32_t crc) noexcept {
  const std::uint64_t common_start = starts.at[starts.count - 1];
  std::uint32_t matched = 0;
  for (std::size_t i = 0; i < starts.count; ++i) {
    std::uint32_t whole_crc = common_crc;
    if (starts.at[i] != common_start) {
      const std::uint32_t front_crc = payload_crc(0, file.data() + starts.at[i], common_start - starts.at[i]);
      whole_crc = combine_crc(front_crc, common_crc, end - common_start);
    }
    if (whole_crc == crc) matched |= starts.alignments[i];
  }
  return matched;
}

Layout LayoutVote::best() const noexcept {
  std::uint32_t alignment = mask_ & (0u - mask_);
  for (const std::uint32_t preferred : {64u, 16u, 1u}) {
    if ((mask_ & preferred) != 0) {
      alignment = preferred;
      break;
    }
  }
  return {kTrailerSize, alignment, true};
}

std::optional<LayoutVote> vote_on_layout(ByteView file, std::uint64_t tail) noexcept {
  if (tail <= kTrailerSize || tail > file.size()) return std::nullopt;
  LayoutVote vote;
  const LayoutVote::Answer newest = vote.ask(file, tail);
  if (newest == LayoutVote::Answer::kMismatch) return std::nullopt;
  if (newest == LayoutVote::Answer::kSilent && !newest_matches(file, tail, vote.best())) return std::nullopt;
  for (int i = 1; i < kSampleCount && !vote.is_decided(); ++i) {
    tail = decode_trailer(file.data() + tail - kTrailerSize).prev_tail;
    // A link may be anything here; ask() wants a trailer to look at.
    if (tail <= kTrailerSize || tail > file.size()) break;
    vote.ask(file, tail, kMaxSampleSize);
  }
  return vote;
}

std::optional<DetectedLayout> detect_layout(ByteView file, std::uint64_t tail) noexcept {
  if (const auto vote = vote_on_layout(file, tail)) return DetectedLayout{vote->best(), *vote};
  if (newest_matches(file, tail, kPacked19)) return DetectedLayout{kPacked19, {}};
  return std::nullopt;
}

}  // namespace simdr::core
