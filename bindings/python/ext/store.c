// Opening, closing, and what a store says of itself.
#include "store.h"

#include <unistd.h>

#include "arguments.h"
#include "child.h"
#include "error.h"
#include "store_methods.h"

// While somebody waits for another writer's lock, Ctrl-C is looked for this often.
static const uint32_t kLockSliceMs = 50;

simdr_store *usable_handle(StoreObject *self, Need need) {
  if (self->handle == NULL) {
    raise_closed(self->state, "store");
    return NULL;
  }
  if (self->running != NULL) {
    const unsigned long thread = PyThread_get_thread_ident();
    for (const Running *running = self->running; running != NULL; running = running->outer) {
      if (running->thread == thread && need >= running->refused_from) {
        raise_bad_state(self->state,
                        "a callback must not do this to the store that called it: it would wait for itself");
        return NULL;
      }
    }
  }
  return self->handle;
}

void begin_callback(StoreObject *store, Need refused_from, Callback *out) {
  out->lock = PyGILState_Ensure();
  out->store = store;
  if (store == NULL) return;
  out->running = (Running){PyThread_get_thread_ident(), refused_from, store->running};
  store->running = &out->running;
}

void end_callback(Callback *callback) {
  if (callback->store != NULL) {
    // Callbacks of several threads may end in another order than they began.
    Running **place = &callback->store->running;
    while (*place != &callback->running) place = &(*place)->outer;
    *place = callback->running.outer;
  }
  PyGILState_Release(callback->lock);
}

bool is_orphaned(const StoreObject *self) { return self->call_count != 0 && self->pid != getpid(); }

static void on_log(int32_t level, const char *message, void *user_data) {
  Callback callback;
  begin_callback(user_data, kShared, &callback);
  // It may come from the end of a call that has failed already.
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  PyObject *log = callback.store->log;
  if (log != NULL) {
    Py_INCREF(log);
    PyObject *text = decode_message(message);
    PyObject *result = text == NULL ? NULL : PyObject_CallFunction(log, "iN", (int)level, text);
    if (result == NULL) PyErr_WriteUnraisable(log);
    Py_XDECREF(result);
    Py_DECREF(log);
  }
  PyErr_Restore(type, value, traceback);
  end_callback(&callback);
}

// lock_timeout_ms is UINT32_MAX for ever. False with an exception set.
static bool open_store(StoreObject *self, simdr_open_options *options) {
  const char *path = PyBytes_AsString(self->path);
  uint32_t left_ms = options->lock_timeout_ms;
  for (;;) {
    options->lock_timeout_ms = left_ms < kLockSliceMs ? left_ms : kLockSliceMs;
    simdr_store *handle = NULL;
    simdr_error error;
    simdr_status status;
    WITHOUT_LOCK(self, status = simdr_store_open(path, options, &handle, &error));
    self->handle = handle;
    if (status == SIMDR_OK) return true;
    if (status != SIMDR_ERR_LOCKED || left_ms == 0) {
      raise_status_at(self->state, status, &error, self->path);
      return false;
    }
    if (left_ms != UINT32_MAX) left_ms -= options->lock_timeout_ms;
    if (PyErr_CheckSignals() != 0) return false;
  }
}

// (path, mode, flags, durability, lock_timeout_ms, file_mode, layout_alignment, layout_trailer, reserve_size, window_size, log);
// simdr.Store says it in words.
static int store_init(PyObject *object, PyObject *args, PyObject *keywords) {
  StoreObject *self = (StoreObject *)object;
  if (self->is_initialised) {
    PyErr_SetString(PyExc_RuntimeError, "a Store is opened once; make a new one");
    return -1;
  }
  if (keywords != NULL && PyDict_Size(keywords) != 0) {
    PyErr_SetString(PyExc_TypeError, "only positional arguments are taken here");
    return -1;
  }
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  PyObject *path = NULL;
  PyObject *log;
  if (!PyArg_ParseTuple(args, "O&O&O&O&O&O&O&O&O&O&O:Store", PyUnicode_FSConverter, &path, to_u32, &options.mode,
                        to_u32, &options.flags, to_u32, &options.durability, to_u32, &options.lock_timeout_ms, to_u32,
                        &options.file_mode, to_u32, &options.layout_alignment, to_u32, &options.layout_trailer, to_u64,
                        &options.reserve_size, to_u64, &options.window_size, &log)) {
    return -1;
  }
  self->is_initialised = true;
  self->path = path;
  if (log != Py_None) {
    self->log = Py_NewRef(log);
    options.log = on_log;
    options.log_user_data = self;
  }
  self->pid = getpid();
  self->durability = options.durability;
  self->verifies_reads = (options.flags & SIMDR_OPEN_VERIFY_READS) != 0;
  self->writes_directly = (options.flags & SIMDR_OPEN_DIRECT_WRITES) != 0;
  return open_store(self, &options) ? 0 : -1;
}

