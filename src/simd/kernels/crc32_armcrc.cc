// CRC-32 and copy + CRC-32 for 64-bit ARM with the CRC32 instructions, for cores without PMULL (Cortex-A72 as built
// into the Raspberry Pi 4, for one). The instructions compute exactly this polynomial, 8 bytes at a time.
#include <arm_acle.h>
#include <string.h>

#include "simd/kernels/entry_points.h"

namespace simdr::core::simd {
namespace {

template <typename Word>
inline Word take(uint8_t*& dst, const uint8_t*& src) {
  Word word;
  memcpy(&word, src, sizeof word);
  src += sizeof word;
  if (dst != nullptr) {
    memcpy(dst, &word, sizeof word);
    dst += sizeof word;
  }
  return word;
}

// Copies as well unless dst is null.
inline uint32_t checksum(uint32_t crc, uint8_t* dst, const uint8_t* src, size_t size) {
  crc = ~crc;
  for (; size >= 32; size -= 32) {
    crc = __crc32d(crc, take<uint64_t>(dst, src));
    crc = __crc32d(crc, take<uint64_t>(dst, src));
    crc = __crc32d(crc, take<uint64_t>(dst, src));
    crc = __crc32d(crc, take<uint64_t>(dst, src));
  }
  for (; size >= 8; size -= 8) crc = __crc32d(crc, take<uint64_t>(dst, src));
  if ((size & 4) != 0) crc = __crc32w(crc, take<uint32_t>(dst, src));
  if ((size & 2) != 0) crc = __crc32h(crc, take<uint16_t>(dst, src));
  if ((size & 1) != 0) crc = __crc32b(crc, take<uint8_t>(dst, src));
  return ~crc;
}

}  // namespace

uint32_t crc32_armcrc(uint32_t crc, const void* data, size_t size) noexcept {
  return checksum(crc, nullptr, static_cast<const uint8_t*>(data), size);
}

uint32_t copy_crc32_armcrc(uint32_t crc, void* dst, const void* src, size_t size) noexcept {
  return checksum(crc, static_cast<uint8_t*>(dst), static_cast<const uint8_t*>(src), size);
}

}  // namespace simdr::core::simd
