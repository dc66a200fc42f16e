#include "recovery/entry_check.h"

#include <algorithm>

#include "recovery/payload_crc.h"

namespace simdr::core {

bool crc_matches(ByteView file, const EntryRecord& record, const Layout& layout) noexcept {
  const std::uint32_t crc = payload_crc(0, file.data() + record.payload_offset, record.payload_size());
  return stored_crc(crc, layout.trailer_size) == record.crc32;
}

bool is_all_zero(ByteView bytes) noexcept {
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    if (load_le64(at) != 0) return false;
  }
  return std::all_of(at, at + left, [](std::byte byte) { return byte == std::byte{0}; });
}

bool is_pad_credible(ByteView file, const EntryRecord& record) noexcept {
  const std::uint64_t size = record.payload_offset - record.prev_tail;
  return size < kPayloadAlignment ||
         is_all_zero(file.subspan(static_cast<std::size_t>(record.prev_tail), static_cast<std::size_t>(size)));
}

bool is_zero_trailer(ByteView file, std::uint64_t tail, std::uint32_t trailer_size) noexcept {
  return is_all_zero(file.subspan(static_cast<std::size_t>(tail - trailer_size), trailer_size));
}

bool may_be_holed_trailer(const EntryRecord& record) noexcept {
  return record.prev_tail == 0 && (record.key_hash == 0 || record.crc32 == 0);
}

}  // namespace simdr::core
