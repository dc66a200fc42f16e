// CRC-32 and copy + CRC-32 for x86-64 with AVX-512 and VPCLMULQDQ: the method of fold128.h, read that first, with four
// lanes to a register, here called a row.
//
//   size < 16   as there
//   < 32, < 64  the first and the last half of one row, moved together until they no longer overlap
//   < 512       | head 0..63 bytes | row | ... | row |        the sum, one pass
//   otherwise   | head | 4 rows folded onto the next 4 ... | 0..3 rows | tail 0..63 |
#if defined(__GNUC__) && !defined(__clang__)
// gcc 12 warns about the deliberately undefined operands inside its own AVX-512 headers (gcc bug 105593).
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

#include "simd/kernels/lane128_x86.h"
//
#include "simd/kernels/fold128.h"
#include "simd/kernels/prefetch_x86.h"

namespace simdr::core::simd {
namespace {

using Row = __m512i;

constexpr size_t kRow = 64;
constexpr size_t kLanesPerRow = kRow / kLane;
constexpr size_t kWordsPerRow = kRow / sizeof(uint64_t);
constexpr size_t kLongRowSize = 512;

SIMDR_INLINE Row load_row(const void* from) { return _mm512_loadu_si512(from); }
SIMDR_INLINE void store_row(void* to, Row row) { _mm512_storeu_si512(to, row); }

SIMDR_INLINE Row exclusive_or(Row a, Row b) { return _mm512_xor_si512(a, b); }
SIMDR_INLINE Row exclusive_or(Row a, Row b, Row c) { return _mm512_ternarylogic_epi64(a, b, c, 0x96); }

alignas(64) constexpr uint8_t kByteNumbers[kRow] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                                    16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                                                    32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                                                    48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};

// A mask of the last `count` bytes of a row; count is 0..63.
SIMDR_INLINE __mmask64 last_bytes(size_t count) { return ~(~uint64_t{0} >> count); }

// The multipliers of a row's words in the final sum; `row_count` whole rows follow it.
SIMDR_INLINE Row term_constants(size_t row_count) {
  return load_row(multipliers_from(kWordsPerRow * row_count + kWordsPerRow - 1));
}

// The multipliers that make a row the same value mod P `row_count` (at least 1) rows later.
SIMDR_INLINE Row fold_row_constants(size_t row_count) {
  return _mm512_broadcast_i32x4(fold_constants(kLanesPerRow * row_count));
}

// sum + row * constants.
SIMDR_INLINE Row add_product(Row sum, Row row, Row constants) {
  return exclusive_or(sum, _mm512_clmulepi64_epi128(row, constants, 0x00),
                      _mm512_clmulepi64_epi128(row, constants, 0x11));
}

SIMDR_INLINE Row product(Row row, Row constants) {
  return exclusive_or(_mm512_clmulepi64_epi128(row, constants, 0x00), _mm512_clmulepi64_epi128(row, constants, 0x11));
}

SIMDR_INLINE uint32_t reduce_half(__m256i terms) {
  return reduce_96(exclusive_or(_mm256_castsi256_si128(terms), _mm256_extracti128_si256(terms, 1)));
}

SIMDR_INLINE uint32_t reduce_row(Row terms) {
  return reduce_half(_mm256_xor_si256(_mm512_castsi512_si256(terms), _mm512_extracti64x4_epi64(terms, 1)));
}

// size is 16..31. The message ends at the end of half a row: its last 16 bytes are the second lane, and the bytes
// before them are moved to the end of the first.
template <bool kCopy>
SIMDR_INLINE uint32_t checksum_16_to_31(uint32_t crc, uint8_t* dst, const uint8_t* src, size_t size) {
  const Head head = read_head<kCopy>(crc, dst, src, size - kLane);
  const Lane last = load(src + size - kLane);
  if constexpr (kCopy) store(dst + size - kLane, last);
  const __m256i half = _mm256_set_m128i(exclusive_or(last, head.crc_left), head.lane);
  const __m256i constants = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(multipliers_from(3)));
  return reduce_half(_mm256_xor_si256(_mm256_clmulepi64_epi128(half, constants, 0x00),
                                      _mm256_clmulepi64_epi128(half, constants, 0x11)));
}

