// CPU detection for x86-64.
//
// A CPUID feature bit alone is not enough: if the operating system does not save the wide registers, the first AVX
// instruction faults. XGETBV says what is saved, and may itself be executed only when CPUID reports OSXSAVE.
#include <cpuid.h>

#include <cstdint>

#include "simd/cpu.h"

namespace simdr::core::simd {
namespace {

struct CpuidResult {
  std::uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

// All zero, that is "no features", when the CPU does not know the leaf.
CpuidResult cpuid(std::uint32_t leaf) noexcept {
  CpuidResult result;
  if (__get_cpuid_count(leaf, 0, &result.eax, &result.ebx, &result.ecx, &result.edx) == 0) return {};
  return result;
}

std::uint64_t saved_register_state() noexcept {
  std::uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (std::uint64_t{high} << 32) | low;
}

constexpr bool has_all(std::uint64_t value, std::uint64_t bits) noexcept { return (value & bits) == bits; }

constexpr std::uint32_t bit(unsigned position) noexcept { return std::uint32_t{1} << position; }

// Leaf 1, ECX.
constexpr std::uint32_t kPclmulqdq = bit(1), kSse41 = bit(19), kOsxsave = bit(27), kAvx = bit(28);
// Leaf 7, EBX and ECX.
constexpr std::uint32_t kAvx2 = bit(5), kAvx512F = bit(16), kAvx512Dq = bit(17), kAvx512Bw = bit(30),
                        kAvx512Vl = bit(31);
constexpr std::uint32_t kBmi1 = bit(3), kBmi2 = bit(8);
constexpr std::uint32_t kAvx512Vbmi = bit(1), kVpclmulqdq = bit(10);
// XCR0: SSE and AVX halves; then mask registers, upper halves of ZMM0-15, and ZMM16-31.
constexpr std::uint64_t kYmmState = 0x06, kZmmState = 0xE6;

}  // namespace

CpuFeatures detect_cpu() noexcept {
  CpuFeatures features;
  const CpuidResult basic = cpuid(1);
  if (!has_all(basic.ecx, kOsxsave | kAvx | kSse41 | kPclmulqdq)) return features;
  const std::uint64_t state = saved_register_state();
  const CpuidResult extended = cpuid(7);
  features.avx2_pclmul = has_all(state, kYmmState) && has_all(extended.ebx, kAvx2 | kBmi1 | kBmi2);
  features.avx2_vpclmul = features.avx2_pclmul && has_all(extended.ecx, kVpclmulqdq);
  features.avx512_vpclmul = features.avx2_vpclmul && has_all(state, kZmmState) &&
                            has_all(extended.ebx, kAvx512F | kAvx512Dq | kAvx512Bw | kAvx512Vl) &&
                            has_all(extended.ecx, kAvx512Vbmi);
  return features;
}

}  // namespace simdr::core::simd
