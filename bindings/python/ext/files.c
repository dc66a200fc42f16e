#include "files.h"

#include "arguments.h"
#include "error.h"
#include "watch.h"

// (path, out_path, layout_alignment, layout_trailer)
PyObject *files_upgrade(PyObject *module, PyObject *args) {
  const ModuleState *state = PyModule_GetState(module);
  PyObject *path = NULL, *out_path = NULL;
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  if (!PyArg_ParseTuple(args, "O&O&O&O&:_upgrade", PyUnicode_FSConverter, &path, PyUnicode_FSConverter, &out_path,
                        to_u32, &options.layout_alignment, to_u32, &options.layout_trailer)) {
    return NULL;
  }
  const char *from = PyBytes_AsString(path);
  const char *to = PyBytes_AsString(out_path);
  simdr_error error;
  simdr_status status;
  Py_BEGIN_ALLOW_THREADS status = simdr_upgrade(from, to, &options, &error);
  Py_END_ALLOW_THREADS PyObject *result =
      status == SIMDR_OK ? Py_NewRef(Py_None) : raise_status_at(state, status, &error, out_path);
  Py_DECREF(path);
  Py_DECREF(out_path);
  return result;
}

// (path, out_path, on_fault or None): (kept_count, kept_size, lost_count, lost_size)
PyObject *files_repair(PyObject *module, PyObject *args) {
  const ModuleState *state = PyModule_GetState(module);
  PyObject *path = NULL, *out_path = NULL;
  Watch watch = {state, NULL, kNothing, Py_None, Py_None, 0, false};
  if (!PyArg_ParseTuple(args, "O&O&O:_repair", PyUnicode_FSConverter, &path, PyUnicode_FSConverter, &out_path,
                        &watch.on_item)) {
    return NULL;
  }
  const char *from = PyBytes_AsString(path);
  const char *to = PyBytes_AsString(out_path);
  simdr_repair_result result = SIMDR_REPAIR_RESULT_INIT;
  simdr_error error;
  simdr_status status;
  Py_BEGIN_ALLOW_THREADS status =
      simdr_repair(from, to, watch.on_item == Py_None ? NULL : watch_fault, &watch, &result, &error);
  Py_END_ALLOW_THREADS PyObject *made =
      status == SIMDR_OK && !watch.is_stopped
          ? Py_BuildValue("(KKKK)", (unsigned long long)result.kept_count, (unsigned long long)result.kept_size,
                          (unsigned long long)result.lost_count, (unsigned long long)result.lost_size)
          : raise_status_at(state, status, &error, out_path);
  Py_DECREF(path);
  Py_DECREF(out_path);
  return made;
}