// size is 32..63. As above with halves of a row; the running checksum is moved like the first bytes it belongs to.
template <bool kCopy>
SIMDR_INLINE uint32_t checksum_32_to_63(uint32_t crc, uint8_t* dst, const uint8_t* src, size_t size) {
  constexpr size_t kHalf = kRow / 2;
  const __m256i first = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(src));
  const __m256i last = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(src + size - kHalf));
  if constexpr (kCopy) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(dst), first);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(dst + size - kHalf), last);
  }
  const size_t gap = kRow - size;
  const Row numbers = load_row(kByteNumbers);
  const Row moved = _mm512_sub_epi8(numbers, _mm512_set1_epi8(static_cast<char>(gap)));
  const __mmask64 message = ~uint64_t{0} << gap;
  const Row from = _mm512_mask_mov_epi8(numbers, 0xFFFFFFFF, moved);
  const Row both = _mm512_inserti64x4(_mm512_castsi256_si512(first), last, 1);
  const Row running = _mm512_maskz_permutexvar_epi8(message, moved, _mm512_zextsi128_si512(lane_of(crc)));
  const Row row = exclusive_or(_mm512_maskz_permutexvar_epi8(message, from, both), running);
  return reduce_row(product(row, term_constants(0)));
}

// The head of a message as a row, and what of the running checksum falls into the row after it.
struct RowHead {
  Row row;
  Row crc_left;
};

// count is 0..63, and at least 64 bytes are readable (and writable, for a copy).
template <bool kCopy>
SIMDR_INLINE RowHead read_row_head(uint32_t crc, uint8_t* dst, const uint8_t* src, size_t count) {
  const Row first = load_row(src);
  if constexpr (kCopy) store_row(dst, first);
  // Byte numbers are taken modulo 64, so adding `count` moves the first `count` bytes to the end.
  const Row from = _mm512_add_epi8(load_row(kByteNumbers), _mm512_set1_epi8(static_cast<char>(count)));
  const Row with_crc = exclusive_or(first, _mm512_zextsi128_si512(lane_of(crc)));
  const uint64_t left = count < sizeof crc ? uint64_t{crc} >> (8 * count) : 0;
  return {_mm512_maskz_permutexvar_epi8(last_bytes(count), from, with_crc), _mm512_zextsi128_si512(lane_of(left))};
}

// size is 64..511.
template <bool kCopy>
SIMDR_INLINE uint32_t checksum_below_512(uint32_t crc, uint8_t* dst, const uint8_t* src, size_t size) {
  const size_t head_size = size % kRow;
  const RowHead head = read_row_head<kCopy>(crc, dst, src, head_size);
  size_t row_count = size / kRow;
  Row sum = product(head.row, term_constants(row_count));
  Row crc_left = head.crc_left;
  src += head_size;
  if constexpr (kCopy) dst += head_size;
  do {
    const Row data = load_row(src);
    if constexpr (kCopy) {
      store_row(dst, data);
      dst += kRow;
    }
    src += kRow;
    sum = add_product(sum, exclusive_or(data, crc_left), term_constants(--row_count));
    crc_left = _mm512_setzero_si512();
  } while (row_count != 0);
  return reduce_row(sum);
}

template <bool kCopy, bool kNonTemporal>
SIMDR_INLINE Row take_row(uint8_t*& dst, const uint8_t*& src) {
  const Row data = load_row(src);
  src += kRow;
  if constexpr (kCopy) {
    if constexpr (kNonTemporal) {
      _mm512_stream_si512(reinterpret_cast<__m512i*>(dst), data);
    } else {
      store_row(dst, data);
      prefetch_for_write(dst);
    }
    dst += kRow;
  }
  return data;
}

