// Calls of simdr.h put together so that each method crosses the boundary once, with arguments of types that hold no pointers where
// they point to Go memory: for those there is nothing that cgo has to check.
#ifndef SIMDR_GO_SHIM_H
#define SIMDR_GO_SHIM_H

#include <simdr.h>
#include <string.h>

typedef struct simdr_go_entry {
  simdr_entry *handle;
  const void *data;
  size_t size;
  simdr_status status;
} simdr_go_entry;

static inline uint64_t simdr_go_key_hash(const uint8_t *key, size_t key_size) { return simdr_key_hash(key, key_size); }

static inline void simdr_go_namespaced_key(const uint8_t *ns, size_t ns_size, const uint8_t *key, size_t key_size,
                                           uint8_t *out_key) {
  simdr_namespaced_key(ns, ns_size, key, key_size, out_key);
}

static inline simdr_go_entry simdr_go_opened(simdr_status status, simdr_entry *handle) {
  simdr_go_entry entry = {NULL, NULL, 0, status};
  if (status == SIMDR_OK) {
    entry.handle = handle;
    entry.data = simdr_entry_data(handle);
    entry.size = simdr_entry_size(handle);
  }
  return entry;
}

static inline simdr_go_entry simdr_go_get(const simdr_store *store, const uint8_t *key, size_t key_size,
                                          simdr_error *err) {
  simdr_entry *handle = NULL;
  const simdr_status status = simdr_store_get(store, key, key_size, &handle, err);
  return simdr_go_opened(status, handle);
}

static inline simdr_go_entry simdr_go_get_hashed(const simdr_store *store, uint64_t key_hash, simdr_error *err) {
  simdr_entry *handle = NULL;
  const simdr_status status = simdr_store_get_hashed(store, key_hash, &handle, err);
  return simdr_go_opened(status, handle);
}

static inline simdr_go_entry simdr_go_last(const simdr_store *store, simdr_error *err) {
  simdr_entry *handle = NULL;
  const simdr_status status = simdr_store_last_entry(store, &handle, err);
  return simdr_go_opened(status, handle);
}

static inline simdr_go_entry simdr_go_next(simdr_iterator *iterator, simdr_error *err) {
  simdr_entry *handle = NULL;
  const simdr_status status = simdr_iterator_next(iterator, &handle, err);
  return simdr_go_opened(status, handle);
}

// Copies the value to `buffer` if it fits. *out_size is its size in any case.
static inline simdr_status simdr_go_copied_out(simdr_go_entry entry, uint8_t *buffer, size_t capacity,
                                               size_t *out_size) {
  if (entry.status != SIMDR_OK) return entry.status;
  *out_size = entry.size;
  if (entry.size <= capacity) memcpy(buffer, entry.data, entry.size);
  simdr_entry_unref(entry.handle);
  return SIMDR_OK;
}

static inline simdr_status simdr_go_copy_out(const simdr_store *store, const uint8_t *key, size_t key_size,
                                             uint8_t *buffer, size_t capacity, size_t *out_size, simdr_error *err) {
  return simdr_go_copied_out(simdr_go_get(store, key, key_size, err), buffer, capacity, out_size);
}

static inline simdr_status simdr_go_copy_out_hashed(const simdr_store *store, uint64_t key_hash, uint8_t *buffer,
                                                    size_t capacity, size_t *out_size, simdr_error *err) {
  return simdr_go_copied_out(simdr_go_get_hashed(store, key_hash, err), buffer, capacity, out_size);
}

static inline simdr_status simdr_go_put(simdr_store *store, const uint8_t *key, size_t key_size, const uint8_t *value,
                                        size_t value_size, uint32_t flags, simdr_error *err) {
  return simdr_store_put(store, key, key_size, value, value_size, flags, NULL, err);
}

static inline simdr_status simdr_go_put_hashed(simdr_store *store, uint64_t key_hash, const uint8_t *value,
                                               size_t value_size, uint32_t flags, simdr_error *err) {
  return simdr_store_put_hashed(store, key_hash, value, value_size, flags, NULL, err);
}

static inline simdr_status simdr_go_put_if_absent(simdr_store *store, const uint8_t *key, size_t key_size,
                                                  const uint8_t *value, size_t value_size, uint32_t flags,
                                                  simdr_error *err) {
  return simdr_store_put_if_absent(store, key, key_size, value, value_size, flags, NULL, err);
}

