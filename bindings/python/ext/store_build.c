// Writes of values that are not at hand as a whole: streams, descriptors, reservations.
#include "arguments.h"
#include "error.h"
#include "reservation.h"
#include "store_methods.h"
#include "stream.h"

static StoreObject *as_store(PyObject *self) { return (StoreObject *)self; }

static PyObject *store_stream(PyObject *object, PyObject *const *args, Py_ssize_t arg_count, PyObject *keywords) {
  static const char *const names[] = {"key", "durability"};
  static const Signature signature = {"_stream", names, 1, 1, 2};
  StoreObject *self = as_store(object);
  PyObject *given[2];
  uint32_t durability;
  uint64_t hash;
  if (!read_arguments(&signature, args, arg_count, keywords, given) || !read_durability(given[1], &durability))
    return NULL;
  if (!read_key_hash(self->state, given[0], &hash)) return NULL;
  simdr_store *handle = usable_handle(self, kLookup);  // writes nothing yet
  if (handle == NULL) return NULL;
  simdr_stream *stream;
  simdr_error error;
  const simdr_status status = simdr_stream_open_hashed(handle, hash, durability, &stream, &error);
  return status == SIMDR_OK ? make_stream(self, stream) : raise_status(self->state, status, &error);
}

static PyObject *put_descriptor(StoreObject *self, const Bytes *key, int descriptor, uint32_t durability) {
  simdr_store *handle = usable_handle(self, kWrite);
  if (handle == NULL) return NULL;
  uint64_t tail;
  simdr_error error;
  simdr_status status;
  WITHOUT_LOCK(self, status = simdr_store_put_fd(handle, key->data, key->size, descriptor, durability, &tail, &error));
  return status == SIMDR_OK ? PyLong_FromUnsignedLongLong(tail) : raise_status(self->state, status, &error);
}

static PyObject *store_put_fd(PyObject *object, PyObject *args) {
  StoreObject *self = as_store(object);
  PyObject *key_object, *durability_object;
  int descriptor;
  uint32_t durability;
  Bytes key;
  if (!PyArg_ParseTuple(args, "OiO:_put_fd", &key_object, &descriptor, &durability_object)) return NULL;
  if (!read_durability(durability_object, &durability) || !read_key(self->state, key_object, &key)) return NULL;
  PyObject *tail = put_descriptor(self, &key, descriptor, durability);
  release_bytes(&key);
  return tail;
}

static PyObject *reserve(StoreObject *self, const Bytes *key, Py_ssize_t size, uint32_t durability) {
  simdr_store *handle = usable_handle(self, kWrite);
  if (handle == NULL) return NULL;
  simdr_reservation *reservation;
  void *data;
  simdr_error error;
  simdr_status status;
  WITHOUT_LOCK(self, status = simdr_store_reserve(handle, key->data, key->size, (size_t)size, durability, &reservation,
                                                  &data, &error));
  if (status != SIMDR_OK) return raise_status(self->state, status, &error);
  return make_reservation(self, reservation, data, (size_t)size);
}

static PyObject *store_reserve(PyObject *object, PyObject *const *args, Py_ssize_t arg_count, PyObject *keywords) {
  static const char *const names[] = {"key", "size", "durability"};
  static const Signature signature = {"reserve", names, 2, 2, 3};
  StoreObject *self = as_store(object);
  PyObject *given[3];
  uint32_t durability;
  Bytes key;
  if (!read_arguments(&signature, args, arg_count, keywords, given) || !read_durability(given[2], &durability))
    return NULL;
  const Py_ssize_t size = PyLong_AsSsize_t(given[1]);
  if (size == -1 && PyErr_Occurred() != NULL) return NULL;
  if (size < 0) {
    PyErr_SetString(PyExc_ValueError, "size: is negative");
    return NULL;
  }
  if (!read_key(self->state, given[0], &key)) return NULL;
  PyObject *reservation = reserve(self, &key, size, durability);
  release_bytes(&key);
  return reservation;
}

PyMethodDef store_build_methods[] = {
    {"reserve", FAST(store_reserve),
     "reserve($self, /, key, size, *, durability=0)\n--\n\nLends `size` writable bytes of the file, for a value that "
     "is built in place."},
    {"_stream", FAST(store_stream), NULL},
    {"_put_fd", store_put_fd, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
