// A value that is built where it will lie. The object lends writable bytes of the mapped file, and so must not end before the last
// buffer made of them is gone: a commit is refused until then, and an abort waits for it.
#include "reservation.h"

#include "child.h"
#include "error.h"

typedef struct {
  Child child;
  simdr_reservation *handle;
  void *data;
  size_t size;
  Py_ssize_t export_count;
  bool is_given_up;  // to be aborted with the last buffer
} ReservationObject;

static void release_reservation(Child *child) {
  ReservationObject *self = (ReservationObject *)child;
  --child->store->reservation_count;
  if (self->handle != NULL) simdr_reservation_abort(self->handle);
}

PyObject *make_reservation(StoreObject *store, simdr_reservation *handle, void *data, size_t size) {
  ReservationObject *self = (ReservationObject *)make_child(store->state->reservation_type, store, release_reservation);
  if (self == NULL) {
    simdr_reservation_abort(handle);
    return NULL;
  }
  ++store->reservation_count;
  self->handle = handle;
  self->data = data;
  self->size = size;
  return (PyObject *)self;
}

static int reservation_get_buffer(PyObject *object, Py_buffer *view, int flags) {
  ReservationObject *self = (ReservationObject *)object;
  if (!self->child.is_open || self->child.is_busy || self->is_given_up) {
    view->obj = NULL;
    PyErr_SetString(PyExc_BufferError, "the reservation has ended: its bytes can no longer be written");
    return -1;
  }
  if (PyBuffer_FillInfo(view, object, self->data, (Py_ssize_t)self->size, 0, flags) != 0) return -1;
  ++self->export_count;
  ++self->child.store->export_count;
  return 0;
}

static void reservation_release_buffer(PyObject *object, Py_buffer *Py_UNUSED(view)) {
  ReservationObject *self = (ReservationObject *)object;
  --self->child.store->export_count;
  if (--self->export_count == 0 && self->is_given_up) close_child(&self->child);
}

static PyObject *commit(ReservationObject *self) {
  if (!is_usable(&self->child, kWrite, "reservation")) return NULL;
  if (self->is_given_up) return raise_closed(self->child.store->state, "reservation");
  if (self->export_count != 0) {
    PyErr_Format(
        PyExc_BufferError,
        "commit: %zd buffer(s) over the reserved bytes are still in use; release the memoryviews and delete the arrays "
        "made of them first",
        self->export_count);
    return NULL;
  }
  simdr_error error;
  simdr_status status;
  uint64_t tail;
  WITHOUT_LOCK_IN(&self->child, status = simdr_reservation_commit(self->handle, &tail, &error));
  self->handle = NULL;  // released, whatever came of it
  close_child(&self->child);
  return status == SIMDR_OK ? PyLong_FromUnsignedLongLong(tail)
                            : raise_status(self->child.store->state, status, &error);
}

static bool give_up(ReservationObject *self) {
  if (!self->child.is_open) return true;
  if (!is_usable(&self->child, kLookup, "reservation")) return false;
  self->is_given_up = true;
  if (self->export_count == 0) close_child(&self->child);
  return true;
}

static PyObject *reservation_commit(PyObject *self, PyObject *Py_UNUSED(none)) {
  return commit((ReservationObject *)self);
}

static PyObject *reservation_abort(PyObject *self, PyObject *Py_UNUSED(none)) {
  if (!give_up((ReservationObject *)self)) return NULL;
  Py_RETURN_NONE;
}

static PyObject *reservation_enter(PyObject *self, PyObject *Py_UNUSED(none)) {
  if (!is_usable((Child *)self, kLookup, "reservation")) return NULL;
  return Py_NewRef(self);
}

// Commits when the block ended well and nobody committed or aborted inside it.
static PyObject *reservation_exit(PyObject *object, PyObject *args) {
  ReservationObject *self = (ReservationObject *)object;
  PyObject *exception_type, *exception, *traceback;
  if (!PyArg_ParseTuple(args, "OOO:__exit__", &exception_type, &exception, &traceback)) return NULL;
  if (exception_type == Py_None && self->child.is_open && !self->is_given_up) {
    PyObject *tail = commit(self);
    if (tail == NULL) {
      // It would keep all other writers waiting for as long as the exception is held somewhere.
      PyObject *type, *value, *where;
      PyErr_Fetch(&type, &value, &where);
      give_up(self);
      PyErr_Restore(type, value, where);
      return NULL;
    }
    Py_DECREF(tail);
  } else if (!give_up(self)) {
    return NULL;
  }
  Py_RETURN_NONE;
}

static Py_ssize_t reservation_length(PyObject *self) { return (Py_ssize_t)((ReservationObject *)self)->size; }

static PyMethodDef reservation_methods[] = {
    {"commit", reservation_commit, METH_NOARGS,
     "commit($self, /)\n--\n\nStores what the bytes hold now as one entry; returns the store's new tail.\n\n"
     "BufferError while a buffer over the bytes is in use."},
    {"abort", reservation_abort, METH_NOARGS,
     "abort($self, /)\n--\n\nStores nothing. Other writers go on once the last buffer over the bytes is gone."},
    {"__enter__", reservation_enter, METH_NOARGS, NULL},
    {"__exit__", reservation_exit, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyTypeObject *make_reservation_type(PyObject *module) {
  static PyType_Slot slots[] = {
      {Py_tp_doc,
       "Writable bytes in the mapped file, to be filled and then committed: no copy is made.\n\n"
       "Use it with `with`: it is committed at the end of the block, or aborted by an exception. All other writers of "
       "the store\n"
       "wait until then, and a write by the same thread is a BadStateError."},
      {Py_tp_dealloc, child_dealloc},
      {Py_tp_traverse, child_traverse},
      {Py_tp_methods, reservation_methods},
      {Py_mp_length, reservation_length},
      {Py_bf_getbuffer, reservation_get_buffer},
      {Py_bf_releasebuffer, reservation_release_buffer},
      {0, NULL},
  };
  static PyType_Spec spec = {"simdr.Reservation", sizeof(ReservationObject), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  return (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
}
