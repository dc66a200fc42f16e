// Calls about the whole store. All of them give the interpreter lock away.
#include <string.h>

#include "arguments.h"
#include "error.h"
#include "store_methods.h"
#include "watch.h"

static StoreObject *as_store(PyObject *self) { return (StoreObject *)self; }

static PyObject *store_compact(PyObject *object, PyObject *progress) {
  StoreObject *self = as_store(object);
  simdr_store *handle = usable_handle(self, kWrite);
  if (handle == NULL) return NULL;
  Watch watch = {self->state, self, kWrite, progress, Py_None, 0, false};
  simdr_compact_options options = SIMDR_COMPACT_OPTIONS_INIT;
  options.progress = watch_progress;
  options.progress_user_data = &watch;
  simdr_error error;
  simdr_status status;
  WITHOUT_LOCK(self, status = simdr_store_compact(handle, &options, &error));
  if (status != SIMDR_OK || watch.is_stopped) return raise_status(self->state, status, &error);
  Py_RETURN_NONE;
}

// (on_fault, progress): (status, message, entry_count, checked_size, fault_count), where status is OK or CORRUPT.
static PyObject *store_verify(PyObject *object, PyObject *args) {
  StoreObject *self = as_store(object);
  Watch watch = {self->state, self, kNothing, Py_None, Py_None, 0, false};
  if (!PyArg_ParseTuple(args, "OO:_verify", &watch.on_item, &watch.progress)) return NULL;
  const simdr_store *handle = usable_handle(self, kShared);
  if (handle == NULL) return NULL;
  simdr_verify_options options = SIMDR_VERIFY_OPTIONS_INIT;
  options.on_fault = watch.on_item == Py_None ? NULL : watch_fault;
  options.on_fault_user_data = &watch;
  options.progress = watch_progress;
  options.progress_user_data = &watch;
  simdr_verify_result result = SIMDR_VERIFY_RESULT_INIT;
  simdr_error error;
  simdr_status status;
  WITHOUT_LOCK(self, status = simdr_store_verify(handle, &options, &result, &error));
  if (watch.is_stopped || (status != SIMDR_OK && status != SIMDR_ERR_CORRUPT)) {
    return raise_status(self->state, status, &error);
  }
  PyObject *message = decode_message(status == SIMDR_OK ? "" : error.message);
  if (message == NULL) return NULL;
  return Py_BuildValue("(iNKKK)", (int)status, message, (unsigned long long)result.entry_count,
                       (unsigned long long)result.checked_size, (unsigned long long)result.fault_count);
}

static PyObject *store_stats(PyObject *object, PyObject *Py_UNUSED(none)) {
  StoreObject *self = as_store(object);
  const simdr_store *handle = usable_handle(self, kShared);
  if (handle == NULL) return NULL;
  simdr_stats stats = SIMDR_STATS_INIT;
  simdr_error error;
  simdr_status status;
  WITHOUT_LOCK(self, status = simdr_store_stats(handle, &stats, &error));
  if (status != SIMDR_OK) return raise_status(self->state, status, &error);
  typedef unsigned long long Number;
  return Py_BuildValue("(KKKKKKKKKKKKKKdK)", (Number)stats.live_count, (Number)stats.live_size, (Number)stats.dead_size,
                       (Number)stats.total_count, (Number)stats.tombstone_count, (Number)stats.tail_offset,
                       (Number)stats.physical_size, (Number)stats.get_hits, (Number)stats.get_misses,
                       (Number)stats.put_count, (Number)stats.written_size, (Number)stats.sync_count,
                       (Number)stats.durable_offset, (Number)stats.index_memory_size, stats.index_load,
                       (Number)stats.window_count);
}

static PyObject *store_backup(PyObject *object, PyObject *args, PyObject *keywords) {
  static char *names[] = {"path", NULL};
  StoreObject *self = as_store(object);
  PyObject *path;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "O&:backup", names, PyUnicode_FSConverter, &path)) return NULL;
  PyObject *result = NULL;
  const simdr_store *handle = usable_handle(self, kShared);
  if (handle != NULL) {
    const char *text = PyBytes_AsString(path);
    simdr_error error;
    simdr_status status;
    WITHOUT_LOCK(self, status = simdr_store_backup(handle, text, &error));
    result = status == SIMDR_OK ? Py_NewRef(Py_None) : raise_status_at(self->state, status, &error, path);
  }
  Py_DECREF(path);
  return result;
}

// (directory, namespace or None, on_file or None, durability): (file_count, stored_size, skipped_count).
static PyObject *store_import_directory(PyObject *object, PyObject *args) {
  StoreObject *self = as_store(object);
  PyObject *directory, *durability_object;
  Py_buffer name_space = {0};
  Watch watch = {self->state, self, kNothing, Py_None, Py_None, 0, false};
  simdr_import_options options = SIMDR_IMPORT_OPTIONS_INIT;
  if (!PyArg_ParseTuple(args, "O&z*OO:_import_directory", PyUnicode_FSConverter, &directory, &name_space,
                        &watch.on_item, &durability_object)) {
    return NULL;
  }
  PyObject *result = NULL;
  simdr_store *handle = read_durability(durability_object, &options.flags) ? usable_handle(self, kWrite) : NULL;
  if (handle != NULL) {
    options.ns = name_space.buf;
    options.ns_size = (size_t)name_space.len;
    options.on_file = watch.on_item == Py_None ? NULL : watch_import;
    options.on_file_user_data = &watch;
    simdr_import_result imported = SIMDR_IMPORT_RESULT_INIT;
    const char *text = PyBytes_AsString(directory);
    simdr_error error;
    simdr_status status;
    WITHOUT_LOCK(self, status = simdr_store_import_directory(handle, text, &options, &imported, &error));
    result = status == SIMDR_OK && !watch.is_stopped
                 ? Py_BuildValue("(KKK)", (unsigned long long)imported.file_count,
                                 (unsigned long long)imported.stored_size, (unsigned long long)imported.skipped_count)
                 : raise_status(self->state, status, &error);
  }
  PyBuffer_Release(&name_space);
  Py_DECREF(directory);
  return result;
}

PyMethodDef store_whole_methods[] = {
    {"_compact", store_compact, METH_O, NULL},
    {"_verify", store_verify, METH_VARARGS, NULL},
    {"_stats", store_stats, METH_NOARGS, NULL},
    {"backup", PLAIN(store_backup),
     "backup($self, /, path)\n--\n\nWrites a consistent copy of the store as it is now to a new file, and syncs it."},
    {"_import_directory", store_import_directory, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
