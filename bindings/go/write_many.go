package simdr

/*
#include "shim.h"

#cgo noescape simdr_go_put_many
#cgo nocallback simdr_go_put_many
#cgo noescape simdr_go_put_many_hashed
#cgo nocallback simdr_go_put_many_hashed
#cgo noescape simdr_go_remove_many
#cgo nocallback simdr_go_remove_many
#cgo noescape simdr_store_remove_many_hashed
#cgo nocallback simdr_store_remove_many_hashed
*/
import "C"

import "unsafe"

// Pair is a key and what is stored under it.
type Pair struct{ Key, Value []byte }

// PutMany stores all of the pairs or none, in order: a kill at any instant (with DurabilityCommit or Strict, a power
// cut) leaves all or none. A key given twice keeps its last value.
func (s *Store) PutMany(pairs []Pair, durability ...Durability) error {
	in, err := s.enter()
	if err != nil {
		return err
	}
	defer s.leave(in)
	p := newPacker()
	defer p.free()
	keys, values := p.packPairs(pairs)
	var raw C.simdr_error
	status := C.simdr_go_put_many(s.core.handle, keys, C.size_t(len(pairs)), values, C.size_t(len(pairs)),
		flagsOf(durability), &raw)
	return failure("put many", status, &raw)
}

// PutManyHashed is PutMany under keys of which only the [KeyHash] is known. There must be as many hashes as values.
func (s *Store) PutManyHashed(keyHashes []uint64, values [][]byte, durability ...Durability) error {
	in, err := s.enter()
	if err != nil {
		return err
	}
	defer s.leave(in)
	p := newPacker()
	defer p.free()
	packed := p.packAll(values)
	var raw C.simdr_error
	status := C.simdr_go_put_many_hashed(s.core.handle, asHashes(keyHashes), C.size_t(len(keyHashes)),
		packed, C.size_t(len(values)), flagsOf(durability), &raw)
	return failure("put many", status, &raw)
}

// RemoveMany removes all of the keys or none, as PutMany stores. Absent keys, and a key given a second time, are passed
// over; the result is how many were removed.
func (s *Store) RemoveMany(keys [][]byte, durability ...Durability) (int, error) {
	in, err := s.enter()
	if err != nil {
		return 0, err
	}
	defer s.leave(in)
	p := newPacker()
	defer p.free()
	packed := p.packAll(keys)
	var raw C.simdr_error
	var removed C.size_t
	status := C.simdr_go_remove_many(s.core.handle, packed, C.size_t(len(keys)), flagsOf(durability), &removed, &raw)
	return int(removed), failure("remove many", status, &raw)
}

// RemoveManyHashed is RemoveMany of keys of which only the [KeyHash] is known.
func (s *Store) RemoveManyHashed(keyHashes []uint64, durability ...Durability) (int, error) {
	in, err := s.enter()
	if err != nil {
		return 0, err
	}
	var raw C.simdr_error
	var removed C.size_t
	status := C.simdr_store_remove_many_hashed(s.core.handle, asHashes(keyHashes), C.size_t(len(keyHashes)),
		flagsOf(durability), &removed, nil, &raw)
	s.leave(in)
	return int(removed), failure("remove many", status, &raw)
}

func asHashes(hashes []uint64) *C.uint64_t { return (*C.uint64_t)(unsafe.SliceData(hashes)) }
