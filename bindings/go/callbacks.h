// Calls that call back into Go. `call` is the cgo.Handle of a Go value that says what to do; 0 for no callback.
#ifndef SIMDR_GO_CALLBACKS_H
#define SIMDR_GO_CALLBACKS_H

#include <simdr.h>

simdr_status simdr_go_compact(simdr_store *store, uintptr_t call, simdr_error *err);
simdr_status simdr_go_verify(const simdr_store *store, uintptr_t call, simdr_verify_result *out_result,
                             simdr_error *err);
simdr_status simdr_go_import(simdr_store *store, const char *directory, uint32_t flags, const uint8_t *ns,
                             size_t ns_size, uintptr_t call, simdr_import_result *out_result, simdr_error *err);
simdr_status simdr_go_repair(const char *path, const char *out_path, uintptr_t call, simdr_repair_result *out_result,
                             simdr_error *err);

#endif
