package simdr

/*
#include "shim.h"

#cgo noescape simdr_go_put
#cgo nocallback simdr_go_put
#cgo noescape simdr_go_put_hashed
#cgo nocallback simdr_go_put_hashed
#cgo noescape simdr_go_put_if_absent
#cgo nocallback simdr_go_put_if_absent
#cgo noescape simdr_go_put_if_entry
#cgo nocallback simdr_go_put_if_entry
#cgo noescape simdr_go_remove
#cgo nocallback simdr_go_remove
#cgo noescape simdr_store_remove_hashed
#cgo nocallback simdr_store_remove_hashed
#cgo noescape simdr_go_rename
#cgo nocallback simdr_go_rename
#cgo noescape simdr_store_rename_hashed
#cgo nocallback simdr_store_rename_hashed
#cgo noescape simdr_go_copy
#cgo nocallback simdr_go_copy
#cgo noescape simdr_store_copy_hashed
#cgo nocallback simdr_store_copy_hashed
#cgo noescape simdr_store_sync
#cgo nocallback simdr_store_sync
*/
import "C"

// Put stores value as the newest under key. Both are copied before it returns.
func (s *Store) Put(key, value []byte, durability ...Durability) error {
	in, err := s.enter()
	if err != nil {
		return err
	}
	var raw C.simdr_error
	status := C.simdr_go_put(s.core.handle, asBytes(key), C.size_t(len(key)), asBytes(value), C.size_t(len(value)),
		flagsOf(durability), &raw)
	s.leave(in)
	return failure("put", status, &raw)
}

// PutHashed is Put under a key of which only the [KeyHash] is known.
func (s *Store) PutHashed(keyHash uint64, value []byte, durability ...Durability) error {
	in, err := s.enter()
	if err != nil {
		return err
	}
	var raw C.simdr_error
	status := C.simdr_go_put_hashed(s.core.handle, C.uint64_t(keyHash), asBytes(value), C.size_t(len(value)),
		flagsOf(durability), &raw)
	s.leave(in)
	return failure("put", status, &raw)
}

// PutIfAbsent is ErrExists when the key has a live entry; nothing is written then.
func (s *Store) PutIfAbsent(key, value []byte, durability ...Durability) error {
	in, err := s.enter()
	if err != nil {
		return err
	}
	var raw C.simdr_error
	status := C.simdr_go_put_if_absent(s.core.handle, asBytes(key), C.size_t(len(key)),
		asBytes(value), C.size_t(len(value)), flagsOf(durability), &raw)
	s.leave(in)
	return failure("put if absent", status, &raw)
}

// PutIfEntry stores value only if expected, an entry read from this store, is still the newest under its key; else it
// is ErrChanged. After a compaction an entry read before it counts as changed.
func (s *Store) PutIfEntry(expected *Entry, value []byte, durability ...Durability) error {
	in, err := s.enter()
	if err != nil {
		return err
	}
	defer s.leave(in)
	var entry *C.simdr_entry // NULL, if there is none: the library has the words
	if expected != nil {
		if !expected.acquire() {
			return ErrClosed
		}
		defer expected.release()
		entry = expected.handle
	}
	var raw C.simdr_error
	status := C.simdr_go_put_if_entry(s.core.handle, entry, asBytes(value), C.size_t(len(value)),
		flagsOf(durability), &raw)
	return failure("put if entry", status, &raw)
}

// Remove is ErrNotFound when there is nothing to remove; nothing is written then.
func (s *Store) Remove(key []byte, durability ...Durability) error {
	in, err := s.enter()
	if err != nil {
		return err
	}
	var raw C.simdr_error
	status := C.simdr_go_remove(s.core.handle, asBytes(key), C.size_t(len(key)), flagsOf(durability), &raw)
	s.leave(in)
	return failure("remove", status, &raw)
}

