package simdr

/*
#include "shim.h"

#cgo noescape simdr_go_get
#cgo nocallback simdr_go_get
#cgo noescape simdr_go_get_hashed
#cgo nocallback simdr_go_get_hashed
#cgo noescape simdr_go_last
#cgo nocallback simdr_go_last
#cgo noescape simdr_go_copy_out
#cgo nocallback simdr_go_copy_out
#cgo noescape simdr_go_copy_out_hashed
#cgo nocallback simdr_go_copy_out_hashed
#cgo noescape simdr_go_read
#cgo nocallback simdr_go_read
#cgo noescape simdr_go_exists
#cgo nocallback simdr_go_exists
#cgo noescape simdr_store_exists_hashed
#cgo nocallback simdr_store_exists_hashed
#cgo noescape simdr_go_metadata
#cgo nocallback simdr_go_metadata
#cgo noescape simdr_store_metadata_hashed
#cgo nocallback simdr_store_metadata_hashed
*/
import "C"

import (
	"io"
	"slices"
	"unsafe"
)

// Get is the newest value under key, as a handle to be closed. ErrNotFound; ErrCorrupt in a store opened with
// VerifyReads.
func (s *Store) Get(key []byte) (*Entry, error) {
	opened, err := s.get(key)
	if err != nil {
		return nil, err
	}
	return newEntry(opened), nil
}

// GetHashed is Get of a key of which only the [KeyHash] is known.
func (s *Store) GetHashed(keyHash uint64) (*Entry, error) {
	opened, err := s.getHashed(keyHash)
	if err != nil {
		return nil, err
	}
	return newEntry(opened), nil
}

// Last is the live entry that was written last. ErrNotFound in an empty store.
func (s *Store) Last() (*Entry, error) {
	in, err := s.enter()
	if err != nil {
		return nil, err
	}
	var raw C.simdr_error
	opened := C.simdr_go_last(s.core.handle, &raw)
	s.leave(in)
	if err := failure("last", opened.status, &raw); err != nil {
		return nil, err
	}
	return newEntry(opened), nil
}

// View calls f with the newest value under key in the mapped file, and gives what f gives. Nothing is copied or
// allocated. The bytes are read-only and valid until f returns, whatever happens to the store meanwhile.
func (s *Store) View(key []byte, f func(value []byte) error) error {
	opened, err := s.get(key)
	if err != nil {
		return err
	}
	defer unref(opened.handle)
	return f(unsafe.Slice((*byte)(opened.data), int(opened.size)))
}

// ViewHashed is View of a key of which only the [KeyHash] is known.
func (s *Store) ViewHashed(keyHash uint64, f func(value []byte) error) error {
	opened, err := s.getHashed(keyHash)
	if err != nil {
		return err
	}
	defer unref(opened.handle)
	return f(unsafe.Slice((*byte)(opened.data), int(opened.size)))
}

func (s *Store) get(key []byte) (C.simdr_go_entry, error) {
	in, err := s.enter()
	if err != nil {
		return C.simdr_go_entry{}, err
	}
	var raw C.simdr_error
	opened := C.simdr_go_get(s.core.handle, asBytes(key), C.size_t(len(key)), &raw)
	s.leave(in)
	return opened, failure("get", opened.status, &raw)
}

func (s *Store) getHashed(keyHash uint64) (C.simdr_go_entry, error) {
	in, err := s.enter()
	if err != nil {
		return C.simdr_go_entry{}, err
	}
	var raw C.simdr_error
	opened := C.simdr_go_get_hashed(s.core.handle, C.uint64_t(keyHash), &raw)
	s.leave(in)
	return opened, failure("get", opened.status, &raw)
}

// Append appends a copy of the newest value under key to dst, which is returned as it was when there is an error. Where
// dst has the room, nothing is allocated, and one crossing is all: the fastest way to a single small value.
func (s *Store) Append(dst, key []byte) ([]byte, error) {
	for {
		room := dst[len(dst):cap(dst)]
		size, err := s.copyOut(key, room)
		if done, err := appended(&dst, size, len(room), err); done {
			return dst, err
		}
	}
}

// AppendHashed is Append of a key of which only the [KeyHash] is known.
func (s *Store) AppendHashed(dst []byte, keyHash uint64) ([]byte, error) {
	for {
		room := dst[len(dst):cap(dst)]
		size, err := s.copyOutHashed(keyHash, room)
		if done, err := appended(&dst, size, len(room), err); done {
			return dst, err
		}
	}
}

