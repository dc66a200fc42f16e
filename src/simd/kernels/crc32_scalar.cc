// CRC-32 and copy + CRC-32 without any special instruction, for every CPU of either byte order: 16 table lookups per 16
// bytes ("slicing"), independent of each other.
#include <string.h>

#include "simd/kernels/entry_points.h"
#include "simd/kernels/polynomial.h"

namespace simdr::core::simd {
namespace {

constexpr size_t kSlices = 16;

// value[k][b] is the remainder of byte b followed by k zero bytes.
struct Tables {
  uint32_t value[kSlices][256];
};

consteval Tables make_tables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit) remainder = times_x(remainder);
    tables.value[0][byte] = remainder;
  }
  for (size_t k = 1; k < kSlices; ++k) {
    for (uint32_t byte = 0; byte < 256; ++byte) {
      const uint32_t shorter = tables.value[k - 1][byte];
      tables.value[k][byte] = (shorter >> 8) ^ tables.value[0][shorter & 0xFF];
    }
  }
  return tables;
}

alignas(64) constexpr Tables kTables = make_tables();

// Little-endian on every host; compilers make it one load where they can.
inline uint32_t load_dword(const uint8_t* from) {
  return from[0] | (uint32_t{from[1]} << 8) | (uint32_t{from[2]} << 16) | (uint32_t{from[3]} << 24);
}

// The lookups for four bytes that `zero_count` more bytes of the same step follow.
inline uint32_t look_up(uint32_t dword, size_t zero_count) {
  return kTables.value[zero_count + 3][dword & 0xFF] ^ kTables.value[zero_count + 2][(dword >> 8) & 0xFF] ^
         kTables.value[zero_count + 1][(dword >> 16) & 0xFF] ^ kTables.value[zero_count][dword >> 24];
}

// Copies `kSize` bytes if there is a destination, and moves on. A fixed size makes it one or two instructions.
template <size_t kSize>
inline void pass(uint8_t*& dst, const uint8_t*& src) {
  if (dst != nullptr) {
    memcpy(dst, src, kSize);
    dst += kSize;
  }
  src += kSize;
}

// Copies as well unless dst is null.
inline uint32_t checksum(uint32_t crc, uint8_t* dst, const uint8_t* src, size_t size) {
  crc = ~crc;
  for (; size >= 16; size -= 16) {
    crc = look_up(load_dword(src) ^ crc, 12) ^ look_up(load_dword(src + 4), 8) ^ look_up(load_dword(src + 8), 4) ^
          look_up(load_dword(src + 12), 0);
    pass<16>(dst, src);
  }
  if ((size & 8) != 0) {
    crc = look_up(load_dword(src) ^ crc, 4) ^ look_up(load_dword(src + 4), 0);
    pass<8>(dst, src);
  }
  if ((size & 4) != 0) {
    crc = look_up(load_dword(src) ^ crc, 0);
    pass<4>(dst, src);
  }
  for (size &= 3; size > 0; --size) {
    crc = (crc >> 8) ^ kTables.value[0][(crc ^ *src) & 0xFF];
    pass<1>(dst, src);
  }
  return ~crc;
}

}  // namespace

uint32_t crc32_scalar(uint32_t crc, const void* data, size_t size) noexcept {
  return checksum(crc, nullptr, static_cast<const uint8_t*>(data), size);
}

uint32_t copy_crc32_scalar(uint32_t crc, void* dst, const void* src, size_t size) noexcept {
  return checksum(crc, static_cast<uint8_t*>(dst), static_cast<const uint8_t*>(src), size);
}

}  // namespace simdr::core::simd
