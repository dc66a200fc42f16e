package simdr_test

import (
	"bytes"
	"hash/crc32"
	"io"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"testing/iotest"
	"time"
	"unsafe"

	"libsimdr/simdr"
)

func TestEntryIsTheMappedBytes(t *testing.T) {
	s := newStore(t)
	value := pattern(1000, 1)
	must(t, s.Put([]byte("k"), value))
	e := get(t, s, "k")
	defer e.Close()
	if !bytes.Equal(e.Bytes(), value) || e.Len() != len(value) {
		t.Fatal("other bytes than were put")
	}
	if uintptr(unsafe.Pointer(unsafe.SliceData(e.Bytes())))%64 != 0 {
		t.Error("the value does not start on 64 bytes")
	}
	again := get(t, s, "k")
	defer again.Close()
	if unsafe.SliceData(again.Bytes()) != unsafe.SliceData(e.Bytes()) {
		t.Error("two gets of one value are two places: something was copied")
	}
	mine, err := e.Copy()
	must(t, err)
	mine[0] ^= 1
	if mine[0] == e.Bytes()[0] {
		t.Error("the copy is none")
	}
	info, err := e.Info()
	must(t, err)
	if info.KeyHash != simdr.KeyHash([]byte("k")) || info.PayloadSize != 1000 || info.Checksum != crc32.ChecksumIEEE(value) {
		t.Errorf("%+v", info)
	}
	if metadata, err := s.Metadata([]byte("k")); err != nil || metadata != info {
		t.Errorf("%+v, %v", metadata, err)
	}
	if metadata, err := s.MetadataHashed(info.KeyHash); err != nil || metadata != info {
		t.Errorf("%+v, %v", metadata, err)
	}
	if ok, err := e.ChecksumOK(); !ok || err != nil {
		t.Error(ok, err)
	}
}

func TestEntryOutlivesWritesCompactionAndClose(t *testing.T) {
	s := newStore(t)
	put(t, s, "k", "old")
	e := get(t, s, "k")
	defer e.Close()
	id, err := e.MappingID()
	must(t, err)
	put(t, s, "k", "new")
	must(t, s.Compact(nil))
	after := get(t, s, "k")
	defer after.Close()
	if other, err := after.MappingID(); err != nil || other == id {
		t.Error("the compacted file is in the old mapping", err)
	}
	must(t, s.Close())
	if string(e.Bytes()) != "old" || string(after.Bytes()) != "new" {
		t.Errorf("%q %q", e.Bytes(), after.Bytes())
	}
	if ok, err := e.ChecksumOK(); !ok || err != nil {
		t.Error(ok, err)
	}
}

