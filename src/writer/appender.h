// Puts entries at the end of a file, one after the other, in the current generation of the format. Appending is not publishing: what was
// appended counts, for anybody, only once publish() has returned, and rewind() takes back what was not published. One thread
// at a time; the store's write lock sees to that.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "format/layout.h"
#include "format/trailer.h"
#include "simd/kernels.h"
#include "writer/append_region.h"
#include "writer/entry_gather.h"
#include "writer/spool.h"

namespace simdr::core {

// One step of an atomic batch.
struct WriteOp {
  std::uint64_t key_hash;
  ByteView payload;
  bool is_removal = false;
};

class Appender {
 public:
  Appender(File& file, const AppendRegion::Start& start, const AppendConfig& config) noexcept;

  // Each returns the offset of the new entry's trailer; the entry ends at tail().
  Result<std::uint64_t> append_value(std::uint64_t key_hash, ByteView payload);
  Result<std::uint64_t> append_tombstone(std::uint64_t key_hash);
  Result<std::uint64_t> append_spooled(std::uint64_t key_hash, Spool& spool);
  // All of them, one after the other; the last one will end at `end`, below the format's limit. After an error some may have been
  // appended: rewind().
  Result<void> append_all(std::span<const WriteOp> ops, std::uint64_t end, std::uint64_t* out_trailers);

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
  [[nodiscard]] std::uint64_t put_in_window(std::uint64_t key_hash, ByteView payload, std::uint64_t max_tail) noexcept {
    if (payload.size() >= direct_size_) return 0;
    const std::uint64_t start = payload_start(tail_);
    const std::uint64_t trailer = start + payload.size();
    const std::uint64_t end = trailer + kTrailerSize;
    std::byte* const at = region_.writable(tail_, end);
    if (at == nullptr || end > max_tail || region_.hides_a_tear(trailer, payload) || hides_a_tear_) [[unlikely]]
      return 0;
    store_value(at, key_hash, payload, start);
    tail_ = end;
    static_cast<void>(region_.publish_in_window(end));
    return trailer;
  }

  [[nodiscard]] AppendRegion& region() noexcept { return region_; }
  [[nodiscard]] const AppendRegion& region() const noexcept { return region_; }

 private:
  class Gather final : public EntryGather {
   public:
    Gather(AppendRegion& region, std::size_t piece_size) : EntryGather(piece_size), region_(region) {}

   private:
    Result<void> write(std::uint64_t offset, std::vector<ByteView>* parts, std::uint64_t size, bool is_last) override {
      return is_last ? region_.write_and_fill(offset, parts, size) : region_.write_direct(offset, *parts, size);
    }

    AppendRegion& region_;
  };

  Result<std::uint64_t> end_entry(std::uint64_t trailer_offset, ByteView payload_end) noexcept;
  Result<std::uint64_t> append_direct(std::uint64_t key_hash, ByteView payload);
  Result<void> append_in_window(std::span<const WriteOp> ops, std::uint64_t end, std::uint64_t* out_trailers);
  Result<void> append_gathered(std::span<const WriteOp> ops, std::uint64_t end, std::uint64_t* out_trailers);
  Result<std::byte*> room(std::uint64_t end);
  void store_tombstone(std::byte* at, std::uint64_t key_hash) noexcept;
  // `at` is where tail_ is in memory, `start` the payload's offset.
  void store_value(std::byte* at, std::uint64_t key_hash, ByteView payload, std::uint64_t start) noexcept {
    const std::size_t pad = static_cast<std::size_t>(start - tail_);
    std::byte* const to = at + pad;
    store_zeros(at, pad);
    // The hash before the payload: the system may write the page to the disk at any instant, and bytes that match their CRC
    // are not to be there without the key they are of.
    encode_trailer(to + payload.size(), {key_hash, tail_, 0});
    std::atomic_signal_fence(std::memory_order_release);
    const std::uint32_t crc = kernels_.copy_crc32(0, to, payload.data(), payload.size());
    store_le32(to + payload.size() + kTrailerCrcAt, crc);
  }
  // Fewer than kPayloadAlignment, so no call: the pieces overlap.
  static void store_zeros(std::byte* at, std::size_t size) noexcept {
    static_assert(kPayloadAlignment <= 64);
    if (size >= 16) {
      std::memset(at, 0, 16);
      std::memset(at + size - 16, 0, 16);
      if (size > 32) std::memset(at + 16, 0, 16), std::memset(at + size - 32, 0, 16);
    } else if (size >= 8) {
      std::memset(at, 0, 8);
      std::memset(at + size - 8, 0, 8);
    } else {
      for (std::size_t i = 0; i < size; ++i) at[i] = std::byte{0};
    }
  }

  AppendRegion region_;
  const std::uint64_t direct_size_;
  const std::uint64_t fill_step_;
  std::unique_ptr<Gather> gather_;  // from the first batch that needs it on
  const simd::Kernels& kernels_;
  std::uint64_t tail_;
  bool hides_a_tear_ = false;  // one of the entries that are not published yet
};

}  // namespace simdr::core
