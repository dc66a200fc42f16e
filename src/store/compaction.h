// Writes live entries anew, one after the other, into a file of their own.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "format/trailer.h"
#include "index/key_index.h"
#include "platform/file.h"

namespace simdr::core {

// Packs entries, in the order in which they are given, into `file` from its start: the current generation's layout, no guard. The file is
// nobody's yet; nothing is synced.
class PackedWriter {
 public:
  explicit PackedWriter(File& file);

  // kCorrupt when the payload does not match `crc32`, of which a trailer of `trailer_size` bytes kept the low part.
  Result<void> add(std::uint64_t key_hash, ByteView payload, std::uint32_t crc32, std::uint32_t trailer_size);
  Result<void> add_tombstone(std::uint64_t key_hash);
  Result<void> finish();

  [[nodiscard]] std::uint64_t tail() const noexcept { return tail_; }

 private:
  Result<void> flush();

  File& file_;
  std::vector<std::byte> buffer_;
  std::uint64_t flushed_ = 0;  // file offset of the buffer's start
  std::uint64_t tail_ = 0;
};

}  // namespace simdr::core