func TestClosedEntryGivesNothing(t *testing.T) {
	s := newStore(t)
	put(t, s, "k", "value")
	e := get(t, s, "k")
	clone, err := e.Clone()
	must(t, err)
	reader := e.NewReader()
	must(t, e.Close())

	wants(t, e.Close(), simdr.ErrClosed)
	if e.Bytes() != nil || e.Len() != 5 {
		t.Errorf("%q %d", e.Bytes(), e.Len())
	}
	for name, call := range entryCalls(e, reader) {
		if err := call(); err == nil || !isClosed(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	wants(t, s.PutIfEntry(e, []byte("x")), simdr.ErrClosed)
	if string(clone.Bytes()) != "value" {
		t.Errorf("the clone went with it: %q", clone.Bytes())
	}
	must(t, clone.Close())

	var none *simdr.Entry
	wants(t, none.Close(), simdr.ErrClosed)
	for name, call := range entryCalls(new(simdr.Entry), reader) {
		if err := call(); !isClosed(err) {
			t.Errorf("%s of an entry that is none: %v", name, err)
		}
	}
}

func isClosed(err error) bool { return err == simdr.ErrClosed }

func entryCalls(e *simdr.Entry, reader io.Reader) map[string]func() error {
	return map[string]func() error{
		"Copy":        func() error { _, err := e.Copy(); return err },
		"Clone":       func() error { _, err := e.Clone(); return err },
		"Info":        func() error { _, err := e.Info(); return err },
		"ChecksumOK":  func() error { _, err := e.ChecksumOK(); return err },
		"MappingID":   func() error { _, err := e.MappingID(); return err },
		"ReadAt":      func() error { _, err := e.ReadAt(make([]byte, 1), 0); return err },
		"WriteTo":     func() error { _, err := e.WriteTo(io.Discard); return err },
		"Slice":       func() error { _, err := simdr.Slice[byte](e); return err },
		"SliceOrCopy": func() error { _, err := simdr.SliceOrCopy[byte](e); return err },
		"a reader":    func() error { _, err := reader.Read(make([]byte, 1)); return err },
	}
}

func TestReaderReadsAsReadersDo(t *testing.T) {
	s := newStore(t)
	value := pattern(10_000, 3)
	must(t, s.Put([]byte("k"), value))
	e := get(t, s, "k")
	defer e.Close()
	if err := iotest.TestReader(e.NewReader(), value); err != nil {
		t.Error(err)
	}
	var written bytes.Buffer
	if n, err := e.WriteTo(&written); n != 10_000 || err != nil || !bytes.Equal(written.Bytes(), value) {
		t.Error(n, err)
	}
	_, err := e.ReadAt(make([]byte, 1), -1)
	wants(t, err, simdr.ErrInvalidArgument)
}

func TestWriteToGivesTheWritersError(t *testing.T) {
	s := newStore(t)
	put(t, s, "k", "value")
	e := get(t, s, "k")
	defer e.Close()
	if n, err := e.WriteTo(iotest.TruncateWriter(failingWriter{}, 0)); err != nil || n != 5 {
		t.Error(n, err)
	}
	if n, err := e.WriteTo(failingWriter{}); err != io.ErrClosedPipe || n != 0 {
		t.Error(n, err)
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestTypedSlices(t *testing.T) {
	s := newStore(t)
	type point struct{ X, Y float32 }
	must(t, s.Put([]byte("points"), []byte{0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64, 0, 0, 128, 64})) // 1, 2, 3, 4
	e := get(t, s, "points")
	defer e.Close()
	points, err := simdr.Slice[point](e)
	must(t, err)
	if len(points) != 2 || points[0] != (point{1, 2}) || points[1] != (point{3, 4}) {
		t.Errorf("%v", points)
	}
	if unsafe.Pointer(&points[0]) != unsafe.Pointer(&e.Bytes()[0]) {
		t.Error("something was copied")
	}
	_, err = simdr.Slice[[3]uint16](e)
	wants(t, err, simdr.ErrPartialElement)
	refused := []error{elementError[*byte](e), elementError[string](e), elementError[struct{}](e), elementError[bool](e),
		elementError[[2]any](e), elementError[struct{ f func() }](e), elementError[uintptr](e)}
	for _, err := range refused {
		wants(t, err, simdr.ErrInvalidArgument, "element")
	}
}

func elementError[T any](e *simdr.Entry) error {
	_, err := simdr.Slice[T](e)
	return err
}

func TestTypedSliceOfAPackedStoreIsCopied(t *testing.T) {
	s := openStore(t, filepath.Join(testData, "generations/v0.12.0-alpha/sizes.bin"), &simdr.Options{Mode: simdr.ReadOnly})
	if s.Alignment() != 1 {
		t.Fatalf("alignment %d: not the packed store that this test is about", s.Alignment())
	}
	misaligned := 0
	for e, err := range s.All(simdr.Live) {
		must(t, err)
		if e.Len()%8 == 0 {
			direct, err := simdr.Slice[uint64](e)
			either, errEither := simdr.SliceOrCopy[uint64](e)
			must(t, errEither)
			if err != nil {
				wants(t, err, simdr.ErrMisaligned)
				misaligned++
			} else if len(direct) != len(either) {
				t.Error("lengths differ")
			}
			back := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(either))), 8*len(either))
			if !bytes.Equal(back, e.Bytes()) {
				t.Error("other bytes than the entry's")
			}
		}
		must(t, e.Close())
	}
	if misaligned == 0 {
		t.Error("no value was misaligned: the copy was not tested")
	}
}

// What is dropped is released by the garbage collector: an entry that kept the mapping, and a store that kept the lock.
func TestDroppedHandlesAreCollected(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dropped.store")
	func() {
		s, err := simdr.Open(path, nil)
		must(t, err)
		put(t, s, "k", "v")
		_ = get(t, s, "k")
		_, err = s.GetMany([][]byte{[]byte("k")})
		must(t, err)
		_, err = s.NewWriter([]byte("w"))
		must(t, err)
	}()
	deadline := time.Now().Add(30 * time.Second)
	for {
		runtime.GC()
		s, err := simdr.Open(path, nil)
		if err == nil {
			wantValue(t, s, "k", "v")
			must(t, s.Close())
			if mappingsOf(t, path) == 0 {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("open: %v; %d mappings are left", err, mappingsOf(t, path))
		}
		runtime.Gosched()
	}
}

// Use and close of one entry from many goroutines: the race detector and the C heap are the judges.
func TestEntryMayBeClosedWhileItIsUsed(t *testing.T) {
	s := newStore(t)
	value := pattern(100, 1)
	must(t, s.Put([]byte("k"), value))
	for range 200 {
		e := get(t, s, "k")
		var wait sync.WaitGroup
		closed := make(chan error, 2)
		for range 4 {
			wait.Add(1)
			go func() {
				defer wait.Done()
				for {
					mine, err := e.Copy()
					if err != nil {
						wants(t, err, simdr.ErrClosed)
						return
					}
					if !bytes.Equal(mine, value) {
						t.Error("other bytes")
					}
				}
			}()
		}
		for range 2 {
			go func() { closed <- e.Close() }()
		}
		if first, second := <-closed, <-closed; (first == nil) == (second == nil) {
			t.Error(first, second)
		}
		wait.Wait()
	}
}
