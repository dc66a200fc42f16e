// Everything that appends, but for streams.
#include "c_api/boundary.h"
#include "format/short_key_hash.h"

using namespace simdr::c_api;
namespace core = simdr::core;

namespace {

[[gnu::noinline]] simdr_status put_at_length(simdr_store* store, std::uint64_t key_hash, const void* value,
                                             std::size_t value_size, std::uint32_t flags, std::uint64_t* out_tail,
                                             simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_REFUSE(check_bytes("value", value, value_size, err));
    Durability durability = Durability::kDefault;
    SIMDR_REFUSE(read_durability(flags, &durability, err));
    return finish_write(store->core->put_otherwise(key_hash, core::as_bytes(value, value_size), durability), out_tail,
                        err);
  });
}

[[gnu::always_inline]] inline simdr_status put_hash(simdr_store* store, std::uint64_t key_hash, const void* value,
                                                    std::size_t value_size, std::uint32_t flags,
                                                    std::uint64_t* out_tail, simdr_error* err) noexcept {
  if (value != nullptr && flags <= SIMDR_DURABILITY_STRICT) [[likely]] {
    const std::uint64_t tail =
        store->core->put_quickly(key_hash, core::as_bytes(value, value_size), static_cast<Durability>(flags));
    if (tail != 0) [[likely]] {
      if (out_tail != nullptr) *out_tail = tail;
      return SIMDR_OK;
    }
  }
  return put_at_length(store, key_hash, value, value_size, flags, out_tail, err);
}

// For keys that are long, missing or too long.
[[gnu::noinline]] simdr_status put_other_key(simdr_store* store, const void* key, std::size_t key_size,
                                             const void* value, std::size_t value_size, std::uint32_t flags,
                                             std::uint64_t* out_tail, simdr_error* err) noexcept {
  SIMDR_NOT_NULL(store);
  SIMDR_REFUSE(check_key("key", key, key_size, err));
  return put_hash(store, hash_of(key, key_size), value, value_size, flags, out_tail, err);
}

simdr_status check_values(const simdr_bytes* values, std::size_t key_count, std::size_t value_count,
                          simdr_error* err) noexcept {
  if (key_count != value_count) {
    return report(
        core::make_error(Status::kLengthMismatch, "value_count: %zu values for %zu keys", value_count, key_count), err);
  }
  SIMDR_REFUSE(check_count("values", values, value_count, err));
  for (std::size_t i = 0; i < value_count; ++i) {
    if (!are_bytes(values[i])) {
      return report(
          core::make_error(Status::kInvalidArgument, "values[%zu]: is NULL, with a size of %zu", i, values[i].size),
          err);
    }
  }
  return SIMDR_OK;
}

// Checks and hashes in one pass over the arguments; what is wrong with them is looked for only when something is.
simdr_status read_batch(const simdr_bytes* keys, std::size_t key_count, const simdr_bytes* values,
                        std::size_t value_count, std::vector<core::WriteOp>* out, simdr_error* err) {
  if (key_count == value_count && check_count("keys", keys, key_count, nullptr) == SIMDR_OK &&
      check_count("values", values, value_count, nullptr) == SIMDR_OK) [[likely]] {
    out->reserve(key_count);
    std::size_t i = 0;
    for (; i < key_count && is_key(keys[i]) && are_bytes(values[i]); ++i) {
      const std::uint64_t key_hash = keys[i].size <= core::kMaxShortKeySize
                                         ? core::short_key_hash(core::as_bytes(keys[i].data, keys[i].size))
                                         : hash_of(keys[i].data, keys[i].size);
      out->push_back({key_hash, core::as_bytes(values[i].data, values[i].size)});
    }
    if (i == key_count) return SIMDR_OK;
  }
  SIMDR_REFUSE(check_keys("keys", keys, key_count, err));
  SIMDR_REFUSE(check_values(values, key_count, value_count, err));
  return report(core::make_error(Status::kInternal, "a batch was refused for no reason"), err);
}

simdr_status put_batch(simdr_store* store, const std::vector<core::WriteOp>& ops, std::uint32_t flags,
                       std::uint64_t* out_tail, simdr_error* err) {
  Durability durability = Durability::kDefault;
  SIMDR_REFUSE(read_durability(flags, &durability, err));
  return finish_write(store->core->put_many(ops, durability), out_tail, err);
}

simdr_status remove_batch(simdr_store* store, std::span<const std::uint64_t> hashes, std::uint32_t flags,
                          std::size_t* out_removed, std::uint64_t* out_tail, simdr_error* err) {
  Durability durability = Durability::kDefault;
  SIMDR_REFUSE(read_durability(flags, &durability, err));
  std::size_t removed = 0;
  const Result<std::uint64_t> tail = store->core->remove_many(hashes, durability, &removed);
  if (tail && out_removed != nullptr) *out_removed = removed;
  return finish_write(tail, out_tail, err);
}

}  // namespace

