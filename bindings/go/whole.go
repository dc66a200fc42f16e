package simdr

/*
#include "callbacks.h"
#include "log.h"

#cgo noescape simdr_store_stats
#cgo nocallback simdr_store_stats
#cgo noescape simdr_go_backup
#cgo nocallback simdr_go_backup
#cgo nocallback simdr_store_count
#cgo nocallback simdr_store_file_size
#cgo nocallback simdr_store_compaction_savings
#cgo noescape simdr_go_upgrade
#cgo nocallback simdr_go_upgrade

static inline simdr_status simdr_go_backup(const simdr_store *store, const uint8_t *path, simdr_error *err) {
  return simdr_store_backup(store, (const char *)path, err);
}
*/
import "C"

import "unsafe"

// Len is how many live entries there are; 0 after Close.
func (s *Store) Len() int {
	in, err := s.enter()
	if err != nil {
		return 0
	}
	defer s.leave(in)
	return int(C.simdr_store_count(s.core.handle))
}

// FileSize is the size in bytes that the file has once the store is closed; 0 after Close.
func (s *Store) FileSize() uint64 {
	in, err := s.enter()
	if err != nil {
		return 0
	}
	defer s.leave(in)
	return uint64(C.simdr_store_file_size(s.core.handle))
}

// CompactionSavings is what Compact would save, bytes; 0 after Close.
func (s *Store) CompactionSavings() uint64 {
	in, err := s.enter()
	if err != nil {
		return 0
	}
	defer s.leave(in)
	return uint64(C.simdr_store_compaction_savings(s.core.handle))
}

// Stats is a store in numbers. Sizes are bytes.
type Stats struct {
	LiveCount       uint64
	LiveSize        uint64 // payloads and trailers of live entries
	DeadSize        uint64 // replaced and deleted entries, deletion marks, and all pads
	TotalCount      uint64 // entries in the file, dead ones and deletion marks included
	TombstoneCount  uint64
	TailOffset      uint64
	PhysicalSize    uint64 // of the file now; beyond TailOffset while it is open for writing
	GetHits         uint64 // since open; may lag behind by what other threads are doing just now
	GetMisses       uint64
	PutCount        uint64 // entries appended since open, deletion marks included
	WrittenSize     uint64 // appended since open
	SyncCount       uint64 // fdatasyncs since open
	DurableOffset   uint64 // everything below is on the disk
	IndexMemorySize uint64
	IndexLoad       float64 // occupied part of it, 0 to 1
	WindowCount     uint64  // append windows taken since open
}

// Stats gives the store in numbers.
func (s *Store) Stats() (Stats, error) {
	in, err := s.enter()
	if err != nil {
		return Stats{}, err
	}
	c := C.simdr_stats{size: C.sizeof_simdr_stats}
	var raw C.simdr_error
	status := C.simdr_store_stats(s.core.handle, &c, &raw)
	s.leave(in)
	if err := failure("stats", status, &raw); err != nil {
		return Stats{}, err
	}
	return Stats{
		LiveCount:       uint64(c.live_count),
		LiveSize:        uint64(c.live_size),
		DeadSize:        uint64(c.dead_size),
		TotalCount:      uint64(c.total_count),
		TombstoneCount:  uint64(c.tombstone_count),
		TailOffset:      uint64(c.tail_offset),
		PhysicalSize:    uint64(c.physical_size),
		GetHits:         uint64(c.get_hits),
		GetMisses:       uint64(c.get_misses),
		PutCount:        uint64(c.put_count),
		WrittenSize:     uint64(c.written_size),
		SyncCount:       uint64(c.sync_count),
		DurableOffset:   uint64(c.durable_offset),
		IndexMemorySize: uint64(c.index_memory_size),
		IndexLoad:       float64(c.index_load),
		WindowCount:     uint64(c.window_count),
	}, nil
}

// Compact writes the live entries, newest first, to a new file, syncs it and renames it over the old one. Readers go on
// meanwhile, writers wait; entries and loops keep the old file. progress, which may be nil, is told bytes done and in
// all; it must not write to the store, and an error from it stops the compaction, changes nothing, and is given back.
func (s *Store) Compact(progress func(done, total uint64) error) error {
	c := callback{progress: progress}
	leave, err := s.enterWith(&c)
	if err != nil {
		return err
	}
	defer leave()
	return c.during(func(handle C.uintptr_t) error {
		var raw C.simdr_error
		return failure("compact", C.simdr_go_compact(s.core.handle, handle, &raw), &raw)
	})
}

// Fault is one thing that Verify or Repair found.
type Fault struct {
	Offset  uint64 // in the file
	Size    uint64 // bytes concerned
	KeyHash uint64 // of the entry concerned, or 0
	What    string // one line
}

// VerifyOptions of [Store.Verify]. An error from either function stops it and is given back.
type VerifyOptions struct {
	OnFault  func(Fault) error              // may be nil
	Progress func(done, total uint64) error // bytes; may be nil
}

// VerifyResult is what was looked at.
type VerifyResult struct {
	EntryCount  uint64 // all versions and deletion marks
	CheckedSize uint64 // bytes
	FaultCount  uint64
}

