package simdr

/*
#include "shim.h"

#cgo noescape simdr_go_stream_open
#cgo nocallback simdr_go_stream_open
#cgo noescape simdr_stream_open_hashed
#cgo nocallback simdr_stream_open_hashed
#cgo noescape simdr_go_stream_write
#cgo nocallback simdr_go_stream_write
#cgo noescape simdr_stream_commit
#cgo nocallback simdr_stream_commit
#cgo nocallback simdr_stream_free
#cgo noescape simdr_go_put_fd
#cgo nocallback simdr_go_put_fd
*/
import "C"

import (
	"io"
	"os"
	"runtime"
	"sync"
)

// Writer takes a value of unknown length piece by piece. The value spools, in memory and then in an unlinked file
// beside the store, and is stored whole by Commit: a slow source blocks nobody, and what is closed without a Commit
// leaves nothing.
type Writer struct {
	store   *Store // which must not be collected, and so closed, before the writer
	stream  *stream
	cleanup runtime.Cleanup
}

// stream is what a Writer's cleanup frees. It may be shut by the close of its store at any time.
type stream struct {
	core   *core
	mu     sync.Mutex
	handle *C.simdr_stream
}

// NewWriter begins a value of unknown length, to be stored under key.
func (s *Store) NewWriter(key []byte, durability ...Durability) (*Writer, error) {
	return s.newWriter(func(out **C.simdr_stream, raw *C.simdr_error) C.simdr_status {
		return C.simdr_go_stream_open(s.core.handle, asBytes(key), C.size_t(len(key)), flagsOf(durability), out, raw)
	})
}

// NewWriterHashed is NewWriter under a key of which only the [KeyHash] is known.
func (s *Store) NewWriterHashed(keyHash uint64, durability ...Durability) (*Writer, error) {
	return s.newWriter(func(out **C.simdr_stream, raw *C.simdr_error) C.simdr_status {
		return C.simdr_stream_open_hashed(s.core.handle, C.uint64_t(keyHash), flagsOf(durability), out, raw)
	})
}

func (s *Store) newWriter(open func(**C.simdr_stream, *C.simdr_error) C.simdr_status) (*Writer, error) {
	in, err := s.enter()
	if err != nil {
		return nil, err
	}
	defer s.leave(in)
	var handle *C.simdr_stream
	var raw C.simdr_error
	if err := failure("new writer", open(&handle, &raw), &raw); err != nil {
		return nil, err
	}
	st := &stream{core: s.core, handle: handle}
	s.core.addChild(st)
	w := &Writer{store: s, stream: st}
	w.cleanup = runtime.AddCleanup(w, func(st *stream) { st.free() }, st)
	return w, nil
}

// Write implements [io.Writer]. After an error the writer can only be closed.
func (w *Writer) Write(p []byte) (int, error) {
	defer runtime.KeepAlive(w)
	st := w.stream
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.handle == nil {
		return 0, ErrClosed
	}
	var raw C.simdr_error
	if err := failure("write", C.simdr_go_stream_write(st.handle, asBytes(p), C.size_t(len(p)), &raw), &raw); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Commit stores what was written as one entry. Once only. ErrEmptyPayload when nothing was written.
func (w *Writer) Commit() error {
	defer runtime.KeepAlive(w)
	st := w.stream
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.handle == nil {
		return ErrClosed
	}
	var raw C.simdr_error
	return failure("commit", C.simdr_stream_commit(st.handle, nil, &raw), &raw)
}

// Close ends the writer; what was not committed is given up. A second one is ErrClosed.
func (w *Writer) Close() error {
	defer runtime.KeepAlive(w)
	w.cleanup.Stop()
	if !w.stream.free() {
		return ErrClosed
	}
	return nil
}

func (st *stream) free() bool {
	st.core.dropChild(st)
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.handle == nil {
		return false
	}
	C.simdr_stream_free(st.handle)
	st.handle = nil
	return true
}

func (st *stream) shut() { st.free() }

// PutFrom stores all that r yields up to its end, and gives how many bytes that were. Where r fails nothing is stored.
func (s *Store) PutFrom(key []byte, r io.Reader, durability ...Durability) (int64, error) {
	w, err := s.NewWriter(key, durability...)
	if err != nil {
		return 0, err
	}
	defer w.Close()
	n, err := io.Copy(w, r)
	if err != nil {
		return n, err
	}
	return n, w.Commit()
}

// PutFile stores all that f yields from its position to its end, which the library reads by itself. f must not be in
// use meanwhile.
func (s *Store) PutFile(key []byte, f *os.File, durability ...Durability) error {
	in, err := s.enter()
	if err != nil {
		return err
	}
	defer s.leave(in)
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var raw C.simdr_error
	var status C.simdr_status
	err = conn.Control(func(fd uintptr) {
		status = C.simdr_go_put_fd(s.core.handle, asBytes(key), C.size_t(len(key)), C.int(fd), flagsOf(durability), &raw)
	})
	if err != nil {
		return err
	}
	return failure("put file", status, &raw)
}
