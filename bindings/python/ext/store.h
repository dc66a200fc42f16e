// Store, and the rules by which calls on it run beside one another.
//
// The interpreter lock guards every member, so a call that keeps it from beginning to end needs no other care. A call that gives it away
// is counted meanwhile, and a store with calls under way cannot be closed.
//
// Who keeps the lock must not wait for a lock of the library: its holder may be in a callback, or between two calls of a
// reservation, and need the interpreter to go on. So the lock is kept only around lookups, which wait for nothing, and around small
// writes while nobody else is inside the store.
#ifndef SIMDR_PYTHON_STORE_H
#define SIMDR_PYTHON_STORE_H

#include <simdr.h>
#include <stdbool.h>
#include <sys/types.h>

#include "state.h"

typedef struct Child Child;

// What a call asks of the store, from the least to the most; a callback may only make calls that ask for little.
typedef enum {
  kLookup,  // takes no lock
  kShared,  // takes locks, but not that of the writers
  kWrite,
  kNothing,  // as a limit: everything may be asked
} Need;

// A callback of a store that runs now, on which thread, and from what need on its calls are refused: where the library holds the lock they
// would wait for themselves.
typedef struct Running {
  unsigned long thread;
  Need refused_from;
  struct Running *outer;
} Running;

typedef struct {
  PyObject_HEAD simdr_store *handle;  // NULL before opening and after closing
  ModuleState *state;
  PyObject *path;
  PyObject *log;  // or NULL
  Child *children;  // iterators, streams and reservations that hold something of the handle
  Running *running;  // callbacks, the latest first
  Py_ssize_t call_count;  // calls under way
  Py_ssize_t reservation_count;  // open ones: writers wait for them
  Py_ssize_t export_count;  // buffers of reservations in somebody's hands
  pid_t pid;  // of the process that opened it
  uint32_t durability;  // what DEFAULT means
  bool is_initialised;
  bool verifies_reads;
  bool writes_directly;
  bool has_written;  // the first write syncs what it finds in the file
} StoreObject;

// The handle, or NULL with an exception set: the store is closed, or this thread is in a callback that must not do this.
simdr_store *usable_handle(StoreObject *self, Need need);

// Around what may block. In between nothing of Python may be touched.
#define WITHOUT_LOCK(store, statement)            \
  do {                                            \
    ++(store)->call_count;                        \
    PyThreadState *thread_ = PyEval_SaveThread(); \
    statement;                                    \
    PyEval_RestoreThread(thread_);                \
    --(store)->call_count;                        \
  } while (0)

// From the first line of a callback that was called without the interpreter lock to its last. `store` may be NULL.
typedef struct {
  StoreObject *store;
  Running running;
  PyGILState_STATE lock;
} Callback;
void begin_callback(StoreObject *store, Need refused_from, Callback *out);
void end_callback(Callback *callback);

// In a child of fork() in which threads that were inside the store do not exist. Locks may be held by them for ever, so nothing may be released.
bool is_orphaned(const StoreObject *self);

#endif
