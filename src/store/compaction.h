// Writes live entries anew, one after the other, into a file of their own.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "format/trailer.h"
#include "index/key_index.h"
#include "platform/file.h"

namespace simdr::core {

// Packs entries, in the order in which they are given, into `file` from its start: the current generation's layout, no guard. The file is
// nobody's yet; nothing is synced. Payloads must stay where they are until finish(): large ones are not copied before they are
// written.
class PackedWriter {
 public:
  // May throw std::bad_alloc, as may add() and add_tombstone().
  explicit PackedWriter(File& file);

  // kCorrupt when the payload does not match `crc32`, of which a trailer of `trailer_size` bytes kept the low part.
  Result<void> add(std::uint64_t key_hash, ByteView payload, std::uint32_t crc32, std::uint32_t trailer_size);
  Result<void> add_tombstone(std::uint64_t key_hash);
  Result<void> finish();

  [[nodiscard]] std::uint64_t tail() const noexcept { return tail_; }

 private:
  Result<void> stage(ByteView bytes);
  Result<void> refer_to(ByteView bytes);
  void extend_last_part(std::size_t size);
  Result<void> flush_if_full();
  Result<void> flush();
  Result<void> end_entry(std::uint64_t key_hash, std::uint64_t payload_end, std::uint32_t crc32);

  File& file_;
  // What is gathered for the next write: stretches of the staging buffer and payloads where they lie.
  std::vector<ByteView> parts_;
  std::unique_ptr<std::byte[]> staging_;
  std::size_t staged_ = 0;  // bytes of it in use
  std::size_t gathered_ = 0;  // bytes in parts_
  std::uint64_t flushed_ = 0;
  std::uint64_t tail_ = 0;
};

}  // namespace simdr::core
