#include "error.h"

#include <errno.h>
#include <string.h>

static PyObject *raise_text(const ModuleState *state, simdr_status status, int os_error, PyObject *text) {
  PyObject *exception =
      PyObject_CallFunction(state->error_of, "isiO", (int)status, simdr_status_name(status), os_error, text);
  if (exception != NULL) {
    PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
    Py_DECREF(exception);
  }
  return NULL;
}

PyObject *decode_message(const char *message) {
  return PyUnicode_DecodeUTF8(message, (Py_ssize_t)strlen(message), "backslashreplace");
}

PyObject *raise_status(const ModuleState *state, simdr_status status, const simdr_error *error) {
  // A callback of ours stops a call only after it has set an exception: that one is the news.
  if (PyErr_Occurred() != NULL) return NULL;
  const char *message = error == NULL ? simdr_status_text(status) : error->message;
  PyObject *text = decode_message(message);
  if (text == NULL) return NULL;
  raise_text(state, status, error == NULL ? 0 : error->os_error, text);
  Py_DECREF(text);
  return NULL;
}

PyObject *raise_status_at(const ModuleState *state, simdr_status status, const simdr_error *error, PyObject *path) {
  if (status != SIMDR_EXISTS) return raise_status(state, status, error);
  PyObject *name = PyUnicode_DecodeFSDefaultAndSize(PyBytes_AsString(path), PyBytes_Size(path));
  PyObject *text = name == NULL ? NULL : PyUnicode_FromFormat("%U: %s", name, simdr_status_text(status));
  Py_XDECREF(name);
  if (text == NULL) return NULL;
  raise_text(state, status, EEXIST, text);
  Py_DECREF(text);
  return NULL;
}

PyObject *raise_bad_state(const ModuleState *state, const char *message) {
  PyObject *text = PyUnicode_FromString(message);
  if (text == NULL) return NULL;
  raise_text(state, SIMDR_ERR_BAD_STATE, 0, text);
  Py_DECREF(text);
  return NULL;
}

PyObject *raise_closed(const ModuleState *state, const char *what) {
  PyErr_Format(state->closed_type, "the %s is closed", what);
  return NULL;
}

PyObject *raise_not_found(const ModuleState *state, PyObject *key) {
  PyObject *exception = PyObject_CallFunctionObjArgs(state->not_found_type, key, NULL);
  if (exception != NULL) {
    PyErr_SetObject(state->not_found_type, exception);
    Py_DECREF(exception);
  }
  return NULL;
}
