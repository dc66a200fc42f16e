// A value that arrives piece by piece and is appended whole at the end.
#pragma once

#include <cstdint>
#include <functional>

#include "store/store.h"
#include "writer/spool.h"

namespace simdr::core {

class Stream {
 public:
  static Result<std::unique_ptr<Stream>> open(Store& store, std::uint64_t key_hash, Durability durability);

  Result<void> write(ByteView bytes);
  Result<std::uint64_t> commit();

 private:
  enum class State { kOpen, kFailed, kCommitted };

  Stream(Store& store, std::uint64_t key_hash, Durability durability)
      : store_(store), key_hash_(key_hash), durability_(durability), spool_(store.files(), store.real_path()) {}
  [[nodiscard]] Result<void> check_open() const noexcept;

  Store& store_;
  std::uint64_t key_hash_;
  Durability durability_;
  Spool spool_;
  State state_ = State::kOpen;
};

// Fills a buffer; 0 bytes end the value. An error ends the call with nothing stored.
using Source = std::function<Result<std::size_t>(void* buffer, std::size_t capacity)>;

Result<std::uint64_t> put_from_source(Store& store, std::uint64_t key_hash, const Source& source,
                                      Durability durability);
Result<std::uint64_t> put_from_descriptor(Store& store, std::uint64_t key_hash, int descriptor, Durability durability);

// The other way: an entry's payload in chunks, to whom it may concern. Non-zero from `sink` is kStopped.
using Sink = std::function<int(ByteView chunk)>;
Result<void> write_entry(const Entry& entry, std::size_t chunk_size, const Sink& sink);
Result<void> write_entry_to_descriptor(const Entry& entry, int descriptor);

}  // namespace simdr::core
