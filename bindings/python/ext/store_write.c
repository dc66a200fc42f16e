// Writes of one value.
#include "arguments.h"
#include "entry.h"
#include "error.h"
#include "store_methods.h"
#include "write.h"

static StoreObject *as_store(PyObject *self) { return (StoreObject *)self; }

// False with an exception set.
static bool put(StoreObject *self, PyObject *key, PyObject *value, uint32_t durability, uint64_t *out_tail) {
  uint64_t hash;
  Bytes bytes;
  if (!read_key_hash(self->state, key, &hash) || !read_value(value, &bytes)) return false;
  simdr_store *handle = usable_handle(self, kWrite);
  simdr_status status = SIMDR_ERR_BAD_STATE;
  if (handle != NULL) {
    simdr_error error;
    WRITE(self, bytes.size, durability,
          status = simdr_store_put_hashed(handle, hash, bytes.data, bytes.size, durability, out_tail, &error));
    if (status == SIMDR_OK) {
      self->has_written = true;
    } else {
      raise_status(self->state, status, &error);
    }
  }
  release_bytes(&bytes);
  return status == SIMDR_OK;
}

// SIMDR_OK, SIMDR_NOT_FOUND, or another status with an exception set.
static simdr_status remove_key(StoreObject *self, PyObject *key, uint32_t durability) {
  uint64_t hash;
  if (!read_key_hash(self->state, key, &hash)) return SIMDR_ERR_INVALID_ARGUMENT;
  simdr_store *handle = usable_handle(self, kWrite);
  if (handle == NULL) return SIMDR_ERR_BAD_STATE;
  simdr_error error;
  simdr_status status;
  WRITE(self, 0, durability, status = simdr_store_remove_hashed(handle, hash, durability, NULL, &error));
  if (status == SIMDR_OK) {
    self->has_written = true;
  } else if (status != SIMDR_NOT_FOUND) {
    raise_status(self->state, status, &error);
  }
  return status;
}

int store_assign(PyObject *object, PyObject *key, PyObject *value) {
  StoreObject *self = as_store(object);
  if (value != NULL) return put(self, key, value, SIMDR_DURABILITY_DEFAULT, NULL) ? 0 : -1;
  const simdr_status status = remove_key(self, key, SIMDR_DURABILITY_DEFAULT);
  if (status == SIMDR_NOT_FOUND) raise_not_found(self->state, key);
  return status == SIMDR_OK ? 0 : -1;
}

static const char *const kPutNames[] = {"key", "value", "durability"};

static PyObject *store_put(PyObject *object, PyObject *const *args, Py_ssize_t arg_count, PyObject *keywords) {
  static const Signature signature = {"put", kPutNames, 2, 2, 3};
  PyObject *given[3];
  uint32_t durability;
  uint64_t tail;
  if (!read_arguments(&signature, args, arg_count, keywords, given) || !read_durability(given[2], &durability))
    return NULL;
  return put(as_store(object), given[0], given[1], durability, &tail) ? PyLong_FromUnsignedLongLong(tail) : NULL;
}

static PyObject *store_remove(PyObject *object, PyObject *const *args, Py_ssize_t arg_count, PyObject *keywords) {
  static const char *const names[] = {"key", "durability"};
  static const Signature signature = {"remove", names, 1, 1, 2};
  PyObject *given[2];
  uint32_t durability;
  if (!read_arguments(&signature, args, arg_count, keywords, given) || !read_durability(given[1], &durability))
    return NULL;
  const simdr_status status = remove_key(as_store(object), given[0], durability);
  if (status != SIMDR_OK && status != SIMDR_NOT_FOUND) return NULL;
  return PyBool_FromLong(status == SIMDR_OK);
}

// True, or False for the ordinary outcome `no`.
static PyObject *finish_condition(StoreObject *self, simdr_status status, simdr_status no, const simdr_error *error) {
  if (status == SIMDR_OK) self->has_written = true;
  return status == SIMDR_OK || status == no ? PyBool_FromLong(status == SIMDR_OK)
                                            : raise_status(self->state, status, error);
}

