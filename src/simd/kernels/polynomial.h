// Arithmetic on polynomials over GF(2), at compile time only: every function is consteval, so no code is emitted.
//
// Notation used by all CRC kernels. P is the CRC polynomial, of degree 32. A word is reflected: its lowest bit, which
// is also its first bit in memory order, holds the highest power of x. Carry-less multiplication of two reflected words
// gives the reflected product with one power of x to spare, hence the odd exponents.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace simdr::core::simd {

inline constexpr uint32_t kReflectedPolynomial = 0xEDB88320;
inline constexpr uint64_t kPolynomial = 0x104C11DB7;

consteval uint32_t times_x(uint32_t reflected) {
  return (reflected >> 1) ^ ((reflected & 1) != 0 ? kReflectedPolynomial : 0);
}

// The multiplier that moves a 64-bit word over `word_count` 64-bit words: x^(64 * word_count + 31) mod P, reflected.
//
// As a 64-bit operand, this constant also carries a factor x^32 and the product one more x, so seen as
//   128 bits: word * constant = word * x^(64 * word_count + 64), the low half of a lane moved on by word_count words;
//   the low 96 of those bits: the word moved on by word_count words and then by the 32 bits a CRC appends.
// The first reading folds one lane onto a later one; the second is the first half of the final reduction.
template <size_t kCount>
struct WordMultipliers {
  // Descending, so that the multipliers of consecutive words in memory are consecutive too: the one for word_count is
  // at [kCount - 1 - word_count].
  alignas(64) uint64_t descending[kCount];
};

template <size_t kCount>
consteval WordMultipliers<kCount> make_word_multipliers() {
  WordMultipliers<kCount> result{};
  uint32_t power = 1;  // Reflected x^31.
  for (size_t i = 0; i < kCount; ++i) {
    result.descending[kCount - 1 - i] = power;
    for (int step = 0; step < 64; ++step) power = times_x(power);
  }
  return result;
}

// floor(x^95 / P), reflected in 64 bits: the Barrett constant for dividing a 96-bit polynomial by P.
consteval uint64_t barrett_quotient() {
  uint64_t quotient = 0;
  uint64_t remainder = uint64_t{1} << 32;
  for (int i = 0; i < 64; ++i) {
    if ((remainder >> 32) != 0) {
      quotient |= uint64_t{1} << i;
      remainder ^= kPolynomial;
    }
    remainder <<= 1;
  }
  return quotient;
}

// P reflected in 33 bits.
inline constexpr uint64_t kReflectedPolynomial33 = (uint64_t{kReflectedPolynomial} << 1) | 1;

}  // namespace simdr::core::simd
