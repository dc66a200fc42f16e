package simdr_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"libsimdr/simdr"
)

func TestPutsAndGetsEverySize(t *testing.T) {
	s := newStore(t)
	for _, size := range []int{1, 2, 43, 44, 45, 64, 100, 1023, 1024, 1025, 65536, 1 << 20} {
		key, value := keyNumber(size), pattern(size, size)
		must(t, s.Put(key, value))
		wantValue(t, s, string(key), string(value))
		must(t, s.View(key, func(got []byte) error {
			if !bytes.Equal(got, value) {
				t.Errorf("size %d: View gives other bytes", size)
			}
			return nil
		}))
		got := make([]byte, size)
		if n, err := s.ReadAt(key, got, 0); n != size || err != nil || !bytes.Equal(got, value) {
			t.Errorf("size %d: ReadAt gives %d, %v", size, n, err)
		}
	}
}

func TestKeysAreAnyBytes(t *testing.T) {
	s := newStore(t)
	for i, key := range [][]byte{nil, {0}, {0, 0}, []byte("\xff\xfe"), bytes.Repeat([]byte("k"), 100_000)} {
		value := fmt.Sprint("value ", i)
		must(t, s.Put(key, []byte(value)))
		wantValue(t, s, string(key), value)
		if exists, err := s.Exists(key); !exists || err != nil {
			t.Error(exists, err)
		}
	}
	// No bytes and a nil slice are one key.
	wantValue(t, s, "", "value 0")
}

// cgo looks for pointers around an address that it is given as void *, and refuses memory that has some. Keys and
// values may be part of anything.
func TestBytesMayLieBesidePointers(t *testing.T) {
	s := newStore(t)
	type owner struct {
		key, value [8]byte
		buffer     [16]byte
		next       *owner
	}
	o := &owner{key: [8]byte{1}, value: [8]byte{2}, next: &owner{}}
	must(t, s.Put(o.key[:], o.value[:]))
	must(t, s.PutMany([]simdr.Pair{{Key: o.key[:], Value: o.value[:]}}))
	if n, err := s.ReadAt(o.key[:], o.buffer[:8], 0); n != 8 || err != nil || !bytes.Equal(o.buffer[:8], o.value[:]) {
		t.Error(n, err)
	}
	large := &struct {
		value [1 << 16]byte
		next  *owner
	}{next: o}
	large.value[5] = 5
	must(t, s.PutMany([]simdr.Pair{{Key: o.key[:], Value: large.value[:]}}))
	wantValue(t, s, string(o.key[:]), string(large.value[:]))
}

func TestRefusesWhatTheFormatCannotHold(t *testing.T) {
	s := newStore(t)
	put(t, s, "k", "v")
	before := s.FileSize()
	key := []byte("k")
	for _, c := range []struct {
		name string
		err  error
		want error
		word string
	}{
		{"no bytes", s.Put(key, nil), simdr.ErrEmptyPayload, "value"},
		{"one zero", s.Put(key, []byte{0}), simdr.ErrTombstonePayload, "value"},
		{"reserved hash", s.PutHashed(simdr.ReservedKeyHash, key), simdr.ErrReservedHash, ""},
		{"second reserved hash", s.PutHashed(simdr.ReservedKeyHash2, key), simdr.ErrReservedHash, ""},
		{"durability", s.Put(key, key, 99), simdr.ErrUnknownFlags, "flags"},
		{"two durabilities", s.Put(key, key, simdr.DurabilityNone, simdr.DurabilityNone), simdr.ErrUnknownFlags, "flags"},
		{"in a batch", s.PutMany([]simdr.Pair{{Key: key, Value: key}, {Key: key}}), simdr.ErrEmptyPayload, "entry 1"},
		{"lengths", s.PutManyHashed([]uint64{1, 2}, [][]byte{key}), simdr.ErrLengthMismatch, ""},
		{"same key", s.Rename(key, key), simdr.ErrSameKey, ""},
		{"same store", s.CopyTo(s, key), simdr.ErrSameStore, ""},
		{"sync", s.Sync(simdr.DurabilityNone), simdr.ErrInvalidArgument, ""},
		{"no entry", s.PutIfEntry(nil, key), simdr.ErrInvalidArgument, "expected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			wants(t, c.err, c.want, c.word)
			var e *simdr.Error
			if !errors.As(c.err, &e) || e.Message == "" {
				t.Errorf("%#v", c.err)
			}
		})
	}
	if s.FileSize() != before {
		t.Error("a write that was refused has written")
	}
	wantValue(t, s, "k", "v")
}

