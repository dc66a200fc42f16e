package simdr

/*
#include <simdr.h>
*/
import "C"

import (
	"io/fs"
	"log/slog"
	"math"
	"time"
)

// Mode says what opening makes of a file that is there, and of one that is not.
type Mode uint32

const (
	Create    Mode = C.SIMDR_OPEN_CREATE     // read and write; an absent file is made
	Existing  Mode = C.SIMDR_OPEN_EXISTING   // read and write; an absent file is ErrNoSuchFile
	ReadOnly  Mode = C.SIMDR_OPEN_READ_ONLY  // no lock, changes nothing, sees what was committed when it opened
	CreateNew Mode = C.SIMDR_OPEN_CREATE_NEW // read and write; a file that is there is ErrExists
)

// Durability says how far a write is on its way to the disk when its call returns. Writes take one at most; without one
// it is as the store was opened.
type Durability uint32

const (
	// DurabilityDefault is, in a call, as the store was opened; in Options it is DurabilityNone.
	DurabilityDefault Durability = C.SIMDR_DURABILITY_DEFAULT
	// DurabilityNone survives the death of this process, not a power cut.
	DurabilityNone Durability = C.SIMDR_DURABILITY_NONE
	// DurabilityCommit survives a power cut; one fdatasync, shared.
	DurabilityCommit Durability = C.SIMDR_DURABILITY_COMMIT
	// DurabilityStrict does so for the Rust crate's recovery too, as long as every write of the session is of this
	// kind; two fdatasyncs, shared.
	DurabilityStrict Durability = C.SIMDR_DURABILITY_STRICT
)

// Options of [Open]. Zero in any member means its default, and a nil *Options all defaults.
type Options struct {
	Mode            Mode
	VerifyReads     bool          // reads check the checksum: ErrCorrupt instead of wrong bytes
	DirectWrites    bool          // never store through a mapping: every put is a system call
	IndexFile       bool          // take the key index from <path>.index; a writer's Close saves it, a reader never does
	Durability      Durability    // of every write that does not say otherwise
	LockTimeout     time.Duration // how long to wait for another writer, in whole milliseconds; negative: for ever
	FileMode        fs.FileMode   // permission bits of a created file, less the umask; 0 means 0666
	LayoutAlignment uint32        // read the file as this generation: 0 detects it, else a power of two up to 65536
	LayoutTrailer   uint32        // with LayoutAlignment: 20 (0 means 20), or 19 for the oldest generation
	ReserveSize     uint64        // bytes of address space to reserve for the mapping; 0 means 1 TiB, or what can be had
	WindowSize      uint64        // upper bound of the append window, bytes; 0 means 2 MiB

	// Log gets what belongs to no caller's error, such as what was left out of a damaged file. It is called on a
	// goroutine of its own, line after line; Close waits until it has seen the last one, so it must not call Close.
	Log func(level slog.Level, message string)
}

func (o *Options) toC() C.simdr_open_options {
	var c C.simdr_open_options
	c.size = C.sizeof_simdr_open_options
	if o == nil {
		return c
	}
	c.mode = C.uint32_t(o.Mode)
	if o.VerifyReads {
		c.flags |= C.SIMDR_OPEN_VERIFY_READS
	}
	if o.DirectWrites {
		c.flags |= C.SIMDR_OPEN_DIRECT_WRITES
	}
	if o.IndexFile {
		c.flags |= C.SIMDR_OPEN_INDEX_FILE
	}
	c.durability = C.uint32_t(o.Durability)
	c.lock_timeout_ms = timeoutMillis(o.LockTimeout)
	c.file_mode = C.uint32_t(o.FileMode)
	c.layout_alignment = C.uint32_t(o.LayoutAlignment)
	c.layout_trailer = C.uint32_t(o.LayoutTrailer)
	c.reserve_size = C.uint64_t(o.ReserveSize)
	c.window_size = C.uint64_t(o.WindowSize)
	return c
}

// timeoutMillis rounds up, so that no timeout above zero becomes none.
func timeoutMillis(d time.Duration) C.uint32_t {
	millis := (d + time.Millisecond - 1) / time.Millisecond
	if d < 0 || millis >= math.MaxUint32 {
		return math.MaxUint32
	}
	return C.uint32_t(millis)
}

// flagsOf is the flags argument of a write. More than one durability is nothing that the library knows, and it says so.
func flagsOf(durability []Durability) C.uint32_t {
	switch len(durability) {
	case 0:
		return C.SIMDR_DURABILITY_DEFAULT
	case 1:
		return C.uint32_t(durability[0])
	}
	return math.MaxUint32
}
