// The 20 bytes (19 in the oldest generation) that end every entry, and the entry they describe.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/endian.h"
#include "format/layout.h"

namespace simdr::core {

struct Trailer {
  std::uint64_t key_hash;
  std::uint64_t prev_tail;
  std::uint32_t crc32;  // packed-19: the low 24 bits, the rest zero
};

inline constexpr std::size_t kTrailerKeyHashAt = 0;
inline constexpr std::size_t kTrailerPrevTailAt = 8;
inline constexpr std::size_t kTrailerCrcAt = 16;

inline void encode_trailer(void* to, const Trailer& trailer) noexcept {
  auto* bytes = static_cast<std::byte*>(to);
  store_le64(bytes + kTrailerKeyHashAt, trailer.key_hash);
  store_le64(bytes + kTrailerPrevTailAt, trailer.prev_tail);
  store_le32(bytes + kTrailerCrcAt, trailer.crc32);
}

inline Trailer decode_trailer(const void* from, std::uint32_t trailer_size = kTrailerSize) noexcept {
  const auto* bytes = static_cast<const std::byte*>(from);
  Trailer trailer{load_le64(bytes + kTrailerKeyHashAt), load_le64(bytes + kTrailerPrevTailAt), 0};
  if (trailer_size == kTrailerSize) {
    trailer.crc32 = load_le32(bytes + kTrailerCrcAt);
  } else {
    trailer.crc32 = std::to_integer<std::uint32_t>(bytes[16]) | std::to_integer<std::uint32_t>(bytes[17]) << 8 |
                    std::to_integer<std::uint32_t>(bytes[18]) << 16;
  }
  return trailer;
}

// What of a computed CRC-32 a trailer of this size keeps.
[[nodiscard]] constexpr std::uint32_t stored_crc(std::uint32_t crc32, std::uint32_t trailer_size) noexcept {
  return trailer_size == kTrailerSize ? crc32 : crc32 & 0xFF'FFFFu;
}

// One entry found in a file: plain numbers, no pointer.
struct EntryRecord {
  std::uint64_t key_hash = 0;
  std::uint64_t prev_tail = 0;
  std::uint64_t payload_offset = 0;
  std::uint64_t trailer_offset = 0;  // = end of the payload
  std::uint32_t crc32 = 0;
  bool is_tombstone = false;

  [[nodiscard]] std::uint64_t payload_size() const noexcept { return trailer_offset - payload_offset; }
};

// Reads the entry whose trailer starts at `trailer_offset` in the file that `file` holds from offset 0. False when the numbers
// cannot be those of an entry: a trailer past the end, a link that does not go back, no room for a payload. The
// CRC is not looked at; nothing outside `file` is read whatever it holds.
[[nodiscard]] inline bool read_entry_record(ByteView file, std::uint64_t trailer_offset, const Layout& layout,
                                            EntryRecord* out) noexcept {
  if (trailer_offset > file.size() || file.size() - trailer_offset < layout.trailer_size) return false;
  const Trailer trailer = decode_trailer(file.data() + trailer_offset, layout.trailer_size);
  // A link that does not go back would make a walk endless. This also bounds prev_tail by the file's size, so the
  // alignment below cannot wrap.
  if (trailer.prev_tail >= trailer_offset) return false;

  std::uint64_t start = payload_start(trailer.prev_tail, layout.alignment);
  bool is_tombstone = false;
  if (layout.has_tombstones) {
    // A tombstone takes no pad, whatever the alignment. A lone 0x00 behind a pad reads as deleted too. A lone byte where a
    // value would have a pad can be nothing else, even if damage made it another: its CRC tells.
    const bool no_pad = trailer_offset - trailer.prev_tail == 1;
    const std::uint64_t lone = no_pad ? trailer.prev_tail : start;
    is_tombstone =
        lone < trailer_offset && trailer_offset - lone == 1 && (file[lone] == kTombstoneByte || lone < start);
    if (is_tombstone) start = lone;
  }
  if (start >= trailer_offset) return false;

  *out = {trailer.key_hash, trailer.prev_tail, start, trailer_offset, trailer.crc32, is_tombstone};
  return true;
}

// The same in fewer steps, for what an index says is a value, in the current generation; the file is not shorter than a trailer. False where
// read_entry_record() is to decide.
[[nodiscard]] inline bool read_current_value(ByteView file, std::uint64_t trailer_offset, EntryRecord* out) noexcept {
  if (trailer_offset > file.size() - kTrailerSize) return false;
  const Trailer trailer = decode_trailer(file.data() + trailer_offset);
  if (trailer.prev_tail >= trailer_offset) [[unlikely]]
    return false;
  const std::uint64_t start = payload_start(trailer.prev_tail);
  if (start >= trailer_offset) [[unlikely]]
    return false;
  *out = {trailer.key_hash, trailer.prev_tail, start, trailer_offset, trailer.crc32, false};
  return true;
}

}  // namespace simdr::core