static inline simdr_status simdr_go_put_if_entry(simdr_store *store, const simdr_entry *expected, const uint8_t *value,
                                                 size_t value_size, uint32_t flags, simdr_error *err) {
  return simdr_store_put_if_entry(store, expected, value, value_size, flags, NULL, err);
}

static inline simdr_status simdr_go_remove(simdr_store *store, const uint8_t *key, size_t key_size, uint32_t flags,
                                           simdr_error *err) {
  return simdr_store_remove(store, key, key_size, flags, NULL, err);
}

static inline simdr_status simdr_go_rename(simdr_store *store, const uint8_t *old_key, size_t old_key_size,
                                           const uint8_t *new_key, size_t new_key_size, uint32_t flags,
                                           simdr_error *err) {
  return simdr_store_rename(store, old_key, old_key_size, new_key, new_key_size, flags, NULL, err);
}

static inline simdr_status simdr_go_copy(simdr_store *store, const uint8_t *key, size_t key_size, simdr_store *target,
                                         uint32_t flags, int and_remove, simdr_error *err) {
  return and_remove ? simdr_store_transfer(store, key, key_size, target, flags, NULL, err)
                    : simdr_store_copy(store, key, key_size, target, flags, NULL, err);
}

static inline simdr_status simdr_go_exists(const simdr_store *store, const uint8_t *key, size_t key_size,
                                           int *out_exists, simdr_error *err) {
  return simdr_store_exists(store, key, key_size, out_exists, err);
}

static inline simdr_status simdr_go_read(const simdr_store *store, const uint8_t *key, size_t key_size, uint64_t offset,
                                         uint8_t *buffer, size_t capacity, size_t *out_size, simdr_error *err) {
  return simdr_store_read(store, key, key_size, offset, buffer, capacity, out_size, NULL, err);
}

static inline simdr_status simdr_go_metadata(const simdr_store *store, const uint8_t *key, size_t key_size,
                                             simdr_entry_info *out_info, simdr_error *err) {
  return simdr_store_metadata(store, key, key_size, out_info, err);
}

static inline simdr_status simdr_go_stream_write(simdr_stream *stream, const uint8_t *data, size_t size,
                                                 simdr_error *err) {
  return simdr_stream_write(stream, data, size, err);
}

static inline simdr_status simdr_go_stream_open(simdr_store *store, const uint8_t *key, size_t key_size, uint32_t flags,
                                                simdr_stream **out_stream, simdr_error *err) {
  return simdr_stream_open(store, key, key_size, flags, out_stream, err);
}

static inline simdr_status simdr_go_put_fd(simdr_store *store, const uint8_t *key, size_t key_size, int fd,
                                           uint32_t flags, simdr_error *err) {
  return simdr_store_put_fd(store, key, key_size, fd, flags, NULL, err);
}

typedef struct simdr_go_reservation {
  simdr_reservation *handle;
  void *data;
  simdr_status status;
} simdr_go_reservation;

static inline simdr_go_reservation simdr_go_reserve(simdr_store *store, const uint8_t *key, size_t key_size,
                                                    size_t value_size, uint32_t flags, simdr_error *err) {
  simdr_go_reservation reserved = {NULL, NULL, SIMDR_OK};
  reserved.status = simdr_store_reserve(store, key, key_size, value_size, flags, &reserved.handle, &reserved.data, err);
  return reserved;
}

static inline simdr_status simdr_go_versions(const simdr_store *store, const uint8_t *key, size_t key_size,
                                             simdr_iterator **out_iterator, simdr_error *err) {
  return simdr_iterator_open_versions(store, key, key_size, out_iterator, err);
}

// Fills `views`, an array of simdr_view. The first entry of all is also put into *pin, which keeps the mapping of all of them.
static inline simdr_status simdr_go_next_views(simdr_iterator *iterator, simdr_entry **pin, uint8_t *views,
                                               size_t capacity, size_t *out_count, simdr_error *err) {
  if (*pin != NULL) return simdr_iterator_next_views(iterator, (simdr_view *)views, capacity, out_count, err);
  simdr_entry *first = NULL;
  const simdr_status status = simdr_iterator_next(iterator, &first, err);
  if (status != SIMDR_OK) return status;
  const simdr_view view = {simdr_entry_data(first),         simdr_entry_size(first),     simdr_entry_key_hash(first),
                           simdr_entry_start_offset(first), simdr_entry_checksum(first), 0};
  memcpy(views, &view, sizeof view);
  *pin = first;
  *out_count = 1;
  return SIMDR_OK;
}

