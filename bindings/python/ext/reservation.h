#ifndef SIMDR_PYTHON_RESERVATION_H
#define SIMDR_PYTHON_RESERVATION_H

#include "store.h"

// Takes over the handle, also when it fails. `data` is the place for `size` bytes.
PyObject *make_reservation(StoreObject *store, simdr_reservation *handle, void *data, size_t size);

#endif
