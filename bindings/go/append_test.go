package simdr_test

import (
	"bytes"
	"errors"
	"sync"
	"testing"

	"libsimdr/simdr"
)

// Append and AppendHashed of the same key, one after the other, must be of one mind.
func appendBoth(t testing.TB, s *simdr.Store, dst []byte, key string) ([]byte, error) {
	t.Helper()
	got, err := s.Append(dst, []byte(key))
	hashed, hashedErr := s.AppendHashed(bytes.Clone(dst), simdr.KeyHash([]byte(key)))
	if !bytes.Equal(got, hashed) || !errors.Is(hashedErr, err) {
		t.Fatalf("Append: %d bytes, %v; AppendHashed: %d bytes, %v", len(got), err, len(hashed), hashedErr)
	}
	return got, err
}

func TestAppendPutsACopyBehindWhatIsThere(t *testing.T) {
	s := newStore(t)
	for _, size := range []int{1, 2, 63, 1000, 100_000, 3 << 20} {
		value := pattern(size, size)
		must(t, s.Put([]byte("k"), value))
		for _, dst := range [][]byte{nil, {}, []byte("before"), append(make([]byte, 0, size+100), "before"...)} {
			before := bytes.Clone(dst)
			got, err := appendBoth(t, s, dst, "k")
			must(t, err)
			if !bytes.Equal(got, append(before, value...)) {
				t.Fatalf("%d bytes behind %d: other bytes than were put", size, len(before))
			}
			if cap(dst) >= size+len(dst) && len(dst) > 0 && &got[0] != &dst[0] {
				t.Errorf("%d bytes behind %d: there was room, and it was not used", size, len(dst))
			}
			got[len(got)-1] ^= 1 // a copy: the store's own bytes could not be written to
		}
	}
}

func TestAppendLeavesItsBufferAsItWasWhereThereIsNothing(t *testing.T) {
	s := newStore(t)
	dst := append(make([]byte, 0, 100), "before"...)
	got, err := appendBoth(t, s, dst, "absent")
	if !errors.Is(err, simdr.ErrNotFound) || string(got) != "before" || &got[0] != &dst[0] {
		t.Errorf("%q, %v", got, err)
	}
	put(t, s, "k", "value")
	must(t, s.Remove([]byte("k")))
	if _, err := appendBoth(t, s, nil, "k"); !errors.Is(err, simdr.ErrNotFound) {
		t.Error(err)
	}
	must(t, s.Close())
	if _, err := appendBoth(t, s, nil, "k"); !errors.Is(err, simdr.ErrClosed) {
		t.Error(err)
	}
}

func TestAppendAllocatesNothingWhereThereIsRoom(t *testing.T) {
	if underASan {
		t.Skip("what the address sanitizer allocates counts too")
	}
	s := newStore(t)
	put(t, s, "k", "a value")
	key, hash, buffer := []byte("k"), simdr.KeyHash([]byte("k")), make([]byte, 0, 100)
	allocations := testing.AllocsPerRun(100, func() {
		var err error
		if buffer, err = s.Append(buffer[:0], key); err != nil || string(buffer) != "a value" {
			t.Fatal(string(buffer), err)
		}
		if buffer, err = s.AppendHashed(buffer[:0], hash); err != nil || string(buffer) != "a value" {
			t.Fatal(string(buffer), err)
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}

// The value grows between the call that tells its size and the one that copies it.
func TestAppendGivesWholeValuesWhileTheyChange(t *testing.T) {
	s := newStore(t)
	must(t, s.Put([]byte("k"), pattern(1, 1)))
	var writer sync.WaitGroup
	writer.Add(1)
	go func() {
		defer writer.Done()
		for i := 1; i < 2000; i++ {
			if err := s.Put([]byte("k"), bytes.Repeat([]byte{byte(i%255 + 1)}, 1+i*7%5000)); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	for range 2000 {
		got, err := s.AppendHashed(nil, simdr.KeyHash([]byte("k")))
		must(t, err)
		if len(got) == 0 || bytes.Count(got, got[:1]) != len(got) {
			t.Fatalf("%d bytes of more than one value", len(got))
		}
	}
	writer.Wait()
}
