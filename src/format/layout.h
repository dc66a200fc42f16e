// The shape of one entry in the file, for every generation of the format. Pure arithmetic, no I/O.
//
//   prev_tail                payload_start              trailer                              tail
//   |<- pad: 0..A-1 zeros ->|<- payload: 1.. bytes ->|<- key_hash 8 | prev_tail 8 | crc32 4 ->|
//
// The trailer comes last, so that a torn append shows as a missing or wrong trailer. All integers are
// little-endian. docs/FORMAT.md and this folder are the only two descriptions of the file.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/checked.h"

namespace simdr::core {

inline constexpr std::uint64_t kPayloadAlignment = 64;
inline constexpr std::uint64_t kTrailerSize = 20;

// Index slots hold 48-bit offsets, so no tail may pass this: 256 TiB.
inline constexpr std::uint64_t kMaxStoreSize = std::uint64_t{1} << 48;

// The deleted mark: a payload of this one byte and nothing else.
inline constexpr std::byte kTombstoneByte{0};

// Generations differ in the size of the trailer and in the alignment of payloads; a file does not name its own.
struct Layout {
  std::uint32_t trailer_size = kTrailerSize;   // 20, or 19 for the oldest, whose CRC keeps its low 3 bytes
  std::uint32_t alignment = kPayloadAlignment;  // a power of two; 1 means packed
  bool has_tombstones = true;                   // packed-19 has none: there a lone 0x00 is a value

  friend bool operator==(const Layout&, const Layout&) = default;
};

inline constexpr Layout kAligned64{};
inline constexpr Layout kAligned16{20, 16, true};
inline constexpr Layout kPacked20{20, 1, true};
inline constexpr Layout kPacked19{19, 1, false};

static_assert(is_power_of_two(kPayloadAlignment));

// Where a payload starts that follows an entry ending at `prev_tail`.
[[nodiscard]] constexpr std::uint64_t payload_start(std::uint64_t prev_tail,
                                                    std::uint64_t alignment = kPayloadAlignment) noexcept {
  return align_up(prev_tail, alignment);
}

// The tail after an entry of `payload_size` bytes appended at `tail` in the current generation.
[[nodiscard]] constexpr std::uint64_t tail_after_value(std::uint64_t tail, std::uint64_t payload_size) noexcept {
  return payload_start(tail) + payload_size + kTrailerSize;
}

// A tombstone takes no pad: one byte and a trailer.
[[nodiscard]] constexpr std::uint64_t tail_after_tombstone(std::uint64_t tail) noexcept {
  return tail + 1 + kTrailerSize;
}

}  // namespace simdr::core
