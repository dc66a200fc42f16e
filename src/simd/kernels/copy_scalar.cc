// The copy of the C library, for every CPU.
#include <string.h>

#include "simd/kernels/entry_points.h"

namespace simdr::core::simd {

void copy_scalar(void* dst, const void* src, size_t size) noexcept {
  // memcpy does not allow null pointers even for size 0.
  if (size > 0) memcpy(dst, src, size);
}

}  // namespace simdr::core::simd
