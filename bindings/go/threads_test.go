package simdr_test

import (
	"bytes"
	"errors"
	"sync"
	"testing"

	"libsimdr/simdr"
)

// Everything at once on one store, until it is closed under all of it. The race detector and the C heap are the judges,
// and each read must give one of the values that were put.
func TestManyGoroutinesAndAClose(t *testing.T) {
	s := newStore(t)
	values := [][]byte{pattern(100, 1), pattern(5000, 2), pattern(1, 3)}
	isOne := func(b []byte) bool {
		return bytes.Equal(b, values[0]) || bytes.Equal(b, values[1]) || bytes.Equal(b, values[2])
	}
	for i := range 100 {
		must(t, s.Put(keyNumber(i), values[0]))
	}
	jobs := []func(i int) error{
		func(i int) error { return s.Put(keyNumber(i%100), values[i%3]) },
		func(i int) error {
			return s.PutMany([]simdr.Pair{{Key: keyNumber(i % 100), Value: values[1]}, {Key: keyNumber(7), Value: values[2]}})
		},
		func(i int) error {
			e, err := s.Get(keyNumber(i % 100))
			if err != nil {
				return err
			}
			if !isOne(e.Bytes()) {
				t.Error("Get: bytes that nobody put")
			}
			return e.Close()
		},
		func(i int) error {
			b, err := s.GetMany([][]byte{keyNumber(i % 100), keyNumber((i + 1) % 100)})
			if err != nil {
				return err
			}
			for _, value := range b.All() {
				if !isOne(value) {
					t.Error("GetMany: bytes that nobody put")
				}
			}
			return b.Close()
		},
		func(int) error {
			for v, err := range s.Views(simdr.Live) {
				if err != nil {
					return err
				}
				if !isOne(v.Bytes) {
					t.Error("Views: bytes that nobody put")
				}
			}
			return nil
		},
		func(i int) error {
			w, err := s.NewWriter(keyNumber(i % 100))
			if err != nil {
				return err
			}
			defer w.Close()
			if _, err := w.Write(values[1]); err != nil {
				return err
			}
			return w.Commit()
		},
		func(int) error { return s.Compact(nil) },
		func(i int) error {
			return s.PutInPlace(keyNumber(i%100), len(values[1]), func(b []byte) error { copy(b, values[1]); return nil })
		},
	}
	var wait sync.WaitGroup
	rounds := make(chan struct{}, 10_000)
	for _, job := range jobs {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := 0; ; i++ {
				if err := job(i); err != nil {
					if !errors.Is(err, simdr.ErrClosed) {
						t.Error(err)
					}
					return
				}
				select {
				case rounds <- struct{}{}:
				default:
				}
			}
		}()
	}
	for range 2000 {
		<-rounds
	}
	// The close refuses while an in-place put runs its function, so it has to be asked again.
	for errors.Is(s.Close(), simdr.ErrBadState) {
	}
	wait.Wait()
	s = openStore(t, s.Path(), nil)
	if _, err := s.Verify(nil); err != nil || s.Len() != 100 {
		t.Error(err, s.Len())
	}
}

func TestTwoClosesAtOnce(t *testing.T) {
	for range 50 {
		s := newStore(t)
		put(t, s, "k", "v")
		results := make(chan error)
		for range 2 {
			go func() { results <- s.Close() }()
		}
		first, second := <-results, <-results
		if (first == nil) == (second == nil) || !errors.Is(errors.Join(first, second), simdr.ErrClosed) {
			t.Fatal(first, second)
		}
	}
}
