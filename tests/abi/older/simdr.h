/* What simdr.h might have been one version ago: of each struct that grows, only the first members. older_program.c is compiled
 * with this header and run with the library of today. Never to be brought up to date. */
#ifndef SIMDR_H
#define SIMDR_H

#include <stddef.h>
#include <stdint.h>

typedef int32_t simdr_status;
#define SIMDR_OK 0
#define SIMDR_ERR_READ_ONLY (-36)

typedef struct simdr_error {
  simdr_status status;
  int32_t os_error;
  int32_t callback_result;
  uint32_t reserved;
  char message[240];
} simdr_error;

typedef struct simdr_store simdr_store;

#define SIMDR_OPEN_CREATE 0
#define SIMDR_OPEN_READ_ONLY 2
typedef struct simdr_open_options {
  size_t size;
  uint32_t mode;
  uint32_t flags;
} simdr_open_options;
#define SIMDR_OPEN_OPTIONS_INIT \
  { sizeof(simdr_open_options), 0, 0 }

typedef struct simdr_entry_info {
  size_t size;
  uint64_t key_hash;
} simdr_entry_info;
#define SIMDR_ENTRY_INFO_INIT \
  { sizeof(simdr_entry_info), 0 }

typedef struct simdr_stats {
  size_t size;
  uint64_t live_count;
  uint64_t live_size;
} simdr_stats;
#define SIMDR_STATS_INIT \
  { sizeof(simdr_stats), 0, 0 }

typedef struct simdr_compact_options {
  size_t size;
  uint32_t flags;
  uint32_t reserved;
} simdr_compact_options;
#define SIMDR_COMPACT_OPTIONS_INIT \
  { sizeof(simdr_compact_options), 0, 0 }

typedef struct simdr_verify_options {
  size_t size;
  uint32_t flags;
  uint32_t reserved;
} simdr_verify_options;
#define SIMDR_VERIFY_OPTIONS_INIT \
  { sizeof(simdr_verify_options), 0, 0 }

typedef struct simdr_verify_result {
  size_t size;
  uint64_t entry_count;
} simdr_verify_result;
#define SIMDR_VERIFY_RESULT_INIT \
  { sizeof(simdr_verify_result), 0 }

typedef struct simdr_import_options {
  size_t size;
  uint32_t flags;
  uint32_t reserved;
} simdr_import_options;
#define SIMDR_IMPORT_OPTIONS_INIT \
  { sizeof(simdr_import_options), 0, 0 }

typedef struct simdr_import_result {
  size_t size;
  uint64_t file_count;
} simdr_import_result;
#define SIMDR_IMPORT_RESULT_INIT \
  { sizeof(simdr_import_result), 0 }

typedef struct simdr_repair_result {
  size_t size;
  uint64_t kept_count;
} simdr_repair_result;
#define SIMDR_REPAIR_RESULT_INIT \
  { sizeof(simdr_repair_result), 0 }

typedef struct simdr_fault {
  uint64_t offset;
  uint64_t size;
  uint64_t key_hash;
  const char *what;
} simdr_fault;
typedef int (*simdr_fault_fn)(const simdr_fault *fault, void *user_data);

uint64_t simdr_key_hash(const void *key, size_t key_size);
simdr_status simdr_store_open(const char *path, const simdr_open_options *options, simdr_store **out_store,
                              simdr_error *err);
simdr_status simdr_store_close_checked(simdr_store *store, simdr_error *err);
simdr_status simdr_store_put(simdr_store *store, const void *key, size_t key_size, const void *value, size_t value_size,
                             uint32_t flags, uint64_t *out_tail, simdr_error *err);
simdr_status simdr_store_metadata(const simdr_store *store, const void *key, size_t key_size,
                                  simdr_entry_info *out_info, simdr_error *err);
uint64_t simdr_store_count(const simdr_store *store);
simdr_status simdr_store_stats(const simdr_store *store, simdr_stats *out_stats, simdr_error *err);
simdr_status simdr_store_compact(simdr_store *store, const simdr_compact_options *options, simdr_error *err);
simdr_status simdr_store_verify(const simdr_store *store, const simdr_verify_options *options,
                                simdr_verify_result *out_result, simdr_error *err);
simdr_status simdr_store_import_directory(simdr_store *store, const char *directory,
                                          const simdr_import_options *options, simdr_import_result *out_result,
                                          simdr_error *err);
simdr_status simdr_repair(const char *path, const char *out_path, simdr_fault_fn on_fault, void *user_data,
                          simdr_repair_result *out_result, simdr_error *err);

#endif /* SIMDR_H */
