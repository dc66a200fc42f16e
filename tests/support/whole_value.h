// Values that prove themselves: each holds its key, its version and its size, a pattern made from them, and a checksum. A
// reader that is handed anything but one value that was written whole, under the key it asked for, finds out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace simdr::test {

struct WholeValue {
  std::uint32_t key;
  std::uint32_t version;
};

inline std::uint64_t fnv1a(std::span<const std::byte> bytes) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const std::byte byte : bytes) hash = (hash ^ static_cast<std::uint8_t>(byte)) * 0x100000001B3u;
  return hash;
}

inline constexpr std::size_t kWholeValueMinSize = 24;

// `size` is at least kWholeValueMinSize.
inline std::vector<std::byte> make_whole_value(WholeValue what, std::size_t size) {
  std::vector<std::byte> bytes(size);
  const std::uint64_t size64 = size;
  std::memcpy(bytes.data(), &what, 8);
  std::memcpy(bytes.data() + 8, &size64, 8);
  for (std::size_t i = 16; i + 8 < size; ++i) bytes[i] = static_cast<std::byte>(what.key * 31 + what.version * 7 + i);
  const std::uint64_t sum = fnv1a(std::span(bytes).first(size - 8));
  std::memcpy(bytes.data() + size - 8, &sum, 8);
  return bytes;
}

// What is in it, or key UINT32_MAX when it is not whole.
inline WholeValue read_whole_value(std::span<const std::byte> bytes) {
  constexpr WholeValue kBad{UINT32_MAX, 0};
  if (bytes.size() < kWholeValueMinSize) return kBad;
  WholeValue what;
  std::uint64_t size, sum;
  std::memcpy(&what, bytes.data(), 8);
  std::memcpy(&size, bytes.data() + 8, 8);
  std::memcpy(&sum, bytes.data() + bytes.size() - 8, 8);
  return size == bytes.size() && sum == fnv1a(bytes.first(bytes.size() - 8)) ? what : kBad;
}

}  // namespace simdr::test