simdr_status simdr_store_put(simdr_store* store, const void* key, std::size_t key_size, const void* value,
                             std::size_t value_size, std::uint32_t flags, std::uint64_t* out_tail,
                             simdr_error* err) noexcept {
  if (store == nullptr || key == nullptr || key_size > core::kMaxShortKeySize) [[unlikely]]
    return put_other_key(store, key, key_size, value, value_size, flags, out_tail, err);
  return put_hash(store, core::short_key_hash(core::as_bytes(key, key_size)), value, value_size, flags, out_tail, err);
}

simdr_status simdr_store_put_hashed(simdr_store* store, std::uint64_t key_hash, const void* value,
                                    std::size_t value_size, std::uint32_t flags, std::uint64_t* out_tail,
                                    simdr_error* err) noexcept {
  SIMDR_NOT_NULL(store);
  return put_hash(store, key_hash, value, value_size, flags, out_tail, err);
}

simdr_status simdr_store_put_many(simdr_store* store, const simdr_bytes* keys, std::size_t key_count,
                                  const simdr_bytes* values, std::size_t value_count, std::uint32_t flags,
                                  std::uint64_t* out_tail, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    std::vector<core::WriteOp> ops;
    SIMDR_REFUSE(read_batch(keys, key_count, values, value_count, &ops, err));
    return put_batch(store, ops, flags, out_tail, err);
  });
}

simdr_status simdr_store_put_many_hashed(simdr_store* store, const std::uint64_t* key_hashes, std::size_t key_count,
                                         const simdr_bytes* values, std::size_t value_count, std::uint32_t flags,
                                         std::uint64_t* out_tail, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_REFUSE(check_count("key_hashes", key_hashes, key_count, err));
    SIMDR_REFUSE(check_values(values, key_count, value_count, err));
    std::vector<core::WriteOp> ops;
    ops.reserve(key_count);
    for (std::size_t i = 0; i < key_count; ++i) {
      ops.push_back({key_hashes[i], core::as_bytes(values[i].data, values[i].size)});
    }
    return put_batch(store, ops, flags, out_tail, err);
  });
}

simdr_status simdr_store_put_if_absent(simdr_store* store, const void* key, std::size_t key_size, const void* value,
                                       std::size_t value_size, std::uint32_t flags, std::uint64_t* out_tail,
                                       simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_REFUSE(check_key("key", key, key_size, err));
    SIMDR_REFUSE(check_bytes("value", value, value_size, err));
    Durability durability = Durability::kDefault;
    SIMDR_REFUSE(read_durability(flags, &durability, err));
    return finish_write(
        store->core->put_if_absent(hash_of(key, key_size), core::as_bytes(value, value_size), durability), out_tail,
        err);
  });
}

simdr_status simdr_store_put_if_entry(simdr_store* store, const simdr_entry* expected, const void* value,
                                      std::size_t value_size, std::uint32_t flags, std::uint64_t* out_tail,
                                      simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_NOT_NULL(expected);
    SIMDR_REFUSE(check_bytes("value", value, value_size, err));
    Durability durability = Durability::kDefault;
    SIMDR_REFUSE(read_durability(flags, &durability, err));
    return finish_write(store->core->put_if_entry(*to_core(expected), core::as_bytes(value, value_size), durability),
                        out_tail, err);
  });
}

simdr_status simdr_store_remove(simdr_store* store, const void* key, std::size_t key_size, std::uint32_t flags,
                                std::uint64_t* out_tail, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_REFUSE(check_key("key", key, key_size, err));
    return simdr_store_remove_hashed(store, hash_of(key, key_size), flags, out_tail, err);
  });
}

simdr_status simdr_store_remove_hashed(simdr_store* store, std::uint64_t key_hash, std::uint32_t flags,
                                       std::uint64_t* out_tail, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    Durability durability = Durability::kDefault;
    SIMDR_REFUSE(read_durability(flags, &durability, err));
    return finish_write(store->core->remove(key_hash, durability), out_tail, err);
  });
}

simdr_status simdr_store_remove_many(simdr_store* store, const simdr_bytes* keys, std::size_t key_count,
                                     std::uint32_t flags, std::size_t* out_removed, std::uint64_t* out_tail,
                                     simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_REFUSE(check_keys("keys", keys, key_count, err));
    return remove_batch(store, hashes_of(keys, key_count), flags, out_removed, out_tail, err);
  });
}

simdr_status simdr_store_remove_many_hashed(simdr_store* store, const std::uint64_t* key_hashes, std::size_t key_count,
                                            std::uint32_t flags, std::size_t* out_removed, std::uint64_t* out_tail,
                                            simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_REFUSE(check_count("key_hashes", key_hashes, key_count, err));
    return remove_batch(store, {key_hashes, key_count}, flags, out_removed, out_tail, err);
  });
}

