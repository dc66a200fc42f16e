// Many keys in one call: the boundary is crossed once, and the interpreter lock given away once.
#include "arguments.h"
#include "entry.h"
#include "error.h"
#include "store_methods.h"
#include "write.h"

// From this many keys on a lookup gives the interpreter lock away. Below, it is over before another thread would have begun.
static const size_t kManyKeys = 256;

static StoreObject *as_store(PyObject *self) { return (StoreObject *)self; }

// The hashes of a list of keys; to be freed. NULL with an exception set.
static uint64_t *hashes_of(const ModuleState *state, PyObject *keys, size_t count) {
  uint64_t *hashes = PyMem_Calloc(count + 1, sizeof *hashes);
  if (hashes == NULL) {
    PyErr_NoMemory();
    return NULL;
  }
  for (size_t i = 0; i < count; ++i) {
    PyObject *key = PyList_GetItem(keys, (Py_ssize_t)i);
    if (key == NULL || !read_key_hash(state, key, &hashes[i])) {
      PyMem_Free(hashes);
      return NULL;
    }
  }
  return hashes;
}

// The entries as a list, with `fallback` where there is none. The references go over to it, also when it fails.
static PyObject *list_of(const ModuleState *state, simdr_entry **entries, size_t count, PyObject *fallback) {
  PyObject *list = PyList_New((Py_ssize_t)count);
  for (size_t i = 0; i < count; ++i) {
    if (list == NULL) {
      simdr_entry_unref(entries[i]);
      continue;
    }
    PyObject *item = entries[i] == NULL ? Py_NewRef(fallback) : make_entry(state, entries[i]);
    if (item == NULL) {
      Py_CLEAR(list);
    } else {
      PyList_SetItem(list, (Py_ssize_t)i, item);
    }
  }
  return list;
}

static PyObject *get_many(StoreObject *self, const uint64_t *hashes, size_t count, PyObject *fallback) {
  const simdr_store *handle = usable_handle(self, kLookup);
  if (handle == NULL) return NULL;
  simdr_entry **entries = PyMem_Calloc(count + 1, sizeof *entries);
  if (entries == NULL) return PyErr_NoMemory();
  simdr_error error;
  simdr_status status;
  if (count >= kManyKeys || self->verifies_reads) {
    WITHOUT_LOCK(self, status = simdr_store_get_many_hashed(handle, hashes, count, NULL, 0, entries, NULL, &error));
  } else {
    status = simdr_store_get_many_hashed(handle, hashes, count, NULL, 0, entries, NULL, &error);
  }
  PyObject *list =
      status == SIMDR_OK ? list_of(self->state, entries, count, fallback) : raise_status(self->state, status, &error);
  PyMem_Free(entries);
  return list;
}

static PyObject *store_get_many(PyObject *object, PyObject *args, PyObject *keywords) {
  static char *names[] = {"keys", "default", NULL};
  StoreObject *self = as_store(object);
  PyObject *keys;
  PyObject *fallback = Py_None;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "O|O:get_many", names, &keys, &fallback)) return NULL;
  // A list of our own: nobody else can change it meanwhile.
  PyObject *list = PySequence_List(keys);
  if (list == NULL) return NULL;
  const size_t count = (size_t)PyList_Size(list);
  uint64_t *hashes = hashes_of(self->state, list, count);
  PyObject *result = hashes == NULL ? NULL : get_many(self, hashes, count, fallback);
  PyMem_Free(hashes);
  Py_DECREF(list);
  return result;
}

static PyObject *store_remove_many(PyObject *object, PyObject *args, PyObject *keywords) {
  static char *names[] = {"keys", "durability", NULL};
  StoreObject *self = as_store(object);
  PyObject *keys;
  PyObject *durability_object = NULL;
  uint32_t durability;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "O|$O:remove_many", names, &keys, &durability_object)) return NULL;
  if (!read_durability(durability_object, &durability)) return NULL;
  PyObject *list = PySequence_List(keys);
  if (list == NULL) return NULL;
  const size_t count = (size_t)PyList_Size(list);
  uint64_t *hashes = hashes_of(self->state, list, count);
  simdr_store *handle = hashes == NULL ? NULL : usable_handle(self, kWrite);
  PyObject *result = NULL;
  if (handle != NULL) {
    size_t removed;
    simdr_error error;
    simdr_status status;
    WITHOUT_LOCK(self,
                 status = simdr_store_remove_many_hashed(handle, hashes, count, durability, &removed, NULL, &error));
    result = status == SIMDR_OK ? PyLong_FromSize_t(removed) : raise_status(self->state, status, &error);
  }
  PyMem_Free(hashes);
  Py_DECREF(list);
  return result;
}

// What put_many() writes. `owners` keeps each value alive while the interpreter lock is away: another thread may change the list
// that it came from.
typedef struct {
  size_t count;
  uint64_t *hashes;
  simdr_bytes *values;
  PyObject **owners;
  Py_buffer *buffers;  // of the values that are not bytes
  size_t buffer_count;
  size_t size;  // bytes to be written, about
} Batch;

