// Declarations of every kernel, for the table in simd/kernels.cc.
//
// Kernel files are compiled for instruction sets that the host may lack, so they include no STL and no inline function
// with external linkage: the linker could keep the AVX copy of such a function for the whole program.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace simdr::core::simd {

// From this size on, kernels that can do so write around the cache: the destination would push everything else out,
// and reading each line before overwriting it would cost a third of the memory traffic.
inline constexpr size_t kNonTemporalSize = size_t{16} << 20;

#define SIMDR_DECLARE_CHECKSUM(isa)                                           \
  uint32_t crc32_##isa(uint32_t crc, const void* data, size_t size) noexcept; \
  uint32_t copy_crc32_##isa(uint32_t crc, void* dst, const void* src, size_t size) noexcept

SIMDR_DECLARE_CHECKSUM(scalar);
SIMDR_DECLARE_CHECKSUM(avx2);
SIMDR_DECLARE_CHECKSUM(vpclmul);
SIMDR_DECLARE_CHECKSUM(avx512);
SIMDR_DECLARE_CHECKSUM(neon);
SIMDR_DECLARE_CHECKSUM(armcrc);

#undef SIMDR_DECLARE_CHECKSUM

void copy_scalar(void* dst, const void* src, size_t size) noexcept;
void copy_avx2(void* dst, const void* src, size_t size) noexcept;
void copy_avx512(void* dst, const void* src, size_t size) noexcept;

}  // namespace simdr::core::simd
