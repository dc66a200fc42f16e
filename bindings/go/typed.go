package simdr

/*
#include "shim.h"

#cgo noescape simdr_go_typed
#cgo nocallback simdr_go_typed
*/
import "C"

import (
	"errors"
	"reflect"
	"unsafe"
)

// Slice is the entry's value as elements of type T in the mapped file, without a copy; valid as [Entry.Bytes], and as
// read-only. T must be made of numbers only, and is taken as it lies in memory: in this machine's byte order.
// ErrPartialElement when the value is no whole number of elements; ErrMisaligned when it does not start where a T may,
// which happens in older generations only.
func Slice[T any](e *Entry) ([]T, error) {
	if err := checkElement[T](); err != nil {
		return nil, err
	}
	if !e.acquire() {
		return nil, ErrClosed
	}
	defer e.release()
	var element T
	var raw C.simdr_error
	elements := C.simdr_go_typed(e.handle, C.size_t(unsafe.Sizeof(element)), C.size_t(unsafe.Alignof(element)), &raw)
	if err := failure("slice", elements.status, &raw); err != nil {
		return nil, err
	}
	return unsafe.Slice((*T)(elements.data), int(elements.count)), nil
}

// SliceOrCopy is Slice where that is possible, else a copy in Go memory.
func SliceOrCopy[T any](e *Entry) ([]T, error) {
	elements, err := Slice[T](e)
	if !errors.Is(err, ErrMisaligned) {
		return elements, err
	}
	bytes, err := e.Copy()
	if err != nil {
		return nil, err
	}
	var element T
	elements = make([]T, len(bytes)/int(unsafe.Sizeof(element)))
	copy(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(elements))), len(bytes)), bytes)
	return elements, nil
}

// checkElement refuses what bytes out of a file must never become.
func checkElement[T any]() error {
	t := reflect.TypeFor[T]()
	if t.Size() == 0 || !isPlain(t) {
		words := "element: not every pattern of bytes is a " + t.String()
		return &Error{Op: "slice", Status: ErrInvalidArgument, Message: words}
	}
	return nil
}

// isPlain is true for numbers and what is made of nothing but numbers. A bool is none: only two of its 256 patterns are
// values.
func isPlain(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Array:
		return isPlain(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if !isPlain(t.Field(i).Type) {
				return false
			}
		}
		return true
	}
	return t.Kind() >= reflect.Int && t.Kind() <= reflect.Complex128 && t.Kind() != reflect.Uintptr
}
