// Chooses a kernel table once per process.
#include "simd/kernels.h"

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>

#include "simd/cpu.h"
#include "simd/kernels/entry_points.h"

namespace simdr::core::simd {
namespace {

struct Candidate {
  Kernels kernels;
  bool (*runs_on)(const CpuFeatures&) noexcept;
};

// Best first. Both arrays are constant data: nothing runs before main.
constexpr auto kCandidates = std::to_array<Candidate>({
#ifdef SIMDR_KERNEL_AVX512
    {{"avx512", copy_avx512, crc32_avx512, copy_crc32_avx512},
     [](const CpuFeatures& cpu) noexcept { return cpu.avx512_vpclmul; }},
#endif
#ifdef SIMDR_KERNEL_VPCLMUL
    {{"vpclmul", copy_avx2, crc32_vpclmul, copy_crc32_vpclmul},
     [](const CpuFeatures& cpu) noexcept { return cpu.avx2_vpclmul; }},
#endif
#ifdef SIMDR_KERNEL_AVX2
    {{"avx2", copy_avx2, crc32_avx2, copy_crc32_avx2}, [](const CpuFeatures& cpu) noexcept { return cpu.avx2_pclmul; }},
#endif
#ifdef SIMDR_KERNEL_NEON
    {{"neon", copy_scalar, crc32_neon, copy_crc32_neon},
     [](const CpuFeatures& cpu) noexcept { return cpu.neon_pmull; }},
#endif
#ifdef SIMDR_KERNEL_ARMCRC
    {{"armcrc", copy_scalar, crc32_armcrc, copy_crc32_armcrc},
     [](const CpuFeatures& cpu) noexcept { return cpu.arm_crc32; }},
#endif
    {{"scalar", copy_scalar, crc32_scalar, copy_crc32_scalar}, [](const CpuFeatures&) noexcept { return true; }},
});

constexpr auto kNames = [] {
  std::array<const char*, kCandidates.size()> names{};
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kCandidates[i].kernels.name;
  return names;
}();

const Kernels& best_kernels() noexcept {
  const CpuFeatures cpu = detect_cpu();
  for (const Candidate& candidate : kCandidates) {
    if (candidate.runs_on(cpu)) return candidate.kernels;
  }
  return kCandidates.back().kernels;
}

// Relaxed is enough: the pointer leads to constant data, and threads that race here find the same answer.
constinit std::atomic<const Kernels*> chosen{nullptr};

}  // namespace

const Kernels* find_kernels(const char* name) noexcept {
  if (name == nullptr) return nullptr;
  const CpuFeatures cpu = detect_cpu();
  for (const Candidate& candidate : kCandidates) {
    if (std::strcmp(candidate.kernels.name, name) == 0) {
      return candidate.runs_on(cpu) ? &candidate.kernels : nullptr;
    }
  }
  return nullptr;
}

const Kernels& kernels() noexcept {
  const Kernels* found = chosen.load(std::memory_order_relaxed);
  if (found != nullptr) return *found;
  found = find_kernels(std::getenv("SIMDR_KERNEL"));
  if (found == nullptr) found = &best_kernels();
  // If another thread was first and the environment changed in between, its choice stands: "never changes".
  const Kernels* expected = nullptr;
  return chosen.compare_exchange_strong(expected, found, std::memory_order_relaxed) ? *found : *expected;
}

std::span<const char* const> compiled_kernel_names() noexcept { return kNames; }

}  // namespace simdr::core::simd
