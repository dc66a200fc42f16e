// Whether one entry's bytes are what its trailer says of them.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "format/layout.h"
#include "format/trailer.h"

namespace simdr::core {

// The key hash, by the way, is under no checksum: a flipped bit there moves an intact value to another key, and
// nothing in this format can tell.
[[nodiscard]] bool crc_matches(ByteView file, const EntryRecord& record, const Layout& layout) noexcept;

[[nodiscard]] bool is_all_zero(ByteView bytes) noexcept;

[[nodiscard]] inline bool is_pad_zero(ByteView file, const EntryRecord& record) noexcept {
  return is_all_zero(file.subspan(static_cast<std::size_t>(record.prev_tail),
                                  static_cast<std::size_t>(record.payload_offset - record.prev_tail)));
}

// Zeros in front of the payload, as far as it is not exactly where the link leads. A pad of 64 or more exists only
// under alignments nobody's release ever had; there any place that is a multiple of the alignment could claim to be
// the payload of any link below, so those pads are asked for and not taken on trust.
[[nodiscard]] bool is_pad_credible(ByteView file, const EntryRecord& record) noexcept;

// A trailer of nothing but zeros is no trailer: it says key hash 0, link 0 and CRC 0, which any hole in a file says
// too. One entry in 2^32 has such a CRC; a search, which looks at many places, never starts a chain at one.
[[nodiscard]] bool is_zero_trailer(ByteView file, std::uint64_t tail, std::uint32_t trailer_size) noexcept;

// Whether the trailer of an entry that fails its CRC, and that links to 0, may be one of which a sector never arrived: the
// part that is missing reads as zeros, the link among them, and the hash or the checksum. Such a chain only seems to
// end there.
[[nodiscard]] bool may_be_holed_trailer(const EntryRecord& record) noexcept;

// Whether a link is possible at all for an entry ending at `tail`: it says 0 or where a shortest entry can end,
// and leaves room for one byte of payload.
[[nodiscard]] inline bool is_link_possible(std::uint64_t prev_tail, std::uint64_t tail,
                                           std::uint32_t trailer_size) noexcept {
  return prev_tail < tail - trailer_size && (prev_tail == 0 || prev_tail > trailer_size);
}

}  // namespace simdr::core
