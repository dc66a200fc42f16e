#include "recovery/intact_finder.h"

#include <algorithm>
#include <array>

#include "recovery/chain.h"
#include "recovery/entry_check.h"
#include "recovery/zero_run.h"

namespace simdr::core {
namespace {

constexpr std::uint64_t kUnitsPerByte = 8;
constexpr std::uint64_t kFirstAllowance = 16 * 1024 * 1024;  // a purse's; what the first few entries cost is no matter
constexpr std::uint64_t kShortRange = 2048;
constexpr std::uint64_t kLongRangeCost = 2 * RangeCrc::kBlockSize + 2048;  // two blocks, and combining their CRCs
constexpr int kHopsAsked = 4;
constexpr int kLayoutSamples = 64;
constexpr std::size_t kMaxRanked = 4;
constexpr std::size_t kMaxRoots = 64;

std::uint64_t link_at(ByteView file, std::uint64_t tail, std::uint32_t trailer_size) noexcept {
  return load_le64(file.data() + tail - trailer_size + kTrailerPrevTailAt);
}

}  // namespace

std::uint64_t IntactFinder::next_candidate(std::uint64_t from, std::uint64_t floor) noexcept {
  const std::uint64_t lowest = std::max(floor, std::uint64_t{layout_.trailer_size});
  if (from <= lowest) return 0;
  // What links to below the floor is of no chain that arrives there, and its CRC would cost a read of the file from
  // its start.
  const std::uint64_t least_link = std::max(floor, std::uint64_t{layout_.trailer_size} + 1);
  const std::byte* const links = file_.data() + kTrailerPrevTailAt;
  std::uint64_t tail = from;
  for (; tail > lowest; --tail) {
    const std::uint64_t offset = tail - layout_.trailer_size;
    const std::uint64_t prev_tail = load_le64(links + offset);
    // Nearly all bytes leave at the first comparison, zeros at the second.
    if (prev_tail < offset && prev_tail >= least_link) break;
  }
  gone_over_ += from - tail + 1;
  work_ += from - tail + 1;
  return tail > lowest ? tail : 0;
}

bool IntactFinder::leads_somewhere(std::uint64_t tail) noexcept {
  for (int hop = 0; hop < kHopsAsked; ++hop) {
    const std::uint64_t prev_tail = link_at(file_, tail, layout_.trailer_size);
    ++work_;
    if (!is_link_possible(prev_tail, tail, layout_.trailer_size) || prev_tail == 0) return false;
    tail = prev_tail;
  }
  return true;
}

// From which purse, or nullptr where it is not paid.
std::uint64_t* IntactFinder::pay_for(std::uint64_t tail) noexcept {
  const std::uint64_t prev_tail = link_at(file_, tail, layout_.trailer_size);
  if (!is_link_possible(prev_tail, tail, layout_.trailer_size)) return nullptr;
  const bool is_long = tail - prev_tail > kShortRange;
  const std::uint64_t cost = is_long ? kLongRangeCost : tail - prev_tail + 64;
  const bool is_likely = care_ == Care::kFind && leads_somewhere(tail);
  std::uint64_t& spent = spent_[is_likely ? 1 : 0][is_long ? 1 : 0];
  return pay_from(spent, cost) ? &spent : nullptr;
}

bool IntactFinder::pay_from(std::uint64_t& spent, std::uint64_t cost) noexcept {
  if (spent + cost > allowance()) {
    ++passed_over_;
    return false;
  }
  spent += cost;
  return true;
}

std::uint64_t IntactFinder::allowance() const noexcept { return kFirstAllowance + gone_over_ * kUnitsPerByte; }

// What of pads may be read before it is paid for: kShortRange of them is in the price of their range.
std::uint64_t IntactFinder::pads_allowance(std::uint64_t spent) const noexcept {
  return allowance() - spent + kShortRange;
}

// Pays for it. False where there was not enough.
bool IntactFinder::pay_for_pads(std::uint64_t& spent, std::uint64_t size_read, bool ran_out) noexcept {
  work_ += size_read;
  spent += size_read - std::min(size_read, kShortRange);
  passed_over_ += ran_out ? 1 : 0;
  return !ran_out;
}

// Reading a range is cheaper than RangeCrc's table of the whole file, as long as it happens rarely.
std::uint32_t IntactFinder::crc_of(std::uint64_t from, std::uint64_t to) {
  const std::uint64_t size = to - from;
  if (size > kShortRange) {
    if (read_directly_ + size > file_.size() / 4 + kFirstAllowance) return ranges_.of(from, to);
    read_directly_ += size;
  }
  work_ += size + 64;
  return payload_crc(0, file_.data() + from, size);
}

bool IntactFinder::crc_matches(const EntryRecord& record) {
  return stored_crc(crc_of(record.payload_offset, record.trailer_offset), layout_.trailer_size) == record.crc32;
}

bool IntactFinder::is_pad_credible(const EntryRecord& record, std::uint64_t& spent) noexcept {
  if (record.payload_offset - record.prev_tail < kPayloadAlignment) return true;
  ZeroRun pad(file_, record.prev_tail, pads_allowance(spent));
  const bool is_credible = pad.reaches(record.payload_offset);
  return pay_for_pads(spent, pad.size_read(), pad.ran_out()) && is_credible;
}

bool IntactFinder::is_intact(std::uint64_t tail, EntryRecord* out) {
  std::uint64_t* const spent = pay_for(tail);
  return spent != nullptr && read_entry_ending_at(file_, tail, layout_, out) && is_pad_credible(*out, *spent) &&
         crc_matches(*out);
}

std::uint32_t IntactFinder::alignments_at(std::uint64_t tail, std::uint64_t* start) {
  std::uint64_t* const spent = pay_for(tail);
  if (spent == nullptr) return 0;
  const std::uint64_t end = tail - layout_.trailer_size;
  const LayoutVote::Starts starts = LayoutVote().starts_before(file_, end, pads_allowance(*spent));
  if (!pay_for_pads(*spent, starts.pads_size_read, starts.is_cut_short) || starts.count == 0) return 0;
  // Under a wide alignment the pad may be a megabyte, and matching() reads it.
  const std::uint64_t common_start = starts.at[starts.count - 1];
  const std::uint64_t pads_size = (common_start - starts.at[0]) * 2;
  if (pads_size > kShortRange && !pay_from(spent_[0][1], pads_size)) return 0;
  work_ += pads_size;
  const std::uint32_t crc = load_le32(file_.data() + end + kTrailerCrcAt);
  const std::uint32_t matched = LayoutVote::matching(file_, starts, end, crc_of(common_start, end), crc);
  for (std::size_t i = starts.count; i-- > 0;) {
    if ((matched & starts.alignments[i]) != 0) *start = starts.at[i];
  }
  return matched;
}

std::vector<Layout> rank_layouts(ByteView file, std::uint64_t from, std::uint64_t* work) {
  IntactFinder finder(file, kPacked20, IntactFinder::Care::kSample);
  std::array<int, kMaxAlignmentLog2 + 1> matches{};
  std::uint64_t tail = from;
  for (int asked = 0; asked < kLayoutSamples && (tail = finder.next_candidate(tail, 0)) != 0;) {
    std::uint64_t start = 0;
    const std::uint32_t matched = finder.alignments_at(tail, &start);
    for (unsigned log2 = 0; log2 <= kMaxAlignmentLog2; ++log2) matches[log2] += (matched >> log2) & 1;
    tail = matched != 0 ? start : tail - 1;
    asked += matched != 0 ? 1 : 0;
  }
  *work += finder.work();

  // In the order of preference, then by count, so that equal ones stay in that order.
  std::vector<unsigned> order = {6, 4, 0};
  for (unsigned log2 = 1; log2 <= kMaxAlignmentLog2; ++log2) {
    if (log2 != 4 && log2 != 6) order.push_back(log2);
  }
  std::stable_sort(order.begin(), order.end(), [&](unsigned a, unsigned b) { return matches[a] > matches[b]; });
  std::vector<Layout> layouts;
  for (const unsigned log2 : order) {
    if (matches[log2] * 2 < matches[order[0]] || matches[log2] == 0 || layouts.size() == kMaxRanked) break;
    layouts.push_back({kTrailerSize, 1u << log2, true});
  }
  return layouts;
}

bool has_intact(ByteView file, std::uint64_t from, const Layout& layout, std::uint64_t* work) {
  IntactFinder finder(file, layout, IntactFinder::Care::kSample);
  std::uint64_t tail = from;
  EntryRecord record;
  while ((tail = finder.next_candidate(tail, 0)) != 0 && !finder.is_intact(tail, &record)) --tail;
  *work += finder.work();
  return tail != 0;
}

std::vector<std::uint64_t> find_roots(ByteView file, std::uint64_t limit, std::uint32_t trailer_size,
                                      std::uint64_t* work) {
  std::vector<std::uint64_t> roots;
  limit = std::min<std::uint64_t>(limit, file.size());
  std::uint32_t crc = 0;
  std::uint64_t crc_end = 0;
  for (std::uint64_t tail = std::uint64_t{trailer_size} + 1; tail <= limit; ++tail) {
    const std::uint64_t end = tail - trailer_size;
    if (link_at(file, tail, trailer_size) != 0) continue;
    const Trailer trailer = decode_trailer(file.data() + end, trailer_size);
    if (trailer.key_hash == 0 && trailer.crc32 == 0) continue;  // is_zero_trailer
    crc = payload_crc(crc, file.data() + crc_end, end - crc_end);
    crc_end = end;
    if (stored_crc(crc, trailer_size) != trailer.crc32) continue;
    if (roots.size() == kMaxRoots) roots.erase(roots.begin());
    roots.push_back(tail);
  }
  *work += limit + crc_end;
  return roots;
}

}  // namespace simdr::core
