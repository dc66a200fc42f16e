package simdr

/*
#include "shim.h"

#cgo noescape simdr_iterator_open
#cgo nocallback simdr_iterator_open
#cgo noescape simdr_go_versions
#cgo nocallback simdr_go_versions
#cgo noescape simdr_iterator_open_versions_hashed
#cgo nocallback simdr_iterator_open_versions_hashed
#cgo noescape simdr_go_next
#cgo nocallback simdr_go_next
#cgo noescape simdr_go_next_views
#cgo nocallback simdr_go_next_views
#cgo nocallback simdr_iterator_free
*/
import "C"

import (
	"errors"
	"iter"
	"sync"
	"unsafe"
)

// IterateFlags say which entries a loop sees.
type IterateFlags uint32

const (
	// Live is the live entries, one per key.
	Live IterateFlags = 0
	// AllVersions is every entry that was ever written and is still in the file, without deletions.
	AllVersions IterateFlags = C.SIMDR_ITERATE_ALL_VERSIONS
	// Verify checks each checksum on the way: ErrCorrupt, and the loop may go on after it.
	Verify IterateFlags = C.SIMDR_ITERATE_VERIFY
)

// All gives the entries as they are when the loop begins, newest to oldest; later writes and compaction do not disturb
// it. Each entry is the body's, which closes it or keeps it. With an error the entry is nil, and the loop ends after it
// unless it is ErrCorrupt.
func (s *Store) All(flags IterateFlags) iter.Seq2[*Entry, error] {
	return s.entries(func(out **C.simdr_iterator, raw *C.simdr_error) C.simdr_status {
		return C.simdr_iterator_open(s.core.handle, C.uint32_t(flags), out, raw)
	})
}

// Versions gives all values of one key that are still in the file, newest to oldest, as All does.
func (s *Store) Versions(key []byte) iter.Seq2[*Entry, error] {
	return s.entries(func(out **C.simdr_iterator, raw *C.simdr_error) C.simdr_status {
		return C.simdr_go_versions(s.core.handle, asBytes(key), C.size_t(len(key)), out, raw)
	})
}

// VersionsHashed is Versions of a key of which only the [KeyHash] is known.
func (s *Store) VersionsHashed(keyHash uint64) iter.Seq2[*Entry, error] {
	return s.entries(func(out **C.simdr_iterator, raw *C.simdr_error) C.simdr_status {
		return C.simdr_iterator_open_versions_hashed(s.core.handle, C.uint64_t(keyHash), out, raw)
	})
}

func (s *Store) entries(open func(**C.simdr_iterator, *C.simdr_error) C.simdr_status) iter.Seq2[*Entry, error] {
	return func(yield func(*Entry, error) bool) {
		w, err := s.newWalker(open)
		if err != nil {
			yield(nil, err)
			return
		}
		defer w.free()
		for {
			opened, err := w.next()
			if errors.Is(err, ErrNotFound) {
				return
			}
			if err != nil {
				if !yield(nil, err) || !errors.Is(err, ErrCorrupt) {
					return
				}
			} else if !yield(newEntry(opened), nil) {
				return
			}
		}
	}
}

// View is an entry that is lent, without a handle.
type View struct {
	Bytes         []byte // the value in the mapped file; read-only
	KeyHash       uint64
	PayloadOffset uint64 // in the file
	Checksum      uint32 // CRC-32 (zlib's) of the payload, as stored
}

// Views gives what All gives, many at each crossing of the boundary, and lends it: the bytes are valid until the loop
// ends, whatever happens to the store meanwhile.
func (s *Store) Views(flags IterateFlags) iter.Seq2[View, error] {
	return func(yield func(View, error) bool) {
		w, err := s.newViewWalker(flags)
		if err != nil {
			yield(View{}, err)
			return
		}
		defer w.free()
		block := make([]cView, viewsAtOnce)
		for {
			count, err := w.nextViews(block)
			if errors.Is(err, ErrNotFound) {
				return
			}
			if err != nil && (!yield(View{}, err) || !errors.Is(err, ErrCorrupt)) {
				return
			}
			for i := range count {
				if !yield(block[i].view(), nil) {
					return
				}
			}
		}
	}
}

const viewsAtOnce = 128

// cView is a simdr_view with the pointer as a Go pointer. It never points to Go memory.
type cView struct {
	data               *byte
	size               uintptr
	keyHash, offset    uint64
	checksum, reserved uint32
}

var _ [unsafe.Sizeof(C.simdr_view{})]byte = [unsafe.Sizeof(cView{})]byte{}

func (v *cView) view() View {
	return View{
		Bytes:         unsafe.Slice(v.data, int(v.size)),
		KeyHash:       v.keyHash,
		PayloadOffset: v.offset,
		Checksum:      v.checksum,
	}
}

// walker is an open iterator. It may be shut by the close of its store at any time.
type walker struct {
	store  *Store // which must not be collected, and so closed, while a loop runs
	mu     sync.Mutex
	handle *C.simdr_iterator
	pin    *C.simdr_entry // of a walker for views: keeps the mapping that they point into
}

func (s *Store) newWalker(open func(**C.simdr_iterator, *C.simdr_error) C.simdr_status) (*walker, error) {
	in, err := s.enter()
	if err != nil {
		return nil, err
	}
	defer s.leave(in)
	var handle *C.simdr_iterator
	var raw C.simdr_error
	if err := failure("iterate", open(&handle, &raw), &raw); err != nil {
		return nil, err
	}
	w := &walker{store: s, handle: handle}
	s.core.addChild(w)
	return w, nil
}

func (s *Store) newViewWalker(flags IterateFlags) (*walker, error) {
	return s.newWalker(func(out **C.simdr_iterator, raw *C.simdr_error) C.simdr_status {
		return C.simdr_iterator_open(s.core.handle, C.uint32_t(flags), out, raw)
	})
}

// next is ErrNotFound at the end.
func (w *walker) next() (C.simdr_go_entry, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.handle == nil {
		return C.simdr_go_entry{}, ErrClosed
	}
	var raw C.simdr_error
	opened := C.simdr_go_next(w.handle, &raw)
	return opened, failure("iterate", opened.status, &raw)
}

// nextViews gives how many places of block it filled; it is ErrNotFound at the end. The views are valid until free().
func (w *walker) nextViews(block []cView) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.handle == nil {
		return 0, ErrClosed
	}
	var raw C.simdr_error
	var count C.size_t
	pin := w.pin
	// Views die with the iterator, which the close of the store frees; an entry of the same mapping does not. So the
	// first one becomes the pin.
	views := (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(block)))
	status := C.simdr_go_next_views(w.handle, &pin, views, C.size_t(len(block)), &count, &raw)
	w.pin = pin
	return int(count), failure("iterate", status, &raw)
}

// shut frees the iterator, and leaves the views that it gave.
func (w *walker) shut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	C.simdr_iterator_free(w.handle)
	w.handle = nil
}

func (w *walker) free() {
	w.store.core.dropChild(w)
	w.shut()
	unref(w.pin)
	w.pin = nil
}
