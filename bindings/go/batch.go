package simdr

/*
#include "shim.h"

#cgo noescape simdr_go_get_many
#cgo nocallback simdr_go_get_many
#cgo noescape simdr_go_get_many_hashed
#cgo nocallback simdr_go_get_many_hashed
#cgo noescape simdr_go_unref_many
#cgo nocallback simdr_go_unref_many
*/
import "C"

import (
	"iter"
	"runtime"
	"unsafe"
)

// Batch is what was read for many keys at once: one handle, closed at once. What holds for an [Entry] holds for it.
type Batch struct {
	hold    hold
	found   int
	handles []uintptr // simdr_entry pointers, as C gave them; 0 where there is nothing
	values  []value
	cleanup runtime.Cleanup
}

// value is a simdr_go_bytes with the pointer as a pointer. It never points to Go memory.
type value struct {
	data *byte
	size uintptr
}

var _ [unsafe.Sizeof(C.simdr_go_bytes{})]byte = [unsafe.Sizeof(value{})]byte{}

// GetMany is the newest values under all of these keys, in one call. Keys that are absent have no value in the batch;
// they are no error.
func (s *Store) GetMany(keys [][]byte) (*Batch, error) {
	in, err := s.enter()
	if err != nil {
		return nil, err
	}
	defer s.leave(in)
	p := newPacker()
	defer p.free()
	packed := p.packAll(keys)
	b := &Batch{handles: make([]uintptr, len(keys)), values: make([]value, len(keys))}
	var raw C.simdr_error
	var found C.size_t
	status := C.simdr_go_get_many(s.core.handle, packed, C.size_t(len(keys)), b.cHandles(), b.cValues(), &found, &raw)
	if err := failure("get many", status, &raw); err != nil {
		return nil, err
	}
	return b.opened(found), nil
}

// GetManyHashed is GetMany of keys of which the [KeyHash] is known. keys may be nil; else it must have a key for each
// hash, and one that does not hash to its number counts as absent.
func (s *Store) GetManyHashed(keyHashes []uint64, keys [][]byte) (*Batch, error) {
	in, err := s.enter()
	if err != nil {
		return nil, err
	}
	defer s.leave(in)
	p := newPacker()
	defer p.free()
	var verify *C.simdr_go_bytes
	if keys != nil {
		verify = p.packAll(keys)
	}
	b := &Batch{handles: make([]uintptr, len(keyHashes)), values: make([]value, len(keyHashes))}
	var raw C.simdr_error
	var found C.size_t
	status := C.simdr_go_get_many_hashed(s.core.handle, asHashes(keyHashes), C.size_t(len(keyHashes)),
		verify, C.size_t(len(keys)), b.cHandles(), b.cValues(), &found, &raw)
	if err := failure("get many", status, &raw); err != nil {
		return nil, err
	}
	return b.opened(found), nil
}

func (b *Batch) cHandles() *C.uintptr_t {
	return (*C.uintptr_t)(unsafe.Pointer(unsafe.SliceData(b.handles)))
}

func (b *Batch) cValues() *C.simdr_go_bytes {
	return (*C.simdr_go_bytes)(unsafe.Pointer(unsafe.SliceData(b.values)))
}

func (b *Batch) opened(found C.size_t) *Batch {
	b.found = int(found)
	b.cleanup = runtime.AddCleanup(b, unrefAll, b.handles)
	return b
}

func unrefAll(handles []uintptr) {
	C.simdr_go_unref_many((*C.uintptr_t)(unsafe.Pointer(unsafe.SliceData(handles))), C.size_t(len(handles)))
}

// Len is how many keys were asked for.
func (b *Batch) Len() int { return len(b.values) }

// Found is how many of them were there.
func (b *Batch) Found() int { return b.found }

// Bytes is the value under key number i, as [Entry.Bytes]; nil when the key was absent, and after Close.
func (b *Batch) Bytes(i int) []byte {
	v := b.values[i]
	if b.hold.isClosed() || v.data == nil {
		return nil
	}
	return unsafe.Slice(v.data, int(v.size))
}

// All gives each key's number and value, nil for those that are absent. It gives no more once the batch is closed.
func (b *Batch) All() iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		for i := range b.values {
			if b.hold.isClosed() || !yield(i, b.Bytes(i)) {
				return
			}
		}
	}
}

// Entry is a handle of its own for the value under key number i. ErrNotFound when the key was absent.
func (b *Batch) Entry(i int) (*Entry, error) {
	if b.handles[i] == 0 {
		return nil, ErrNotFound
	}
	if !b.hold.acquire() {
		return nil, ErrClosed
	}
	defer b.release()
	return newEntry(C.simdr_go_ref(C.uintptr_t(b.handles[i]))), nil
}

func (b *Batch) release() {
	if b.hold.release() {
		unrefAll(b.handles)
	}
	runtime.KeepAlive(b)
}

// Close ends the use of all that Bytes gave. A second one is ErrClosed.
func (b *Batch) Close() error {
	first, release := b.hold.close()
	if !first {
		return ErrClosed
	}
	b.cleanup.Stop()
	if release {
		unrefAll(b.handles)
	}
	return nil
}