static PyObject *store_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(keywords)) {
  ModuleState *state = state_of_type(type);
  if (state == NULL) return NULL;
  const allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
  StoreObject *self = (StoreObject *)allocate(type, 0);
  if (self != NULL) self->state = state;
  return (PyObject *)self;
}

// Nobody is inside, and no buffer of a reservation is out.
static simdr_status close_handle(StoreObject *self, simdr_error *error) {
  while (self->children != NULL) close_child(self->children);
  simdr_store *handle = self->handle;
  self->handle = NULL;
  simdr_status status;
  WITHOUT_LOCK(self, status = simdr_store_close_checked(handle, error));
  return status;
}

static PyObject *store_close(PyObject *object, PyObject *Py_UNUSED(none)) {
  StoreObject *self = (StoreObject *)object;
  if (self->handle == NULL) Py_RETURN_NONE;
  if (is_orphaned(self)) {
    self->handle = NULL;
    Py_RETURN_NONE;
  }
  if (self->call_count != 0) return raise_bad_state(self->state, "close: a call on this store is still under way");
  if (self->export_count != 0) {
    PyErr_Format(PyExc_BufferError, "close: %zd buffer(s) over reserved bytes are still in use", self->export_count);
    return NULL;
  }
  simdr_error error;
  const simdr_status status = close_handle(self, &error);
  if (status != SIMDR_OK) return raise_status(self->state, status, &error);
  Py_RETURN_NONE;
}

static int store_traverse(PyObject *object, visitproc visit, void *arg) {
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(((StoreObject *)object)->log);
  return 0;
}

static int store_clear(PyObject *object) {
  Py_CLEAR(((StoreObject *)object)->log);
  return 0;
}

// Children and buffers keep the store alive, so none is left.
static void store_dealloc(PyObject *object) {
  StoreObject *self = (StoreObject *)object;
  PyTypeObject *type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  if (self->handle != NULL && !is_orphaned(self)) {
    simdr_error unread;
    (void)close_handle(self, &unread);  // nobody to tell; simdr.Store has warned
  }
  Py_XDECREF(self->log);
  Py_XDECREF(self->path);
  PyObject_GC_Del(object);
  Py_DECREF(type);
}

static PyObject *store_path(PyObject *object, void *Py_UNUSED(closure)) {
  PyObject *path = ((StoreObject *)object)->path;
  if (path == NULL) Py_RETURN_NONE;
  return PyUnicode_DecodeFSDefaultAndSize(PyBytes_AsString(path), PyBytes_Size(path));
}

static PyObject *store_closed(PyObject *object, void *Py_UNUSED(closure)) {
  return PyBool_FromLong(((StoreObject *)object)->handle == NULL);
}

static PyObject *store_is_own(PyObject *object, void *Py_UNUSED(closure)) {
  return PyBool_FromLong(((StoreObject *)object)->pid == getpid());
}

static PyObject *store_read_only(PyObject *object, void *Py_UNUSED(closure)) {
  const simdr_store *handle = usable_handle((StoreObject *)object, kLookup);
  return handle == NULL ? NULL : PyBool_FromLong(simdr_store_is_read_only(handle));
}

