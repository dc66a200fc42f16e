// Lookups. They keep the interpreter lock: the library takes none for them, and giving it away costs half as much again as a lookup
// does. The exceptions read whole payloads, the file, or very many keys.
#include <string.h>

#include "arguments.h"
#include "entry.h"
#include "error.h"
#include "iterator.h"
#include "store_methods.h"

static StoreObject *as_store(PyObject *self) { return (StoreObject *)self; }

// SIMDR_OK, SIMDR_NOT_FOUND, or another status with an exception set.
static simdr_status find_hash(StoreObject *self, uint64_t hash, simdr_entry **out) {
  simdr_store *handle = usable_handle(self, kLookup);
  if (handle == NULL) return SIMDR_ERR_BAD_STATE;
  simdr_error error;
  simdr_status status;
  if (self->verifies_reads) {
    WITHOUT_LOCK(self, status = simdr_store_get_hashed(handle, hash, out, &error));
  } else {
    status = simdr_store_get_hashed(handle, hash, out, &error);
  }
  if (status != SIMDR_OK && status != SIMDR_NOT_FOUND) raise_status(self->state, status, &error);
  return status;
}

static simdr_status find(StoreObject *self, PyObject *key, simdr_entry **out) {
  uint64_t hash;
  return read_key_hash(self->state, key, &hash) ? find_hash(self, hash, out) : SIMDR_ERR_INVALID_ARGUMENT;
}

// What a lookup returns that found nothing.
static PyObject *otherwise(PyObject *fallback) { return Py_NewRef(fallback == NULL ? Py_None : fallback); }

static const char *const kGetNames[] = {"key", "default"};

static PyObject *store_get(PyObject *object, PyObject *const *args, Py_ssize_t arg_count, PyObject *keywords) {
  static const Signature signature = {"get", kGetNames, 1, 2, 2};
  PyObject *given[2];
  if (!read_arguments(&signature, args, arg_count, keywords, given)) return NULL;
  simdr_entry *entry;
  const simdr_status status = find(as_store(object), given[0], &entry);
  if (status == SIMDR_OK) return make_entry(as_store(object)->state, entry);
  return status == SIMDR_NOT_FOUND ? otherwise(given[1]) : NULL;
}

PyObject *store_subscript(PyObject *object, PyObject *key) {
  const ModuleState *state = as_store(object)->state;
  simdr_entry *entry;
  const simdr_status status = find(as_store(object), key, &entry);
  if (status == SIMDR_OK) return make_entry(state, entry);
  return status == SIMDR_NOT_FOUND ? raise_not_found(state, key) : NULL;
}

static PyObject *store_view(PyObject *object, PyObject *const *args, Py_ssize_t arg_count, PyObject *keywords) {
  static const Signature signature = {"view", kGetNames, 1, 2, 2};
  PyObject *given[2];
  if (!read_arguments(&signature, args, arg_count, keywords, given)) return NULL;
  simdr_entry *found;
  const simdr_status status = find(as_store(object), given[0], &found);
  if (status != SIMDR_OK) return status == SIMDR_NOT_FOUND ? otherwise(given[1]) : NULL;
  PyObject *entry = make_entry(as_store(object)->state, found);
  if (entry == NULL) return NULL;
  PyObject *view = PyMemoryView_FromObject(entry);
  Py_DECREF(entry);
  return view;
}

static PyObject *copy_of_entry(StoreObject *self, uint64_t hash, PyObject *fallback) {
  simdr_entry *entry;
  const simdr_status status = find_hash(self, hash, &entry);
  if (status != SIMDR_OK) return status == SIMDR_NOT_FOUND ? otherwise(fallback) : NULL;
  PyObject *copy = PyBytes_FromStringAndSize(simdr_entry_data(entry), (Py_ssize_t)simdr_entry_size(entry));
  simdr_entry_unref(entry);
  return copy;
}

