package simdr

import (
	"errors"
	"runtime"
	"sync"
)

// ForEach calls f with every live entry once, on this many goroutines (0: one per CPU that Go uses), in no order. It
// sees the store as it is when it begins. flags are Live or Verify. The bytes are read-only and valid until f returns.
// The first error, of f or of the store, ends it and is given back; entries that other goroutines have begun are still
// finished.
func (s *Store) ForEach(goroutines int, flags IterateFlags, f func(View) error) error {
	if flags&^Verify != 0 {
		return &Error{Op: "for each", Status: ErrUnknownFlags, Message: "flags: takes Verify only"}
	}
	if goroutines <= 0 {
		goroutines = runtime.GOMAXPROCS(0)
	}
	if err := s.enterCalling(); err != nil {
		return err
	}
	defer s.leaveCalling()
	w, err := s.newViewWalker(flags)
	if err != nil {
		return err
	}
	defer w.free()

	team := team{walker: w, visit: f}
	for range goroutines {
		team.Add(1)
		go team.work()
	}
	team.Wait()
	if team.panicked {
		panic(team.panicValue)
	}
	return team.err
}

// team is the goroutines of one ForEach. They take blocks of views from one iterator by turns: one crossing of the
// boundary for each block, none for an entry.
type team struct {
	sync.WaitGroup
	walker *walker
	visit  func(View) error

	mu         sync.Mutex
	stopped    bool
	err        error
	panicked   bool
	panicValue any
}

func (t *team) work() {
	defer t.Done()
	defer func() {
		// A panic in f is the caller's to catch, on the caller's goroutine.
		if value := recover(); value != nil {
			t.mu.Lock()
			t.stopped, t.panicked, t.panicValue = true, true, value
			t.mu.Unlock()
		}
	}()
	block := make([]cView, viewsAtOnce)
	for !t.isStopped() {
		count, err := t.walker.nextViews(block)
		if errors.Is(err, ErrNotFound) {
			return
		}
		for i := 0; i < count && err == nil; i++ {
			err = t.visit(block[i].view())
		}
		if err != nil {
			t.stop(err)
			return
		}
	}
}

func (t *team) isStopped() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.stopped
}

func (t *team) stop(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.stopped {
		t.stopped, t.err = true, err
	}
}
