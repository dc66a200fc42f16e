// Which of eight 64-bit words have given upper 16 bits, and which are zero. For memory that nobody changes meanwhile: the loads are
// plain ones.
#pragma once

#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace simdr::core::simd {

struct SlotMasks {
  uint32_t alike;  // bit i for word i
  uint32_t zero;
};

// Alike are words whose upper 16 bits are those of `like`. `words` is 64-byte aligned.
[[nodiscard]] inline SlotMasks match_slots(const uint64_t* words, uint64_t like) noexcept {
  SlotMasks masks = {0, 0};
#if defined(__SSE2__)  // every x86-64 has it
  // The upper halves of four words at a time, as eight numbers of 16 bits, of which every other one counts.
  const __m128i wanted = _mm_shuffle_epi32(_mm_cvtsi64_si128(static_cast<long long>(like)), _MM_SHUFFLE(1, 1, 1, 1));
  for (int i = 0; i < 8; i += 4) {
    const __m128 first = _mm_castsi128_ps(_mm_load_si128(reinterpret_cast<const __m128i*>(words + i)));
    const __m128 second = _mm_castsi128_ps(_mm_load_si128(reinterpret_cast<const __m128i*>(words + i + 2)));
    const __m128i upper = _mm_castps_si128(_mm_shuffle_ps(first, second, _MM_SHUFFLE(3, 1, 3, 1)));
    const __m128i lower = _mm_castps_si128(_mm_shuffle_ps(first, second, _MM_SHUFFLE(2, 0, 2, 0)));
    const __m128i is_alike = _mm_cmpeq_epi16(upper, wanted);
    const __m128i is_zero = _mm_cmpeq_epi32(_mm_or_si128(upper, lower), _mm_setzero_si128());
    masks.alike |= static_cast<uint32_t>(_mm_movemask_ps(_mm_castsi128_ps(is_alike))) << i;
    masks.zero |= static_cast<uint32_t>(_mm_movemask_ps(_mm_castsi128_ps(is_zero))) << i;
  }
#else
  for (int i = 0; i < 8; ++i) {
    masks.alike |= static_cast<uint32_t>((words[i] ^ like) >> 48 == 0) << i;
    masks.zero |= static_cast<uint32_t>(words[i] == 0) << i;
  }
#endif
  return masks;
}

}  // namespace simdr::core::simd