// While nobody is inside the store, the library's borrowed view serves: who could compact or close the store, and so take the bytes
// away, needs the interpreter lock first.
static PyObject *store_get_bytes(PyObject *object, PyObject *const *args, Py_ssize_t arg_count, PyObject *keywords) {
  static const Signature signature = {"get_bytes", kGetNames, 1, 2, 2};
  StoreObject *self = as_store(object);
  PyObject *given[2];
  uint64_t hash;
  if (!read_arguments(&signature, args, arg_count, keywords, given)) return NULL;
  if (!read_key_hash(self->state, given[0], &hash)) return NULL;
  if (self->call_count != 0 || self->verifies_reads) return copy_of_entry(self, hash, given[1]);
  const simdr_store *handle = usable_handle(self, kLookup);
  if (handle == NULL) return NULL;
  simdr_view view;
  simdr_error error;
  const simdr_status status = simdr_store_view_hashed(handle, hash, &view, &error);
  if (status == SIMDR_OK) return PyBytes_FromStringAndSize(view.data, (Py_ssize_t)view.size);
  return status == SIMDR_NOT_FOUND ? otherwise(given[1]) : raise_status(self->state, status, &error);
}

int store_contains(PyObject *object, PyObject *key) {
  StoreObject *self = as_store(object);
  uint64_t hash;
  if (!read_key_hash(self->state, key, &hash)) return -1;
  const simdr_store *handle = usable_handle(self, kLookup);
  if (handle == NULL) return -1;
  int exists;
  simdr_error error;
  const simdr_status status = simdr_store_exists_hashed(handle, hash, &exists, &error);
  if (status == SIMDR_OK) return exists;
  raise_status(self->state, status, &error);
  return -1;
}

Py_ssize_t store_length(PyObject *object) {
  const simdr_store *handle = usable_handle(as_store(object), kLookup);
  return handle == NULL ? -1 : (Py_ssize_t)simdr_store_count(handle);
}

static PyObject *store_read_into(PyObject *object, PyObject *args, PyObject *keywords) {
  static char *names[] = {"key", "buffer", "offset", NULL};
  StoreObject *self = as_store(object);
  PyObject *key_object;
  Py_buffer buffer;
  uint64_t offset = 0;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "Ow*|O&:read_into", names, &key_object, &buffer, to_u64, &offset))
    return NULL;
  PyObject *result = NULL;
  Bytes key;
  if (read_key(self->state, key_object, &key)) {
    const simdr_store *handle = usable_handle(self, kShared);
    if (handle != NULL) {
      size_t size;
      uint64_t value_size;
      simdr_error error;
      simdr_status status;
      WITHOUT_LOCK(self, status = simdr_store_read(handle, key.data, key.size, offset, buffer.buf, (size_t)buffer.len,
                                                   &size, &value_size, &error));
      if (status == SIMDR_OK) {
        result = Py_BuildValue("(nK)", (Py_ssize_t)size, (unsigned long long)value_size);
      } else if (status == SIMDR_NOT_FOUND) {
        raise_not_found(self->state, key_object);
      } else {
        raise_status(self->state, status, &error);
      }
    }
    release_bytes(&key);
  }
  PyBuffer_Release(&buffer);
  return result;
}

static PyObject *store_last_entry(PyObject *object, PyObject *Py_UNUSED(none)) {
  StoreObject *self = as_store(object);
  const simdr_store *handle = usable_handle(self, kLookup);
  if (handle == NULL) return NULL;
  simdr_entry *entry;
  simdr_error error;
  simdr_status status;
  // Walks over all that was removed since.
  WITHOUT_LOCK(self, status = simdr_store_last_entry(handle, &entry, &error));
  if (status == SIMDR_OK) return make_entry(self->state, entry);
  if (status == SIMDR_NOT_FOUND) Py_RETURN_NONE;
  return raise_status(self->state, status, &error);
}

