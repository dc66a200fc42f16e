// CRC-32 and copy + CRC-32 for x86-64 with PCLMULQDQ, compiled for AVX2.
#include "simd/kernels/lane128_x86.h"
//
#include "simd/kernels/fold128.h"

namespace simdr::core::simd {

uint32_t crc32_avx2(uint32_t crc, const void* data, size_t size) noexcept {
  return checksum_128<false>(crc, nullptr, static_cast<const uint8_t*>(data), size);
}

uint32_t copy_crc32_avx2(uint32_t crc, void* dst, const void* src, size_t size) noexcept {
  return checksum_128<true>(crc, static_cast<uint8_t*>(dst), static_cast<const uint8_t*>(src), size);
}

}  // namespace simdr::core::simd
