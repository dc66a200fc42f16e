// The methods of Store, by the file that they are in. store.c makes the type of them.
#ifndef SIMDR_PYTHON_STORE_METHODS_H
#define SIMDR_PYTHON_STORE_METHODS_H

#include "store.h"

// For their tables: how a method is called, by the arguments that its function takes.
#define FAST(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL | METH_KEYWORDS
#define PLAIN(function) (PyCFunction)(void (*)(void))(function), METH_VARARGS | METH_KEYWORDS

// store_read.c
Py_ssize_t store_length(PyObject *self);
int store_contains(PyObject *self, PyObject *key);
PyObject *store_subscript(PyObject *self, PyObject *key);
PyObject *store_iterate(PyObject *self);
extern PyMethodDef store_read_methods[];

// store_write.c
int store_assign(PyObject *self, PyObject *key, PyObject *value);
extern PyMethodDef store_write_methods[];

// store_build.c
extern PyMethodDef store_build_methods[];

// store_batch.c
extern PyMethodDef store_batch_methods[];

// store_whole.c
extern PyMethodDef store_whole_methods[];

#endif
