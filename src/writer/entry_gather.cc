#include "writer/entry_gather.h"

#include <algorithm>
#include <cstring>

#include "format/trailer.h"

namespace simdr::core {
namespace {

// From this size on a payload is written from where it lies; below, a part of its own costs more than the copy.
constexpr std::size_t kReferredSize = std::size_t{16} << 10;
constexpr std::byte kPad[kPayloadAlignment]{};

}  // namespace

// Behind the buffer there is room for a whole pad: where it is cleared, what follows it is not there yet.
EntryGather::EntryGather(std::size_t piece_size)
    : kernels_(simd::kernels()),
      piece_size_(piece_size),
      buffer_(std::make_unique_for_overwrite<std::byte[]>(piece_size + sizeof kPad)) {
  parts_.reserve(2 * piece_size / kReferredSize + 4);
}

void EntryGather::start_at(std::uint64_t tail) noexcept {
  tail_ = written_ = tail;
  gathered_ = static_cast<std::size_t>(tail % piece_size_);
  parts_.clear();
  used_ = 0;
  ends_in_buffer_ = false;
}

Result<std::uint32_t> EntryGather::add_value(std::uint64_t key_hash, ByteView payload) {
  const std::uint64_t start = payload_start(tail_);
  const auto pad = static_cast<std::size_t>(start - tail_);
  const std::uint64_t tail = start + payload.size() + kTrailerSize;
  std::uint32_t crc;
  if (payload.size() < kReferredSize && tail - tail_ < space()) [[likely]] {
    std::byte* const at = take(static_cast<std::size_t>(tail - tail_));
    std::memcpy(at, kPad, sizeof kPad);
    std::byte* const to = at + pad;
    crc = kernels_.copy_crc32(0, to, payload.data(), payload.size());
    encode_trailer(to + payload.size(), {key_hash, tail_, crc});
  } else {
    crc = kernels_.crc32(0, payload.data(), payload.size());
    std::byte trailer[kTrailerSize];
    encode_trailer(trailer, {key_hash, tail_, crc});
    Result<void> done = copy({kPad, pad});
    if (done) done = payload.size() < kReferredSize ? copy(payload) : refer_to(payload);
    if (done) done = copy(trailer);
    if (!done) return done.error();
  }
  tail_ = tail;
  return crc;
}

Result<void> EntryGather::add_tombstone(std::uint64_t key_hash) {
  std::byte entry[1 + kTrailerSize];
  entry[0] = kTombstoneByte;
  encode_trailer(entry + 1, {key_hash, tail_, kernels_.crc32(0, entry, 1)});
  if (Result<void> copied = copy(entry); !copied) return copied;
  tail_ += sizeof entry;
  return {};
}

Result<void> EntryGather::copy(ByteView bytes) {
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), space());
    std::memcpy(take(size), bytes.data(), size);
    bytes = bytes.subspan(size);
    if (Result<void> flushed = flush_if_full(); !flushed) return flushed;
  }
  return {};
}

Result<void> EntryGather::refer_to(ByteView bytes) {
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), space());
    parts_.push_back(bytes.first(size));
    ends_in_buffer_ = false;
    gathered_ += size;
    bytes = bytes.subspan(size);
    if (Result<void> flushed = flush_if_full(); !flushed) return flushed;
  }
  return {};
}

Result<void> EntryGather::flush(bool is_last) {
  std::uint64_t size = 0;
  for (const ByteView part : parts_) size += part.size();
  if (size == 0) return {};
  if (Result<void> written = write(written_, &parts_, size, is_last); !written) return written;
  const std::uint64_t tail = tail_;
  start_at(written_ + size);
  tail_ = tail;
  return {};
}

}  // namespace simdr::core
