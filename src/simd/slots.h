// Which of eight 64-bit words have a given tag in their upper bits, and which are zero. For memory that nobody changes
// meanwhile: the loads are plain ones.
#pragma once

#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace simdr::core::simd {

struct SlotMasks {
  uint32_t with_tag;  // bit i for word i
  uint32_t zero;
};

// The tag is word >> kTagShift, which is at least 32. `words` is 64-byte aligned.
template <int kTagShift>
[[nodiscard]] inline SlotMasks match_slots(const uint64_t* words, uint64_t tag) noexcept {
  static_assert(kTagShift >= 32 && kTagShift < 64);
  SlotMasks masks = {0, 0};
#if defined(__SSE2__)  // every x86-64 has it
  // The tag is in the upper half of a word, so comparing halves, of four words at a time, does.
  const __m128i wanted = _mm_set1_epi32(static_cast<int>(tag));
  for (int i = 0; i < 8; i += 4) {
    const __m128 first = _mm_castsi128_ps(_mm_load_si128(reinterpret_cast<const __m128i*>(words + i)));
    const __m128 second = _mm_castsi128_ps(_mm_load_si128(reinterpret_cast<const __m128i*>(words + i + 2)));
    const __m128i upper = _mm_castps_si128(_mm_shuffle_ps(first, second, _MM_SHUFFLE(3, 1, 3, 1)));
    const __m128i lower = _mm_castps_si128(_mm_shuffle_ps(first, second, _MM_SHUFFLE(2, 0, 2, 0)));
    const __m128i has_tag = _mm_cmpeq_epi32(_mm_srli_epi32(upper, kTagShift - 32), wanted);
    const __m128i is_zero = _mm_cmpeq_epi32(_mm_or_si128(upper, lower), _mm_setzero_si128());
    masks.with_tag |= static_cast<uint32_t>(_mm_movemask_ps(_mm_castsi128_ps(has_tag))) << i;
    masks.zero |= static_cast<uint32_t>(_mm_movemask_ps(_mm_castsi128_ps(is_zero))) << i;
  }
#else
  for (int i = 0; i < 8; ++i) {
    masks.with_tag |= static_cast<uint32_t>(words[i] >> kTagShift == tag) << i;
    masks.zero |= static_cast<uint32_t>(words[i] == 0) << i;
  }
#endif
  return masks;
}

}  // namespace simdr::core::simd
