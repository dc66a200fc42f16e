// CRC-32 and copy + CRC-32 for x86-64 with AVX2 and VPCLMULQDQ, but without AVX-512: the method of fold128.h, read that first,
// with two lanes to a register, here called a pair.
//
//   size < 16   as there
//   < 512       | head 0..15 bytes | lane, if their number is odd | pair | ... | pair |        the sum, one pass
//   otherwise   | head | lane, if the next is not aligned | 4 pairs folded onto the next 4 ... | 0..7 lanes | tail 0..15 |
#include "simd/kernels/lane128_x86.h"
//
#include "simd/kernels/fold128.h"
#include "simd/kernels/prefetch_x86.h"

namespace simdr::core::simd {
namespace {

using Pair = __m256i;

constexpr size_t kPair = 2 * kLane;
constexpr size_t kPairSums = kSums / 2;
constexpr size_t kStep = kPairSums * kPair;
constexpr size_t kLongPairSize = 512;

SIMDR_INLINE Pair load_pair(const void* from) { return _mm256_loadu_si256(static_cast<const __m256i*>(from)); }
SIMDR_INLINE void store_pair(void* to, Pair pair) { _mm256_storeu_si256(static_cast<__m256i*>(to), pair); }

SIMDR_INLINE Pair exclusive_or(Pair a, Pair b) { return _mm256_xor_si256(a, b); }
SIMDR_INLINE Pair pair_of(Lane first) { return _mm256_zextsi128_si256(first); }
SIMDR_INLINE Lane first_lane(Pair pair) { return _mm256_castsi256_si128(pair); }
SIMDR_INLINE Lane second_lane(Pair pair) { return _mm256_extracti128_si256(pair, 1); }

SIMDR_INLINE Pair product(Pair pair, Pair constants) {
  return exclusive_or(_mm256_clmulepi64_epi128(pair, constants, 0x00), _mm256_clmulepi64_epi128(pair, constants, 0x11));
}

// The multipliers of a pair's words in the final sum; `lane_count` whole lanes follow its second lane.
SIMDR_INLINE Pair term_constants(size_t lane_count) { return load_pair(multipliers_from(2 * lane_count + 3)); }

// size is 16..511.
template <bool kCopy>
SIMDR_INLINE uint32_t checksum_below_512(uint32_t crc, uint8_t* dst, const uint8_t* src, size_t size) {
  const size_t head_size = size % kLane;
  const Head head = read_head<kCopy>(crc, dst, src, head_size);
  size_t lane_count = size / kLane;
  Lane sum = term(head.lane, lane_count);
  Lane crc_left = head.crc_left;
  src += head_size;
  if constexpr (kCopy) dst += head_size;
  if (lane_count % 2 != 0) {
    const Lane data = take<kCopy, false>(dst, src);
    sum = exclusive_or(sum, term(exclusive_or(data, crc_left), --lane_count));
    crc_left = zero_lane();
  }
  Pair pair_sum = pair_of(sum), pair_crc_left = pair_of(crc_left);
  while (lane_count != 0) {
    lane_count -= 2;
    const Pair data = load_pair(src);
    if constexpr (kCopy) {
      store_pair(dst, data);
      dst += kPair;
    }
    src += kPair;
    pair_sum = exclusive_or(pair_sum, product(exclusive_or(data, pair_crc_left), term_constants(lane_count)));
    pair_crc_left = _mm256_setzero_si256();
  }
  return reduce_96(exclusive_or(first_lane(pair_sum), second_lane(pair_sum)));
}

template <bool kCopy, bool kNonTemporal>
SIMDR_INLINE Pair take_pair(uint8_t*& dst, const uint8_t*& src) {
  const Pair data = load_pair(src);
  src += kPair;
  if constexpr (kCopy) {
    if constexpr (kNonTemporal) {
      _mm256_stream_si256(reinterpret_cast<Pair*>(dst), data);
    } else {
      store_pair(dst, data);
    }
    dst += kPair;
  }
  return data;
}

// size is at least 512. The destination, or the source if there is none, is brought to a 32-byte boundary: every second access
// would straddle two cache lines.
template <bool kCopy, bool kNonTemporal>
SIMDR_INLINE uint32_t checksum_long_pairs(uint32_t crc, uint8_t* dst, const uint8_t* src, size_t size) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(kCopy ? dst : src);
  const size_t head_size = (kLane - address % kLane) % kLane;
  const Head head = read_head<kCopy>(crc, dst, src, head_size);
  const uint8_t* const end = src + size;
  src += head_size;
  if constexpr (kCopy) dst += head_size;
  // What came before, moved onto the next lane.
  Lane before = exclusive_or(fold(head.lane, fold_constants(1)), head.crc_left);
  if ((address + head_size) % kPair != 0) {
    before = fold(exclusive_or(before, take<kCopy, kNonTemporal>(dst, src)), fold_constants(1));
  }

  Pair sums[kPairSums];
  for (Pair& sum : sums) sum = take_pair<kCopy, kNonTemporal>(dst, src);
  sums[0] = exclusive_or(sums[0], pair_of(before));

  const Pair constants = _mm256_broadcastsi128_si256(fold_constants(kSums));
  // Not for a copy, whose source is mostly in the cache: it would lose a twentieth.
  const uint8_t* const read_ahead_end = !kCopy && size >= kReadAheadFrom ? end - kReadAhead : src;
  for (size_t left = static_cast<size_t>(end - src); left >= kStep; left -= kStep) {
    if (src < read_ahead_end) prefetch_for_read<kStep>(src);
    if constexpr (kCopy && !kNonTemporal) {
      for (size_t i = 0; i < kStep; i += kCacheLine) prefetch_for_write(dst + i);
    }
#pragma GCC unroll 4
    for (size_t i = 0; i < kPairSums; ++i) {
      sums[i] = exclusive_or(take_pair<kCopy, kNonTemporal>(dst, src), product(sums[i], constants));
    }
  }

  Lane lanes[kSums];
#pragma GCC unroll 4
  for (size_t i = 0; i < kPairSums; ++i) {
    lanes[2 * i] = first_lane(sums[i]);
    lanes[2 * i + 1] = second_lane(sums[i]);
  }
  return finish_long<kCopy, kNonTemporal>(lanes, dst, src, end);
}

template <bool kCopy>
SIMDR_INLINE uint32_t checksum_256(uint32_t crc, uint8_t* dst, const uint8_t* src, size_t size) {
  return checksum_of_any_size<kCopy, kLongPairSize, checksum_below_512<kCopy>, checksum_long_pairs<kCopy, false>,
                              checksum_long_pairs<kCopy, kCopy>>(crc, dst, src, size);
}

}  // namespace

uint32_t crc32_vpclmul(uint32_t crc, const void* data, size_t size) noexcept {
  return checksum_256<false>(crc, nullptr, static_cast<const uint8_t*>(data), size);
}

uint32_t copy_crc32_vpclmul(uint32_t crc, void* dst, const void* src, size_t size) noexcept {
  return checksum_256<true>(crc, static_cast<uint8_t*>(dst), static_cast<const uint8_t*>(src), size);
}

}  // namespace simdr::core::simd
