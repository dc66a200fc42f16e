#include "writer/appender.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

namespace simdr::core {
namespace {

constexpr std::byte kPad[kPayloadAlignment]{};
constexpr std::byte kTombstone[] = {kTombstoneByte};
// Room that was filled by a system call is in no near cache. Stores of small values would wait for each of its lines.
constexpr std::size_t kFetchDistance = 1024;
constexpr std::size_t kFetchedSize = 1024;  // larger values are streams that the CPU sees by itself

Error too_large(std::uint64_t size) noexcept {
  return make_error(Status::kTooLarge, "a payload of %llu bytes would end past the format's limit of 2^48 bytes",
                    static_cast<unsigned long long>(size));
}

// The tail after a payload of `size` bytes, or false when the file would pass its limit.
bool value_fits(std::uint64_t tail, std::uint64_t size) noexcept {
  return size < kMaxStoreSize && tail_after_value(tail, size) < kMaxStoreSize;
}

}  // namespace

Appender::Appender(File& file, const AppendRegion::Start& start, const AppendConfig& config) noexcept
    : region_(file, start, config),
      direct_size_(std::min(config.direct_size, std::max(config.max_window_size, kMinWindowSize))),
      fill_step_(config.fill_step),
      kernels_(simd::kernels()),
      tail_(start.tail) {}

Result<std::byte*> Appender::room(std::uint64_t end) {
  if (std::byte* at = region_.writable(tail_, end); at != nullptr) [[likely]]
    return at;
  if (Result<void> opened = region_.open_window(tail_, end); !opened) return opened.error();
  return region_.writable(tail_, end);
}

Result<std::uint64_t> Appender::append_value(std::uint64_t key_hash, ByteView payload) {
  if (!value_fits(tail_, payload.size())) return too_large(payload.size());
  if (payload.size() >= direct_size_ || !region_.uses_window()) return append_direct(key_hash, payload);

  const std::uint64_t start = payload_start(tail_);
  const std::uint64_t trailer = start + payload.size();
  const Result<std::byte*> at = room(trailer + kTrailerSize);
  if (!at) return at.error();
  store_value(*at, key_hash, payload, start);
  return end_entry(trailer, payload);
}

Result<std::uint64_t> Appender::end_entry(std::uint64_t trailer_offset, ByteView payload_end) noexcept {
  hides_a_tear_ |= region_.hides_a_tear(trailer_offset, payload_end);
  tail_ = trailer_offset + kTrailerSize;
  return trailer_offset;
}

Result<void> Appender::publish() noexcept {
  if (hides_a_tear_) [[unlikely]] {
    if (Result<void> synced = region_.sync_before_publishing(); !synced) return synced;
    hides_a_tear_ = false;
  }
  return region_.publish(tail_);
}

Result<std::uint64_t> Appender::append_direct(std::uint64_t key_hash, ByteView payload) {
  const std::uint64_t pad = payload_start(tail_) - tail_;
  std::byte trailer_bytes[kTrailerSize];
  encode_trailer(trailer_bytes, {key_hash, tail_, kernels_.crc32(0, payload.data(), payload.size())});
  const ByteView parts[] = {{kPad, static_cast<std::size_t>(pad)}, payload, trailer_bytes};
  const std::uint64_t size = pad + payload.size() + kTrailerSize;
  if (Result<void> written = region_.write_direct(tail_, parts, size); !written) return written.error();
  return end_entry(tail_ + size - kTrailerSize, payload);
}

Result<std::uint64_t> Appender::append_tombstone(std::uint64_t key_hash) {
  if (tail_after_tombstone(tail_) >= kMaxStoreSize) return too_large(1);
  if (region_.uses_window()) {
    const Result<std::byte*> at = room(tail_after_tombstone(tail_));
    if (!at) return at.error();
    store_tombstone(*at, key_hash);
  } else {
    std::byte bytes[1 + kTrailerSize];
    store_tombstone(bytes, key_hash);
    const ByteView part(bytes, sizeof bytes);
    if (Result<void> written = region_.write_direct(tail_, {&part, 1}, sizeof bytes); !written) return written.error();
  }
  return end_entry(tail_ + 1, kTombstone);
}

void Appender::store_tombstone(std::byte* at, std::uint64_t key_hash) noexcept {
  std::byte bytes[1 + kTrailerSize];
  bytes[0] = kTombstoneByte;
  encode_trailer(bytes + 1, {key_hash, tail_, kernels_.crc32(0, bytes, 1)});
  std::memcpy(at, bytes, sizeof bytes);
}

Result<std::uint64_t> Appender::append_spooled(std::uint64_t key_hash, Spool& spool) {
  const std::uint64_t size = spool.size();
  if (!spool.in_file()) return append_value(key_hash, spool.memory());
  if (!value_fits(tail_, size)) return too_large(size);

  // Nothing is published before the last byte is there, so pieces may follow each other as separate writes.
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  std::unique_ptr<std::byte[]> piece(new (std::nothrow) std::byte[kPiece]);
  if (piece == nullptr) return make_error(Status::kNoMemory, "out of memory while appending a stream");
  const std::uint64_t pad = payload_start(tail_) - tail_;
  const Result<AppendRegion::Growth> growth = region_.make_room(tail_, tail_after_value(tail_, size));
  if (!growth) return growth.error();
  std::uint64_t at = tail_;
  std::uint32_t crc = 0;
  std::size_t count = 0;
  for (std::uint64_t done = 0; done < size;) {
    count = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, size - done));
    if (Result<void> got = spool.read_at(done, piece.get(), count); !got) {
      region_.give_back(*growth, at);
      return got.error();
    }
    crc = kernels_.crc32(crc, piece.get(), count);
    done += count;
    std::byte trailer_bytes[kTrailerSize];
    encode_trailer(trailer_bytes, {key_hash, tail_, crc});
    const std::size_t head = at == tail_ ? static_cast<std::size_t>(pad) : 0;
    const std::size_t foot = done == size ? kTrailerSize : 0;
    const ByteView parts[] = {{kPad, head}, {piece.get(), count}, {trailer_bytes, foot}};
    if (Result<void> written = region_.write_direct(at, parts, head + count + foot); !written) {
      region_.give_back(*growth, at);
      return written.error();
    }
    at += head + count + foot;
  }
  return end_entry(at - kTrailerSize, {piece.get(), count});
}

