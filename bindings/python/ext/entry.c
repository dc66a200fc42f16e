#include "entry.h"

#include <string.h>

#include "arguments.h"
#include "error.h"

typedef struct {
  PyObject_HEAD simdr_entry *handle;
} EntryObject;

// Payloads up to this size are read through without giving the interpreter lock away: that would cost more than they do.
static const size_t kSmallPayload = 64 << 10;

static simdr_entry *handle_of(PyObject *self) { return ((EntryObject *)self)->handle; }

static const ModuleState *state_of(PyObject *self) { return (const ModuleState *)PyType_GetModuleState(Py_TYPE(self)); }

PyObject *make_entry(const ModuleState *state, simdr_entry *entry) {
  EntryObject *self = PyObject_New(EntryObject, state->entry_type);
  if (self == NULL) {
    simdr_entry_unref(entry);
    return NULL;
  }
  self->handle = entry;
  return (PyObject *)self;
}

const simdr_entry *entry_handle(PyObject *object) { return handle_of(object); }

static void entry_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  simdr_entry_unref(handle_of(self));
  PyObject_Free(self);
  Py_DECREF(type);
}

// Whoever holds the buffer holds the entry, and the entry its mapping. The pages are read-only, and say so.
static int entry_get_buffer(PyObject *self, Py_buffer *view, int flags) {
  const simdr_entry *handle = handle_of(self);
  return PyBuffer_FillInfo(view, self, (void *)simdr_entry_data(handle), (Py_ssize_t)simdr_entry_size(handle), 1,
                           flags);
}

static Py_ssize_t entry_length(PyObject *self) { return (Py_ssize_t)simdr_entry_size(handle_of(self)); }

// A single byte at once; slices are those of a memoryview.
static PyObject *entry_subscript(PyObject *self, PyObject *place) {
  if (PyIndex_Check(place)) {
    const simdr_entry *handle = handle_of(self);
    const Py_ssize_t size = (Py_ssize_t)simdr_entry_size(handle);
    Py_ssize_t index = PyNumber_AsSsize_t(place, PyExc_IndexError);
    if (index == -1 && PyErr_Occurred() != NULL) return NULL;
    if (index < 0) index += size;
    if (index >= 0 && index < size) return PyLong_FromLong(((const uint8_t *)simdr_entry_data(handle))[index]);
    PyErr_SetString(PyExc_IndexError, "index out of range");
    return NULL;
  }
  PyObject *view = PyMemoryView_FromObject(self);
  if (view == NULL) return NULL;
  PyObject *part = PyObject_GetItem(view, place);
  Py_DECREF(view);
  return part;
}

static PyObject *entry_repr(PyObject *self) {
  const simdr_entry *handle = handle_of(self);
  char hash[17];
  PyOS_snprintf(hash, sizeof hash, "%016llx", (unsigned long long)simdr_entry_key_hash(handle));
  return PyUnicode_FromFormat("<simdr.Entry of %zu bytes at offset %llu, key hash 0x%s>", simdr_entry_size(handle),
                              (unsigned long long)simdr_entry_start_offset(handle), hash);
}

// Equal to whatever has the same bytes, and so hashed as they are.
static PyObject *entry_compare(PyObject *self, PyObject *other, int operation) {
  if ((operation != Py_EQ && operation != Py_NE) || !PyObject_CheckBuffer(other)) Py_RETURN_NOTIMPLEMENTED;
  Py_buffer bytes;
  if (PyObject_GetBuffer(other, &bytes, PyBUF_SIMPLE) != 0) {
    if (!PyErr_ExceptionMatches(PyExc_BufferError)) return NULL;
    // Its bytes lie apart. It may know how to compare itself with ours.
    PyErr_Clear();
    Py_RETURN_NOTIMPLEMENTED;
  }
  const simdr_entry *handle = handle_of(self);
  const size_t size = simdr_entry_size(handle);
  const bool same = size == (size_t)bytes.len && memcmp(simdr_entry_data(handle), bytes.buf, size) == 0;
  PyBuffer_Release(&bytes);
  return PyBool_FromLong(same == (operation == Py_EQ));
}

static PyObject *entry_to_bytes(PyObject *self, PyObject *Py_UNUSED(none)) {
  const simdr_entry *handle = handle_of(self);
  return PyBytes_FromStringAndSize(simdr_entry_data(handle), (Py_ssize_t)simdr_entry_size(handle));
}

// The stable ABI hashes bytes objects only; a memoryview asks its owner, which is us.
static Py_hash_t entry_hash(PyObject *self) {
  PyObject *copy = entry_to_bytes(self, NULL);
  if (copy == NULL) return -1;
  const Py_hash_t hash = PyObject_Hash(copy);
  Py_DECREF(copy);
  return hash;
}

static PyObject *entry_checksum_ok(PyObject *self, PyObject *Py_UNUSED(none)) {
  const simdr_entry *handle = handle_of(self);
  int ok;
  if (simdr_entry_size(handle) <= kSmallPayload) {
    ok = simdr_entry_checksum_ok(handle);
  } else {
    Py_BEGIN_ALLOW_THREADS ok = simdr_entry_checksum_ok(handle);
    Py_END_ALLOW_THREADS
  }
  return PyBool_FromLong(ok);
}

PyObject *make_info(const ModuleState *state, const simdr_entry_info *info) {
  PyObject *hash = make_key_hash(state, info->key_hash);
  if (hash == NULL) return NULL;
  return Py_BuildValue("(NKKKKKk)", hash, (unsigned long long)info->payload_offset,
                       (unsigned long long)info->payload_size, (unsigned long long)info->trailer_offset,
                       (unsigned long long)info->prev_tail, (unsigned long long)info->tail_offset,
                       (unsigned long)info->checksum);
}

