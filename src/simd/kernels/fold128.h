// CRC-32, with or without a copy, by carry-less multiplication in 128-bit lanes. The including kernel file has first
// included the lane128_*.h of its instruction set; internal linkage throughout, see entry_points.h.
//
// The message is a polynomial M and its CRC is M * x^32 mod P, after the running checksum was XORed into the first 32
// bits. Multiplying a 64-bit word by a 32-bit constant moves it over any distance without changing its value mod P, and
// gives at most 96 bits. So a message of any length is the sum of its words, each multiplied by the constant for its
// distance from the end; what remains is one 96-bit polynomial and a Barrett division (two multiplications). All the
// multiplications of the sum are independent of each other, which is what makes short messages fast.
//
//   size < 16   one or two overlapping scalar loads make one or two words
//   < 256       | head 0..15 bytes | lane | lane | ... | lane |        the sum, one pass
//   otherwise   | head | 8 lanes folded onto the next 8 ... | 0..7 lanes | tail 0..15 |
//
// Head and tail are not multiples of a lane. The head is shifted to the end of a lane whose first bytes are zero, as
// leading zeros do not change a polynomial; the tail shifts the folded sum in front of itself by the same number.
#pragma once

#include <string.h>

#include "simd/kernels/entry_points.h"
#include "simd/kernels/polynomial.h"

