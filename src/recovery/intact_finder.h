// Finds entries in bytes that no chain explains: offsets at which an entry ends whose CRC matches.
//
// Any byte may be where an entry ends, and in a hostile or merely zero-rich file very many look like it, with ranges
// that overlap and are as long as the file. So the work is bounded twice:
//
// - The CRC of a long range comes from RangeCrc, not from reading it.
// - What CRC work costs, and what is read of long pads, is paid from an allowance that grows with the bytes gone over, a fixed number of
//   units for each. Where junk is so dense that the allowance runs out, candidates are passed over unasked until it has grown
//   again. There are four purses, so that what junk mostly looks like (long ranges, links that lead nowhere) cannot
//   spend what real entries need.
//
// Entries that link to 0 are left to find_roots: their ranges all start at 0, so one pass over the file answers for all
// of them.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "format/trailer.h"
#include "recovery/generation.h"
#include "recovery/payload_crc.h"

namespace simdr::core {

class IntactFinder {
 public:
  // Whether to look where a candidate's link leads before deciding from which purse it is paid. That costs a miss of
  // every cache, and is worth it where no entry is to be passed over; not where some are enough.
  enum class Care : std::uint8_t { kSample, kFind };

  // Looks for entries of `layout`; of its trailer only, where alignments_at() is asked.
  IntactFinder(ByteView file, const Layout& layout, Care care) noexcept
      : file_(file), layout_(layout), care_(care), ranges_(file) {}

  // The highest tail in (floor, from] whose link is possible, not 0 and not below the floor; 0 when there is none.
  // Ascending calls pay twice for the same bytes, so go down.
  [[nodiscard]] std::uint64_t next_candidate(std::uint64_t from, std::uint64_t floor) noexcept;

  // Whether an entry ends at `tail`, a candidate, and its CRC matches.
  [[nodiscard]] bool is_intact(std::uint64_t tail, EntryRecord* out);

  // The same for one whose place is known, at no charge: for callers that ask once for each chain.
  [[nodiscard]] bool crc_matches(const EntryRecord& record);

  // The alignments, as bits, under which an entry with a 20-byte trailer ends at `tail`, a candidate, and its CRC
  // matches; 0 for none. *start is then where the payload starts under the least of them.
  [[nodiscard]] std::uint32_t alignments_at(std::uint64_t tail, std::uint64_t* start);

  [[nodiscard]] const Layout& layout() const noexcept { return layout_; }

  // Units of work: bytes gone over, bytes read for CRCs and of pads, links followed.
  [[nodiscard]] std::uint64_t work() const noexcept { return work_ + ranges_.bytes_read(); }
  [[nodiscard]] std::uint64_t passed_over() const noexcept { return passed_over_; }

 private:
  std::uint64_t* pay_for(std::uint64_t tail) noexcept;
  bool pay_from(std::uint64_t& spent, std::uint64_t cost) noexcept;
  [[nodiscard]] std::uint64_t allowance() const noexcept;
  [[nodiscard]] std::uint64_t pads_allowance(std::uint64_t spent) const noexcept;
  bool pay_for_pads(std::uint64_t& spent, std::uint64_t size_read, bool ran_out) noexcept;
  bool is_pad_credible(const EntryRecord& record, std::uint64_t& spent) noexcept;
  bool leads_somewhere(std::uint64_t tail) noexcept;
  std::uint32_t crc_of(std::uint64_t from, std::uint64_t to);

  ByteView file_;
  Layout layout_;
  Care care_;
  RangeCrc ranges_;
  std::uint64_t gone_over_ = 0;
  std::uint64_t spent_[2][2] = {};
  std::uint64_t read_directly_ = 0;
  std::uint64_t work_ = 0;
  std::uint64_t passed_over_ = 0;
};

// The layouts with a 20-byte trailer to read a damaged file by, likeliest first, none when no intact entry is found
// below `from`. One entry may mislead: with a damaged link it may match under an alignment of its own. So the newest 64
// intact ones are asked, and each alignment is counted under which they match.
[[nodiscard]] std::vector<Layout> rank_layouts(ByteView file, std::uint64_t from, std::uint64_t* work);

// Whether any entry of `layout` is found intact below `from`.
[[nodiscard]] bool has_intact(ByteView file, std::uint64_t from, const Layout& layout, std::uint64_t* work);

// The tails below `limit` of entries that link to 0 and match their CRC, ascending, at most 64 of them (the last).
// Reads [0, limit) once. `work` is added to.
[[nodiscard]] std::vector<std::uint64_t> find_roots(ByteView file, std::uint64_t limit, std::uint32_t trailer_size,
                                                    std::uint64_t* work);

}  // namespace simdr::core