Result<void> Appender::append_all(std::span<const WriteOp> ops, std::uint64_t end, std::uint64_t* out_trailers) {
  if (region_.prefers_writes(tail_, end)) {
    if (gather_ == nullptr) {
      try {
        gather_ = std::make_unique<Gather>(region_, static_cast<std::size_t>(fill_step_));
      } catch (const std::bad_alloc&) {
        return make_error(Status::kNoMemory, "out of memory for the buffer of a batch");
      }
    }
    return append_gathered(ops, end, out_trailers);
  }
  return append_in_window(ops, end, out_trailers);
}

Result<void> Appender::append_in_window(std::span<const WriteOp> ops, std::uint64_t end, std::uint64_t* out_trailers) {
  const Result<std::byte*> window = room(end);
  if (!window) return window.error();
  std::byte* const at = *window;
  const std::uint64_t begin = tail_;
  for (const WriteOp& op : ops) {
    std::uint64_t trailer;
    if (op.is_removal) {
      store_tombstone(at + (tail_ - begin), op.key_hash);
      trailer = tail_ + 1;
    } else {
      const std::uint64_t start = payload_start(tail_);
      if (op.payload.size() <= kFetchedSize) {
        for (std::size_t ahead = 0; ahead < op.payload.size() + kTrailerSize; ahead += kPayloadAlignment) {
          __builtin_prefetch(at + (start - begin) + kFetchDistance + ahead, 1);
        }
      }
      store_value(at + (tail_ - begin), op.key_hash, op.payload, start);
      trailer = start + op.payload.size();
    }
    hides_a_tear_ |= region_.hides_a_tear(trailer, op.is_removal ? ByteView(kTombstone) : op.payload);
    tail_ = trailer + kTrailerSize;
    *out_trailers++ = trailer;
  }
  return {};
}

// Nothing is published before the last piece is there.
Result<void> Appender::append_gathered(std::span<const WriteOp> ops, std::uint64_t end, std::uint64_t* out_trailers) {
  const Result<AppendRegion::Growth> growth = region_.make_room(tail_, end);
  if (!growth) return growth.error();
  bool hides_a_tear = false;
  Result<void> done;
  gather_->start_at(tail_);
  for (const WriteOp& op : ops) {
    if (op.is_removal) {
      done = gather_->add_tombstone(op.key_hash);
    } else if (const Result<std::uint32_t> added = gather_->add_value(op.key_hash, op.payload); !added) {
      done = added.error();
    }
    if (!done) break;
    const std::uint64_t trailer = gather_->tail() - kTrailerSize;
    hides_a_tear |= region_.hides_a_tear(trailer, op.is_removal ? ByteView(kTombstone) : op.payload);
    *out_trailers++ = trailer;
  }
  if (done) done = gather_->flush();
  if (!done) {
    region_.give_back(*growth, end);
    return done;
  }
  hides_a_tear_ |= hides_a_tear;
  tail_ = gather_->tail();
  return {};
}

Result<std::byte*> Appender::build(std::uint64_t size) {
  if (!value_fits(tail_, size)) return too_large(size);
  if (!region_.uses_window()) {
    return make_error(Status::kUnsupported, "values cannot be built in place: this store writes without a mapping");
  }
  const std::uint64_t start = payload_start(tail_);
  const Result<std::byte*> at = room(start + size + kTrailerSize);
  if (!at) return at.error();
  // Parts of what is built may reach the disk long before its key does, if it ever gets one.
  region_.soil(start + size + kTrailerSize);
  return *at + (start - tail_);
}

Result<std::uint64_t> Appender::append_built(std::uint64_t key_hash, std::uint64_t size) {
  const std::uint64_t start = payload_start(tail_);
  std::byte* at = region_.writable(tail_, start + size + kTrailerSize);
  if (at == nullptr) return make_error(Status::kInternal, "the window of a reservation is gone");
  std::byte* payload = at + (start - tail_);
  std::memset(at, 0, static_cast<std::size_t>(start - tail_));
  encode_trailer(payload + size, {key_hash, tail_, kernels_.crc32(0, payload, static_cast<std::size_t>(size))});
  return end_entry(start + size, {});
}

}  // namespace simdr::core