static PyObject *put_if_absent(StoreObject *self, const Bytes *key, const Bytes *value, uint32_t durability) {
  simdr_store *handle = usable_handle(self, kWrite);
  if (handle == NULL) return NULL;
  simdr_error error;
  simdr_status status;
  WRITE(self, value->size, durability,
        status = simdr_store_put_if_absent(handle, key->data, key->size, value->data, value->size, durability, NULL,
                                           &error));
  return finish_condition(self, status, SIMDR_EXISTS, &error);
}

static PyObject *store_put_if_absent(PyObject *object, PyObject *const *args, Py_ssize_t arg_count,
                                     PyObject *keywords) {
  static const Signature signature = {"put_if_absent", kPutNames, 2, 2, 3};
  StoreObject *self = as_store(object);
  PyObject *given[3];
  uint32_t durability;
  Bytes key, value;
  if (!read_arguments(&signature, args, arg_count, keywords, given) || !read_durability(given[2], &durability))
    return NULL;
  if (!read_key(self->state, given[0], &key)) return NULL;
  PyObject *result = NULL;
  if (read_value(given[1], &value)) {
    result = put_if_absent(self, &key, &value, durability);
    release_bytes(&value);
  }
  release_bytes(&key);
  return result;
}

static PyObject *store_put_if_entry(PyObject *object, PyObject *const *args, Py_ssize_t arg_count, PyObject *keywords) {
  static const char *const names[] = {"expected", "value", "durability"};
  static const Signature signature = {"put_if_entry", names, 2, 2, 3};
  StoreObject *self = as_store(object);
  PyObject *given[3];
  uint32_t durability;
  Bytes value;
  if (!read_arguments(&signature, args, arg_count, keywords, given) || !read_durability(given[2], &durability))
    return NULL;
  if (!PyObject_TypeCheck(given[0], self->state->entry_type)) {
    PyErr_SetString(PyExc_TypeError, "expected: is no Entry");
    return NULL;
  }
  if (!read_value(given[1], &value)) return NULL;
  PyObject *result = NULL;
  simdr_store *handle = usable_handle(self, kWrite);
  if (handle != NULL) {
    simdr_error error;
    simdr_status status;
    WRITE(self, value.size, durability,
          status = simdr_store_put_if_entry(handle, entry_handle(given[0]), value.data, value.size, durability, NULL,
                                            &error));
    result = finish_condition(self, status, SIMDR_CHANGED, &error);
  }
  release_bytes(&value);
  return result;
}

// The tail, or the exception of what kept a value from being moved.
static PyObject *finish_move(StoreObject *self, simdr_status status, uint64_t tail, PyObject *key,
                             const simdr_error *error) {
  if (status == SIMDR_OK) return PyLong_FromUnsignedLongLong(tail);
  return status == SIMDR_NOT_FOUND ? raise_not_found(self->state, key) : raise_status(self->state, status, error);
}

static PyObject *store_rename(PyObject *object, PyObject *const *args, Py_ssize_t arg_count, PyObject *keywords) {
  static const char *const names[] = {"old_key", "new_key", "durability"};
  static const Signature signature = {"rename", names, 2, 2, 3};
  StoreObject *self = as_store(object);
  PyObject *given[3];
  uint32_t durability;
  uint64_t old_hash, new_hash, tail;
  if (!read_arguments(&signature, args, arg_count, keywords, given) || !read_durability(given[2], &durability))
    return NULL;
  if (!read_key_hash(self->state, given[0], &old_hash) || !read_key_hash(self->state, given[1], &new_hash)) return NULL;
  simdr_store *handle = usable_handle(self, kWrite);
  if (handle == NULL) return NULL;
  simdr_error error;
  simdr_status status;
  WITHOUT_LOCK(self, status = simdr_store_rename_hashed(handle, old_hash, new_hash, durability, &tail, &error));
  return finish_move(self, status, tail, given[0], &error);
}

typedef simdr_status (*CopyFunction)(simdr_store *, uint64_t, simdr_store *, uint32_t, uint64_t *, simdr_error *);

static const char *const kCopyNames[] = {"key", "target", "durability"};

