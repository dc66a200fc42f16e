// Calls on files that no store is open on.
#ifndef SIMDR_PYTHON_FILES_H
#define SIMDR_PYTHON_FILES_H

#include "state.h"

PyObject *files_upgrade(PyObject *module, PyObject *args);
PyObject *files_repair(PyObject *module, PyObject *args);

#endif
