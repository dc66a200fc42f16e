// What this CPU offers and its operating system preserves across context switches.
#pragma once

namespace simdr::core::simd {

// Each flag stands for everything one kernel needs, so that no caller has to combine bits.
struct CpuFeatures {
  bool avx2_pclmul = false;     // AVX2 and PCLMULQDQ
  bool avx2_vpclmul = false;    // AVX2 and VPCLMULQDQ
  bool avx512_vpclmul = false;  // AVX-512 F, BW, DQ, VL, VBMI and VPCLMULQDQ
  bool neon_pmull = false;      // NEON and 64-bit PMULL
  bool arm_crc32 = false;       // the ARMv8 CRC32 instructions
};

// Asks the hardware every time (some 100 ns, or microseconds under a hypervisor that traps CPUID); callers keep the
// answer.
CpuFeatures detect_cpu() noexcept;

}  // namespace simdr::core::simd
