package simdr

/*
#include <simdr.h>
*/
import "C"

import (
	"bytes"
	"io/fs"
	"syscall"
	"unsafe"
)

// ErrClosed is what a handle gives after its Close. It is also [fs.ErrClosed].
var ErrClosed error = closedError{}

type closedError struct{}

func (closedError) Error() string { return "simdr: used after its close" }

func (closedError) Is(target error) bool { return target == fs.ErrClosed }

// Error is a call that failed. [errors.Is] finds its Status and its Errno, [errors.As] the whole.
type Error struct {
	Op      string        // the method, such as "put"
	Status  Status        // why
	Errno   syscall.Errno // the system's number, or 0
	Message string        // the library's words: one line that names the argument or the path, and what was wrong with it
}

func (e *Error) Error() string { return "simdr: " + e.Op + ": " + e.Message }

// Unwrap gives the status, and the system's number if there is one.
func (e *Error) Unwrap() []error {
	if e.Errno == 0 {
		return []error{e.Status}
	}
	return []error{e.Status, e.Errno}
}

// failure is the error of a call that returned status, with what it wrote to raw; nil for SIMDR_OK.
func failure(op string, status C.simdr_status, raw *C.simdr_error) error {
	if status == C.SIMDR_OK {
		return nil
	}
	if status > C.SIMDR_ERR_INVALID_ARGUMENT && int(-status) <= len(ordinary) {
		return ordinary[-status-1]
	}
	return &Error{Op: op, Status: Status(status), Errno: syscall.Errno(raw.os_error), Message: messageOf(raw)}
}

// messageOf copies the text out by hand: C.GoString would move every simdr_error from the stack to the heap.
func messageOf(raw *C.simdr_error) string {
	text := unsafe.Slice((*byte)(unsafe.Pointer(&raw.message[0])), len(raw.message))
	if end := bytes.IndexByte(text, 0); end >= 0 {
		text = text[:end]
	}
	return string(text)
}

func badState(op, message string) error { return &Error{Op: op, Status: ErrBadState, Message: message} }
