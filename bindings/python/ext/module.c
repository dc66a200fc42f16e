// The module simdr._simdr: the types, and the functions that need no store.
#include <simdr.h>

#include "arguments.h"
#include "error.h"
#include "files.h"
#include "state.h"

ModuleState *state_of_type(PyTypeObject *type) {
  while (type != NULL) {
    // Static types have no module, and are not asked for one.
    if ((PyType_GetFlags(type) & Py_TPFLAGS_HEAPTYPE) != 0) {
      PyObject *module = PyType_GetModule(type);
      if (module != NULL && PyModule_GetDef(module) == &simdr_module) return PyModule_GetState(module);
      PyErr_Clear();  // a class of Python's has none
    }
    type = PyType_GetSlot(type, Py_tp_base);
  }
  PyErr_SetString(PyExc_TypeError, "no type of simdr");
  return NULL;
}

static PyObject *module_key_hash(PyObject *module, PyObject *key) {
  const ModuleState *state = PyModule_GetState(module);
  uint64_t hash;
  return read_key_hash(state, key, &hash) ? make_key_hash(state, hash) : NULL;
}

static PyObject *module_namespaced_key(PyObject *module, PyObject *const *args, Py_ssize_t arg_count,
                                       PyObject *keywords) {
  static const char *const names[] = {"namespace", "key"};
  static const Signature signature = {"namespaced_key", names, 2, 2, 2};
  const ModuleState *state = PyModule_GetState(module);
  PyObject *given[2];
  Bytes name_space, key;
  if (!read_arguments(&signature, args, arg_count, keywords, given) || !read_key(state, given[0], &name_space))
    return NULL;
  PyObject *result = NULL;
  if (read_key(state, given[1], &key)) {
    uint8_t made[16];
    simdr_namespaced_key(name_space.data, name_space.size, key.data, key.size, made);
    result = PyBytes_FromStringAndSize((const char *)made, sizeof made);
    release_bytes(&key);
  }
  release_bytes(&name_space);
  return result;
}

static PyObject *module_kernel_name(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(none)) {
  return PyUnicode_FromString(simdr_kernel_name());
}

