// Entries of a snapshot, newest to oldest.
#include "iterator.h"

#include "child.h"
#include "entry.h"
#include "error.h"

typedef struct {
  Child child;
  simdr_iterator *handle;
  bool is_slow;   // a step may read much of the file
  bool has_ended;
} IteratorObject;

static void release_iterator(Child *self) { simdr_iterator_free(((IteratorObject *)self)->handle); }

PyObject *make_iterator(StoreObject *store, simdr_iterator *handle, bool is_slow) {
  IteratorObject *self = (IteratorObject *)make_child(store->state->iterator_type, store, release_iterator);
  if (self == NULL) {
    simdr_iterator_free(handle);
    return NULL;
  }
  self->handle = handle;
  self->is_slow = is_slow;
  return (PyObject *)self;
}

static void end_iterator(IteratorObject *self) {
  self->has_ended = true;
  close_child(&self->child);
}

static PyObject *iterator_next(PyObject *object) {
  IteratorObject *self = (IteratorObject *)object;
  if (self->has_ended) return NULL;
  if (!is_usable(&self->child, kLookup, "iterator")) return NULL;
  simdr_entry *entry = NULL;
  simdr_error error;
  simdr_status status;
  if (self->is_slow) {
    WITHOUT_LOCK_IN(&self->child, status = simdr_iterator_next(self->handle, &entry, &error));
  } else {
    status = simdr_iterator_next(self->handle, &entry, &error);
  }
  const ModuleState *state = self->child.store->state;
  if (status == SIMDR_OK) return make_entry(state, entry);
  if (status != SIMDR_NOT_FOUND) return raise_status(state, status, &error);
  end_iterator(self);
  return NULL;
}

static PyObject *iterator_close(PyObject *object, PyObject *Py_UNUSED(none)) {
  IteratorObject *self = (IteratorObject *)object;
  if (self->child.is_open && !is_usable(&self->child, kLookup, "iterator")) return NULL;
  end_iterator(self);
  Py_RETURN_NONE;
}

static PyMethodDef iterator_methods[] = {
    {"close", iterator_close, METH_NOARGS,
     "close($self, /)\n--\n\nGives the snapshot back now, and not with the end of the iterator or of the store."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject *make_iterator_type(PyObject *module) {
  static PyType_Slot slots[] = {
      {Py_tp_doc,
       "Entries of a store as it was when the iteration began, newest to oldest; later writes and compaction do not "
       "disturb it.\n"
       "Of one thread at a time. It must be used up before the store is closed."},
      {Py_tp_dealloc, child_dealloc},
      {Py_tp_traverse, child_traverse},
      {Py_tp_iter, PyObject_SelfIter},
      {Py_tp_iternext, iterator_next},
      {Py_tp_methods, iterator_methods},
      {0, NULL},
  };
  static PyType_Spec spec = {"simdr.EntryIterator", sizeof(IteratorObject), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  return (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
}