// RemoveHashed is Remove of a key of which only the [KeyHash] is known.
func (s *Store) RemoveHashed(keyHash uint64, durability ...Durability) error {
	in, err := s.enter()
	if err != nil {
		return err
	}
	var raw C.simdr_error
	status := C.simdr_store_remove_hashed(s.core.handle, C.uint64_t(keyHash), flagsOf(durability), nil, &raw)
	s.leave(in)
	return failure("remove", status, &raw)
}

// Rename moves the newest value of oldKey to newKey, replacing what was there, as one atomic batch.
func (s *Store) Rename(oldKey, newKey []byte, durability ...Durability) error {
	in, err := s.enter()
	if err != nil {
		return err
	}
	var raw C.simdr_error
	status := C.simdr_go_rename(s.core.handle, asBytes(oldKey), C.size_t(len(oldKey)),
		asBytes(newKey), C.size_t(len(newKey)), flagsOf(durability), &raw)
	s.leave(in)
	return failure("rename", status, &raw)
}

// RenameHashed is Rename of keys of which only the [KeyHash] is known.
func (s *Store) RenameHashed(oldKeyHash, newKeyHash uint64, durability ...Durability) error {
	in, err := s.enter()
	if err != nil {
		return err
	}
	var raw C.simdr_error
	status := C.simdr_store_rename_hashed(s.core.handle, C.uint64_t(oldKeyHash), C.uint64_t(newKeyHash),
		flagsOf(durability), nil, &raw)
	s.leave(in)
	return failure("rename", status, &raw)
}

// CopyTo stores the newest value of key in target too, under the same key. The durability is the target's.
func (s *Store) CopyTo(target *Store, key []byte, durability ...Durability) error {
	return s.withTarget("copy", target, func(from, to *C.simdr_store, raw *C.simdr_error) C.simdr_status {
		return C.simdr_go_copy(from, asBytes(key), C.size_t(len(key)), to, flagsOf(durability), 0, raw)
	})
}

// CopyHashedTo is CopyTo of a key of which only the [KeyHash] is known.
func (s *Store) CopyHashedTo(target *Store, keyHash uint64, durability ...Durability) error {
	return s.withTarget("copy", target, func(from, to *C.simdr_store, raw *C.simdr_error) C.simdr_status {
		return C.simdr_store_copy_hashed(from, C.uint64_t(keyHash), to, flagsOf(durability), nil, raw)
	})
}

// TransferTo is CopyTo, then Remove here. A crash between them leaves the entry in both.
func (s *Store) TransferTo(target *Store, key []byte, durability ...Durability) error {
	return s.withTarget("transfer", target, func(from, to *C.simdr_store, raw *C.simdr_error) C.simdr_status {
		return C.simdr_go_copy(from, asBytes(key), C.size_t(len(key)), to, flagsOf(durability), 1, raw)
	})
}

// TransferHashedTo is TransferTo of a key of which only the [KeyHash] is known.
func (s *Store) TransferHashedTo(target *Store, keyHash uint64, durability ...Durability) error {
	return s.withTarget("transfer", target, func(from, to *C.simdr_store, raw *C.simdr_error) C.simdr_status {
		return C.simdr_store_transfer_hashed(from, C.uint64_t(keyHash), to, flagsOf(durability), nil, raw)
	})
}

func (s *Store) withTarget(op string, target *Store,
	call func(from, to *C.simdr_store, raw *C.simdr_error) C.simdr_status) error {
	in, err := s.enter()
	if err != nil {
		return err
	}
	defer s.leave(in)
	inTarget, err := target.enter()
	if err != nil {
		return err
	}
	defer target.leave(inTarget)
	var raw C.simdr_error
	status := call(s.core.handle, target.core.handle, &raw)
	return failure(op, status, &raw)
}

// Sync makes all that was acknowledged before the call survive a power cut: DurabilityCommit or DurabilityStrict.
func (s *Store) Sync(durability Durability) error {
	in, err := s.enter()
	if err != nil {
		return err
	}
	var raw C.simdr_error
	status := C.simdr_store_sync(s.core.handle, C.uint32_t(durability), &raw)
	s.leave(in)
	return failure("sync", status, &raw)
}