static PyMethodDef module_methods[] = {
    {"key_hash", module_key_hash, METH_O,
     "key_hash($module, key, /)\n--\n\nThe KeyHash of a key: XXH3-64 of its bytes, and all that the file keeps of it."},
    {"namespaced_key", (PyCFunction)(void (*)(void))module_namespaced_key, METH_FASTCALL | METH_KEYWORDS,
     "namespaced_key($module, /, namespace, key)\n--\n\nA key of 16 bytes that no other namespace shares."},
    {"kernel_name", module_kernel_name, METH_NOARGS,
     "kernel_name($module, /)\n--\n\nThe copy and checksum kernels in use: 'scalar', 'avx2', 'vpclmul', 'avx512', "
     "'neon' or 'armcrc'."},
    {"_upgrade", files_upgrade, METH_VARARGS, NULL},
    {"_repair", files_repair, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

// Whether the library that was loaded can do what this extension was compiled for.
static int check_library(void) {
  const uint32_t needed = SIMDR_VERSION_MAJOR * 1000000u + SIMDR_VERSION_MINOR * 1000u + SIMDR_VERSION_PATCH;
  if (simdr_version() >= needed) return 0;
  PyErr_Format(PyExc_ImportError, "libsimdr %s was loaded, and at least %s is needed", simdr_version_string(),
               SIMDR_VERSION_STRING);
  return -1;
}

// Callbacks come back through PyGILState_Ensure(), which knows the main interpreter only.
static int check_interpreter(void) {
  if (PyInterpreterState_GetID(PyInterpreterState_Get()) == 0) return 0;
  PyErr_SetString(PyExc_ImportError, "simdr cannot be used in a subinterpreter");
  return -1;
}

static PyObject *import_name(const char *module_name, const char *name) {
  PyObject *module = PyImport_ImportModule(module_name);
  if (module == NULL) return NULL;
  PyObject *found = PyObject_GetAttrString(module, name);
  Py_DECREF(module);
  return found;
}

static int find_main_thread(ModuleState *state) {
  PyObject *main_thread = import_name("threading", "main_thread");
  PyObject *thread = main_thread == NULL ? NULL : PyObject_CallNoArgs(main_thread);
  PyObject *ident = thread == NULL ? NULL : PyObject_GetAttrString(thread, "ident");
  if (ident != NULL) state->main_thread = PyLong_AsUnsignedLong(ident);
  Py_XDECREF(main_thread);
  Py_XDECREF(thread);
  Py_XDECREF(ident);
  return PyErr_Occurred() == NULL ? 0 : -1;
}

static int find_python_parts(ModuleState *state) {
  state->key_hash_type = import_name("simdr._types", "KeyHash");
  state->error_of = state->key_hash_type == NULL ? NULL : import_name("simdr._errors", "error_of");
  state->not_found_type = state->error_of == NULL ? NULL : import_name("simdr._errors", "NotFoundError");
  state->closed_type = state->not_found_type == NULL ? NULL : import_name("simdr._errors", "ClosedError");
  return state->closed_type == NULL ? -1 : find_main_thread(state);
}

static int add_type(PyObject *module, PyTypeObject *(*make)(PyObject *module), PyTypeObject **out) {
  *out = make(module);
  return *out == NULL ? -1 : PyModule_AddType(module, *out);
}

static int module_exec(PyObject *module) {
  ModuleState *state = PyModule_GetState(module);
  if (check_library() != 0 || check_interpreter() != 0 || find_python_parts(state) != 0) return -1;
  if (add_type(module, make_store_type, &state->store_type) != 0) return -1;
  if (add_type(module, make_entry_type, &state->entry_type) != 0) return -1;
  if (add_type(module, make_iterator_type, &state->iterator_type) != 0) return -1;
  if (add_type(module, make_stream_type, &state->stream_type) != 0) return -1;
  if (add_type(module, make_reservation_type, &state->reservation_type) != 0) return -1;
  return PyModule_AddStringConstant(module, "library_version", simdr_version_string());
}

static int module_traverse(PyObject *module, visitproc visit, void *arg) {
  const ModuleState *state = PyModule_GetState(module);
  Py_VISIT((PyObject *)state->store_type);
  Py_VISIT((PyObject *)state->entry_type);
  Py_VISIT((PyObject *)state->iterator_type);
  Py_VISIT((PyObject *)state->stream_type);
  Py_VISIT((PyObject *)state->reservation_type);
  Py_VISIT(state->key_hash_type);
  Py_VISIT(state->error_of);
  Py_VISIT(state->not_found_type);
  Py_VISIT(state->closed_type);
  return 0;
}

// Stores that live longer than the module's other users need what is here until they go, and hold their type, which holds the
// module: so nothing is cleared before the module itself is freed.
static void module_free(void *object) {
  ModuleState *state = PyModule_GetState((PyObject *)object);
  Py_CLEAR(state->store_type);
  Py_CLEAR(state->entry_type);
  Py_CLEAR(state->iterator_type);
  Py_CLEAR(state->stream_type);
  Py_CLEAR(state->reservation_type);
  Py_CLEAR(state->key_hash_type);
  Py_CLEAR(state->error_of);
  Py_CLEAR(state->not_found_type);
  Py_CLEAR(state->closed_type);
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
    {0, NULL},
};

struct PyModuleDef simdr_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "simdr._simdr",
    .m_doc = "What of simdr is written in C. Import simdr instead.",
    .m_size = sizeof(ModuleState),
    .m_methods = module_methods,
    .m_slots = module_slots,
    .m_traverse = module_traverse,
    .m_free = module_free,
};

PyMODINIT_FUNC PyInit__simdr(void) { return PyModuleDef_Init(&simdr_module); }
