// Copy with 64-byte non-temporal stores, a whole cache line each, for large sizes.
#include <immintrin.h>
#include <string.h>

#include "simd/kernels/entry_points.h"

namespace simdr::core::simd {

void copy_avx512(void* dst, const void* src, size_t size) noexcept {
  if (size < kNonTemporalSize) {
    // The C library ties or wins here, but does not allow null pointers even for size 0.
    if (size > 0) memcpy(dst, src, size);
    return;
  }
  constexpr size_t kStep = 64;
  uint8_t* to = static_cast<uint8_t*>(dst);
  const uint8_t* from = static_cast<const uint8_t*>(src);
  // Both ends by ordinary, overlapping stores, everything between them aligned.
  const __m512i first = _mm512_loadu_si512(from);
  const __m512i last = _mm512_loadu_si512(from + size - kStep);
  _mm512_storeu_si512(to, first);
  const size_t head_size = kStep - reinterpret_cast<uintptr_t>(dst) % kStep;
  for (size_t i = head_size; i + kStep <= size; i += kStep) {
    _mm512_stream_si512(reinterpret_cast<__m512i*>(to + i), _mm512_loadu_si512(from + i));
  }
  _mm_sfence();
  _mm512_storeu_si512(to + size - kStep, last);
}

}  // namespace simdr::core::simd
