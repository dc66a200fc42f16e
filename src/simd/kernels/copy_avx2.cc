// Copy with 32-byte non-temporal stores for large sizes.
#include <immintrin.h>
#include <string.h>

#include "simd/kernels/entry_points.h"

namespace simdr::core::simd {

void copy_avx2(void* dst, const void* src, size_t size) noexcept {
  if (size < kNonTemporalSize) {
    // The C library ties or wins here, but does not allow null pointers even for size 0.
    if (size > 0) memcpy(dst, src, size);
    return;
  }
  constexpr size_t kStep = 32;
  uint8_t* to = static_cast<uint8_t*>(dst);
  const uint8_t* from = static_cast<const uint8_t*>(src);
  // Both ends by ordinary, overlapping stores, everything between them aligned.
  const __m256i first = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  const __m256i last = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + size - kStep));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), first);
  const size_t head_size = kStep - reinterpret_cast<uintptr_t>(dst) % kStep;
  for (size_t i = head_size; i + kStep <= size; i += kStep) {
    _mm256_stream_si256(reinterpret_cast<__m256i*>(to + i),
                        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + i)));
  }
  _mm_sfence();
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + size - kStep), last);
}

}  // namespace simdr::core::simd
