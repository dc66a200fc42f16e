package simdr_test

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"libsimdr/simdr"
)

func TestOpensInEveryMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.store")
	for _, mode := range []simdr.Mode{simdr.Existing, simdr.ReadOnly} {
		_, err := simdr.Open(path, &simdr.Options{Mode: mode})
		wants(t, err, simdr.ErrNoSuchFile, "open", path)
		wants(t, err, fs.ErrNotExist)
		wants(t, err, syscall.ENOENT)
	}
	s := openStore(t, path, &simdr.Options{Mode: simdr.CreateNew, FileMode: 0o640})
	put(t, s, "k", "v")
	must(t, s.Close())
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode().Perm() != 0o640 {
		t.Errorf("the file has mode %v", info.Mode())
	}
	_, err = simdr.Open(path, &simdr.Options{Mode: simdr.CreateNew})
	wants(t, err, simdr.ErrExists)
	wants(t, err, fs.ErrExist)

	for _, mode := range []simdr.Mode{simdr.Create, simdr.Existing, simdr.ReadOnly} {
		s := openStore(t, path, &simdr.Options{Mode: mode})
		wantValue(t, s, "k", "v")
		if s.ReadOnly() != (mode == simdr.ReadOnly) {
			t.Errorf("mode %d: ReadOnly is %v", mode, s.ReadOnly())
		}
		must(t, s.Close())
	}
}

func TestTellsFactsAlsoAfterClose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "facts.store")
	s := openStore(t, path, nil)
	must(t, s.Close())
	if s.Path() != path || s.Generation() != "aligned-64" || s.Alignment() != 64 || s.RecoveredFrom() != "" || s.ReadOnly() {
		t.Errorf("%q %q %d %q %v", s.Path(), s.Generation(), s.Alignment(), s.RecoveredFrom(), s.ReadOnly())
	}
}

