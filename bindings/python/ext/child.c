#include "child.h"

#include "error.h"

Child *make_child(PyTypeObject *type, StoreObject *store, void (*release)(Child *self)) {
  const allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
  // The collector may run in here, and a finalizer close the store: but for this, it would not know of what the caller has opened.
  ++store->call_count;
  Child *self = (Child *)allocate(type, 0);
  --store->call_count;
  if (self == NULL) return NULL;
  self->store = (StoreObject *)Py_NewRef((PyObject *)store);
  self->release = release;
  self->is_open = true;
  self->next = store->children;
  if (self->next != NULL) self->next->previous = self;
  store->children = self;
  return self;
}

void close_child(Child *self) {
  if (!self->is_open) return;
  self->is_open = false;
  if (self->next != NULL) self->next->previous = self->previous;
  if (self->previous != NULL) {
    self->previous->next = self->next;
  } else {
    self->store->children = self->next;
  }
  if (!is_orphaned(self->store)) self->release(self);
}

bool is_usable(Child *self, Need need, const char *what) {
  const ModuleState *state = self->store->state;
  if (!self->is_open) {
    raise_closed(state, what);
    return false;
  }
  if (self->is_busy) {
    char message[64];
    PyOS_snprintf(message, sizeof message, "another thread is using this %s", what);
    raise_bad_state(state, message);
    return false;
  }
  return usable_handle(self->store, need) != NULL;
}

int child_traverse(PyObject *object, visitproc visit, void *arg) {
  Py_VISIT(Py_TYPE(object));
  Py_VISIT((PyObject *)((Child *)object)->store);
  return 0;
}

void child_dealloc(PyObject *object) {
  Child *self = (Child *)object;
  PyTypeObject *type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  if (self->store != NULL) {
    close_child(self);
    Py_DECREF((PyObject *)self->store);
  }
  PyObject_GC_Del(object);
  Py_DECREF(type);
}
