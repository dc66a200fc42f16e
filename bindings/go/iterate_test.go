package simdr_test

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"libsimdr/simdr"
)

// numbered is a store with entries "0" to count-1, each the value of its own key.
func numbered(t *testing.T, count int) *simdr.Store {
	t.Helper()
	s := newStore(t)
	for i := range count {
		put(t, s, fmt.Sprint(i), fmt.Sprint(i))
	}
	return s
}

func valuesOf(t *testing.T, entries iter.Seq2[*simdr.Entry, error]) []string {
	t.Helper()
	var values []string
	for e, err := range entries {
		must(t, err)
		values = append(values, string(e.Bytes()))
		must(t, e.Close())
	}
	return values
}

func TestAllIsNewestToOldest(t *testing.T) {
	s := numbered(t, 4)
	put(t, s, "1", "new")
	must(t, s.Remove([]byte("2")))
	if got := valuesOf(t, s.All(simdr.Live)); !slices.Equal(got, []string{"new", "3", "0"}) {
		t.Errorf("%q", got)
	}
	if got := valuesOf(t, s.All(simdr.AllVersions)); !slices.Equal(got, []string{"new", "3", "2", "1", "0"}) {
		t.Errorf("%q", got)
	}
	if got := valuesOf(t, s.Versions([]byte("1"))); !slices.Equal(got, []string{"new", "1"}) {
		t.Errorf("%q", got)
	}
	if got := valuesOf(t, s.VersionsHashed(simdr.KeyHash([]byte("2")))); !slices.Equal(got, []string{"2"}) {
		t.Errorf("%q", got)
	}
	last, err := s.Last()
	must(t, err)
	defer last.Close()
	if string(last.Bytes()) != "new" {
		t.Errorf("%q", last.Bytes())
	}
	wants(t, firstError(s.All(1<<30)), simdr.ErrUnknownFlags, "iterate")
	wants(t, firstError(s.Views(1<<30)), simdr.ErrUnknownFlags)
}

func TestLoopsSeeTheStoreAsItWas(t *testing.T) {
	s := numbered(t, 1000)
	var seen int
	for v, err := range s.Views(simdr.Live) {
		must(t, err)
		if seen == 0 {
			must(t, s.Remove([]byte("0")))
			put(t, s, "1", "changed")
			must(t, s.Compact(nil))
		}
		if want := fmt.Sprint(999 - seen); string(v.Bytes) != want || v.KeyHash != simdr.KeyHash([]byte(want)) {
			t.Fatalf("%q, want %q", v.Bytes, want)
		}
		seen++
	}
	if seen != 1000 {
		t.Error(seen)
	}
}

func TestViewsTellWhatEntriesTell(t *testing.T) {
	s := numbered(t, 300)
	next, stop := iter.Pull2(s.All(simdr.Live))
	defer stop()
	for v, err := range s.Views(simdr.Live) {
		must(t, err)
		e, err, ok := next()
		must(t, err)
		info, err := e.Info()
		must(t, err)
		told := simdr.View{Bytes: v.Bytes, KeyHash: info.KeyHash, PayloadOffset: info.PayloadOffset, Checksum: info.Checksum}
		if !ok || !bytes.Equal(v.Bytes, e.Bytes()) || !reflect.DeepEqual(v, told) {
			t.Fatalf("%+v, %+v", v, info)
		}
		must(t, e.Close())
	}
}

func TestLoopsOverNothing(t *testing.T) {
	s := newStore(t)
	for range s.All(simdr.Live) {
		t.Error("an entry")
	}
	for range s.Views(simdr.Live) {
		t.Error("an entry")
	}
	for range s.Versions([]byte("k")) {
		t.Error("an entry")
	}
	must(t, s.ForEach(0, simdr.Live, func(simdr.View) error { t.Error("an entry"); return nil }))
	_, err := s.Last()
	wants(t, err, simdr.ErrNotFound)
}

// What a loop lends stays readable to its end, even where the store goes.
func TestStoreMayBeClosedInALoop(t *testing.T) {
	s := numbered(t, 1000)
	var views []simdr.View
	var last error
	for v, err := range s.Views(simdr.Live) {
		if err != nil {
			last = err
			break
		}
		views = append(views, v)
		if len(views) == 200 {
			must(t, s.Compact(nil))
			must(t, s.Close())
		}
		for i, v := range views {
			if string(v.Bytes) != fmt.Sprint(999-i) {
				t.Fatalf("view %d is %q", i, v.Bytes)
			}
		}
	}
	wants(t, last, simdr.ErrClosed)
	if len(views) < 200 {
		t.Error(len(views))
	}

	s = numbered(t, 10)
	var errs []error
	for e, err := range s.All(simdr.Live) {
		errs = append(errs, err)
		if err == nil {
			must(t, s.Close())
			if string(e.Bytes()) != "9" {
				t.Errorf("%q", e.Bytes())
			}
			must(t, e.Close())
		}
	}
	if len(errs) != 2 || errs[0] != nil || !errors.Is(errs[1], simdr.ErrClosed) {
		t.Error(errs)
	}
}

