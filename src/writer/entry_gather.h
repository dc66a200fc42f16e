// Entries assembled for few large writes: small payloads are copied, with their checksum in the same pass, into a buffer that
// stays in the cache until the write; large ones are left where they lie. One write costs the system's work once for many
// entries, and no byte goes through the page cache twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "format/layout.h"
#include "simd/kernels.h"

namespace simdr::core {

class EntryGather {
 public:
  // A write ends at a multiple of `piece_size` in the file, so that large pages of the page cache are filled at once. May throw
  // std::bad_alloc; nothing else here does.
  explicit EntryGather(std::size_t piece_size);
  virtual ~EntryGather() = default;
  EntryGather(const EntryGather&) = delete;
  EntryGather& operator=(const EntryGather&) = delete;

  // Forgets what was not written; the next entry follows one that ends at `tail`.
  void start_at(std::uint64_t tail) noexcept;

  // The payload must stay where it is until the next flush(): large ones are not copied. The payload's checksum.
  Result<std::uint32_t> add_value(std::uint64_t key_hash, ByteView payload);
  Result<void> add_tombstone(std::uint64_t key_hash);
  // Writes what is not written yet; `is_last`: nothing will follow soon.
  Result<void> flush(bool is_last = true);

  // Where the last entry ends, written or not.
  [[nodiscard]] std::uint64_t tail() const noexcept { return tail_; }

 protected:
  // `parts`, which the callee may change, are `size` bytes together.
  virtual Result<void> write(std::uint64_t offset, std::vector<ByteView>* parts, std::uint64_t size, bool is_last) = 0;

 private:
  [[nodiscard]] std::size_t space() const noexcept { return piece_size_ - gathered_; }
  // The next `size` bytes of the buffer, of which there are space() at least.
  [[nodiscard]] std::byte* take(std::size_t size) noexcept {
    std::byte* const begin = buffer_.get() + used_;
    if (ends_in_buffer_) [[likely]] {
      parts_.back() = {parts_.back().data(), parts_.back().size() + size};
    } else {
      parts_.emplace_back(begin, size);
      ends_in_buffer_ = true;
    }
    used_ += size;
    gathered_ += size;
    return begin;
  }
  Result<void> copy(ByteView bytes);
  Result<void> refer_to(ByteView bytes);
  Result<void> flush_if_full() { return space() == 0 ? flush(false) : Result<void>{}; }

  const simd::Kernels& kernels_;
  const std::size_t piece_size_;
  std::unique_ptr<std::byte[]> buffer_;
  std::vector<ByteView> parts_;  // stretches of the buffer and payloads where they lie
  std::size_t used_ = 0;  // bytes of the buffer
  std::size_t gathered_ = 0;  // from the last multiple of the piece size on
  bool ends_in_buffer_ = false;  // the last part does, where the buffer's used bytes end
  std::uint64_t written_ = 0;  // the file is written up to here
  std::uint64_t tail_ = 0;
};

}  // namespace simdr::core
