// Values that arrive piece by piece.
#include "c_api/boundary.h"

using namespace simdr::c_api;
namespace core = simdr::core;

simdr_status simdr_stream_open(simdr_store* store, const void* key, std::size_t key_size, std::uint32_t flags,
                               simdr_stream** out_stream, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_REFUSE(check_key("key", key, key_size, err));
    return simdr_stream_open_hashed(store, hash_of(key, key_size), flags, out_stream, err);
  });
}

simdr_status simdr_stream_open_hashed(simdr_store* store, std::uint64_t key_hash, std::uint32_t flags,
                                      simdr_stream** out_stream, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_NOT_NULL(out_stream);
    Durability durability = Durability::kDefault;
    SIMDR_REFUSE(read_durability(flags, &durability, err));
    auto handle = std::make_unique<simdr_stream>();
    Result<std::unique_ptr<core::Stream>> stream = core::Stream::open(*store->core, key_hash, durability);
    if (!stream) return report(stream.error(), err);
    handle->core = *std::move(stream);
    *out_stream = handle.release();
    return SIMDR_OK;
  });
}

simdr_status simdr_stream_write(simdr_stream* stream, const void* data, std::size_t data_size,
                                simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(stream);
    SIMDR_REFUSE(check_bytes("data", data, data_size, err));
    const Result<void> written = stream->core->write(core::as_bytes(data, data_size));
    return written ? SIMDR_OK : report(written.error(), err);
  });
}

simdr_status simdr_stream_commit(simdr_stream* stream, std::uint64_t* out_tail, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(stream);
    return finish_write(stream->core->commit(), out_tail, err);
  });
}

void simdr_stream_free(simdr_stream* stream) noexcept { delete stream; }

simdr_status simdr_store_put_from(simdr_store* store, const void* key, std::size_t key_size, simdr_source_fn source,
                                  void* user_data, std::uint32_t flags, std::uint64_t* out_tail,
                                  simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_REFUSE(check_key("key", key, key_size, err));
    SIMDR_NOT_NULL(source);
    Durability durability = Durability::kDefault;
    SIMDR_REFUSE(read_durability(flags, &durability, err));
    const auto pull = [&](void* to, std::size_t capacity) -> Result<std::size_t> {
      std::size_t size = 0;
      const int result = source(to, capacity, &size, user_data);
      if (result == 0) return size;
      Error error = core::make_error(Status::kSource, "source: failed and returned %d; nothing was stored", result);
      error.callback_result = result;
      return error;
    };
    return finish_write(core::put_from_source(*store->core, hash_of(key, key_size), pull, durability), out_tail, err);
  });
}

simdr_status simdr_store_put_fd(simdr_store* store, const void* key, std::size_t key_size, int fd, std::uint32_t flags,
                                std::uint64_t* out_tail, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_REFUSE(check_key("key", key, key_size, err));
    if (fd < 0) return report(core::make_error(Status::kInvalidArgument, "fd: %d is no descriptor", fd), err);
    Durability durability = Durability::kDefault;
    SIMDR_REFUSE(read_durability(flags, &durability, err));
    return finish_write(core::put_from_descriptor(*store->core, hash_of(key, key_size), fd, durability), out_tail, err);
  });
}