simdr_status simdr_store_rename(simdr_store* store, const void* old_key, std::size_t old_key_size, const void* new_key,
                                std::size_t new_key_size, std::uint32_t flags, std::uint64_t* out_tail,
                                simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_REFUSE(check_key("old_key", old_key, old_key_size, err));
    SIMDR_REFUSE(check_key("new_key", new_key, new_key_size, err));
    return simdr_store_rename_hashed(store, hash_of(old_key, old_key_size), hash_of(new_key, new_key_size), flags,
                                     out_tail, err);
  });
}

simdr_status simdr_store_rename_hashed(simdr_store* store, std::uint64_t old_key_hash, std::uint64_t new_key_hash,
                                       std::uint32_t flags, std::uint64_t* out_tail, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    Durability durability = Durability::kDefault;
    SIMDR_REFUSE(read_durability(flags, &durability, err));
    return finish_write(store->core->rename(old_key_hash, new_key_hash, durability), out_tail, err);
  });
}

simdr_status simdr_store_copy(simdr_store* store, const void* key, std::size_t key_size, simdr_store* target,
                              std::uint32_t flags, std::uint64_t* out_tail, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_REFUSE(check_key("key", key, key_size, err));
    return simdr_store_copy_hashed(store, hash_of(key, key_size), target, flags, out_tail, err);
  });
}

simdr_status simdr_store_copy_hashed(simdr_store* store, std::uint64_t key_hash, simdr_store* target,
                                     std::uint32_t flags, std::uint64_t* out_tail, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_NOT_NULL(target);
    Durability durability = Durability::kDefault;
    SIMDR_REFUSE(read_durability(flags, &durability, err));
    return finish_write(store->core->copy_to(key_hash, *target->core, durability), out_tail, err);
  });
}

simdr_status simdr_store_transfer(simdr_store* store, const void* key, std::size_t key_size, simdr_store* target,
                                  std::uint32_t flags, std::uint64_t* out_tail, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_REFUSE(check_key("key", key, key_size, err));
    return simdr_store_transfer_hashed(store, hash_of(key, key_size), target, flags, out_tail, err);
  });
}

simdr_status simdr_store_transfer_hashed(simdr_store* store, std::uint64_t key_hash, simdr_store* target,
                                         std::uint32_t flags, std::uint64_t* out_tail, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_NOT_NULL(target);
    Durability durability = Durability::kDefault;
    SIMDR_REFUSE(read_durability(flags, &durability, err));
    return finish_write(store->core->transfer_to(key_hash, *target->core, durability), out_tail, err);
  });
}

simdr_status simdr_store_sync(simdr_store* store, std::uint32_t durability, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    if (durability != SIMDR_DURABILITY_COMMIT && durability != SIMDR_DURABILITY_STRICT) {
      return report(
          core::make_error(Status::kInvalidArgument, "durability: %u is neither COMMIT nor STRICT", durability), err);
    }
    const Result<void> synced = store->core->sync(static_cast<Durability>(durability));
    return synced ? SIMDR_OK : report(synced.error(), err);
  });
}

simdr_status simdr_store_reserve(simdr_store* store, const void* key, std::size_t key_size, std::size_t value_size,
                                 std::uint32_t flags, simdr_reservation** out_reservation, void** out_data,
                                 simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_REFUSE(check_key("key", key, key_size, err));
    SIMDR_NOT_NULL(out_reservation);
    SIMDR_NOT_NULL(out_data);
    Durability durability = Durability::kDefault;
    SIMDR_REFUSE(read_durability(flags, &durability, err));
    const std::uint64_t key_hash = hash_of(key, key_size);
    auto reservation =
        std::make_unique<simdr_reservation>(simdr_reservation{store->core.get(), key_hash, value_size, durability});
    const Result<std::byte*> place = store->core->begin_reserved(key_hash, value_size);
    if (!place) return report(place.error(), err);
    *out_data = *place;
    *out_reservation = reservation.release();
    return SIMDR_OK;
  });
}

simdr_status simdr_reservation_commit(simdr_reservation* reservation, std::uint64_t* out_tail,
                                      simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(reservation);
    const std::unique_ptr<simdr_reservation> owner(reservation);
    return finish_write(
        reservation->store->commit_reserved(reservation->key_hash, reservation->size, reservation->durability),
        out_tail, err);
  });
}

void simdr_reservation_abort(simdr_reservation* reservation) noexcept {
  if (reservation == nullptr) return;
  const std::unique_ptr<simdr_reservation> owner(reservation);
  reservation->store->abort_reserved();
}
