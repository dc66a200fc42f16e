// CPU detection where only the scalar kernel exists.
#include "simd/cpu.h"

namespace simdr::core::simd {

CpuFeatures detect_cpu() noexcept { return {}; }

}  // namespace simdr::core::simd