// A loop that is pulled from and never stopped does not keep its store open.
func TestStoreCloseEndsAbandonedLoops(t *testing.T) {
	s := numbered(t, 10)
	next, _ := iter.Pull2(s.All(simdr.Live))
	e, err, _ := next()
	must(t, err)
	defer e.Close()
	must(t, s.Close())
	_, err, _ = next()
	wants(t, err, simdr.ErrClosed)
}

func TestVerifyingLoopsGoOnBehindDamage(t *testing.T) {
	s := numbered(t, 400)
	damaged, err := s.Metadata([]byte("250"))
	must(t, err)
	newest, err := s.Metadata([]byte("399"))
	must(t, err)
	flip(t, s.Path(), int64(damaged.PayloadOffset))
	flip(t, s.Path(), int64(newest.PayloadOffset))

	for name, loop := range map[string]func(func(error) bool){
		"All": func(yield func(error) bool) {
			s.All(simdr.Verify)(func(e *simdr.Entry, err error) bool {
				if err == nil {
					must(t, e.Close())
				}
				return yield(err)
			})
		},
		"Views": func(yield func(error) bool) {
			s.Views(simdr.Verify)(func(_ simdr.View, err error) bool { return yield(err) })
		},
	} {
		good, bad := 0, 0
		loop(func(err error) bool {
			if err == nil {
				good++
			} else {
				wants(t, err, simdr.ErrCorrupt)
				bad++
			}
			return true
		})
		if good != 398 || bad != 2 {
			t.Errorf("%s: %d good, %d bad", name, good, bad)
		}
	}
	wants(t, s.ForEach(2, simdr.Verify, func(simdr.View) error { return nil }), simdr.ErrCorrupt)
	must(t, s.ForEach(2, simdr.Live, func(simdr.View) error { return nil }))
}

func TestForEachVisitsEachOnce(t *testing.T) {
	s := numbered(t, 5000)
	for _, goroutines := range []int{0, 1, 2, 7} {
		var mu sync.Mutex
		seen := map[string]int{}
		must(t, s.ForEach(goroutines, simdr.Live, func(v simdr.View) error {
			mu.Lock()
			defer mu.Unlock()
			seen[string(v.Bytes)]++
			return nil
		}))
		for i := range 5000 {
			if seen[fmt.Sprint(i)] != 1 {
				t.Fatalf("%d goroutines: entry %d was seen %d times", goroutines, i, seen[fmt.Sprint(i)])
			}
		}
	}
}

func TestForEachEndsWithErrorsAndPanics(t *testing.T) {
	s := numbered(t, 5000)
	stop := errors.New("stop")
	for _, goroutines := range []int{1, 4} {
		var calls atomic.Int64
		err := s.ForEach(goroutines, simdr.Live, func(simdr.View) error {
			if calls.Add(1) == 100 {
				return stop
			}
			return nil
		})
		wants(t, err, stop)
		if calls.Load() >= 5000 {
			t.Error("it went on to the end")
		}
		wantPanic(t, "in visit", func() {
			must(t, s.ForEach(goroutines, simdr.Live, func(simdr.View) error { panic("in visit") }))
		})
	}
	wants(t, s.ForEach(1, simdr.AllVersions, nil), simdr.ErrUnknownFlags)
	must(t, s.ForEach(2, simdr.Live, func(simdr.View) error {
		wants(t, s.Close(), simdr.ErrBadState)
		return nil
	}))
}

func TestVerifyReadsRefuseDamage(t *testing.T) {
	s := numbered(t, 3)
	info, err := s.Metadata([]byte("1"))
	must(t, err)
	must(t, s.Close())
	flip(t, s.Path(), int64(info.PayloadOffset))
	path := filepath.Clean(s.Path())
	s = openStore(t, path, &simdr.Options{VerifyReads: true})
	_, err = s.Get([]byte("1"))
	wants(t, err, simdr.ErrCorrupt, "get")
	_, err = s.GetMany([][]byte{[]byte("0"), []byte("1")})
	wants(t, err, simdr.ErrCorrupt)
	wants(t, s.View([]byte("1"), func([]byte) error { t.Error("called"); return nil }), simdr.ErrCorrupt)
	wantValue(t, s, "0", "0")
}
