// Little-endian loads and stores at any address. On a little-endian host each is one instruction.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace simdr::core {

static_assert(std::endian::native == std::endian::little,
              "The mapped file is little-endian and is published by plain 8-byte stores; a big-endian port needs "
              "byte swaps here, in format/guard_line and where AppendRegion stores a field of the guard.");

inline std::uint64_t load_le64(const void* from) noexcept {
  std::uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

inline std::uint32_t load_le32(const void* from) noexcept {
  std::uint32_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

inline std::uint16_t load_le16(const void* from) noexcept {
  std::uint16_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

inline void store_le64(void* to, std::uint64_t value) noexcept { std::memcpy(to, &value, sizeof value); }

inline void store_le32(void* to, std::uint32_t value) noexcept { std::memcpy(to, &value, sizeof value); }

inline void store_le16(void* to, std::uint16_t value) noexcept { std::memcpy(to, &value, sizeof value); }

}  // namespace simdr::core
