package simdr

/*
#include <simdr.h>
*/
import "C"

import "runtime/cgo"

// callback is what the functions that C calls go by: the caller's functions, and what came of them. An error stops the
// call and is what it then gives; so is a panic, which must not run through C's frames.
type callback struct {
	progress   func(done, total uint64) error
	fault      func(Fault) error
	file       func(key string, size uint64, err error) error
	err        error
	panicked   bool
	panicValue any
}

func (c *callback) isEmpty() bool { return c.progress == nil && c.fault == nil && c.file == nil }

// during gives the handle of this callback to call, and then what the caller is to see: err, or what a function of the
// caller's gave.
func (c *callback) during(call func(handle C.uintptr_t) error) error {
	var handle cgo.Handle
	if !c.isEmpty() {
		handle = cgo.NewHandle(c)
		defer handle.Delete()
	}
	err := call(C.uintptr_t(handle))
	if c.panicked {
		panic(c.panicValue)
	}
	if c.err != nil {
		return c.err
	}
	return err
}

// run is 0 to go on, 1 to stop.
func (c *callback) run(f func() error) (stop C.int) {
	defer func() {
		if value := recover(); value != nil {
			c.panicked, c.panicValue, stop = true, value, 1
		}
	}()
	if c.err = f(); c.err != nil {
		return 1
	}
	return 0
}

func callbackOf(handle C.uintptr_t) *callback { return cgo.Handle(handle).Value().(*callback) }

//export simdrGoProgress
func simdrGoProgress(handle C.uintptr_t, done, total C.uint64_t) C.int {
	c := callbackOf(handle)
	if c.progress == nil {
		return 0
	}
	return c.run(func() error { return c.progress(uint64(done), uint64(total)) })
}

//export simdrGoFault
func simdrGoFault(handle C.uintptr_t, offset, size, keyHash C.uint64_t, what *C.char) C.int {
	c := callbackOf(handle)
	if c.fault == nil {
		return 0
	}
	fault := Fault{Offset: uint64(offset), Size: uint64(size), KeyHash: uint64(keyHash), What: C.GoString(what)}
	return c.run(func() error { return c.fault(fault) })
}

//export simdrGoFile
func simdrGoFile(handle C.uintptr_t, key *C.char, size C.uint64_t, status C.simdr_status) C.int {
	c := callbackOf(handle)
	var why error
	if status != C.SIMDR_OK {
		why = Status(status)
	}
	return c.run(func() error { return c.file(C.GoString(key), uint64(size), why) })
}
