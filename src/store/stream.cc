#include "store/stream.h"

#include <algorithm>
#include <vector>

#include "platform/descriptor.h"

namespace simdr::core {
namespace {

constexpr std::size_t kChunk = std::size_t{64} << 10;

}  // namespace

Result<std::unique_ptr<Stream>> Stream::open(Store& store, std::uint64_t key_hash, Durability durability) {
  if (Result<void> writable = store.check_writable(); !writable) return writable.error();
  if (Result<void> allowed = check_hash_allowed(key_hash); !allowed) return allowed.error();
  return std::unique_ptr<Stream>(new Stream(store, key_hash, durability));
}

Result<void> Stream::check_open() const noexcept {
  switch (state_) {
    case State::kOpen:
      return {};
    case State::kFailed:
      return make_error(Status::kBadState, "stream: an earlier write to it failed; it can only be freed");
    case State::kCommitted:
      break;
  }
  return make_error(Status::kBadState, "stream: it is committed already; it can only be freed");
}

Result<void> Stream::write(ByteView bytes) {
  if (Result<void> open = check_open(); !open) return open;
  state_ = State::kFailed;  // also when memory runs out inside
  // Before the spool adds it to anything: the sum might wrap.
  if (bytes.size() >= kMaxStoreSize - spool_.size()) {
    return make_error(Status::kTooLarge, "stream: %zu bytes behind its %llu pass the format's limit of 2^48",
                      bytes.size(), static_cast<unsigned long long>(spool_.size()));
  }
  Result<void> written = spool_.write(bytes);
  if (written) state_ = State::kOpen;
  return written;
}

Result<std::uint64_t> Stream::commit() {
  if (Result<void> open = check_open(); !open) return open.error();
  if (spool_.size() == 0) {
    return make_error(Status::kEmptyPayload, "stream: nothing was written, and an empty payload cannot be stored");
  }
  state_ = State::kFailed;
  Result<std::uint64_t> tail = store_.put_spooled(key_hash_, spool_, durability_);
  if (tail) state_ = State::kCommitted;
  return tail;
}

Result<std::uint64_t> put_from_source(Store& store, std::uint64_t key_hash, const Source& source,
                                      Durability durability) {
  Result<std::unique_ptr<Stream>> stream = Stream::open(store, key_hash, durability);
  if (!stream) return stream.error();
  std::vector<std::byte> buffer(kChunk);
  for (;;) {
    const Result<std::size_t> got = source(buffer.data(), buffer.size());
    if (!got) return got.error();
    if (*got > buffer.size()) {
      return make_error(Status::kSource, "source: says it gave %zu bytes where %zu were asked for", *got,
                        buffer.size());
    }
    if (*got == 0) break;
    if (Result<void> written = (*stream)->write({buffer.data(), *got}); !written) return written.error();
  }
  return (*stream)->commit();
}

Result<std::uint64_t> put_from_descriptor(Store& store, std::uint64_t key_hash, int descriptor, Durability durability) {
  return put_from_source(
      store, key_hash,
      [descriptor](void* to, std::size_t capacity) { return read_descriptor(descriptor, to, capacity); }, durability);
}

Result<void> write_entry(const Entry& entry, std::size_t chunk_size, const Sink& sink) {
  if (chunk_size == 0) chunk_size = kChunk;
  for (ByteView rest = entry.payload(); !rest.empty();) {
    const ByteView chunk = rest.first(std::min(chunk_size, rest.size()));
    if (const int result = sink(chunk); result != 0) return make_callback_error(result, "sink: stopped the writing");
    rest = rest.subspan(chunk.size());
  }
  return {};
}

Result<void> write_entry_to_descriptor(const Entry& entry, int descriptor) {
  return write_descriptor(descriptor, entry.payload());
}

}  // namespace simdr::core