static PyObject *entry_info(PyObject *self, PyObject *Py_UNUSED(none)) {
  const ModuleState *state = state_of(self);
  simdr_entry_info info = SIMDR_ENTRY_INFO_INIT;
  simdr_error error;
  const simdr_status status = simdr_entry_info_of(handle_of(self), &info, &error);
  return status == SIMDR_OK ? make_info(state, &info) : raise_status(state, status, &error);
}

// (element size, alignment or 0 for that of the size): how many elements there are, if they can be used where they lie.
static PyObject *entry_check_elements(PyObject *self, PyObject *args) {
  Py_ssize_t element_size, alignment;
  if (!PyArg_ParseTuple(args, "nn:_check_elements", &element_size, &alignment)) return NULL;
  const void *data;
  size_t count;
  simdr_error error;
  const simdr_status status =
      simdr_entry_typed_view(handle_of(self), (size_t)element_size, (size_t)alignment, &data, &count, &error);
  return status == SIMDR_OK ? PyLong_FromSize_t(count) : raise_status(state_of(self), status, &error);
}

static PyObject *entry_write_fd(PyObject *self, PyObject *args) {
  int descriptor;
  if (!PyArg_ParseTuple(args, "i:_write_fd", &descriptor)) return NULL;
  simdr_error error;
  simdr_status status;
  Py_BEGIN_ALLOW_THREADS status = simdr_entry_write_fd(handle_of(self), descriptor, &error);
  Py_END_ALLOW_THREADS if (status != SIMDR_OK) return raise_status(state_of(self), status, &error);
  Py_RETURN_NONE;
}

static PyObject *entry_key_hash(PyObject *self, void *Py_UNUSED(closure)) {
  return make_key_hash(state_of(self), simdr_entry_key_hash(handle_of(self)));
}

static PyObject *entry_checksum(PyObject *self, void *Py_UNUSED(closure)) {
  return PyLong_FromUnsignedLong(simdr_entry_checksum(handle_of(self)));
}

static PyObject *entry_checksum_bytes(PyObject *self, void *Py_UNUSED(closure)) {
  uint8_t bytes[4];
  simdr_entry_checksum_bytes(handle_of(self), bytes);
  return PyBytes_FromStringAndSize((const char *)bytes, sizeof bytes);
}

// The numbers that are read alike; `closure` is the function of simdr.h.
typedef struct {
  uint64_t (*read)(const simdr_entry *entry);
} Number;

static const Number kSizeWithMetadata = {simdr_entry_size_with_metadata};
static const Number kStartOffset = {simdr_entry_start_offset};
static const Number kEndOffset = {simdr_entry_end_offset};
static const Number kMappingId = {simdr_entry_mapping_id};

static PyObject *entry_number(PyObject *self, void *closure) {
  return PyLong_FromUnsignedLongLong(((const Number *)closure)->read(handle_of(self)));
}

static PyObject *entry_address(PyObject *self, void *Py_UNUSED(closure)) {
  return PyLong_FromVoidPtr((void *)simdr_entry_data(handle_of(self)));
}

static PyGetSetDef entry_properties[] = {
    {"key_hash", entry_key_hash, NULL, "The hash of its key: what the file keeps of the key.", NULL},
    {"checksum", entry_checksum, NULL, "The stored CRC-32.", NULL},
    {"checksum_bytes", entry_checksum_bytes, NULL, "The stored CRC-32, as the 4 bytes in the file.", NULL},
    {"size_with_metadata", entry_number, NULL, "Bytes of payload and trailer.", (void *)&kSizeWithMetadata},
    {"start_offset", entry_number, NULL, "Where the payload begins in the file.", (void *)&kStartOffset},
    {"end_offset", entry_number, NULL, "One past the payload's last byte in the file.", (void *)&kEndOffset},
    {"mapping_id", entry_number, NULL, "Shared by exactly the entries that lie in one mapping of one file.",
     (void *)&kMappingId},
    {"address", entry_address, NULL, "Where the payload lies in memory, while this entry lives.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef entry_methods[] = {
    {"tobytes", entry_to_bytes, METH_NOARGS, "tobytes($self, /)\n--\n\nA copy of the payload."},
    {"checksum_ok", entry_checksum_ok, METH_NOARGS,
     "checksum_ok($self, /)\n--\n\nWhether the payload matches its checksum; reads all of it."},
    {"_info", entry_info, METH_NOARGS, NULL},
    {"_check_elements", entry_check_elements, METH_VARARGS, NULL},
    {"_write_fd", entry_write_fd, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyTypeObject *make_entry_type(PyObject *module) {
  static PyType_Slot slots[] = {
      {Py_tp_doc,
       "A value in a store: read-only bytes in the mapped file, without a copy.\n\n"
       "It supports the buffer protocol, so bytes(), memoryview(), numpy.frombuffer(), file.write() and struct take it "
       "as it is.\n"
       "It, and everything that was made from it without a copy, keeps its bytes mapped: also after the value was "
       "replaced or\n"
       "removed, after compaction and after the store was closed."},
      {Py_tp_dealloc, entry_dealloc},
      {Py_tp_repr, entry_repr},
      {Py_tp_richcompare, entry_compare},
      {Py_tp_hash, entry_hash},
      {Py_tp_methods, entry_methods},
      {Py_tp_getset, entry_properties},
      {Py_mp_length, entry_length},
      {Py_mp_subscript, entry_subscript},
      {Py_bf_getbuffer, entry_get_buffer},
      {0, NULL},
  };
  static PyType_Spec spec = {"simdr.Entry", sizeof(EntryObject), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  return (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
}
