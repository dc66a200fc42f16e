#ifndef SIMDR_PYTHON_ITERATOR_H
#define SIMDR_PYTHON_ITERATOR_H

#include "store.h"

// Takes over the handle, also when it fails.
PyObject *make_iterator(StoreObject *store, simdr_iterator *handle, bool is_slow);

#endif
