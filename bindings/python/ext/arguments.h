// Reading what Python calls us with: positional and keyword arguments, keys, values.
#ifndef SIMDR_PYTHON_ARGUMENTS_H
#define SIMDR_PYTHON_ARGUMENTS_H

#include <simdr.h>
#include <stdbool.h>

#include "state.h"

// What a METH_FASTCALL | METH_KEYWORDS function takes. PyArg_ParseTupleAndKeywords() wants a tuple and costs more than the calls
// that this is for.
typedef struct {
  const char *function;
  const char *const *names;  // in their order; the first positional_count may be given without their names
  int required_count;
  int positional_count;
  int count;
} Signature;

// out[i] is the argument names[i], borrowed, or NULL where none was given. False with TypeError set.
bool read_arguments(const Signature *signature, PyObject *const *args, Py_ssize_t arg_count, PyObject *keyword_names,
                    PyObject **out);

// Bytes of a Python object: valid from a read_...() that succeeded until release_bytes(), while the caller holds the object.
typedef struct {
  const void *data;
  size_t size;
  bool has_buffer;
  Py_buffer buffer;
} Bytes;

bool read_value(PyObject *object, Bytes *out);
void release_bytes(Bytes *bytes);

// A key is bytes, str (its UTF-8), any bytes-like object, or a KeyHash. The store knows it by its hash alone, so for most calls that is
// all that is kept of it.
bool read_key_hash(const ModuleState *state, PyObject *object, uint64_t *out);
// For the calls that have no sister with a hash: refuses a KeyHash.
bool read_key(const ModuleState *state, PyObject *object, Bytes *out);

// One of simdr.Durability; `object` may be NULL, for the default.
bool read_durability(PyObject *object, uint32_t *out);

// PyArg converters ("O&") that refuse what does not fit, which the formats for unsigned numbers do not.
int to_u64(PyObject *object, void *out);
int to_u32(PyObject *object, void *out);

PyObject *make_key_hash(const ModuleState *state, uint64_t hash);

#endif