func TestReadOnlyRefusesWrites(t *testing.T) {
	s := newStore(t)
	put(t, s, "k", "v")
	must(t, s.Close())
	s = openStore(t, s.Path(), &simdr.Options{Mode: simdr.ReadOnly})
	key := []byte("k")
	_, errMany := s.RemoveMany([][]byte{key})
	_, errWriter := s.PutFrom(key, strings.NewReader("x"))
	for _, err := range []error{s.Put(key, key), s.Remove(key), s.Rename(key, []byte("x")), s.Compact(nil), errMany, errWriter,
		s.PutInPlace(key, 1, func([]byte) error { return nil }), s.PutIfAbsent(key, key)} {
		wants(t, err, simdr.ErrReadOnly)
	}
}

func TestConditionalPuts(t *testing.T) {
	s := newStore(t)
	must(t, s.PutIfAbsent([]byte("k"), []byte("first")))
	wants(t, s.PutIfAbsent([]byte("k"), []byte("second")), simdr.ErrExists)
	wantValue(t, s, "k", "first")
	e := get(t, s, "k")
	defer e.Close()
	must(t, s.PutIfEntry(e, []byte("third")))
	wants(t, s.PutIfEntry(e, []byte("fourth")), simdr.ErrChanged)
	wantValue(t, s, "k", "third")
}

func TestRemovesRenamesCopiesTransfers(t *testing.T) {
	s, other := newStore(t), newStore(t)
	for _, key := range []string{"a", "b", "c", "d", "e", "f"} {
		put(t, s, key, "value of "+key)
	}
	must(t, s.Remove([]byte("a")))
	wantAbsent(t, s, "a")
	wants(t, s.Remove([]byte("a")), simdr.ErrNotFound)
	must(t, s.RemoveHashed(simdr.KeyHash([]byte("b"))))
	wantAbsent(t, s, "b")
	must(t, s.Rename([]byte("c"), []byte("C")))
	wantAbsent(t, s, "c")
	wantValue(t, s, "C", "value of c")
	wants(t, s.Rename([]byte("c"), []byte("x")), simdr.ErrNotFound)
	must(t, s.RenameHashed(simdr.KeyHash([]byte("C")), simdr.KeyHash([]byte("CC"))))
	wantValue(t, s, "CC", "value of c")

	must(t, s.CopyTo(other, []byte("d")))
	must(t, s.CopyHashedTo(other, simdr.KeyHash([]byte("CC"))))
	must(t, s.TransferTo(other, []byte("e"), simdr.DurabilityCommit))
	must(t, s.TransferHashedTo(other, simdr.KeyHash([]byte("f"))))
	for key, value := range map[string]string{"d": "value of d", "CC": "value of c", "e": "value of e", "f": "value of f"} {
		wantValue(t, other, key, value)
	}
	wantValue(t, s, "d", "value of d")
	wantAbsent(t, s, "e")
	wantAbsent(t, s, "f")
	wants(t, s.CopyTo(other, []byte("nothing")), simdr.ErrNotFound)
}

func TestWriterStoresWhatIsCommitted(t *testing.T) {
	s := newStore(t)
	w, err := s.NewWriter([]byte("k"))
	must(t, err)
	for _, piece := range []string{"one, ", "", "two, ", "three"} {
		n, err := io.WriteString(w, piece)
		if n != len(piece) {
			t.Error(n, err)
		}
	}
	wantAbsent(t, s, "k")
	must(t, w.Commit())
	wantValue(t, s, "k", "one, two, three")
	wants(t, w.Commit(), simdr.ErrBadState)
	must(t, w.Close())
	wants(t, w.Close(), simdr.ErrClosed)
	_, err = w.Write([]byte("x"))
	wants(t, err, simdr.ErrClosed)
	wants(t, w.Commit(), simdr.ErrClosed)

	w, err = s.NewWriterHashed(simdr.KeyHash([]byte("given up")))
	must(t, err)
	_, err = w.Write(pattern(100, 1))
	must(t, err)
	must(t, w.Close())
	wantAbsent(t, s, "given up")

	w, err = s.NewWriter([]byte("empty"))
	must(t, err)
	wants(t, w.Commit(), simdr.ErrEmptyPayload)
	must(t, w.Close())
}

