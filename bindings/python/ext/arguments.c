#include "arguments.h"

#include "error.h"

static bool read_keyword(const Signature *signature, PyObject *name, PyObject *value, PyObject **out) {
  for (int i = 0; i < signature->count; ++i) {
    if (PyUnicode_CompareWithASCIIString(name, signature->names[i]) != 0) continue;
    if (out[i] != NULL) {
      PyErr_Format(PyExc_TypeError, "%s() got two values for '%U'", signature->function, name);
      return false;
    }
    out[i] = value;
    return true;
  }
  PyErr_Format(PyExc_TypeError, "%s() has no argument '%U'", signature->function, name);
  return false;
}

bool read_arguments(const Signature *signature, PyObject *const *args, Py_ssize_t arg_count, PyObject *keyword_names,
                    PyObject **out) {
  if (arg_count > signature->positional_count) {
    PyErr_Format(PyExc_TypeError, "%s() takes %d positional arguments, not %zd", signature->function,
                 signature->positional_count, arg_count);
    return false;
  }
  for (int i = 0; i < signature->count; ++i) out[i] = i < arg_count ? args[i] : NULL;
  const Py_ssize_t keyword_count = keyword_names == NULL ? 0 : PyTuple_Size(keyword_names);
  for (Py_ssize_t i = 0; i < keyword_count; ++i) {
    if (!read_keyword(signature, PyTuple_GetItem(keyword_names, i), args[arg_count + i], out)) return false;
  }
  for (int i = 0; i < signature->required_count; ++i) {
    if (out[i] != NULL) continue;
    PyErr_Format(PyExc_TypeError, "%s() needs the argument '%s'", signature->function, signature->names[i]);
    return false;
  }
  return true;
}

// Sets nothing when `object` is neither bytes nor of another type that lends its bytes.
static bool borrow_bytes(PyObject *object, Bytes *out) {
  if (PyBytes_Check(object)) {
    out->data = PyBytes_AsString(object);
    out->size = (size_t)PyBytes_Size(object);
    out->has_buffer = false;
    return true;
  }
  if (!PyObject_CheckBuffer(object) || PyObject_GetBuffer(object, &out->buffer, PyBUF_SIMPLE) != 0) return false;
  out->data = out->buffer.buf;
  out->size = (size_t)out->buffer.len;
  out->has_buffer = true;
  return true;
}

static bool refuse_type(const char *argument, const char *wanted, PyObject *object) {
  if (PyErr_Occurred() == NULL) {
    PyObject *name = PyType_GetName(Py_TYPE(object));
    if (name != NULL) PyErr_Format(PyExc_TypeError, "%s: expected %s, not %U", argument, wanted, name);
    Py_XDECREF(name);
  }
  return false;
}

bool read_value(PyObject *object, Bytes *out) {
  if (borrow_bytes(object, out)) return true;
  return refuse_type(
      "value", PyUnicode_Check(object) ? "a bytes-like object; encode text first" : "a bytes-like object", object);
}

void release_bytes(Bytes *bytes) {
  if (bytes->has_buffer) PyBuffer_Release(&bytes->buffer);
}

// The calls that take a hash would let a key of any size pass.
static bool check_key_size(const ModuleState *state, const Bytes *key) {
  if (key->size <= SIMDR_MAX_KEY_SIZE) return true;
  const simdr_bytes bytes = {key->data, key->size};
  simdr_error error;
  uint64_t hash;
  raise_status(state, simdr_key_hash_many(&bytes, 1, &hash, &error), &error);
  return false;
}

static bool borrow_key(const ModuleState *state, PyObject *object, Bytes *out) {
  if (PyUnicode_Check(object)) {
    Py_ssize_t size;
    out->data = PyUnicode_AsUTF8AndSize(object, &size);  // kept by `object`
    if (out->data == NULL) return false;
    out->size = (size_t)size;
    out->has_buffer = false;
  } else if (!borrow_bytes(object, out)) {
    return refuse_type("key", "bytes, str, KeyHash or a bytes-like object", object);
  }
  if (check_key_size(state, out)) return true;
  release_bytes(out);
  return false;
}

static bool is_key_hash(const ModuleState *state, PyObject *object) {
  return PyLong_Check(object) && PyObject_TypeCheck(object, (PyTypeObject *)state->key_hash_type);
}

bool read_key_hash(const ModuleState *state, PyObject *object, uint64_t *out) {
  if (is_key_hash(state, object)) {
    *out = PyLong_AsUnsignedLongLong(object);
    return *out != UINT64_MAX || PyErr_Occurred() == NULL;
  }
  Bytes key;
  if (!borrow_key(state, object, &key)) return false;
  *out = simdr_key_hash(key.data, key.size);
  release_bytes(&key);
  return true;
}

bool read_key(const ModuleState *state, PyObject *object, Bytes *out) {
  if (is_key_hash(state, object)) {
    PyErr_SetString(PyExc_TypeError, "key: this call needs the key itself, not its hash");
    return false;
  }
  return borrow_key(state, object, out);
}

bool read_durability(PyObject *object, uint32_t *out) {
  *out = SIMDR_DURABILITY_DEFAULT;
  if (object == NULL) return true;
  const unsigned long value = PyLong_AsUnsignedLong(object);
  if (value == (unsigned long)-1 && PyErr_Occurred() != NULL) return false;
  // What is no durability the library refuses; here it is only kept from being cut to one.
  *out = value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
  return true;
}

PyObject *make_key_hash(const ModuleState *state, uint64_t hash) {
  PyObject *args = Py_BuildValue("(K)", (unsigned long long)hash);
  if (args == NULL) return NULL;
  // int's own constructor: the one of KeyHash only checks that the number has 64 bits.
  const newfunc make_int = (newfunc)PyType_GetSlot(&PyLong_Type, Py_tp_new);
  PyObject *made = make_int((PyTypeObject *)state->key_hash_type, args, NULL);
  Py_DECREF(args);
  return made;
}

int to_u64(PyObject *object, void *out) {
  const unsigned long long value = PyLong_AsUnsignedLongLong(object);
  if (value == (unsigned long long)-1 && PyErr_Occurred() != NULL) return 0;
  *(uint64_t *)out = value;
  return 1;
}

int to_u32(PyObject *object, void *out) {
  uint64_t value;
  if (!to_u64(object, &value)) return 0;
  if (value > UINT32_MAX) {
    PyErr_SetString(PyExc_OverflowError, "a number of 32 bits is expected");
    return 0;
  }
  *(uint32_t *)out = (uint32_t)value;
  return 1;
}
