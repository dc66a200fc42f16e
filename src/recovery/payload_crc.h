// CRC-32 of payloads, and the CRC of any range of a file without reading the range again.
//
// Recovery must ask "does this trailer's checksum match everything from there to here" for candidates whose ranges
// overlap, and a hostile file makes each range as long as the file. RangeCrc keeps the running CRC at every
// kBlockSize bytes, and gets that of any range from those of two prefixes, so one question costs at most two blocks.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace simdr::core {

// CRC-32/ISO-HDLC, zlib's: start with 0, feed what came before to go on.
[[nodiscard]] std::uint32_t payload_crc(std::uint32_t crc, const std::byte* data, std::uint64_t size) noexcept;

// The CRC of A followed by B, from the CRC of each and the size of B.
[[nodiscard]] std::uint32_t combine_crc(std::uint32_t crc_a, std::uint32_t crc_b, std::uint64_t size_b) noexcept;

class RangeCrc {
 public:
  static constexpr std::uint64_t kBlockSize = 512;

  explicit RangeCrc(ByteView file) noexcept : file_(file) {}

  // The CRC of [from, to), which must lie within the file. May throw std::bad_alloc: the first question about an
  // offset reads the file up to there, and keeps 4 bytes for each block.
  [[nodiscard]] std::uint32_t of(std::uint64_t from, std::uint64_t to);

  // Bytes read so far, for those who count work.
  [[nodiscard]] std::uint64_t bytes_read() const noexcept { return bytes_read_; }

 private:
  std::uint32_t of_prefix(std::uint64_t end);

  ByteView file_;
  std::vector<std::uint32_t> at_block_;  // [i] is the CRC of the first i blocks
  std::uint64_t bytes_read_ = 0;
};

}  // namespace simdr::core
