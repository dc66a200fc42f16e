#include "watch.h"

#include <string.h>
#include <time.h>

#include "arguments.h"
#include "error.h"

// Python is told of progress at most this often: to take the interpreter lock back may cost 5 ms.
static const double kProgressSeconds = 0.02;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

// With the result of a Python function. 1, which stops the call, when there is an exception.
static int finish_callback(Watch *watch, PyObject *result, Callback *callback) {
  Py_XDECREF(result);
  watch->is_stopped = result == NULL;
  end_callback(callback);
  return watch->is_stopped;
}

int watch_progress(uint64_t done, uint64_t total, void *user_data) {
  Watch *watch = user_data;
  if (watch->is_stopped) return 1;
  if (watch->progress == Py_None && PyThread_get_thread_ident() != watch->state->main_thread) return 0;
  const double time = now();
  if (done < total && time - watch->last_told < kProgressSeconds) return 0;
  watch->last_told = time;
  Callback callback;
  begin_callback(watch->store, watch->refused_from, &callback);
  PyObject *result = NULL;
  if (PyErr_CheckSignals() == 0) {  // Ctrl-C
    result = watch->progress == Py_None
                 ? Py_NewRef(Py_None)
                 : PyObject_CallFunction(watch->progress, "KK", (unsigned long long)done, (unsigned long long)total);
  }
  return finish_callback(watch, result, &callback);
}

// As (offset, size, key_hash, what).
static PyObject *tell_fault(const ModuleState *state, PyObject *on_fault, const simdr_fault *fault) {
  PyObject *hash = make_key_hash(state, fault->key_hash);
  PyObject *what = decode_message(fault->what);
  PyObject *result = NULL;
  if (hash != NULL && what != NULL) {
    result = PyObject_CallFunction(on_fault, "KKOO", (unsigned long long)fault->offset, (unsigned long long)fault->size,
                                   hash, what);
  }
  Py_XDECREF(hash);
  Py_XDECREF(what);
  return result;
}

int watch_fault(const simdr_fault *fault, void *user_data) {
  Watch *watch = user_data;
  if (watch->is_stopped) return 1;
  Callback callback;
  begin_callback(watch->store, watch->refused_from, &callback);
  return finish_callback(watch, tell_fault(watch->state, watch->on_item, fault), &callback);
}

// As (key, size, status).
int watch_import(const char *key, uint64_t file_size, simdr_status status, void *user_data) {
  Watch *watch = user_data;
  if (watch->is_stopped) return 1;
  Callback callback;
  begin_callback(watch->store, watch->refused_from, &callback);
  PyObject *result = PyObject_CallFunction(watch->on_item, "y#Ki", key, (Py_ssize_t)strlen(key),
                                           (unsigned long long)file_size, (int)status);
  return finish_callback(watch, result, &callback);
}