static PyObject *copy_by(CopyFunction function, const Signature *signature, StoreObject *self, PyObject *const *args,
                         Py_ssize_t arg_count, PyObject *keywords) {
  PyObject *given[3];
  uint32_t durability;
  uint64_t hash, tail;
  if (!read_arguments(signature, args, arg_count, keywords, given) || !read_durability(given[2], &durability))
    return NULL;
  if (!read_key_hash(self->state, given[0], &hash)) return NULL;
  if (!PyObject_TypeCheck(given[1], self->state->store_type)) {
    PyErr_SetString(PyExc_TypeError, "target: is no Store");
    return NULL;
  }
  StoreObject *target = as_store(given[1]);
  simdr_store *handle = usable_handle(self, kWrite);
  simdr_store *target_handle = handle == NULL ? NULL : usable_handle(target, kWrite);
  if (target_handle == NULL) return NULL;
  simdr_error error;
  simdr_status status;
  ++target->call_count;
  WITHOUT_LOCK(self, status = function(handle, hash, target_handle, durability, &tail, &error));
  --target->call_count;
  return finish_move(self, status, tail, given[0], &error);
}

static PyObject *store_copy(PyObject *self, PyObject *const *args, Py_ssize_t arg_count, PyObject *keywords) {
  static const Signature signature = {"copy", kCopyNames, 2, 2, 3};
  return copy_by(simdr_store_copy_hashed, &signature, as_store(self), args, arg_count, keywords);
}

static PyObject *store_transfer(PyObject *self, PyObject *const *args, Py_ssize_t arg_count, PyObject *keywords) {
  static const Signature signature = {"transfer", kCopyNames, 2, 2, 3};
  return copy_by(simdr_store_transfer_hashed, &signature, as_store(self), args, arg_count, keywords);
}

static PyObject *store_sync(PyObject *object, PyObject *const *args, Py_ssize_t arg_count, PyObject *keywords) {
  static const char *const names[] = {"durability"};
  static const Signature signature = {"sync", names, 0, 1, 1};
  StoreObject *self = as_store(object);
  PyObject *given[1];
  uint32_t durability;
  if (!read_arguments(&signature, args, arg_count, keywords, given) || !read_durability(given[0], &durability))
    return NULL;
  if (given[0] == NULL) durability = SIMDR_DURABILITY_COMMIT;
  simdr_store *handle = usable_handle(self, kWrite);
  if (handle == NULL) return NULL;
  simdr_error error;
  simdr_status status;
  WITHOUT_LOCK(self, status = simdr_store_sync(handle, durability, &error));
  if (status != SIMDR_OK) return raise_status(self->state, status, &error);
  Py_RETURN_NONE;
}

PyMethodDef store_write_methods[] = {
    {"put", FAST(store_put),
     "put($self, /, key, value, *, durability=0)\n--\n\nStores `value` as the newest under `key`; returns the store's "
     "new tail."},
    {"remove", FAST(store_remove),
     "remove($self, /, key, *, durability=0)\n--\n\nRemoves what is under `key`; returns whether there was anything."},
    {"put_if_absent", FAST(store_put_if_absent),
     "put_if_absent($self, /, key, value, *, durability=0)\n--\n\nStores `value` unless `key` has one; returns whether "
     "it did."},
    {"put_if_entry", FAST(store_put_if_entry),
     "put_if_entry($self, /, expected, value, *, durability=0)\n--\n\nStores `value` only if the entry `expected` is "
     "still the newest under its\n"
     "key; returns whether it did. After a compaction every entry read before it counts as changed."},
    {"rename", FAST(store_rename),
     "rename($self, /, old_key, new_key, *, durability=0)\n--\n\nMoves the newest value from one key to another, in "
     "one atomic step."},
    {"copy", FAST(store_copy),
     "copy($self, /, key, target, *, durability=0)\n--\n\nStores the newest value of `key` in the store `target` too."},
    {"transfer", FAST(store_transfer),
     "transfer($self, /, key, target, *, durability=0)\n--\n\nCopies to `target`, then removes here. A crash in "
     "between leaves the value in both."},
    {"sync", FAST(store_sync),
     "sync($self, /, durability=2)\n--\n\nMakes all that was written before survive a power cut: Durability.COMMIT or "
     "STRICT."},
    {NULL, NULL, 0, NULL},
};