// A simdr_bytes as the packer of the Go side writes it: as numbers.
typedef struct simdr_go_bytes {
  uintptr_t address;
  size_t size;
} simdr_go_bytes;

static inline simdr_status simdr_go_put_many(simdr_store *store, const simdr_go_bytes *keys, size_t key_count,
                                             const simdr_go_bytes *values, size_t value_count, uint32_t flags,
                                             simdr_error *err) {
  return simdr_store_put_many(store, (const simdr_bytes *)keys, key_count, (const simdr_bytes *)values, value_count,
                              flags, NULL, err);
}

static inline simdr_status simdr_go_put_many_hashed(simdr_store *store, const uint64_t *hashes, size_t hash_count,
                                                    const simdr_go_bytes *values, size_t value_count, uint32_t flags,
                                                    simdr_error *err) {
  return simdr_store_put_many_hashed(store, hashes, hash_count, (const simdr_bytes *)values, value_count, flags, NULL,
                                     err);
}

static inline simdr_status simdr_go_remove_many(simdr_store *store, const simdr_go_bytes *keys, size_t count,
                                                uint32_t flags, size_t *out_removed, simdr_error *err) {
  return simdr_store_remove_many(store, (const simdr_bytes *)keys, count, flags, out_removed, NULL, err);
}

static inline simdr_status simdr_go_hash_many(const simdr_go_bytes *keys, size_t count, uint64_t *out_hashes,
                                              simdr_error *err) {
  return simdr_key_hash_many((const simdr_bytes *)keys, count, out_hashes, err);
}

// entries and spans have `count` places each; absent keys are zeros in both.
static inline void simdr_go_span_many(const uintptr_t *entries, simdr_go_bytes *spans, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const simdr_entry *entry = (const simdr_entry *)entries[i];
    spans[i].address = entry == NULL ? 0 : (uintptr_t)simdr_entry_data(entry);
    spans[i].size = entry == NULL ? 0 : simdr_entry_size(entry);
  }
}

static inline simdr_status simdr_go_get_many(const simdr_store *store, const simdr_go_bytes *keys, size_t count,
                                             uintptr_t *entries, simdr_go_bytes *spans, size_t *out_found,
                                             simdr_error *err) {
  const simdr_status status =
      simdr_store_get_many(store, (const simdr_bytes *)keys, count, (simdr_entry **)entries, out_found, err);
  if (status == SIMDR_OK) simdr_go_span_many(entries, spans, count);
  return status;
}

static inline simdr_status simdr_go_get_many_hashed(const simdr_store *store, const uint64_t *hashes, size_t count,
                                                    const simdr_go_bytes *verify_keys, size_t verify_key_count,
                                                    uintptr_t *entries, simdr_go_bytes *spans, size_t *out_found,
                                                    simdr_error *err) {
  const simdr_status status = simdr_store_get_many_hashed(store, hashes, count, (const simdr_bytes *)verify_keys,
                                                          verify_key_count, (simdr_entry **)entries, out_found, err);
  if (status == SIMDR_OK) simdr_go_span_many(entries, spans, count);
  return status;
}

static inline simdr_go_entry simdr_go_ref(uintptr_t entry) {
  return simdr_go_opened(SIMDR_OK, simdr_entry_ref((simdr_entry *)entry));
}

static inline void simdr_go_unref_many(const uintptr_t *entries, size_t count) {
  for (size_t i = 0; i < count; ++i) simdr_entry_unref((simdr_entry *)entries[i]);
}

typedef struct simdr_go_elements {
  const void *data;
  size_t count;
  simdr_status status;
} simdr_go_elements;

static inline simdr_go_elements simdr_go_typed(const simdr_entry *entry, size_t element_size, size_t alignment,
                                               simdr_error *err) {
  simdr_go_elements elements = {NULL, 0, SIMDR_OK};
  elements.status = simdr_entry_typed_view(entry, element_size, alignment, &elements.data, &elements.count, err);
  return elements;
}

#endif
