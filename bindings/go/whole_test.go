package simdr_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"libsimdr/simdr"
)

func TestStatsCount(t *testing.T) {
	s := newStore(t)
	put(t, s, "a", "1")
	put(t, s, "a", "2")
	put(t, s, "b", "3")
	must(t, s.Remove([]byte("b")))
	must(t, get(t, s, "a").Close())
	wantAbsent(t, s, "b")
	must(t, s.Sync(simdr.DurabilityCommit))
	stats, err := s.Stats()
	must(t, err)
	size := s.FileSize()
	got := []uint64{stats.LiveCount, stats.TotalCount, stats.TombstoneCount, stats.PutCount, stats.GetHits, stats.GetMisses,
		stats.SyncCount, stats.TailOffset, stats.DurableOffset}
	if !slices.Equal(got, []uint64{1, 4, 1, 4, 1, 1, 1, size, size}) || stats.IndexLoad <= 0 {
		t.Errorf("%+v", stats)
	}
	if s.Len() != 1 {
		t.Error(s.Len())
	}
}

func TestCompactSavesWhatItSaid(t *testing.T) {
	s := newStore(t)
	for range 100 {
		must(t, s.Put([]byte("k"), pattern(1000, 1)))
	}
	before, savings := s.FileSize(), s.CompactionSavings()
	var dones []uint64
	must(t, s.Compact(func(done, total uint64) error {
		if done > total {
			t.Error(done, total)
		}
		dones = append(dones, done)
		wants(t, s.Close(), simdr.ErrBadState)
		wantValue(t, s, "k", string(pattern(1000, 1)))
		return nil
	}))
	if saved := before - s.FileSize(); saved < savings || saved >= savings+64 || savings == 0 {
		t.Errorf("saved %d, said %d", saved, savings)
	}
	if len(dones) == 0 || !slices.IsSorted(dones) {
		t.Error(dones)
	}
	wantValue(t, s, "k", string(pattern(1000, 1)))
}

func TestCompactStopsWhereProgressSaysSo(t *testing.T) {
	s := newStore(t)
	put(t, s, "k", "old")
	put(t, s, "k", "new")
	before := s.FileSize()
	stop := errors.New("enough")
	wants(t, s.Compact(func(uint64, uint64) error { return stop }), stop)
	wantPanic(t, "in progress", func() { must(t, s.Compact(func(uint64, uint64) error { panic("in progress") })) })
	if s.FileSize() != before {
		t.Error("a compaction that was stopped has changed the file")
	}
	put(t, s, "k", "newer")
	must(t, s.Compact(nil))
	wantValue(t, s, "k", "newer")
}

// damagedStore is closed, and has one value that does not match its checksum: that of key "5".
func damagedStore(t *testing.T) (path string, offset uint64) {
	t.Helper()
	s := numbered(t, 10)
	info, err := s.Metadata([]byte("5"))
	must(t, err)
	must(t, s.Close())
	flip(t, s.Path(), int64(info.PayloadOffset))
	return s.Path(), info.PayloadOffset
}

func TestVerifyFindsDamage(t *testing.T) {
	path, offset := damagedStore(t)
	s := openStore(t, path, nil)
	var faults []simdr.Fault
	progress := 0
	result, err := s.Verify(&simdr.VerifyOptions{
		OnFault:  func(f simdr.Fault) error { faults = append(faults, f); return nil },
		Progress: func(done, total uint64) error { progress++; return nil },
	})
	wants(t, err, simdr.ErrCorrupt, "verify")
	if result.EntryCount != 10 || result.FaultCount != 1 || result.CheckedSize == 0 || progress == 0 {
		t.Errorf("%+v, %d calls of progress", result, progress)
	}
	if len(faults) != 1 || faults[0].KeyHash != simdr.KeyHash([]byte("5")) || faults[0].What == "" || faults[0].Offset > offset {
		t.Errorf("%+v", faults)
	}
	stop := errors.New("seen enough")
	_, err = s.Verify(&simdr.VerifyOptions{OnFault: func(simdr.Fault) error { return stop }})
	wants(t, err, stop)
	wantPanic(t, "fault", func() { s.Verify(&simdr.VerifyOptions{OnFault: func(simdr.Fault) error { panic("fault") }}) })

	whole := numbered(t, 3)
	result, err = whole.Verify(nil)
	if err != nil || result.EntryCount != 3 || result.FaultCount != 0 {
		t.Errorf("%+v, %v", result, err)
	}
}

