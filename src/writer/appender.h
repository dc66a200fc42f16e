// Puts entries at the end of a file, one after the other, in the current generation of the format. Appending is not publishing: what was
// appended counts, for anybody, only once publish() has returned, and rewind() takes back what was not published. One thread
// at a time; the store's write lock sees to that.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/status.h"
#include "simd/kernels.h"
#include "writer/append_region.h"
#include "writer/spool.h"

namespace simdr::core {

class Appender {
 public:
  Appender(File& file, const AppendRegion::Start& start, const AppendConfig& config) noexcept;

  // Each returns the offset of the new entry's trailer; the entry ends at tail().
  Result<std::uint64_t> append_value(std::uint64_t key_hash, ByteView payload);
  Result<std::uint64_t> append_tombstone(std::uint64_t key_hash);
  Result<std::uint64_t> append_spooled(std::uint64_t key_hash, Spool& spool);

  // Room for a payload of `size` bytes at the tail, for the caller to fill; append_built() makes it an entry.
  Result<std::byte*> build(std::uint64_t size);
  Result<std::uint64_t> append_built(std::uint64_t key_hash, std::uint64_t size);

  // Where the last appended entry ends, published or not.
  [[nodiscard]] std::uint64_t tail() const noexcept { return tail_; }
  void rewind(std::uint64_t tail) noexcept {
    region_.soil(tail_);
    tail_ = tail;
  }
  // kWriterFailed when a sync was needed first and failed.
  Result<void> publish() noexcept;

  // append_value() and publish() in one, where that takes nothing but stores to memory: room in the window, and no sync
  // needed first. The trailer's offset, or 0 when something else is needed; then nothing was appended.
  [[nodiscard]] std::uint64_t put_in_window(std::uint64_t key_hash, ByteView payload, std::uint64_t max_tail) noexcept;

  [[nodiscard]] AppendRegion& region() noexcept { return region_; }
  [[nodiscard]] const AppendRegion& region() const noexcept { return region_; }

 private:
  Result<std::uint64_t> end_entry(std::uint64_t trailer_offset, ByteView payload_end) noexcept;
  Result<std::uint64_t> append_direct(std::uint64_t key_hash, ByteView payload);
  Result<std::byte*> room(std::uint64_t end);
  void store_value(std::byte* at, std::uint64_t key_hash, ByteView payload, std::uint64_t start) noexcept;

  AppendRegion region_;
  const std::uint64_t direct_size_;
  const simd::Kernels& kernels_;
  std::uint64_t tail_;
  bool hides_a_tear_ = false;  // one of the entries that are not published yet
};

}  // namespace simdr::core