static PyObject *store_recovered_from(PyObject *object, void *Py_UNUSED(closure)) {
  const simdr_store *handle = usable_handle((StoreObject *)object, kLookup);
  if (handle == NULL) return NULL;
  const char *text = simdr_store_recovered_from(handle);
  if (text == NULL) Py_RETURN_NONE;
  return decode_message(text);
}

static PyObject *store_generation(PyObject *object, void *Py_UNUSED(closure)) {
  const simdr_store *handle = usable_handle((StoreObject *)object, kLookup);
  return handle == NULL ? NULL : PyUnicode_FromString(simdr_store_generation(handle));
}

static PyObject *store_alignment(PyObject *object, void *Py_UNUSED(closure)) {
  const simdr_store *handle = usable_handle((StoreObject *)object, kLookup);
  return handle == NULL ? NULL : PyLong_FromUnsignedLong(simdr_store_alignment(handle));
}

static PyObject *store_file_size(PyObject *object, void *Py_UNUSED(closure)) {
  const simdr_store *handle = usable_handle((StoreObject *)object, kLookup);
  return handle == NULL ? NULL : PyLong_FromUnsignedLongLong(simdr_store_file_size(handle));
}

static PyObject *store_compaction_savings(PyObject *object, void *Py_UNUSED(closure)) {
  const simdr_store *handle = usable_handle((StoreObject *)object, kLookup);
  return handle == NULL ? NULL : PyLong_FromUnsignedLongLong(simdr_store_compaction_savings(handle));
}

static PyGetSetDef store_properties[] = {
    {"path", store_path, NULL, "The path as it was given.", NULL},
    {"closed", store_closed, NULL, "Whether close() was called.", NULL},
    {"_is_own", store_is_own, NULL, "Whether this process opened it, and not one that it was forked from.", NULL},
    {"read_only", store_read_only, NULL, "Whether it was opened with mode 'r'.", NULL},
    {"recovered_from", store_recovered_from, NULL,
     "None when the file was whole; else one line on what was wrong and left out.", NULL},
    {"generation", store_generation, NULL, "The file's format, such as 'aligned-64'.", NULL},
    {"alignment", store_alignment, NULL, "Payloads start on multiples of this many bytes.", NULL},
    {"file_size", store_file_size, NULL, "Bytes up to the end of the last entry.", NULL},
    {"compaction_savings", store_compaction_savings, NULL, "Bytes that compact() would save.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef store_close_method[] = {
    {"close", store_close, METH_NOARGS,
     "close($self, /)\n--\n\nSyncs what was written and ends the use of the store. Entries, and what was made of them, "
     "stay readable.\n\n"
     "BadStateError while a call on the store is under way in another thread or a callback; BufferError while bytes of "
     "a reservation\n"
     "are in use. Closing twice does nothing."},
    {NULL, NULL, 0, NULL},
};

// One table for the type, of those of the files.
static PyMethodDef store_methods[64];

static void gather_methods(void) {
  const PyMethodDef *const tables[] = {store_close_method,  store_read_methods,  store_write_methods,
                                       store_build_methods, store_batch_methods, store_whole_methods};
  size_t count = 0;
  for (size_t i = 0; i < sizeof tables / sizeof *tables; ++i) {
    for (const PyMethodDef *method = tables[i]; method->ml_name != NULL; ++method) store_methods[count++] = *method;
  }
}

PyTypeObject *make_store_type(PyObject *module) {
  static PyType_Slot slots[] = {
      {Py_tp_doc, "The calls of a store, without what simdr.Store adds in Python."},
      {Py_tp_new, store_new},
      {Py_tp_init, store_init},
      {Py_tp_dealloc, store_dealloc},
      {Py_tp_traverse, store_traverse},
      {Py_tp_clear, store_clear},
      {Py_tp_iter, store_iterate},
      {Py_tp_methods, store_methods},
      {Py_tp_getset, store_properties},
      {Py_mp_length, store_length},
      {Py_mp_subscript, store_subscript},
      {Py_mp_ass_subscript, store_assign},
      {Py_sq_contains, store_contains},
      {0, NULL},
  };
  static PyType_Spec spec = {"simdr._simdr.Store", sizeof(StoreObject), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
  gather_methods();
  return (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
}
