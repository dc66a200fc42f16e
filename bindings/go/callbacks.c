#include "callbacks.h"

#include "_cgo_export.h"

static int on_progress(uint64_t done, uint64_t total, void *call) {
  return simdrGoProgress((uintptr_t)call, done, total);
}

static int on_fault(const simdr_fault *fault, void *call) {
  return simdrGoFault((uintptr_t)call, fault->offset, fault->size, fault->key_hash, (char *)fault->what);
}

static int on_file(const char *key, uint64_t file_size, simdr_status status, void *call) {
  return simdrGoFile((uintptr_t)call, (char *)key, file_size, status);
}

simdr_status simdr_go_compact(simdr_store *store, uintptr_t call, simdr_error *err) {
  simdr_compact_options options = SIMDR_COMPACT_OPTIONS_INIT;
  if (call != 0) options.progress = on_progress;
  options.progress_user_data = (void *)call;
  return simdr_store_compact(store, &options, err);
}

simdr_status simdr_go_verify(const simdr_store *store, uintptr_t call, simdr_verify_result *out_result,
                             simdr_error *err) {
  simdr_verify_options options = SIMDR_VERIFY_OPTIONS_INIT;
  if (call != 0) {
    options.on_fault = on_fault;
    options.progress = on_progress;
  }
  options.on_fault_user_data = (void *)call;
  options.progress_user_data = (void *)call;
  return simdr_store_verify(store, &options, out_result, err);
}

simdr_status simdr_go_import(simdr_store *store, const char *directory, uint32_t flags, const uint8_t *ns,
                             size_t ns_size, uintptr_t call, simdr_import_result *out_result, simdr_error *err) {
  simdr_import_options options = SIMDR_IMPORT_OPTIONS_INIT;
  options.flags = flags;
  options.ns = ns;
  options.ns_size = ns_size;
  if (call != 0) options.on_file = on_file;
  options.on_file_user_data = (void *)call;
  return simdr_store_import_directory(store, directory, &options, out_result, err);
}

simdr_status simdr_go_repair(const char *path, const char *out_path, uintptr_t call, simdr_repair_result *out_result,
                             simdr_error *err) {
  return simdr_repair(path, out_path, call != 0 ? on_fault : NULL, (void *)call, out_result, err);
}