// Verify checks every checksum, link and pad byte up to the tail. ErrCorrupt when something was found: the result tells
// how much.
func (s *Store) Verify(options *VerifyOptions) (VerifyResult, error) {
	var c callback
	if options != nil {
		c.fault, c.progress = options.OnFault, options.Progress
	}
	leave, err := s.enterWith(&c)
	if err != nil {
		return VerifyResult{}, err
	}
	defer leave()
	result := C.simdr_verify_result{size: C.sizeof_simdr_verify_result}
	err = c.during(func(handle C.uintptr_t) error {
		var raw C.simdr_error
		return failure("verify", C.simdr_go_verify(s.core.handle, handle, &result, &raw), &raw)
	})
	return VerifyResult{
		EntryCount:  uint64(result.entry_count),
		CheckedSize: uint64(result.checked_size),
		FaultCount:  uint64(result.fault_count),
	}, err
}

// ImportOptions of [Store.Import].
type ImportOptions struct {
	Durability Durability // of the whole
	Namespace  []byte     // keys are NamespacedKey(Namespace, path); nil: the path itself

	// OnFile, which may be nil, is called after each file, with why it was left out, if it was. An error from it stops
	// the import and is given back; what was stored stays.
	OnFile func(key string, size uint64, why error) error
}

// ImportResult is what was found.
type ImportResult struct {
	FileCount    uint64 // stored
	StoredSize   uint64 // bytes
	SkippedCount uint64 // empty files, the one-byte 0x00 file, links, devices: what the format cannot or should not hold
}

// Import stores every regular file under directory, under its path relative to it with '/' between the parts.
func (s *Store) Import(directory string, options *ImportOptions) (ImportResult, error) {
	name, err := cPath("import", directory)
	if err != nil {
		return ImportResult{}, err
	}
	if options == nil {
		options = &ImportOptions{}
	}
	c := callback{file: options.OnFile}
	leave, err := s.enterWith(&c)
	if err != nil {
		return ImportResult{}, err
	}
	defer leave()
	result := C.simdr_import_result{size: C.sizeof_simdr_import_result}
	err = c.during(func(handle C.uintptr_t) error {
		var raw C.simdr_error
		status := C.simdr_go_import(s.core.handle, asPath(name), C.uint32_t(options.Durability),
			asBytes(options.Namespace), C.size_t(len(options.Namespace)), handle, &result, &raw)
		return failure("import", status, &raw)
	})
	return ImportResult{
		FileCount:    uint64(result.file_count),
		StoredSize:   uint64(result.stored_size),
		SkippedCount: uint64(result.skipped_count),
	}, err
}

// Backup makes a consistent copy of the store as it is now, while it may be written: a new file at path, synced.
// ErrExists if there is one.
func (s *Store) Backup(path string) error {
	name, err := cPath("backup", path)
	if err != nil {
		return err
	}
	in, err := s.enter()
	if err != nil {
		return err
	}
	defer s.leave(in)
	var raw C.simdr_error
	return failure("backup", C.simdr_go_backup(s.core.handle, asBytes(name), &raw), &raw)
}

// Upgrade rewrites the store at path, of any generation, as aligned-64 at newPath, live entries in their order. The old
// file is only read.
func Upgrade(path, newPath string, options *Options) error {
	from, err := cPath("upgrade", path)
	if err != nil {
		return err
	}
	to, err := cPath("upgrade", newPath)
	if err != nil {
		return err
	}
	log, err := newLogPipe(options)
	if err != nil {
		return err
	}
	defer log.close()
	c := options.toC()
	var raw C.simdr_error
	return failure("upgrade", C.simdr_go_upgrade(asPath(from), asPath(to), &c, log.fd(), &raw), &raw)
}

// RepairResult is what a repair could keep, and what it could not. Sizes are bytes.
type RepairResult struct {
	KeptCount uint64 // entries written to the new store
	KeptSize  uint64 // their payloads
	LostCount uint64 // places of which nothing could be kept
	LostSize  uint64 // bytes of the file that are in no kept entry, pad or trailer
}

// Repair writes all entries of the file at path whose bytes are intact to a new store at newPath: ErrExists if there is
// a file. onFault, which may be nil, is told what was lost, and what was kept although only its checksum vouches for
// it; an error from it stops the repair and is given back. The damaged file is only read.
func Repair(path, newPath string, onFault func(Fault) error) (RepairResult, error) {
	from, err := cPath("repair", path)
	if err != nil {
		return RepairResult{}, err
	}
	to, err := cPath("repair", newPath)
	if err != nil {
		return RepairResult{}, err
	}
	c := callback{fault: onFault}
	result := C.simdr_repair_result{size: C.sizeof_simdr_repair_result}
	err = c.during(func(handle C.uintptr_t) error {
		var raw C.simdr_error
		return failure("repair", C.simdr_go_repair(asPath(from), asPath(to), handle, &result, &raw), &raw)
	})
	return RepairResult{
		KeptCount: uint64(result.kept_count),
		KeptSize:  uint64(result.kept_size),
		LostCount: uint64(result.lost_count),
		LostSize:  uint64(result.lost_size),
	}, err
}

func asPath(name []byte) *C.char { return (*C.char)(unsafe.Pointer(unsafe.SliceData(name))) }
