// What the module keeps: its types, and the Python objects that it calls.
#ifndef SIMDR_PYTHON_STATE_H
#define SIMDR_PYTHON_STATE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

typedef struct {
  PyTypeObject *store_type;
  PyTypeObject *entry_type;
  PyTypeObject *iterator_type;
  PyTypeObject *stream_type;
  PyTypeObject *reservation_type;
  PyObject *key_hash_type;  // simdr.KeyHash
  PyObject *error_of;       // simdr._errors.error_of, which makes the exception of a status
  PyObject *not_found_type;
  PyObject *closed_type;
  unsigned long main_thread;  // the one that Python runs signal handlers on
} ModuleState;

extern struct PyModuleDef simdr_module;

// Of a type that this module made, or of one derived from it.
ModuleState *state_of_type(PyTypeObject *type);

// Each makes its type; NULL with an exception set.
PyTypeObject *make_store_type(PyObject *module);
PyTypeObject *make_entry_type(PyObject *module);
PyTypeObject *make_iterator_type(PyObject *module);
PyTypeObject *make_stream_type(PyObject *module);
PyTypeObject *make_reservation_type(PyObject *module);

#endif
