// Rounding to alignments. None of it looks for overflow: sizes and offsets that come from files we do not trust and from callers we cannot check
// are bounded before.
#pragma once

#include <cstddef>
#include <cstdint>

namespace simdr::core {

[[nodiscard]] constexpr bool is_power_of_two(std::uint64_t value) noexcept {
  return value != 0 && (value & (value - 1)) == 0;
}

// Bytes from `offset` to the next multiple of `alignment`, a power of two.
[[nodiscard]] constexpr std::uint64_t padding_to(std::uint64_t offset, std::uint64_t alignment) noexcept {
  return (alignment - (offset & (alignment - 1))) & (alignment - 1);
}

// Wraps only above 2^64 - alignment; callers bound `offset` by kMaxStoreSize (2^48) or by a file's size.
[[nodiscard]] constexpr std::uint64_t align_up(std::uint64_t offset, std::uint64_t alignment) noexcept {
  return (offset + (alignment - 1)) & ~(alignment - 1);
}

[[nodiscard]] constexpr std::uint64_t align_down(std::uint64_t offset, std::uint64_t alignment) noexcept {
  return offset & ~(alignment - 1);
}

}  // namespace simdr::core