// size is at least 512. The destination, or the source if there is none, is brought to a 64-byte boundary by the head:
// an access that straddles two cache lines costs two.
template <bool kCopy, bool kNonTemporal>
SIMDR_INLINE uint32_t checksum_long_rows(uint32_t crc, uint8_t* dst, const uint8_t* src, size_t size) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(kCopy ? dst : src);
  const size_t head_size = (kRow - address % kRow) % kRow;
  const RowHead head = read_row_head<kCopy>(crc, dst, src, head_size);
  const uint8_t* const end = src + size;
  src += head_size;
  if constexpr (kCopy) dst += head_size;

  Row sum0 = take_row<kCopy, kNonTemporal>(dst, src);
  Row sum1 = take_row<kCopy, kNonTemporal>(dst, src);
  Row sum2 = take_row<kCopy, kNonTemporal>(dst, src);
  Row sum3 = take_row<kCopy, kNonTemporal>(dst, src);
  sum0 = exclusive_or(sum0, head.crc_left);
  sum0 = add_product(sum0, head.row, fold_row_constants(1));

  const Row constants = fold_row_constants(4);
  size_t left = static_cast<size_t>(end - src);
  const uint8_t* const read_ahead_end = size >= kReadAheadFrom ? end - kReadAhead : src;
  for (; left >= 4 * kRow; left -= 4 * kRow) {
    if (src < read_ahead_end) prefetch_for_read<4 * kRow>(src);
    sum0 = add_product(take_row<kCopy, kNonTemporal>(dst, src), sum0, constants);
    sum1 = add_product(take_row<kCopy, kNonTemporal>(dst, src), sum1, constants);
    sum2 = add_product(take_row<kCopy, kNonTemporal>(dst, src), sum2, constants);
    sum3 = add_product(take_row<kCopy, kNonTemporal>(dst, src), sum3, constants);
  }

  // Bring all sums and the remaining rows onto the last row.
  size_t row_count = left / kRow;
  Row last = product(sum0, fold_row_constants(row_count + 3));
  last = add_product(last, sum1, fold_row_constants(row_count + 2));
  last = add_product(last, sum2, fold_row_constants(row_count + 1));
  if (row_count == 0) {
    last = exclusive_or(last, sum3);
  } else {
    last = add_product(last, sum3, fold_row_constants(row_count));
    while (--row_count != 0) {
      last = add_product(last, take_row<kCopy, kNonTemporal>(dst, src), fold_row_constants(row_count));
    }
    last = exclusive_or(last, take_row<kCopy, kNonTemporal>(dst, src));
  }
  if constexpr (kNonTemporal) store_fence();

  const size_t tail_size = left % kRow;
  if (tail_size == 0) return reduce_row(product(last, term_constants(0)));
  const Row tail = load_row(end - kRow);
  if constexpr (kCopy) store_row(dst + tail_size - kRow, tail);
  // Rotated by the size of the tail, the first bytes of the last row stand at the end and the others at the start.
  const __mmask64 at_end = last_bytes(tail_size);
  const Row from = _mm512_add_epi8(load_row(kByteNumbers), _mm512_set1_epi8(static_cast<char>(tail_size)));
  const Row rotated = _mm512_permutexvar_epi8(from, last);
  const Row before = _mm512_maskz_mov_epi8(at_end, rotated);
  const Row joined = _mm512_mask_mov_epi8(rotated, at_end, tail);
  return reduce_row(add_product(product(before, term_constants(1)), joined, term_constants(0)));
}

// size is 16..511.
template <bool kCopy>
SIMDR_INLINE uint32_t checksum_short_rows(uint32_t crc, uint8_t* dst, const uint8_t* src, size_t size) {
  if (size < kRow) {
    return size < kRow / 2 ? checksum_16_to_31<kCopy>(crc, dst, src, size)
                           : checksum_32_to_63<kCopy>(crc, dst, src, size);
  }
  return checksum_below_512<kCopy>(crc, dst, src, size);
}

template <bool kCopy>
SIMDR_INLINE uint32_t checksum_512(uint32_t crc, uint8_t* dst, const uint8_t* src, size_t size) {
  return checksum_of_any_size<kCopy, kLongRowSize, checksum_short_rows<kCopy>, checksum_long_rows<kCopy, false>,
                              checksum_long_rows<kCopy, kCopy>>(crc, dst, src, size);
}

}  // namespace

uint32_t crc32_avx512(uint32_t crc, const void* data, size_t size) noexcept {
  return checksum_512<false>(crc, nullptr, static_cast<const uint8_t*>(data), size);
}

uint32_t copy_crc32_avx512(uint32_t crc, void* dst, const void* src, size_t size) noexcept {
  return checksum_512<true>(crc, static_cast<uint8_t*>(dst), static_cast<const uint8_t*>(src), size);
}

}  // namespace simdr::core::simd
