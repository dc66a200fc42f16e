// The index file, byte by byte. All numbers are little-endian.
//
//   | header 256 | for each segment: depth 1, log2 of its groups 1, wear 2, CRC-32 of its slots 4 | zeros up to 4096 | slots ... |
//
// The part before the slots is the head. Where the slots are of full size, as in all but small indexes, each segment's begin on a
// multiple of 4096: a mapped file is an index.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/endian.h"
#include "simd/kernels.h"

namespace simdr::core::index_file {

inline constexpr char kMagic[8] = {'s', 'i', 'm', 'd', 'r', 'i', 'd', 'x'};
inline constexpr std::uint32_t kVersion = 3;  // 1 mixed the hashes otherwise, 2 had other slots
inline constexpr std::size_t kHeaderSize = 256;
inline constexpr std::size_t kDescriptionSize = 8;
inline constexpr std::size_t kDescriptionWornAt = 2;
inline constexpr std::size_t kDescriptionCrcAt = 4;
inline constexpr std::uint64_t kSlotsAlignment = 4096;

// Where in the header; of 8 bytes, but for version and checksum, which take 4. The rest is zero.
enum HeaderField : std::size_t {
  kMagicAt = 0,
  kVersionAt = 8,
  kCrcAt = 12,  // of all else in the head
  kStoreSizeAt = 16,
  kStoreInodeAt = 24,
  kStoreModifiedAt = 32,  // nanoseconds since 1970
  kStoreChangedAt = 40,
  kSeedAt = 48,
  kSegmentCountAt = 56,
  kKeyCountAt = 64,
  kEntryCountAt = 72,
  kTombstoneCountAt = 80,
  kPhantomCountAt = 88,
  kLiveSizeAt = 96,
  kLivePackedSizeAt = 104,
};

[[nodiscard]] constexpr std::uint64_t head_size(std::uint64_t segment_count) noexcept {
  return align_up(kHeaderSize + segment_count * kDescriptionSize, kSlotsAlignment);
}

[[nodiscard]] inline std::uint32_t head_crc(ByteView head) noexcept {
  const std::uint32_t before = simd::kernels().crc32(0, head.data(), kCrcAt);
  return simd::kernels().crc32(before, head.data() + kStoreSizeAt, head.size() - kStoreSizeAt);
}

inline void seal(std::span<std::byte> head) noexcept { store_le32(head.data() + kCrcAt, head_crc(head)); }

}  // namespace simdr::core::index_file
