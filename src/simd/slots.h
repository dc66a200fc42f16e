// Which of eight 64-bit words have given upper bits, and which have lower 48 bits of zero. For memory that nobody changes meanwhile: the
// loads are plain ones.
#pragma once

#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace simdr::core::simd {

struct SlotMasks {
  uint32_t alike;  // bit i for word i
  uint32_t vacant;
};

// What bit 48 of the words is: one to be left out of the comparison, or zero in all of them and in `like`, which takes five instructions less.
enum class Bit48 : bool { kIgnored, kZero };

// Alike are words whose upper 16 bits, or 15, are those of `like`. `words` is 64-byte aligned.
template <Bit48 kBit48>
[[nodiscard]] inline SlotMasks match_slots(const uint64_t* words, uint64_t like) noexcept {
  SlotMasks masks = {0, 0};
#if defined(__SSE2__)  // every x86-64 has it
  // The halves of four words at a time. Of the upper ones taken as numbers of 16 bits, every other one counts.
  const auto equal = [](__m128i a, __m128i b) {
    if constexpr (kBit48 == Bit48::kZero) return _mm_cmpeq_epi16(a, b);
    return _mm_cmpeq_epi32(_mm_srli_epi32(a, 17), _mm_srli_epi32(b, 17));
  };
  const auto has_lower_16 = [](__m128i a) { return kBit48 == Bit48::kZero ? a : _mm_slli_epi32(a, 16); };
  const __m128i wanted = _mm_shuffle_epi32(_mm_cvtsi64_si128(static_cast<long long>(like)), _MM_SHUFFLE(1, 1, 1, 1));
  for (int i = 0; i < 8; i += 4) {
    const __m128 first = _mm_castsi128_ps(_mm_load_si128(reinterpret_cast<const __m128i*>(words + i)));
    const __m128 second = _mm_castsi128_ps(_mm_load_si128(reinterpret_cast<const __m128i*>(words + i + 2)));
    const __m128i upper = _mm_castps_si128(_mm_shuffle_ps(first, second, _MM_SHUFFLE(3, 1, 3, 1)));
    const __m128i lower = _mm_castps_si128(_mm_shuffle_ps(first, second, _MM_SHUFFLE(2, 0, 2, 0)));
    const __m128i is_alike = equal(upper, wanted);
    const __m128i is_vacant = _mm_cmpeq_epi32(_mm_or_si128(has_lower_16(upper), lower), _mm_setzero_si128());
    masks.alike |= static_cast<uint32_t>(_mm_movemask_ps(_mm_castsi128_ps(is_alike))) << i;
    masks.vacant |= static_cast<uint32_t>(_mm_movemask_ps(_mm_castsi128_ps(is_vacant))) << i;
  }
#else
  for (int i = 0; i < 8; ++i) {
    masks.alike |= static_cast<uint32_t>((words[i] ^ like) >> (kBit48 == Bit48::kZero ? 48 : 49) == 0) << i;
    masks.vacant |= static_cast<uint32_t>(words[i] << 16 == 0) << i;
  }
#endif
  return masks;
}

}  // namespace simdr::core::simd
