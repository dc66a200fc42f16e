// What iterators, streams and reservations have in common: each holds something that must be released before the store is closed, is one
// thread's at a time, and keeps its store alive.
#ifndef SIMDR_PYTHON_CHILD_H
#define SIMDR_PYTHON_CHILD_H

#include "store.h"

struct Child {
  PyObject_HEAD StoreObject *store;  // a reference
  Child *previous;
  Child *next;
  void (*release)(Child *self);  // gives back the handle
  bool is_open;
  bool is_busy;  // a thread is inside without the interpreter lock
};

// A new object, or NULL with an exception set; then the caller still has the handle.
Child *make_child(PyTypeObject *type, StoreObject *store, void (*release)(Child *self));
// Releases the handle, if that was not done before.
void close_child(Child *self);
// Whether a call may begin; else false with an exception set. `what` names the object.
bool is_usable(Child *self, Need need, const char *what);

void child_dealloc(PyObject *self);
int child_traverse(PyObject *self, visitproc visit, void *arg);

#define WITHOUT_LOCK_IN(child, statement)    \
  do {                                       \
    (child)->is_busy = true;                 \
    WITHOUT_LOCK((child)->store, statement); \
    (child)->is_busy = false;                \
  } while (0)

#endif
