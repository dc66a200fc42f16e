package simdr_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"libsimdr/simdr"
)

// newStore is an open store in a folder that goes with the test.
func newStore(t testing.TB) *simdr.Store {
	t.Helper()
	return openStore(t, filepath.Join(t.TempDir(), "test.store"), nil)
}

// openStore is closed with the test, unless the test closes it.
func openStore(t testing.TB, path string, options *simdr.Options) *simdr.Store {
	t.Helper()
	s, err := simdr.Open(path, options)
	must(t, err)
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, simdr.ErrClosed) {
			t.Error(err)
		}
	})
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wants is for errors: err must be target, and say these words.
func wants(t testing.TB, err, target error, words ...string) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("got %v, want %v", err, target)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
}

func put(t testing.TB, s *simdr.Store, key, value string) {
	t.Helper()
	must(t, s.Put([]byte(key), []byte(value)))
}

func wantValue(t testing.TB, s *simdr.Store, key, value string) {
	t.Helper()
	got, err := s.Append(nil, []byte(key))
	must(t, err)
	if string(got) != value {
		t.Fatalf("%s: got %d bytes %.40q, want %d bytes %.40q", key, len(got), got, len(value), value)
	}
}

func wantAbsent(t testing.TB, s *simdr.Store, key string) {
	t.Helper()
	_, err := s.Get([]byte(key))
	wants(t, err, simdr.ErrNotFound)
}

func get(t testing.TB, s *simdr.Store, key string) *simdr.Entry {
	t.Helper()
	e, err := s.Get([]byte(key))
	must(t, err)
	return e
}

// pattern is `size` bytes that differ from those of other seeds.
func pattern(size, seed int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(i*131 + seed*17 + 7)
	}
	if size == 1 && b[0] == 0 {
		b[0] = 1
	}
	return b
}

// flip inverts a byte of the file, behind the library's back.
func flip(t testing.TB, path string, offset int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	defer f.Close()
	var b [1]byte
	_, err = f.ReadAt(b[:], offset)
	must(t, err)
	b[0] ^= 0xFF
	_, err = f.WriteAt(b[:], offset)
	must(t, err)
}

// mappingsOf counts the mappings of this file in the process.
func mappingsOf(t testing.TB, path string) int {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	must(t, err)
	return bytes.Count(maps, []byte(path))
}

func keyNumber(i int) []byte { return fmt.Appendf(nil, "key %d", i) }
