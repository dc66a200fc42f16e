// CPU detection for 64-bit ARM. User code cannot read the ID registers portably, so the operating system is asked.
#include "simd/cpu.h"

#if defined(__linux__)
#include <sys/auxv.h>
#elif defined(__FreeBSD__) || defined(__OpenBSD__)
#include <sys/auxv.h>
#elif defined(_WIN32)
#include <windows.h>
#endif

namespace simdr::core::simd {

CpuFeatures detect_cpu() noexcept {
  CpuFeatures features;
#if defined(__linux__) || defined(__FreeBSD__) || defined(__OpenBSD__)
  // Bits of AT_HWCAP, fixed by the kernel ABI; named here because older headers lack the macros.
  constexpr unsigned long kHwcapAsimd = 1UL << 1, kHwcapPmull = 1UL << 4, kHwcapCrc32 = 1UL << 7;
#if defined(__linux__)
  const unsigned long bits = getauxval(AT_HWCAP);
#else
  unsigned long bits = 0;
  if (elf_aux_info(AT_HWCAP, &bits, sizeof bits) != 0) bits = 0;
#endif
  features.neon_pmull = (bits & kHwcapAsimd) != 0 && (bits & kHwcapPmull) != 0;
  features.arm_crc32 = (bits & kHwcapCrc32) != 0;
#elif defined(__APPLE__)
  features.neon_pmull = true;  // Every 64-bit Apple CPU that runs macOS has both.
  features.arm_crc32 = true;
#elif defined(_WIN32)
  features.neon_pmull = IsProcessorFeaturePresent(PF_ARM_V8_CRYPTO_INSTRUCTIONS_AVAILABLE) != 0;
  features.arm_crc32 = IsProcessorFeaturePresent(PF_ARM_V8_CRC32_INSTRUCTIONS_AVAILABLE) != 0;
#endif
  return features;
}

}  // namespace simdr::core::simd