namespace simdr::core::simd {
namespace {

constexpr size_t kLane = 16;
constexpr size_t kLongSize = 256;

constexpr size_t kMultiplierCount = 64;
constexpr WordMultipliers<kMultiplierCount> kMultipliers = make_word_multipliers<kMultiplierCount>();

// Multipliers for the words from the one at `word_count` words from the end onwards.
SIMDR_INLINE const uint64_t* multipliers_from(size_t word_count) {
  return kMultipliers.descending + (kMultiplierCount - 1 - word_count);
}

// A window of this table picks bytes so that a lane shifts up or down; 0x80 picks zero.
alignas(64) constexpr uint8_t kShifts[48] = {
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,  //
    0,    1,    2,    3,    4,    5,    6,    7,    8,    9,    10,   11,   12,   13,   14,   15,  //
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};

// Moves the first `count` bytes of a lane to its end, zeros before them.
SIMDR_INLINE Lane index_first_to_end(size_t count) { return load(kShifts + count); }
// Drops the first `count` bytes of a lane; zeros fill the end.
SIMDR_INLINE Lane index_drop_first(size_t count) { return load(kShifts + 16 + count); }

alignas(16) constexpr uint64_t kBarrett[2] = {barrett_quotient(), kReflectedPolynomial33};

// The remainder of a 96-bit polynomial, in the first 96 bits of `sum`, divided by P.
//
// The quotient by P of the upper 64 bits is exact in GF(2); the lower 32 bits of quotient * P cancel everything above
// degree 31, so XORing them into the lower 32 bits of the sum leaves the remainder.
SIMDR_INLINE uint32_t reduce_96(Lane sum) {
  const Lane constants = load(kBarrett);
  const Lane quotient = multiply_first(sum, constants);
  return third_dword(exclusive_or(multiply_first_by_second(quotient, constants), sum));
}

// The term of one lane in the final sum; `lane_count` whole lanes follow it.
SIMDR_INLINE Lane term(Lane lane, size_t lane_count) {
  const Lane constants = load(multipliers_from(2 * lane_count + 1));
  return exclusive_or(multiply_first(lane, constants), multiply_second(lane, constants));
}

// The constants that make a lane the same value mod P `lane_count` (at least 1) lanes later.
SIMDR_INLINE Lane fold_constants(size_t lane_count) { return load(multipliers_from(2 * lane_count)); }
SIMDR_INLINE Lane fold(Lane lane, Lane constants) {
  return exclusive_or(multiply_first(lane, constants), multiply_second(lane, constants));
}

template <typename Word>
SIMDR_INLINE Word load_word(const uint8_t* from) {
  Word word;
  memcpy(&word, from, sizeof word);
  return word;
}

template <typename Word>
SIMDR_INLINE void store_word(uint8_t* to, Word word) {
  memcpy(to, &word, sizeof word);
}

// size is 1..7. The bytes stand at the end of one word; what of the checksum lies beyond them is added afterwards.
template <bool kCopy>
SIMDR_INLINE uint32_t checksum_below_8(uint32_t crc, uint8_t* dst, const uint8_t* src, size_t size) {
  uint64_t word;
  if (size >= 4) {
    const uint32_t first = load_word<uint32_t>(src), last = load_word<uint32_t>(src + size - 4);
    if constexpr (kCopy) {
      store_word(dst, first);
      store_word(dst + size - 4, last);
    }
    word = first | (uint64_t{last} << (8 * (size - 4)));
  } else {
    const uint8_t first = src[0], middle = src[size / 2], last = src[size - 1];
    if constexpr (kCopy) {
      dst[0] = first;
      dst[size / 2] = middle;
      dst[size - 1] = last;
    }
    word = first | (uint64_t{middle} << (8 * (size / 2))) | (uint64_t{last} << (8 * (size - 1)));
  }
  return reduce_96(lane_of((word ^ crc) << (64 - 8 * size))) ^ static_cast<uint32_t>(uint64_t{crc} >> (8 * size));
}

// size is 8..15. The last 8 bytes are one word; the bytes before them stand at the end of another.
template <bool kCopy>
SIMDR_INLINE uint32_t checksum_8_to_15(uint32_t crc, uint8_t* dst, const uint8_t* src, size_t size) {
  uint64_t first = load_word<uint64_t>(src), last = load_word<uint64_t>(src + size - 8);
  if constexpr (kCopy) {
    store_word(dst, first);
    store_word(dst + size - 8, last);
  }
  // Two shifts, because for size 8 nothing of `first` may remain and a shift by 64 is not defined.
  first = ((first ^ crc) << (8 * (15 - size))) << 8;
  last ^= uint64_t{crc} >> (8 * (size - 8));
  return reduce_96(exclusive_or(multiply_first(lane_of(first), lane_of(*multipliers_from(1))), lane_of(last)));
}

// size is below 16. The checksum is the raw remainder here and below: the complements of zlib's convention are the
// callers' work.
template <bool kCopy>
SIMDR_INLINE uint32_t checksum_below_16(uint32_t crc, uint8_t* dst, const uint8_t* src, size_t size) {
  if (size >= 8) return checksum_8_to_15<kCopy>(crc, dst, src, size);
  if (size > 0) return checksum_below_8<kCopy>(crc, dst, src, size);
  return crc;
}

// The head of a message as a lane, and what of the running checksum falls into the lane after it.
struct Head {
  Lane lane;
  Lane crc_left;
};

// count is 0..15, and at least 16 bytes are readable (and writable, for a copy).
template <bool kCopy>
SIMDR_INLINE Head read_head(uint32_t crc, uint8_t* dst, const uint8_t* src, size_t count) {
  const Lane first = load(src), running = lane_of(crc);
  if constexpr (kCopy) store(dst, first);
  return {pick_bytes(exclusive_or(first, running), index_first_to_end(count)),
          pick_bytes(running, index_drop_first(count))};
}

// size is 16..255.
template <bool kCopy>
SIMDR_INLINE uint32_t checksum_below_256(uint32_t crc, uint8_t* dst, const uint8_t* src, size_t size) {
  const size_t head_size = size % kLane;
  const Head head = read_head<kCopy>(crc, dst, src, head_size);
  size_t lane_count = size / kLane;
  Lane sum = term(head.lane, lane_count);
  Lane crc_left = head.crc_left;
  src += head_size;
  if constexpr (kCopy) dst += head_size;
  do {
    const Lane data = load(src);
    if constexpr (kCopy) {
      store(dst, data);
      dst += kLane;
    }
    src += kLane;
    sum = exclusive_or(sum, term(exclusive_or(data, crc_left), --lane_count));
    crc_left = zero_lane();
  } while (lane_count != 0);
  return reduce_96(sum);
}

template <bool kCopy, bool kNonTemporal>
SIMDR_INLINE Lane take(uint8_t*& dst, const uint8_t*& src) {
  const Lane data = load(src);
  src += kLane;
  if constexpr (kCopy) {
    if constexpr (kNonTemporal) {
      store_around_cache(dst, data);
    } else {
      store(dst, data);
    }
    dst += kLane;
  }
  return data;
}

// The sums of a long message: eight, which hide the latency of the multiplication. Those of consecutive lanes are consecutive.
constexpr size_t kSums = 8;

// What remains when fewer than kSums lanes are left from `src` to `end`: brings all sums, those lanes and the tail onto the last
// lane. Loops over the sums have constant bounds and disappear, here and below.
template <bool kCopy, bool kNonTemporal>
SIMDR_INLINE uint32_t finish_long(const Lane (&sums)[kSums], uint8_t* dst, const uint8_t* src, const uint8_t* end) {
  const size_t left = static_cast<size_t>(end - src);
  size_t lane_count = left / kLane;
  Lane last = zero_lane();
#pragma GCC unroll 8
  for (size_t i = 0; i + 1 < kSums; ++i) {
    last = exclusive_or(last, fold(sums[i], fold_constants(lane_count + kSums - 1 - i)));
  }
  if (lane_count == 0) {
    last = exclusive_or(last, sums[kSums - 1]);
  } else {
    last = exclusive_or(last, fold(sums[kSums - 1], fold_constants(lane_count)));
    while (--lane_count != 0) {
      last = exclusive_or(last, fold(take<kCopy, kNonTemporal>(dst, src), fold_constants(lane_count)));
    }
    last = exclusive_or(last, take<kCopy, kNonTemporal>(dst, src));
  }

  const size_t tail_size = left % kLane;
  const Lane tail = load(end - kLane);
  if constexpr (kCopy) {
    if constexpr (kNonTemporal) store_fence();
    store(dst + tail_size - kLane, tail);
  }
  const Lane before = pick_bytes(last, index_first_to_end(tail_size));
  const Lane drop = index_drop_first(tail_size);
  return reduce_96(exclusive_or(term(before, 1), term(select_bytes(pick_bytes(last, drop), tail, drop), 0)));
}

// size is at least 256. The destination, or the source if there is none, is brought to a 16-byte boundary by the head.
template <bool kCopy, bool kNonTemporal>
SIMDR_INLINE uint32_t checksum_long(uint32_t crc, uint8_t* dst, const uint8_t* src, size_t size) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(kCopy ? dst : src);
  const size_t head_size = (kLane - address % kLane) % kLane;
  const Head head = read_head<kCopy>(crc, dst, src, head_size);
  const uint8_t* const end = src + size;
  src += head_size;
  if constexpr (kCopy) dst += head_size;