func TestRepairKeepsTheRest(t *testing.T) {
	path, _ := damagedStore(t)
	fixedPath := path + ".fixed"
	var faults []simdr.Fault
	result, err := simdr.Repair(path, fixedPath, func(f simdr.Fault) error { faults = append(faults, f); return nil })
	must(t, err)
	if result.KeptCount != 9 || result.LostCount == 0 || result.KeptSize != 9 || result.LostSize == 0 || len(faults) == 0 {
		t.Errorf("%+v, %+v", result, faults)
	}
	s := openStore(t, fixedPath, nil)
	wantAbsent(t, s, "5")
	wantValue(t, s, "6", "6")
	_, err = simdr.Repair(path, fixedPath, nil)
	wants(t, err, simdr.ErrExists)
	_, err = simdr.Repair(path+"x", fixedPath+"x", nil)
	wants(t, err, simdr.ErrNoSuchFile)
	stop := errors.New("stop")
	_, err = simdr.Repair(path, fixedPath+"2", func(simdr.Fault) error { return stop })
	wants(t, err, stop)
}

func TestBackupIsAStore(t *testing.T) {
	s := numbered(t, 10)
	path := s.Path() + ".backup"
	must(t, s.Backup(path))
	put(t, s, "5", "later")
	copied := openStore(t, path, nil)
	wantValue(t, copied, "5", "5")
	wants(t, s.Backup(path), simdr.ErrExists)
	wants(t, s.Backup("a\x00b"), simdr.ErrInvalidArgument)
}

func TestUpgradeOfAnOlderGeneration(t *testing.T) {
	old := filepath.Join(testData, "generations/v0.2.0-alpha/sizes.bin")
	path := filepath.Join(t.TempDir(), "new.store")
	must(t, simdr.Upgrade(old, path, nil))
	before, after := openStore(t, old, &simdr.Options{Mode: simdr.ReadOnly}), openStore(t, path, nil)
	if before.Generation() == after.Generation() || after.Generation() != "aligned-64" {
		t.Errorf("%s to %s", before.Generation(), after.Generation())
	}
	got, want := valuesOf(t, after.All(simdr.Verify)), valuesOf(t, before.All(simdr.Verify))
	if !slices.Equal(got, want) || len(got) == 0 {
		t.Errorf("%d values became %d", len(want), len(got))
	}
	wants(t, simdr.Upgrade(old, path, nil), simdr.ErrExists)
	_, err := simdr.Open(old, &simdr.Options{Mode: simdr.Existing})
	wants(t, err, simdr.ErrOldGeneration)
}

func TestImportOfAFolder(t *testing.T) {
	dir := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(dir, "sub"), 0o700))
	for name, content := range map[string]string{"a": "of a", "sub/b": "of b", "empty": ""} {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	s := newStore(t)
	seen := map[string]error{}
	result, err := s.Import(dir, &simdr.ImportOptions{
		Durability: simdr.DurabilityCommit,
		OnFile:     func(key string, size uint64, why error) error { seen[key] = why; return nil },
	})
	must(t, err)
	if result.FileCount != 2 || result.StoredSize != 8 || result.SkippedCount != 1 {
		t.Errorf("%+v", result)
	}
	wantValue(t, s, "a", "of a")
	wantValue(t, s, "sub/b", "of b")
	if len(seen) != 3 || seen["a"] != nil || !errors.Is(seen["empty"], simdr.ErrEmptyPayload) {
		t.Errorf("%v", seen)
	}

	_, err = s.Import(dir, &simdr.ImportOptions{Namespace: []byte("ns")})
	must(t, err)
	key := simdr.NamespacedKey([]byte("ns"), []byte("sub/b"))
	wantValue(t, s, string(key[:]), "of b")

	stop := errors.New("stop")
	_, err = s.Import(dir, &simdr.ImportOptions{OnFile: func(string, uint64, error) error { return stop }})
	wants(t, err, stop)
	_, err = s.Import(dir+"/none", nil)
	wants(t, err, simdr.ErrNoSuchFile)
	_, err = s.Import("a\x00b", nil)
	wants(t, err, simdr.ErrInvalidArgument)
}

func TestDurabilityOfEachWrite(t *testing.T) {
	s := newStore(t)
	syncs := func() uint64 {
		stats, err := s.Stats()
		must(t, err)
		return stats.SyncCount
	}
	for _, c := range []struct {
		durability simdr.Durability
		syncs      uint64
	}{{simdr.DurabilityNone, 0}, {simdr.DurabilityDefault, 0}, {simdr.DurabilityCommit, 1}, {simdr.DurabilityStrict, 2}} {
		before := syncs()
		must(t, s.Put([]byte("k"), fmt.Append(nil, c.durability), c.durability))
		if got := syncs() - before; got != c.syncs {
			t.Errorf("durability %d: %d syncs", c.durability, got)
		}
	}
}
