#include "recovery/payload_crc.h"

#include <array>
#include <cstddef>

#include "simd/kernels.h"

namespace simdr::core {
namespace {

constexpr std::uint32_t kPolynomial = 0xEDB88320u;  // 0x04C11DB7 reflected
constexpr std::uint32_t kOne = 0x80000000u;         // x^0 in reflected order

// b times x, modulo the polynomial.
constexpr std::uint32_t times_x(std::uint32_t b) noexcept { return (b >> 1) ^ (kPolynomial & (0u - (b & 1))); }

// What the four highest powers become when a number is multiplied by x^4.
constexpr std::array<std::uint32_t, 16> kCarry = [] {
  std::array<std::uint32_t, 16> carry{};
  for (std::uint32_t i = 0; i < 16; ++i) carry[i] = times_x(times_x(times_x(times_x(i))));
  return carry;
}();

constexpr std::uint64_t kFewBytes = 4;
constexpr std::array<std::uint32_t, 256> kByteTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = times_x(crc);
    table[i] = crc;
  }
  return table;
}();

// a * b modulo the polynomial, over GF(2); four powers of a at a time, the highest (the lowest bits) first.
constexpr std::uint32_t multiply(std::uint32_t a, std::uint32_t b) noexcept {
  std::uint32_t times[16] = {};
  times[8] = b;
  times[4] = times_x(b);
  times[2] = times_x(times[4]);
  times[1] = times_x(times[2]);
  for (std::uint32_t i = 3; i < 16; ++i) times[i] = times[i & (i - 1)] ^ times[i & (0u - i)];
  std::uint32_t product = 0;
  for (int digit = 0; digit < 8; ++digit) {
    product = (product >> 4) ^ kCarry[product & 15] ^ times[(a >> (4 * digit)) & 15];
  }
  return product;
}

// powers[j][k] = x^(8 * k * 256^j): what k * 256^j more bytes do to a CRC. Six digits reach 2^48, the largest store.
struct Powers {
  std::array<std::array<std::uint32_t, 256>, 6> at;

  Powers() noexcept : at{} {
    std::uint32_t step = kOne >> 8;  // x^8
    for (auto& digit : at) {
      digit[0] = kOne;
      for (std::size_t k = 1; k < 256; ++k) digit[k] = multiply(digit[k - 1], step);
      step = multiply(digit[255], step);
    }
  }
};

std::uint32_t shift_by_bytes(std::uint32_t crc, std::uint64_t size) noexcept {
  static const Powers powers;
  for (std::size_t j = 0; size != 0 && j < powers.at.size(); ++j, size >>= 8) {
    if ((size & 0xFF) != 0) crc = multiply(powers.at[j][size & 0xFF], crc);
  }
  return crc;
}

}  // namespace

std::uint32_t payload_crc(std::uint32_t crc, const std::byte* data, std::uint64_t size) noexcept {
  // Searches of junk ask for steps of a byte or two, over and over; the kernels are made for more.
  if (size <= kFewBytes) {
    crc = ~crc;
    for (; size != 0; --size, ++data)
      crc = (crc >> 8) ^ kByteTable[(crc ^ std::to_integer<std::uint32_t>(*data)) & 0xFF];
    return ~crc;
  }
  return simd::kernels().crc32(crc, data, static_cast<std::size_t>(size));
}

std::uint32_t combine_crc(std::uint32_t crc_a, std::uint32_t crc_b, std::uint64_t size_b) noexcept {
  return shift_by_bytes(crc_a, size_b) ^ crc_b;
}

std::uint32_t RangeCrc::of_prefix(std::uint64_t end) {
  const std::uint64_t block = end / kBlockSize;
  if (at_block_.empty()) {
    at_block_.reserve(static_cast<std::size_t>(file_.size() / kBlockSize + 1));
    at_block_.push_back(0);
  }
  while (at_block_.size() <= block) {
    const std::uint64_t from = (at_block_.size() - 1) * kBlockSize;
    at_block_.push_back(payload_crc(at_block_.back(), file_.data() + from, kBlockSize));
    bytes_read_ += kBlockSize;
  }
  const std::uint64_t from = block * kBlockSize;
  bytes_read_ += end - from;
  return payload_crc(at_block_[static_cast<std::size_t>(block)], file_.data() + from, end - from);
}

std::uint32_t RangeCrc::of(std::uint64_t from, std::uint64_t to) {
  const std::uint32_t whole = of_prefix(to);
  // crc(AB) = shift(crc(A)) ^ crc(B), so crc(B) is what is left when the part that A adds is taken away again.
  return whole ^ shift_by_bytes(of_prefix(from), to - from);
}

}  // namespace simdr::core