func TestRefusesBadPathsAndOptions(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	must(t, os.WriteFile(text, []byte(strings.Repeat("no store at all\n", 1000)), 0o600))
	for _, c := range []struct {
		name, path string
		options    *simdr.Options
		want       error
	}{
		{"zero byte", "a\x00b", nil, simdr.ErrInvalidArgument},
		{"empty path", "", nil, simdr.ErrInvalidArgument},
		{"folder", dir, nil, simdr.ErrIsDirectory},
		{"no such folder", filepath.Join(dir, "no", "store"), nil, simdr.ErrNoSuchFile},
		{"no store", text, nil, simdr.ErrNotAStore},
		{"device", "/dev/null", nil, simdr.ErrNotRegularFile},
		{"mode", filepath.Join(dir, "x"), &simdr.Options{Mode: 77}, simdr.ErrInvalidArgument},
		{"durability", filepath.Join(dir, "x"), &simdr.Options{Durability: 77}, simdr.ErrInvalidArgument},
		{"window", filepath.Join(dir, "x"), &simdr.Options{WindowSize: 1}, simdr.ErrInvalidArgument},
		{"layout", filepath.Join(dir, "x"), &simdr.Options{LayoutAlignment: 3}, simdr.ErrInvalidArgument},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := simdr.Open(c.path, c.options)
			if s != nil {
				t.Error("gives a store")
			}
			var e *simdr.Error
			if !errors.As(err, &e) || e.Op != "open" || e.Message == "" {
				t.Errorf("%#v", err)
			}
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestLocksOutASecondWriter(t *testing.T) {
	s := newStore(t)
	for _, wait := range []time.Duration{0, time.Nanosecond} {
		_, err := simdr.Open(s.Path(), &simdr.Options{LockTimeout: wait})
		wants(t, err, simdr.ErrLocked, s.Path())
	}
	openStore(t, s.Path(), &simdr.Options{Mode: simdr.ReadOnly})

	// One that waits for ever gets its turn.
	opened := make(chan error)
	go func() {
		second, err := simdr.Open(s.Path(), &simdr.Options{LockTimeout: -1})
		if err == nil {
			err = second.Close()
		}
		opened <- err
	}()
	must(t, s.Close())
	must(t, <-opened)
}

func TestEveryCallAfterCloseIsErrClosed(t *testing.T) {
	s := newStore(t)
	put(t, s, "k", "v")
	e := get(t, s, "k")
	defer e.Close()
	must(t, s.Close())
	other := newStore(t)
	key, hash := []byte("k"), simdr.KeyHash([]byte("k"))
	for name, call := range closedCalls(s, other, e, key, hash) {
		err := call()
		if !errors.Is(err, simdr.ErrClosed) || !errors.Is(err, fs.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s.Len() != 0 || s.FileSize() != 0 || s.CompactionSavings() != 0 {
		t.Error("a closed store has a size")
	}
	var none *simdr.Store
	wants(t, none.Close(), simdr.ErrClosed)
	wants(t, new(simdr.Store).Put(key, key), simdr.ErrClosed)
}

func closedCalls(s, other *simdr.Store, e *simdr.Entry, key []byte, hash uint64) map[string]func() error {
	keys, pairs := [][]byte{key}, []simdr.Pair{{Key: key, Value: key}}
	second := func(_ any, err error) error { return err }
	return map[string]func() error{
		"Close":            s.Close,
		"Put":              func() error { return s.Put(key, key) },
		"PutHashed":        func() error { return s.PutHashed(hash, key) },
		"PutMany":          func() error { return s.PutMany(pairs) },
		"PutManyHashed":    func() error { return s.PutManyHashed([]uint64{hash}, keys) },
		"PutIfAbsent":      func() error { return s.PutIfAbsent(key, key) },
		"PutIfEntry":       func() error { return s.PutIfEntry(e, key) },
		"PutFrom":          func() error { return second(s.PutFrom(key, strings.NewReader("x"))) },
		"PutFile":          func() error { return s.PutFile(key, os.Stdin) },
		"PutInPlace":       func() error { return s.PutInPlace(key, 1, func([]byte) error { return nil }) },
		"NewWriter":        func() error { return second(s.NewWriter(key)) },
		"NewWriterHashed":  func() error { return second(s.NewWriterHashed(hash)) },
		"Remove":           func() error { return s.Remove(key) },
		"RemoveHashed":     func() error { return s.RemoveHashed(hash) },
		"RemoveMany":       func() error { return second(s.RemoveMany(keys)) },
		"RemoveManyHashed": func() error { return second(s.RemoveManyHashed([]uint64{hash})) },
		"Rename":           func() error { return s.Rename(key, []byte("new")) },
		"RenameHashed":     func() error { return s.RenameHashed(hash, 1) },
		"CopyTo":           func() error { return s.CopyTo(other, key) },
		"CopyTo it":        func() error { return other.CopyTo(s, key) },
		"CopyHashedTo":     func() error { return s.CopyHashedTo(other, hash) },
		"TransferTo":       func() error { return s.TransferTo(other, key) },
		"TransferHashedTo": func() error { return s.TransferHashedTo(other, hash) },
		"Sync":             func() error { return s.Sync(simdr.DurabilityCommit) },
		"Get":              func() error { return second(s.Get(key)) },
		"GetHashed":        func() error { return second(s.GetHashed(hash)) },
		"GetMany":          func() error { return second(s.GetMany(keys)) },
		"GetManyHashed":    func() error { return second(s.GetManyHashed([]uint64{hash}, nil)) },
		"View":             func() error { return s.View(key, func([]byte) error { return nil }) },
		"ViewHashed":       func() error { return s.ViewHashed(hash, func([]byte) error { return nil }) },
		"Append":           func() error { return second(s.Append(nil, key)) },
		"AppendHashed":     func() error { return second(s.AppendHashed(nil, hash)) },
		"ReadAt":           func() error { return second(s.ReadAt(key, make([]byte, 1), 0)) },
		"Exists":           func() error { return second(s.Exists(key)) },
		"ExistsHashed":     func() error { return second(s.ExistsHashed(hash)) },
		"Last":             func() error { return second(s.Last()) },
		"Metadata":         func() error { return second(s.Metadata(key)) },
		"MetadataHashed":   func() error { return second(s.MetadataHashed(hash)) },
		"Stats":            func() error { return second(s.Stats()) },
		"Compact":          func() error { return s.Compact(nil) },
		"Verify":           func() error { return second(s.Verify(nil)) },
		"Import":           func() error { return second(s.Import(".", nil)) },
		"Backup":           func() error { return s.Backup("x") },
		"ForEach":          func() error { return s.ForEach(1, simdr.Live, func(simdr.View) error { return nil }) },
		"All":              func() error { return firstError(s.All(simdr.Live)) },
		"Versions":         func() error { return firstError(s.Versions(key)) },
		"VersionsHashed":   func() error { return firstError(s.VersionsHashed(hash)) },
		"Views":            func() error { return firstError(s.Views(simdr.Live)) },
	}
}

func firstError[T any](sequence func(func(T, error) bool)) (first error) {
	sequence(func(_ T, err error) bool {
		first = err
		return false
	})
	return first
}

func TestLogTellsWhatADamagedEndCost(t *testing.T) {
	path := filepath.Join(t.TempDir(), "torn.store")
	s := openStore(t, path, nil)
	put(t, s, "a", "first")
	put(t, s, "b", "second")
	size := int64(s.FileSize())
	must(t, s.Close())
	must(t, os.Truncate(path, size-1))

	type line struct {
		level   slog.Level
		message string
	}
	var lines []line
	log := func(level slog.Level, message string) { lines = append(lines, line{level, message}) }
	s = openStore(t, path, &simdr.Options{Log: log})
	wantValue(t, s, "a", "first")
	wantAbsent(t, s, "b")
	must(t, s.Close())
	if want := path + ": " + s.RecoveredFrom(); len(lines) != 1 || lines[0] != (line{slog.LevelWarn, want}) {
		t.Errorf("%v, and recovered from %q", lines, s.RecoveredFrom())
	}
}

func TestIndexFileIsSavedByAWriterAndUsedByAReader(t *testing.T) {
	const count = 300
	path := filepath.Join(t.TempDir(), "indexed.store")
	s := openStore(t, path, &simdr.Options{IndexFile: true})
	for i := range count {
		put(t, s, fmt.Sprint("key ", i), fmt.Sprint("value ", i))
	}
	if _, err := os.Stat(path + ".index"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before the writer is closed: %v", err)
	}
	must(t, s.Close())
	_, err := os.Stat(path + ".index")
	must(t, err)

	var told []string
	log := func(level slog.Level, message string) { told = append(told, level.String()+" "+message) }
	s = openStore(t, path, &simdr.Options{Mode: simdr.ReadOnly, IndexFile: true, Log: log})
	for i := range count {
		wantValue(t, s, fmt.Sprint("key ", i), fmt.Sprint("value ", i))
	}
	wantAbsent(t, s, fmt.Sprint("key ", count))
	must(t, s.Close())
	const used = "/indexed.store.index: used, the store was not walked"
	if len(told) != 1 || !strings.HasPrefix(told[0], "INFO ") || !strings.HasSuffix(told[0], used) {
		t.Errorf("%q, want one that ends with %q", told, used)
	}
}

func TestVersionAndKernelHaveNames(t *testing.T) {
	if simdr.Version() == "" || simdr.KernelName() == "" {
		t.Errorf("%q %q", simdr.Version(), simdr.KernelName())
	}
}
