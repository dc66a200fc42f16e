// A value of unknown length on its way into a store. simdr.Writer makes a file of it.
#include "stream.h"

#include "arguments.h"
#include "child.h"
#include "error.h"

typedef struct {
  Child child;
  simdr_stream *handle;
} StreamObject;

static void release_stream(Child *self) { simdr_stream_free(((StreamObject *)self)->handle); }

PyObject *make_stream(StoreObject *store, simdr_stream *handle) {
  StreamObject *self = (StreamObject *)make_child(store->state->stream_type, store, release_stream);
  if (self == NULL) {
    simdr_stream_free(handle);
    return NULL;
  }
  self->handle = handle;
  return (PyObject *)self;
}

static PyObject *stream_write(PyObject *object, PyObject *data) {
  StreamObject *self = (StreamObject *)object;
  Bytes bytes;
  if (!read_value(data, &bytes)) return NULL;
  PyObject *result = NULL;
  if (is_usable(&self->child, kShared, "stream")) {
    simdr_error error;
    simdr_status status;
    WITHOUT_LOCK_IN(&self->child, status = simdr_stream_write(self->handle, bytes.data, bytes.size, &error));
    result =
        status == SIMDR_OK ? PyLong_FromSize_t(bytes.size) : raise_status(self->child.store->state, status, &error);
  }
  release_bytes(&bytes);
  return result;
}

static PyObject *stream_commit(PyObject *object, PyObject *Py_UNUSED(none)) {
  StreamObject *self = (StreamObject *)object;
  if (!is_usable(&self->child, kWrite, "stream")) return NULL;
  simdr_error error;
  simdr_status status;
  uint64_t tail;
  WITHOUT_LOCK_IN(&self->child, status = simdr_stream_commit(self->handle, &tail, &error));
  if (status != SIMDR_OK) return raise_status(self->child.store->state, status, &error);
  close_child(&self->child);
  return PyLong_FromUnsignedLongLong(tail);
}

static PyObject *stream_close(PyObject *object, PyObject *Py_UNUSED(none)) {
  Child *self = (Child *)object;
  if (self->is_open) {
    if (!is_usable(self, kLookup, "stream")) return NULL;
    close_child(self);
  }
  Py_RETURN_NONE;
}

static PyMethodDef stream_methods[] = {
    {"write", stream_write, METH_O, "write($self, data, /)\n--\n\nAdds to the value; returns how many bytes."},
    {"commit", stream_commit, METH_NOARGS,
     "commit($self, /)\n--\n\nStores what was written as one entry, and ends the stream."},
    {"close", stream_close, METH_NOARGS, "close($self, /)\n--\n\nForgets what was not committed."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject *make_stream_type(PyObject *module) {
  static PyType_Slot slots[] = {
      {Py_tp_doc, "A value of unknown length on its way into a store."},
      {Py_tp_dealloc, child_dealloc},
      {Py_tp_traverse, child_traverse},
      {Py_tp_methods, stream_methods},
      {0, NULL},
  };
  static PyType_Spec spec = {"simdr._simdr.Stream", sizeof(StreamObject), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  return (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
}