// appended takes over what was copied behind dst, or makes the room that it takes: then the value is to be copied again,
// since another goroutine may have stored a longer one by then.
func appended(dst *[]byte, size, room int, err error) (bool, error) {
	if err == nil && size > room {
		*dst = slices.Grow(*dst, size)
		return false, nil
	}
	if err == nil {
		*dst = (*dst)[:len(*dst)+size]
	}
	return true, err
}

// copyOut gives the size of the value, which is in room if it fits there.
func (s *Store) copyOut(key, room []byte) (int, error) {
	in, err := s.enter()
	if err != nil {
		return 0, err
	}
	var raw C.simdr_error
	var size C.size_t
	status := C.simdr_go_copy_out(s.core.handle, asBytes(key), C.size_t(len(key)), asBytes(room), C.size_t(len(room)),
		&size, &raw)
	s.leave(in)
	return int(size), failure("append", status, &raw)
}

func (s *Store) copyOutHashed(keyHash uint64, room []byte) (int, error) {
	in, err := s.enter()
	if err != nil {
		return 0, err
	}
	var raw C.simdr_error
	var size C.size_t
	status := C.simdr_go_copy_out_hashed(s.core.handle, C.uint64_t(keyHash), asBytes(room), C.size_t(len(room)), &size,
		&raw)
	s.leave(in)
	return int(size), failure("append", status, &raw)
}

// ReadAt copies the newest value under key to p, from offset on. As in [io.ReaderAt], what is shorter than p comes with
// io.EOF. It reads the file and not the mapping: where the disk fails, or another program has cut the file, it is
// ErrIO.
func (s *Store) ReadAt(key, p []byte, offset int64) (int, error) {
	if offset < 0 {
		return 0, &Error{Op: "read", Status: ErrInvalidArgument, Message: "offset: is negative"}
	}
	in, err := s.enter()
	if err != nil {
		return 0, err
	}
	var raw C.simdr_error
	var size C.size_t
	status := C.simdr_go_read(s.core.handle, asBytes(key), C.size_t(len(key)), C.uint64_t(offset),
		asBytes(p), C.size_t(len(p)), &size, &raw)
	s.leave(in)
	if err := failure("read", status, &raw); err != nil {
		return 0, err
	}
	if int(size) < len(p) {
		return int(size), io.EOF
	}
	return int(size), nil
}

// Exists reports whether the key has a live entry.
func (s *Store) Exists(key []byte) (bool, error) {
	in, err := s.enter()
	if err != nil {
		return false, err
	}
	var raw C.simdr_error
	var exists C.int
	status := C.simdr_go_exists(s.core.handle, asBytes(key), C.size_t(len(key)), &exists, &raw)
	s.leave(in)
	return exists != 0, failure("exists", status, &raw)
}

// ExistsHashed is Exists of a key of which only the [KeyHash] is known.
func (s *Store) ExistsHashed(keyHash uint64) (bool, error) {
	in, err := s.enter()
	if err != nil {
		return false, err
	}
	var raw C.simdr_error
	var exists C.int
	status := C.simdr_store_exists_hashed(s.core.handle, C.uint64_t(keyHash), &exists, &raw)
	s.leave(in)
	return exists != 0, failure("exists", status, &raw)
}

// Metadata is what the file says of the newest entry under key.
func (s *Store) Metadata(key []byte) (EntryInfo, error) {
	in, err := s.enter()
	if err != nil {
		return EntryInfo{}, err
	}
	info := C.simdr_entry_info{size: C.sizeof_simdr_entry_info}
	var raw C.simdr_error
	status := C.simdr_go_metadata(s.core.handle, asBytes(key), C.size_t(len(key)), &info, &raw)
	s.leave(in)
	return infoOf(&info), failure("metadata", status, &raw)
}

// MetadataHashed is Metadata of a key of which only the [KeyHash] is known.
func (s *Store) MetadataHashed(keyHash uint64) (EntryInfo, error) {
	in, err := s.enter()
	if err != nil {
		return EntryInfo{}, err
	}
	info := C.simdr_entry_info{size: C.sizeof_simdr_entry_info}
	var raw C.simdr_error
	status := C.simdr_store_metadata_hashed(s.core.handle, C.uint64_t(keyHash), &info, &raw)
	s.leave(in)
	return infoOf(&info), failure("metadata", status, &raw)
}
