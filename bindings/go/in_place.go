package simdr

/*
#include "shim.h"

#cgo noescape simdr_go_reserve
#cgo nocallback simdr_go_reserve
#cgo noescape simdr_reservation_commit
#cgo nocallback simdr_reservation_commit
#cgo nocallback simdr_reservation_abort
*/
import "C"

import (
	"runtime"
	"unsafe"
)

// PutInPlace stores a value of this size that fill builds in the mapped file itself, on a 64-byte boundary, without a
// copy. The bytes are unspecified at first, and are fill's until it returns. With an error from fill, or a panic,
// nothing is stored.
//
// All other writers of the store wait meanwhile, so fill must not wait for one of them; a write by fill itself is
// ErrBadState. ErrUnsupported where the store writes without a mapping.
func (s *Store) PutInPlace(key []byte, size int, fill func(value []byte) error, durability ...Durability) error {
	if size < 0 {
		return &Error{Op: "put in place", Status: ErrInvalidArgument, Message: "size: is negative"}
	}
	if err := s.enterCalling(); err != nil {
		return err
	}
	defer s.leaveCalling()
	// The library tells a writer that would wait for itself by its thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	var raw C.simdr_error
	reserved := C.simdr_go_reserve(s.core.handle, asBytes(key), C.size_t(len(key)), C.size_t(size),
		flagsOf(durability), &raw)
	if err := failure("put in place", reserved.status, &raw); err != nil {
		return err
	}
	done := false
	defer func() {
		if !done {
			C.simdr_reservation_abort(reserved.handle)
		}
	}()
	if err := fill(unsafe.Slice((*byte)(reserved.data), size)); err != nil {
		return err
	}
	done = true
	return failure("put in place", C.simdr_reservation_commit(reserved.handle, nil, &raw), &raw)
}