  Lane sums[kSums];
  for (Lane& sum : sums) sum = take<kCopy, kNonTemporal>(dst, src);
  sums[0] = exclusive_or(sums[0], exclusive_or(fold(head.lane, fold_constants(1)), head.crc_left));

  const Lane constants = fold_constants(kSums);
  for (size_t left = static_cast<size_t>(end - src); left >= kSums * kLane; left -= kSums * kLane) {
#pragma GCC unroll 8
    for (size_t i = 0; i < kSums; ++i) {
      sums[i] = exclusive_or(take<kCopy, kNonTemporal>(dst, src), fold(sums[i], constants));
    }
  }
  return finish_long<kCopy, kNonTemporal>(sums, dst, src, end);
}

// A raw remainder, see above; size is one that the function takes.
using Remainder = uint32_t(uint32_t crc, uint8_t* dst, const uint8_t* src, size_t size);

// The checksum of a message of any size, with the complements of zlib's convention: by the functions given for sizes from a lane on, and, from kLongFrom on,
// for what is stored through the cache and around it.
template <bool kCopy, size_t kLongFrom, Remainder& kShort, Remainder& kLong, Remainder& kAroundCache>
SIMDR_INLINE uint32_t checksum_of_any_size(uint32_t crc, uint8_t* dst, const uint8_t* src, size_t size) {
  crc = ~crc;
  if (size < kLane) {
    crc = checksum_below_16<kCopy>(crc, dst, src, size);
  } else if (size < kLongFrom) {
    crc = kShort(crc, dst, src, size);
  } else if (!kCopy || size < kNonTemporalSize) {
    crc = kLong(crc, dst, src, size);
  } else {
    crc = kAroundCache(crc, dst, src, size);
  }
  return ~crc;
}

template <bool kCopy>
SIMDR_INLINE uint32_t checksum_128(uint32_t crc, uint8_t* dst, const uint8_t* src, size_t size) {
  return checksum_of_any_size<kCopy, kLongSize, checksum_below_256<kCopy>, checksum_long<kCopy, false>,
                              checksum_long<kCopy, kCopy>>(crc, dst, src, size);
}

}  // namespace
}  // namespace simdr::core::simd
