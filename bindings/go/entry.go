package simdr

/*
#include "shim.h"

#cgo nocallback simdr_entry_unref
#cgo nocallback simdr_entry_ref
#cgo nocallback simdr_entry_checksum_ok
#cgo nocallback simdr_entry_mapping_id
#cgo noescape simdr_entry_info_of
#cgo nocallback simdr_entry_info_of
*/
import "C"

import (
	"io"
	"runtime"
	"unsafe"
)

// Entry is a value that was read. It never changes, and keeps its bytes mapped by itself: it stays valid after later
// writes, after a compaction and after the close of its store. It also keeps the address space and, after a compaction,
// the old file's disk space: close what you no longer need.
type Entry struct {
	hold    hold
	handle  *C.simdr_entry
	data    *byte
	size    int
	cleanup runtime.Cleanup
}

// newEntry takes over the reference.
func newEntry(opened C.simdr_go_entry) *Entry {
	e := &Entry{handle: opened.handle, data: (*byte)(opened.data), size: int(opened.size)}
	e.cleanup = runtime.AddCleanup(e, unref, e.handle)
	return e
}

func unref(handle *C.simdr_entry) { C.simdr_entry_unref(handle) }

// acquire is false when the entry is closed, or is none; else release is to be called.
func (e *Entry) acquire() bool { return e != nil && e.handle != nil && e.hold.acquire() }

func (e *Entry) release() {
	if e.hold.release() {
		unref(e.handle)
	}
	runtime.KeepAlive(e)
}

// Close ends the use of the entry: what Bytes gave must not be used any more. A second one is ErrClosed.
func (e *Entry) Close() error {
	if e == nil || e.handle == nil {
		return ErrClosed
	}
	first, release := e.hold.close()
	if !first {
		return ErrClosed
	}
	e.cleanup.Stop()
	if release {
		unref(e.handle)
	}
	return nil
}

// Bytes is the value in the mapped file, without a copy, on a multiple of [Store.Alignment]. Valid until Close; see the
// package's words on what keeps the entry until then. It is read-only: writing to it ends the process. nil after Close.
func (e *Entry) Bytes() []byte {
	if e == nil || e.hold.isClosed() {
		return nil
	}
	return unsafe.Slice(e.data, e.size)
}

// Len is the size of the value in bytes, also after Close.
func (e *Entry) Len() int { return e.size }

// Copy is the value in Go memory.
func (e *Entry) Copy() ([]byte, error) {
	if !e.acquire() {
		return nil, ErrClosed
	}
	defer e.release()
	return append([]byte(nil), unsafe.Slice(e.data, e.size)...), nil
}

// Clone is a second handle of the same value, to be closed by itself.
func (e *Entry) Clone() (*Entry, error) {
	if !e.acquire() {
		return nil, ErrClosed
	}
	defer e.release()
	return newEntry(C.simdr_go_opened(C.SIMDR_OK, C.simdr_entry_ref(e.handle))), nil
}

// EntryInfo is what the file says of an entry. Offsets are bytes in the file.
type EntryInfo struct {
	KeyHash       uint64
	PayloadOffset uint64
	PayloadSize   uint64
	TrailerOffset uint64 // where the payload ends
	PrevTail      uint64 // where the entry before ended
	TailOffset    uint64 // where this one ends
	Checksum      uint32 // CRC-32 (zlib's) of the payload, as stored
}

func infoOf(c *C.simdr_entry_info) EntryInfo {
	return EntryInfo{
		KeyHash:       uint64(c.key_hash),
		PayloadOffset: uint64(c.payload_offset),
		PayloadSize:   uint64(c.payload_size),
		TrailerOffset: uint64(c.trailer_offset),
		PrevTail:      uint64(c.prev_tail),
		TailOffset:    uint64(c.tail_offset),
		Checksum:      uint32(c.checksum),
	}
}

// Info is what the file says of this entry.
func (e *Entry) Info() (EntryInfo, error) {
	if !e.acquire() {
		return EntryInfo{}, ErrClosed
	}
	defer e.release()
	info := C.simdr_entry_info{size: C.sizeof_simdr_entry_info}
	var raw C.simdr_error
	if err := failure("info", C.simdr_entry_info_of(e.handle, &info, &raw), &raw); err != nil {
		return EntryInfo{}, err
	}
	return infoOf(&info), nil
}

// ChecksumOK reports whether the value matches its checksum; it reads all of it.
func (e *Entry) ChecksumOK() (bool, error) {
	if !e.acquire() {
		return false, ErrClosed
	}
	defer e.release()
	return C.simdr_entry_checksum_ok(e.handle) != 0, nil
}

// MappingID is a number that two entries share exactly when one mapping of one file holds both.
func (e *Entry) MappingID() (uint64, error) {
	if !e.acquire() {
		return 0, ErrClosed
	}
	defer e.release()
	return uint64(C.simdr_entry_mapping_id(e.handle)), nil
}

// ReadAt implements [io.ReaderAt].
func (e *Entry) ReadAt(p []byte, offset int64) (int, error) {
	if !e.acquire() {
		return 0, ErrClosed
	}
	defer e.release()
	if offset < 0 {
		return 0, &Error{Op: "read", Status: ErrInvalidArgument, Message: "offset: is negative"}
	}
	if offset >= int64(e.size) {
		return 0, io.EOF
	}
	n := copy(p, unsafe.Slice(e.data, e.size)[offset:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// WriteTo implements [io.WriterTo]: w gets the mapped bytes themselves, in one Write.
func (e *Entry) WriteTo(w io.Writer) (int64, error) {
	if !e.acquire() {
		return 0, ErrClosed
	}
	defer e.release()
	n, err := w.Write(unsafe.Slice(e.data, e.size))
	return int64(n), err
}

// NewReader reads the value from its start: an io.Reader, io.Seeker and io.ReaderAt. It keeps the entry alive, but does
// not close it.
func (e *Entry) NewReader() *io.SectionReader { return io.NewSectionReader(e, 0, int64(e.size)) }
