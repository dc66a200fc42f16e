// Looking things up.
#include <cstddef>
#include <cstring>
#include <memory>

#include "c_api/boundary.h"
#include "format/short_key_hash.h"

using namespace simdr::c_api;
namespace core = simdr::core;

namespace {

using Look = core::FileImage::Look;
using Reach = core::FileImage::Reach;

simdr_status finish_read(Status status, const Error& error, simdr_error* err) noexcept {
  if (status == Status::kOk || status == Status::kNotFound) return static_cast<simdr_status>(status);
  return report(error, err);
}

// A plain lookup of a key that is there, or is not, is one function that calls nothing: see KeyIndex::find_quickly(). All that takes more, and all that is
// wrong, is left to others, as their last call: to one that looks beyond the key's home group, or to one that takes every case there is.

[[gnu::noinline]] simdr_status get_at_length(const core::Store* store, std::uint64_t key_hash, simdr_entry** out_entry,
                                             simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    Error error;
    core::Entry* entry = nullptr;
    const Status status = store->get(key_hash, &entry, &error);
    if (status == Status::kOk) *out_entry = to_c(entry);
    return finish_read(status, error, err);
  });
}

[[gnu::noinline]] simdr_status view_at_length(const core::Store* store, std::uint64_t key_hash, simdr_view* out_view,
                                              simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    Error error;
    core::Found found;
    const Status status = store->view(key_hash, &found, &error);
    if (status == Status::kOk) *out_view = to_view(found);
    return finish_read(status, error, err);
  });
}

simdr_status get_further(const core::Store* store, std::uint64_t key_hash, simdr_entry** out_entry,
                         simdr_error* err) noexcept;
simdr_status view_further(const core::Store* store, std::uint64_t key_hash, simdr_view* out_view,
                          simdr_error* err) noexcept;

template <Reach kReach = Reach::kHome>
[[gnu::always_inline]] inline simdr_status get_hash(const core::Store* store, std::uint64_t key_hash,
                                                    simdr_entry** out_entry, simdr_error* err) noexcept {
  core::Entry* entry;
  const Look look = store->get_quickly<kReach>(key_hash, &entry);
  if (kReach == Reach::kHome && look == Look::kFurther) return get_further(store, key_hash, out_entry, err);
  if (look == Look::kUnsure) return get_at_length(store, key_hash, out_entry, err);
  if (look == Look::kAbsent) return SIMDR_NOT_FOUND;
  *out_entry = to_c(entry);
  return SIMDR_OK;
}

template <Reach kReach = Reach::kHome>
[[gnu::always_inline]] inline simdr_status view_hash(const core::Store* store, std::uint64_t key_hash,
                                                     simdr_view* out_view, simdr_error* err) noexcept {
  core::FlatView view;
  const Look look = store->view_quickly<kReach>(key_hash, &view);
  if (kReach == Reach::kHome && look == Look::kFurther) return view_further(store, key_hash, out_view, err);
  if (look == Look::kUnsure) return view_at_length(store, key_hash, out_view, err);
  if (look == Look::kAbsent) return SIMDR_NOT_FOUND;
  *out_view = {view.data, view.size, view.key_hash, view.payload_offset, view.crc32, 0};
  return SIMDR_OK;
}

[[gnu::noinline]] simdr_status get_further(const core::Store* store, std::uint64_t key_hash, simdr_entry** out_entry,
                                           simdr_error* err) noexcept {
  return get_hash<Reach::kWholeWay>(store, key_hash, out_entry, err);
}

[[gnu::noinline]] simdr_status view_further(const core::Store* store, std::uint64_t key_hash, simdr_view* out_view,
                                            simdr_error* err) noexcept {
  return view_hash<Reach::kWholeWay>(store, key_hash, out_view, err);
}

// For keys that are long, missing or too long.
[[gnu::noinline]] simdr_status get_other_key(const simdr_store* store, const void* key, std::size_t key_size,
                                             simdr_entry** out_entry, simdr_error* err) noexcept {
  SIMDR_NOT_NULL(store);
  SIMDR_REFUSE(check_key("key", key, key_size, err));
  SIMDR_NOT_NULL(out_entry);
  return get_hash(store->core.get(), hash_of(key, key_size), out_entry, err);
}

[[gnu::noinline]] simdr_status view_other_key(const simdr_store* store, const void* key, std::size_t key_size,
                                              simdr_view* out_view, simdr_error* err) noexcept {
  SIMDR_NOT_NULL(store);
  SIMDR_REFUSE(check_key("key", key, key_size, err));
  SIMDR_NOT_NULL(out_view);
  return view_hash(store->core.get(), hash_of(key, key_size), out_view, err);
}

