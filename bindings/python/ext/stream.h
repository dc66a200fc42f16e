#ifndef SIMDR_PYTHON_STREAM_H
#define SIMDR_PYTHON_STREAM_H

#include "store.h"

// Takes over the handle, also when it fails.
PyObject *make_stream(StoreObject *store, simdr_stream *handle);

#endif
