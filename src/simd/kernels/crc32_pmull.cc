// CRC-32 and copy + CRC-32 for 64-bit ARM with NEON and PMULL.
#include "simd/kernels/lane128_neon.h"
//
#include "simd/kernels/fold128.h"

namespace simdr::core::simd {

uint32_t crc32_neon(uint32_t crc, const void* data, size_t size) noexcept {
  return checksum_128<false>(crc, nullptr, static_cast<const uint8_t*>(data), size);
}

uint32_t copy_crc32_neon(uint32_t crc, void* dst, const void* src, size_t size) noexcept {
  return checksum_128<true>(crc, static_cast<uint8_t*>(dst), static_cast<const uint8_t*>(src), size);
}

}  // namespace simdr::core::simd
