// Values that are built in place.
#include <thread>

#include "store/store.h"

namespace simdr::core {

Result<std::byte*> Store::begin_reserved(std::uint64_t key_hash, std::uint64_t size) {
  if (Result<void> allowed = check_hash_allowed(key_hash); !allowed) return allowed.error();
  if (size == 0) return make_error(Status::kEmptyPayload, "value_size: an empty payload cannot be stored");
  Result<Turn> turn = begin_write();
  if (!turn) return turn.error();
  if (Result<void> ready = ready_for(key_hash, size); !ready) return ready.error();
  Result<std::byte*> place = appender_->build(size);
  if (!place) {
    if (place.error().status == Status::kWriterFailed) return remember_failure(place.error());
    return place;
  }
  reservation_open_ = true;
  reservation_owner_ = std::this_thread::get_id();
  return place;
}

Result<std::uint64_t> Store::commit_reserved(std::uint64_t key_hash, std::uint64_t size, Durability durability) {
  durability = durability_or_default(durability);
  if (Result<void> writable = check_writable(); !writable) return writable.error();
  Turn turn(write_mutex_);
  reservation_open_ = false;
  reservation_ended_.notify_all();
  if (writer_failed_) return failure_;
  const std::uint64_t before = appender_->tail();
  const std::byte* payload =
      appender_->region().writable(before, tail_after_value(before, size)) + (payload_start(before) - before);
  if (Result<void> allowed = check_payload_allowed({payload, static_cast<std::size_t>(size)}); !allowed) {
    return allowed.error();
  }
  const Result<std::uint64_t> trailer = appender_->append_built(key_hash, size);
  return finish_write(std::move(turn), complete_append({key_hash, {}}, trailer, size, before, durability), durability);
}

void Store::abort_reserved() noexcept {
  const std::lock_guard lock(write_mutex_);
  reservation_open_ = false;
  reservation_ended_.notify_all();
}

}  // namespace simdr::core