func TestStoreCloseEndsItsWriters(t *testing.T) {
	s := newStore(t)
	w, err := s.NewWriter([]byte("k"))
	must(t, err)
	must(t, s.Close())
	_, err = w.Write([]byte("x"))
	wants(t, err, simdr.ErrClosed)
	wants(t, w.Commit(), simdr.ErrClosed)
	wants(t, w.Close(), simdr.ErrClosed)
}

func TestPutFromAReader(t *testing.T) {
	s := newStore(t)
	value := pattern(300_000, 7)
	if n, err := s.PutFrom([]byte("k"), iotest.HalfReader(bytes.NewReader(value))); n != 300_000 || err != nil {
		t.Fatal(n, err)
	}
	wantValue(t, s, "k", string(value))
	// An entry is a reader too.
	e := get(t, s, "k")
	defer e.Close()
	_, err := s.PutFrom([]byte("again"), e.NewReader())
	must(t, err)
	wantValue(t, s, "again", string(value))

	broken := errors.New("the source broke")
	_, err = s.PutFrom([]byte("k"), io.MultiReader(strings.NewReader("begun"), iotest.ErrReader(broken)))
	wants(t, err, broken)
	wantValue(t, s, "k", string(value))
	_, err = s.PutFrom([]byte("k"), strings.NewReader(""))
	wants(t, err, simdr.ErrEmptyPayload)
}

func TestPutAFile(t *testing.T) {
	s := newStore(t)
	path := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(path, pattern(100_000, 9), 0o600))
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	_, err = f.Seek(1000, io.SeekStart)
	must(t, err)
	must(t, s.PutFile([]byte("k"), f))
	wantValue(t, s, "k", string(pattern(100_000, 9)[1000:]))
	wants(t, s.PutFile([]byte("k"), f), simdr.ErrEmptyPayload)
	must(t, f.Close())
	if err := s.PutFile([]byte("k"), f); err == nil {
		t.Error("a closed file was read")
	}
	wants(t, s.PutFile([]byte("k"), nil), os.ErrInvalid)
	folder, err := os.Open(t.TempDir())
	must(t, err)
	defer folder.Close()
	wants(t, s.PutFile([]byte("k"), folder), simdr.ErrSource)
}

func TestPutInPlace(t *testing.T) {
	s := newStore(t)
	value := pattern(10_000, 2)
	must(t, s.PutInPlace([]byte("k"), len(value), func(bytes []byte) error {
		copy(bytes, value)
		wants(t, s.Put([]byte("x"), []byte("y")), simdr.ErrBadState)
		wants(t, s.Close(), simdr.ErrBadState)
		wantAbsent(t, s, "k")
		return nil
	}))
	wantValue(t, s, "k", string(value))

	stop := errors.New("stop")
	wants(t, s.PutInPlace([]byte("k"), 5, func([]byte) error { return stop }), stop)
	wantPanic(t, "in fill", func() {
		must(t, s.PutInPlace([]byte("k"), 5, func([]byte) error { panic("in fill") }))
	})
	wantValue(t, s, "k", string(value))
	none := func([]byte) error { t.Error("called"); return nil }
	wants(t, s.PutInPlace([]byte("k"), 0, none), simdr.ErrEmptyPayload)
	wants(t, s.PutInPlace([]byte("k"), -1, none), simdr.ErrInvalidArgument)
	wants(t, s.PutInPlace([]byte("k"), 1<<50, none), simdr.ErrTooLarge)
	wants(t, s.PutInPlace([]byte("k"), 1, func(b []byte) error { b[0] = 0; return nil }), simdr.ErrTombstonePayload)
	put(t, s, "the writer's lock", "is free")

	direct := openStore(t, filepath.Join(t.TempDir(), "direct.store"), &simdr.Options{DirectWrites: true})
	wants(t, direct.PutInPlace([]byte("k"), 5, none), simdr.ErrUnsupported)
}

func wantPanic(t *testing.T, value any, f func()) {
	t.Helper()
	defer func() {
		if got := recover(); got != value {
			t.Errorf("panic %v, want %v", got, value)
		}
	}()
	f()
}