// Which of the keys are not those of the hashes they are said to be of; empty when none are given.
simdr_status read_verify_keys(const std::uint64_t* key_hashes, std::size_t key_count, const simdr_bytes* verify_keys,
                              std::size_t verify_key_count, std::unique_ptr<bool[]>* out_absent, simdr_error* err) {
  SIMDR_REFUSE(check_count("key_hashes", key_hashes, key_count, err));
  if (verify_keys == nullptr && verify_key_count == 0) return SIMDR_OK;
  if (verify_key_count != key_count) {
    return report(core::make_error(Status::kLengthMismatch, "verify_key_count: %zu keys for %zu hashes",
                                   verify_key_count, key_count),
                  err);
  }
  SIMDR_REFUSE(check_keys("verify_keys", verify_keys, verify_key_count, err));
  *out_absent = std::make_unique<bool[]>(key_count);
  for (std::size_t i = 0; i < key_count; ++i) {
    (*out_absent)[i] = hash_of(verify_keys[i].data, verify_keys[i].size) != key_hashes[i];
  }
  return SIMDR_OK;
}

simdr_status get_hashes(const simdr_store* store, std::span<const std::uint64_t> hashes, const bool* absent,
                        simdr_entry** out_entries, std::size_t* out_found, simdr_error* err) {
  // Handed out only when all is well, so that an error leaves the caller's array alone.
  std::vector<core::Entry*> entries(hashes.size());
  Error error;
  const Status status = store->core->get_many(hashes, absent, entries.data(), &error);
  if (status != Status::kOk) return report(error, err);
  std::size_t found = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    out_entries[i] = to_c(entries[i]);
    found += entries[i] != nullptr;
  }
  if (out_found != nullptr) *out_found = found;
  return SIMDR_OK;
}

simdr_status view_hashes(const simdr_store* store, std::span<const std::uint64_t> hashes, const bool* absent,
                         simdr_view* out_views, std::size_t* out_found, simdr_error* err) {
  // All of them before the first is handed out, so that an error leaves the caller's array alone.
  constexpr std::size_t kFew = 64;
  core::FlatView few[kFew];
  const std::unique_ptr<core::FlatView[]> many(hashes.size() > kFew ? new core::FlatView[hashes.size()] : nullptr);
  core::FlatView* const views = many == nullptr ? few : many.get();
  Error error;
  const Status status = store->core->view_many(hashes, views, &error);
  if (status != Status::kOk) return report(error, err);
  std::size_t found = 0;
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    if (absent != nullptr && absent[i]) views[i] = {};
    found += views[i].data != nullptr;
  }
  static_assert(sizeof(core::FlatView) == sizeof(simdr_view) &&
                offsetof(core::FlatView, size) == offsetof(simdr_view, size) &&
                offsetof(core::FlatView, key_hash) == offsetof(simdr_view, key_hash) &&
                offsetof(core::FlatView, payload_offset) == offsetof(simdr_view, payload_offset) &&
                offsetof(core::FlatView, crc32) == offsetof(simdr_view, checksum));
  if (!hashes.empty()) std::memcpy(out_views, views, hashes.size() * sizeof *views);
  if (out_found != nullptr) *out_found = found;
  return SIMDR_OK;
}

}  // namespace

simdr_status simdr_store_get(const simdr_store* store, const void* key, std::size_t key_size, simdr_entry** out_entry,
                             simdr_error* err) noexcept {
  if (store == nullptr || key == nullptr || key_size > core::kMaxShortKeySize || out_entry == nullptr) [[unlikely]]
    return get_other_key(store, key, key_size, out_entry, err);
  return get_hash(store->core.get(), core::short_key_hash(core::as_bytes(key, key_size)), out_entry, err);
}

simdr_status simdr_store_get_hashed(const simdr_store* store, std::uint64_t key_hash, simdr_entry** out_entry,
                                    simdr_error* err) noexcept {
  SIMDR_NOT_NULL(store);
  SIMDR_NOT_NULL(out_entry);
  return get_hash(store->core.get(), key_hash, out_entry, err);
}

simdr_status simdr_store_view(const simdr_store* store, const void* key, std::size_t key_size, simdr_view* out_view,
                              simdr_error* err) noexcept {
  if (store == nullptr || key == nullptr || key_size > core::kMaxShortKeySize || out_view == nullptr) [[unlikely]]
    return view_other_key(store, key, key_size, out_view, err);
  return view_hash(store->core.get(), core::short_key_hash(core::as_bytes(key, key_size)), out_view, err);
}

simdr_status simdr_store_view_hashed(const simdr_store* store, std::uint64_t key_hash, simdr_view* out_view,
                                     simdr_error* err) noexcept {
  SIMDR_NOT_NULL(store);
  SIMDR_NOT_NULL(out_view);
  return view_hash(store->core.get(), key_hash, out_view, err);
}