static PyObject *store_metadata(PyObject *object, PyObject *key) {
  StoreObject *self = as_store(object);
  uint64_t hash;
  if (!read_key_hash(self->state, key, &hash)) return NULL;
  const simdr_store *handle = usable_handle(self, kLookup);
  if (handle == NULL) return NULL;
  simdr_entry_info info = SIMDR_ENTRY_INFO_INIT;
  simdr_error error;
  const simdr_status status = simdr_store_metadata_hashed(handle, hash, &info, &error);
  if (status == SIMDR_OK) return make_info(self->state, &info);
  if (status == SIMDR_NOT_FOUND) Py_RETURN_NONE;
  return raise_status(self->state, status, &error);
}

static PyObject *iterate(StoreObject *self, uint32_t flags) {
  const simdr_store *handle = usable_handle(self, kShared);
  if (handle == NULL) return NULL;
  simdr_iterator *iterator;
  simdr_error error;
  simdr_status status;
  WITHOUT_LOCK(self, status = simdr_iterator_open(handle, flags, &iterator, &error));
  if (status != SIMDR_OK) return raise_status(self->state, status, &error);
  return make_iterator(self, iterator, (flags & SIMDR_ITERATE_VERIFY) != 0);
}

PyObject *store_iterate(PyObject *object) { return iterate(as_store(object), 0); }

static PyObject *store_entries(PyObject *object, PyObject *args, PyObject *keywords) {
  static char *names[] = {"all_versions", "verify", NULL};
  int all_versions = 0;
  int verify = 0;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "|$pp:entries", names, &all_versions, &verify)) return NULL;
  return iterate(as_store(object),
                 (all_versions ? SIMDR_ITERATE_ALL_VERSIONS : 0u) | (verify ? SIMDR_ITERATE_VERIFY : 0u));
}

static PyObject *store_versions(PyObject *object, PyObject *key) {
  StoreObject *self = as_store(object);
  uint64_t hash;
  if (!read_key_hash(self->state, key, &hash)) return NULL;
  const simdr_store *handle = usable_handle(self, kShared);
  if (handle == NULL) return NULL;
  simdr_iterator *iterator;
  simdr_error error;
  simdr_status status;
  WITHOUT_LOCK(self, status = simdr_iterator_open_versions_hashed(handle, hash, &iterator, &error));
  if (status != SIMDR_OK) return raise_status(self->state, status, &error);
  return make_iterator(self, iterator, true);
}

PyMethodDef store_read_methods[] = {
    {"get", FAST(store_get), "get($self, /, key, default=None)\n--\n\nThe newest value under `key`, or `default`."},
    {"view", FAST(store_view),
     "view($self, /, key, default=None)\n--\n\nThe newest value under `key` as a memoryview, or `default`. It pins its "
     "bytes as an Entry does."},
    {"get_bytes", FAST(store_get_bytes),
     "get_bytes($self, /, key, default=None)\n--\n\nA copy of the newest value under `key`, or `default`. The fastest "
     "way to a small value."},
    {"read_into", PLAIN(store_read_into),
     "read_into($self, /, key, buffer, offset=0)\n--\n\nFills `buffer` with the value from `offset` on, by reading the "
     "file and not the\n"
     "mapping: a disk that fails is an exception and not a signal. Returns how many bytes it copied, and the size of "
     "the value."},
    {"last_entry", store_last_entry, METH_NOARGS,
     "last_entry($self, /)\n--\n\nThe live entry that was written last; None in an empty store."},
    {"_metadata", store_metadata, METH_O, NULL},
    {"entries", PLAIN(store_entries),
     "entries($self, /, *, all_versions=False, verify=False)\n--\n\nIterates over the live entries as they are now, "
     "newest to oldest; with\n"
     "all_versions over all that are in the file. With verify, one that does not match its checksum is a CorruptError, "
     "and next()\n"
     "goes on after it."},
    {"versions", store_versions, METH_O,
     "versions($self, key, /)\n--\n\nIterates over all values that `key` had and that are still in the file, newest to "
     "oldest."},
    {NULL, NULL, 0, NULL},
};
