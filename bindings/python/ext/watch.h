// Callbacks of long calls: Python's functions for progress, faults and imported files, and Ctrl-C.
#ifndef SIMDR_PYTHON_WATCH_H
#define SIMDR_PYTHON_WATCH_H

#include "store.h"

typedef struct {
  const ModuleState *state;
  StoreObject *store;  // that the call is made on, or NULL
  Need refused_from;   // by it, to the callbacks
  PyObject *progress;  // or None
  PyObject *on_item;   // for faults or files; or None
  double last_told;    // seconds; 0 at first
  bool is_stopped;     // by an exception: nothing more is told
} Watch;

// For the library, with a Watch as user_data. They stop the call, with 1, when there is an exception.
int watch_progress(uint64_t done, uint64_t total, void *user_data);
int watch_fault(const simdr_fault *fault, void *user_data);
int watch_import(const char *key, uint64_t file_size, simdr_status status, void *user_data);

#endif
