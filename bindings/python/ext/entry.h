// Entry: a value in the mapped file, for as long as Python holds it or anything made from it.
#ifndef SIMDR_PYTHON_ENTRY_H
#define SIMDR_PYTHON_ENTRY_H

#include <simdr.h>

#include "state.h"

// Takes over the caller's reference, also when it fails.
PyObject *make_entry(const ModuleState *state, simdr_entry *entry);
// `object` must be an Entry.
const simdr_entry *entry_handle(PyObject *object);
// The tuple of which Python makes an EntryInfo.
PyObject *make_info(const ModuleState *state, const simdr_entry_info *info);

#endif
