// Writes live entries anew, one after the other, into a file of their own.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "format/trailer.h"
#include "platform/file.h"
#include "writer/entry_gather.h"

namespace simdr::core {

// Packs entries, in the order in which they are given, into `file` from its start: the current generation's layout, no guard. The file is
// nobody's yet; nothing is synced, but what is written is on its way to the disk. Payloads must stay where they are until finish():
// large ones are not copied before they are written.
class PackedWriter final : private EntryGather {
 public:
  // May throw std::bad_alloc.
  explicit PackedWriter(File& file);

  // kCorrupt when the payload does not match `crc32`, of which a trailer of `trailer_size` bytes kept the low part.
  Result<void> add(std::uint64_t key_hash, ByteView payload, std::uint32_t crc32, std::uint32_t trailer_size);
  using EntryGather::add_tombstone;
  Result<void> finish();

  using EntryGather::tail;

 private:
  Result<void> write(std::uint64_t offset, std::vector<ByteView>* parts, std::uint64_t size, bool is_last) override;

  File& file_;
  std::uint64_t on_its_way_ = 0;  // the system was asked to write this much to the disk
};

}  // namespace simdr::core
