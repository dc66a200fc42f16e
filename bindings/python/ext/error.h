// From a status to an exception.
#ifndef SIMDR_PYTHON_ERROR_H
#define SIMDR_PYTHON_ERROR_H

#include <simdr.h>

#include "state.h"

// What the library says, as a str. A path in it, or a part of one, may be of any encoding.
PyObject *decode_message(const char *message);

// All of these set an exception and return NULL.

// `error` is what the library filled, or NULL where it filled nothing: for ordinary outcomes.
PyObject *raise_status(const ModuleState *state, simdr_status status, const simdr_error *error);
// The same for calls that make a file at `path`, a bytes object: where one is there, the library fills nothing.
PyObject *raise_status_at(const ModuleState *state, simdr_status status, const simdr_error *error, PyObject *path);
// As the library's SIMDR_ERR_BAD_STATE, in words of the binding.
PyObject *raise_bad_state(const ModuleState *state, const char *message);
PyObject *raise_closed(const ModuleState *state, const char *what);
PyObject *raise_not_found(const ModuleState *state, PyObject *key);

#endif