simdr_status simdr_store_get_many(const simdr_store* store, const simdr_bytes* keys, std::size_t key_count,
                                  simdr_entry** out_entries, std::size_t* out_found, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_REFUSE(check_keys("keys", keys, key_count, err));
    SIMDR_REFUSE(check_count("out_entries", out_entries, key_count, err));
    return get_hashes(store, hashes_of(keys, key_count), nullptr, out_entries, out_found, err);
  });
}

simdr_status simdr_store_get_many_hashed(const simdr_store* store, const std::uint64_t* key_hashes,
                                         std::size_t key_count, const simdr_bytes* verify_keys,
                                         std::size_t verify_key_count, simdr_entry** out_entries,
                                         std::size_t* out_found, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    std::unique_ptr<bool[]> absent;
    SIMDR_REFUSE(read_verify_keys(key_hashes, key_count, verify_keys, verify_key_count, &absent, err));
    SIMDR_REFUSE(check_count("out_entries", out_entries, key_count, err));
    return get_hashes(store, {key_hashes, key_count}, absent.get(), out_entries, out_found, err);
  });
}

simdr_status simdr_store_view_many(const simdr_store* store, const simdr_bytes* keys, std::size_t key_count,
                                   simdr_view* out_views, std::size_t* out_found, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_REFUSE(check_keys("keys", keys, key_count, err));
    SIMDR_REFUSE(check_count("out_views", out_views, key_count, err));
    return view_hashes(store, hashes_of(keys, key_count), nullptr, out_views, out_found, err);
  });
}

simdr_status simdr_store_view_many_hashed(const simdr_store* store, const std::uint64_t* key_hashes,
                                          std::size_t key_count, const simdr_bytes* verify_keys,
                                          std::size_t verify_key_count, simdr_view* out_views, std::size_t* out_found,
                                          simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    std::unique_ptr<bool[]> absent;
    SIMDR_REFUSE(read_verify_keys(key_hashes, key_count, verify_keys, verify_key_count, &absent, err));
    SIMDR_REFUSE(check_count("out_views", out_views, key_count, err));
    return view_hashes(store, {key_hashes, key_count}, absent.get(), out_views, out_found, err);
  });
}

simdr_status simdr_store_read(const simdr_store* store, const void* key, std::size_t key_size,
                              std::uint64_t value_offset, void* buffer, std::size_t capacity, std::size_t* out_size,
                              std::uint64_t* out_value_size, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_REFUSE(check_key("key", key, key_size, err));
    SIMDR_REFUSE(check_bytes("buffer", buffer, capacity, err));
    SIMDR_NOT_NULL(out_size);
    Error error;
    const Status status =
        store->core->read(hash_of(key, key_size), value_offset, buffer, capacity, out_size, out_value_size, &error);
    return finish_read(status, error, err);
  });
}

simdr_status simdr_store_exists(const simdr_store* store, const void* key, std::size_t key_size, int* out_exists,
                                simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_REFUSE(check_key("key", key, key_size, err));
    return simdr_store_exists_hashed(store, hash_of(key, key_size), out_exists, err);
  });
}

simdr_status simdr_store_exists_hashed(const simdr_store* store, std::uint64_t key_hash, int* out_exists,
                                       simdr_error* err) noexcept {
  SIMDR_NOT_NULL(store);
  SIMDR_NOT_NULL(out_exists);
  simdr_view view;
  const simdr_status status = view_hash(store->core.get(), key_hash, &view, err);
  if (status != SIMDR_OK && status != SIMDR_NOT_FOUND) return status;
  *out_exists = status == SIMDR_OK;
  return SIMDR_OK;
}

simdr_status simdr_store_last_entry(const simdr_store* store, simdr_entry** out_entry, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_NOT_NULL(out_entry);
    Error error;
    core::Entry* entry = nullptr;
    const Status status = store->core->last_entry(&entry, &error);
    if (status == Status::kOk) *out_entry = to_c(entry);
    return finish_read(status, error, err);
  });
}

simdr_status simdr_store_metadata(const simdr_store* store, const void* key, std::size_t key_size,
                                  simdr_entry_info* out_info, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_REFUSE(check_key("key", key, key_size, err));
    return simdr_store_metadata_hashed(store, hash_of(key, key_size), out_info, err);
  });
}

simdr_status simdr_store_metadata_hashed(const simdr_store* store, std::uint64_t key_hash, simdr_entry_info* out_info,
                                         simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_NOT_NULL(out_info);
    SIMDR_REFUSE(check_result_size("out_info", out_info->size, err));
    Error error;
    core::Found found;
    const Status status = store->core->view(key_hash, &found, &error);
    if (status == Status::kOk) write_result(out_info, to_info(found.record, store->core->layout().trailer_size));
    return finish_read(status, error, err);
  });
}
