package simdr

/*
#include "log.h"

#cgo noescape simdr_go_open
#cgo nocallback simdr_go_open
#cgo nocallback simdr_store_close_checked
#cgo noescape simdr_store_close_checked
*/
import "C"

import (
	"runtime"
	"strings"
	"sync"
)

// Store is an open store. Every method may be called from any number of goroutines at once.
type Store struct {
	core    *core
	cleanup runtime.Cleanup
	facts   facts
}

// facts do not change while a store is open, and are still known when it is closed.
type facts struct {
	path, generation, recoveredFrom string
	readOnly                        bool
	alignment                       int
}

// core is what a Store's cleanup closes, and so must not refer to the Store.
type core struct {
	gate
	handle *C.simdr_store
	log    *logPipe

	mu       sync.Mutex
	closed   bool
	inside   int                // calls under way that run the caller's code
	children map[child]struct{} // what must be released before the store is closed
}

// child is an open iterator or stream.
type child interface{ shut() }

// Open opens the store in the file at path, which must not hold a zero byte. A damaged end is left out, and told by
// [Store.RecoveredFrom].
func Open(path string, options *Options) (*Store, error) {
	name, err := cPath("open", path)
	if err != nil {
		return nil, err
	}
	log, err := newLogPipe(options)
	if err != nil {
		return nil, err
	}
	c := options.toC()
	var handle *C.simdr_store
	var raw C.simdr_error
	status := C.simdr_go_open(asPath(name), &c, log.fd(), &handle, &raw)
	if err := failure("open", status, &raw); err != nil {
		log.close()
		return nil, err
	}
	s := &Store{core: &core{handle: handle, log: log, children: map[child]struct{}{}}}
	s.core.gate.wakeup = make(chan struct{}, 1)
	s.facts = factsOf(handle, path)
	// Closing can wait for the disk, and cleanups wait for one another.
	s.cleanup = runtime.AddCleanup(s, func(c *core) { go c.close() }, s.core)
	return s, nil
}

func factsOf(handle *C.simdr_store, path string) facts {
	f := facts{
		path:       path,
		generation: C.GoString(C.simdr_store_generation(handle)),
		readOnly:   C.simdr_store_is_read_only(handle) != 0,
		alignment:  int(C.simdr_store_alignment(handle)),
	}
	if text := C.simdr_store_recovered_from(handle); text != nil {
		f.recoveredFrom = C.GoString(text)
	}
	return f
}

// cPath is path with a zero behind it, in Go memory.
func cPath(op, path string) ([]byte, error) {
	if strings.IndexByte(path, 0) >= 0 {
		return nil, &Error{Op: op, Status: ErrInvalidArgument, Message: "path: has a zero byte in it"}
	}
	return append([]byte(path), 0), nil
}

// Close ends the use of the store: it waits for the calls that are under way, syncs what is not yet synced, and cuts
// the file to its last entry. The handle is gone in any case, and the file is whole in any case: an error says what
// failed meanwhile. Loops and writers that are still open are ended; entries stay readable. While Compact, Verify,
// Import, ForEach or PutInPlace runs a function of yours, it is ErrBadState, and the store stays open.
func (s *Store) Close() error {
	if s == nil || s.core == nil {
		return ErrClosed
	}
	err := s.core.close()
	runtime.KeepAlive(s)
	return err
}

func (c *core) close() error {
	c.mu.Lock()
	if c.closed || c.inside > 0 {
		defer c.mu.Unlock()
		if c.closed {
			return ErrClosed
		}
		return badState("close", "store: a call is under way that runs a function of yours")
	}
	c.closed = true
	c.mu.Unlock()

	c.gate.close()
	for _, open := range c.takeChildren() {
		open.shut()
	}
	var raw C.simdr_error
	status := C.simdr_store_close_checked(c.handle, &raw)
	c.handle = nil
	c.log.close()
	return failure("close", status, &raw)
}

// takeChildren leaves none. No child can be added any more: the gate is closed.
func (c *core) takeChildren() []child {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []child
	for open := range c.children {
		all = append(all, open)
	}
	clear(c.children)
	return all
}

// addChild is to be called inside the gate.
func (c *core) addChild(open child) {
	c.mu.Lock()
	c.children[open] = struct{}{}
	c.mu.Unlock()
}

func (c *core) dropChild(open child) {
	c.mu.Lock()
	delete(c.children, open)
	c.mu.Unlock()
}

// enter is for calls that run nothing but the library: the close waits for them. leave is to be called with what it
// gives.
func (s *Store) enter() (*gateShard, error) {
	if s == nil || s.core == nil {
		return nil, ErrClosed
	}
	shard := s.core.gate.enter()
	// Up to here the cleanup must not close the store; from here on it would wait.
	runtime.KeepAlive(s)
	if shard == nil {
		return nil, ErrClosed
	}
	return shard, nil
}

func (s *Store) leave(shard *gateShard) { s.core.gate.leave(shard) }

// enterCalling is for calls that run the caller's code: the close refuses while one is under way, since it could be
// what waits for it.
func (s *Store) enterCalling() error {
	if s == nil || s.core == nil {
		return ErrClosed
	}
	s.core.mu.Lock()
	defer s.core.mu.Unlock()
	if s.core.closed {
		return ErrClosed
	}
	s.core.inside++
	return nil
}

// enterWith is one or the other, as there are functions of the caller's or not. leave is to be called.
func (s *Store) enterWith(c *callback) (leave func(), err error) {
	if c.isEmpty() {
		in, err := s.enter()
		return func() { s.leave(in) }, err
	}
	return s.leaveCalling, s.enterCalling()
}

func (s *Store) leaveCalling() {
	s.core.mu.Lock()
	s.core.inside--
	s.core.mu.Unlock()
	runtime.KeepAlive(s)
}

// Path is the path as it was given to Open.
func (s *Store) Path() string { return s.facts.path }

// ReadOnly reports whether the store was opened with the mode ReadOnly.
func (s *Store) ReadOnly() bool { return s.facts.readOnly }

// RecoveredFrom is "" when the file was whole; else one line on what was wrong with it and what was left out.
func (s *Store) RecoveredFrom() string { return s.facts.recoveredFrom }

// Generation is "aligned-64", "aligned-16", "packed-20", "packed-19", or "aligned-N".
func (s *Store) Generation() string { return s.facts.generation }

// Alignment is a number of bytes on whose multiples values start in the file and in memory; 1 in packed generations.
func (s *Store) Alignment() int { return s.facts.alignment }