static void free_batch(Batch *batch) {
  for (size_t i = 0; i < batch->buffer_count; ++i) PyBuffer_Release(&batch->buffers[i]);
  for (size_t i = 0; batch->owners != NULL && i < batch->count; ++i) Py_XDECREF(batch->owners[i]);
  PyMem_Free(batch->hashes);
  PyMem_Free(batch->values);
  PyMem_Free(batch->owners);
  PyMem_Free(batch->buffers);
}

static bool make_batch(size_t count, Batch *out) {
  *out = (Batch){.count = count};
  out->hashes = PyMem_Calloc(count + 1, sizeof *out->hashes);
  out->values = PyMem_Calloc(count + 1, sizeof *out->values);
  out->owners = PyMem_Calloc(count + 1, sizeof *out->owners);
  if (out->hashes != NULL && out->values != NULL && out->owners != NULL) return true;
  PyErr_NoMemory();
  return false;
}

static bool add_value(Batch *batch, size_t place, PyObject *value) {
  batch->owners[place] = Py_NewRef(value);
  Bytes bytes;
  if (!read_value(value, &bytes)) return false;
  batch->values[place] = (simdr_bytes){bytes.data, bytes.size};
  batch->size += bytes.size < SMALL_WRITE_SIZE ? bytes.size + 64 : SMALL_WRITE_SIZE;
  if (!bytes.has_buffer) return true;
  if (batch->buffers == NULL) batch->buffers = PyMem_Calloc(batch->count, sizeof *batch->buffers);
  if (batch->buffers == NULL) {
    release_bytes(&bytes);
    PyErr_NoMemory();
    return false;
  }
  batch->buffers[batch->buffer_count++] = bytes.buffer;
  return true;
}

static bool add_pair(const ModuleState *state, Batch *batch, size_t place, PyObject *pair) {
  PyObject *parts = PyTuple_Check(pair) ? Py_NewRef(pair) : PySequence_Tuple(pair);
  if (parts == NULL) return false;
  bool added = false;
  if (PyTuple_Size(parts) == 2) {
    added = read_key_hash(state, PyTuple_GetItem(parts, 0), &batch->hashes[place]) &&
            add_value(batch, place, PyTuple_GetItem(parts, 1));
  } else {
    PyErr_Format(PyExc_ValueError, "items[%zu]: expected a key and a value, not %zd things", place,
                 PyTuple_Size(parts));
  }
  Py_DECREF(parts);
  return added;
}

// The pairs of a mapping, or what is iterated over, as a list of our own.
static PyObject *pairs_of(PyObject *items) {
  if (PyDict_Check(items)) return PyDict_Items(items);
  PyObject *method = PyObject_GetAttrString(items, "items");
  if (method == NULL) {
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) return NULL;
    PyErr_Clear();
    return PySequence_List(items);
  }
  PyObject *pairs = PyObject_CallNoArgs(method);
  Py_DECREF(method);
  if (pairs == NULL) return NULL;
  PyObject *list = PySequence_List(pairs);
  Py_DECREF(pairs);
  return list;
}

static PyObject *write_batch(StoreObject *self, const Batch *batch, uint32_t durability) {
  simdr_store *handle = usable_handle(self, kWrite);
  if (handle == NULL) return NULL;
  uint64_t tail;
  simdr_error error;
  simdr_status status;
  WRITE(self, batch->size, durability,
        status = simdr_store_put_many_hashed(handle, batch->hashes, batch->count, batch->values, batch->count,
                                             durability, &tail, &error));
  if (status != SIMDR_OK) return raise_status(self->state, status, &error);
  self->has_written = true;
  return PyLong_FromUnsignedLongLong(tail);
}

static PyObject *store_put_many(PyObject *object, PyObject *args, PyObject *keywords) {
  static char *names[] = {"items", "durability", NULL};
  StoreObject *self = as_store(object);
  PyObject *items;
  PyObject *durability_object = NULL;
  uint32_t durability;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "O|$O:put_many", names, &items, &durability_object)) return NULL;
  if (!read_durability(durability_object, &durability)) return NULL;
  PyObject *pairs = pairs_of(items);
  if (pairs == NULL) return NULL;
  Batch batch;
  bool is_whole = make_batch((size_t)PyList_Size(pairs), &batch);
  for (size_t i = 0; is_whole && i < batch.count; ++i) {
    PyObject *pair = PyList_GetItem(pairs, (Py_ssize_t)i);
    is_whole = pair != NULL && add_pair(self->state, &batch, i, pair);
  }
  PyObject *tail = is_whole ? write_batch(self, &batch, durability) : NULL;
  free_batch(&batch);
  Py_DECREF(pairs);
  return tail;
}

PyMethodDef store_batch_methods[] = {
    {"get_many", PLAIN(store_get_many),
     "get_many($self, /, keys, default=None)\n--\n\nThe newest value under each of the keys, as a list with `default` "
     "where there is none."},
    {"put_many", PLAIN(store_put_many),
     "put_many($self, /, items, *, durability=0)\n--\n\nStores all values of a mapping, or of (key, value) pairs, or "
     "none of them; returns the\n"
     "store's new tail. A key that comes twice keeps its last value."},
    {"remove_many", PLAIN(store_remove_many),
     "remove_many($self, /, keys, *, durability=0)\n--\n\nRemoves all of the keys that are there, or none; returns how "
     "many."},
    {NULL, NULL, 0, NULL},
};
