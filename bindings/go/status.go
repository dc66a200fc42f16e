package simdr

/*
#cgo pkg-config: simdr
#include <simdr.h>
*/
import "C"

import "io/fs"

// Status is what a call of the library ended with. It is an error, to be compared with [errors.Is].
type Status int32

// Ordinary outcomes.
const (
	ErrNotFound Status = C.SIMDR_NOT_FOUND // no live entry under the key
	ErrExists   Status = C.SIMDR_EXISTS    // PutIfAbsent: the key is there; CreateNew, Backup, ...: the file is there
	ErrChanged  Status = C.SIMDR_CHANGED   // PutIfEntry: the entry is no longer the newest under its key
	ErrStopped  Status = C.SIMDR_STOPPED   // never seen: what the callback returned is given instead
)

// An argument is wrong, or a handle cannot do this now.
const (
	ErrInvalidArgument  Status = C.SIMDR_ERR_INVALID_ARGUMENT
	ErrEmptyPayload     Status = C.SIMDR_ERR_EMPTY_PAYLOAD     // a value of no bytes cannot be stored
	ErrTombstonePayload Status = C.SIMDR_ERR_TOMBSTONE_PAYLOAD // the value {0} cannot be stored: it marks a deleted key
	ErrReservedHash     Status = C.SIMDR_ERR_RESERVED_HASH
	ErrTooLarge         Status = C.SIMDR_ERR_TOO_LARGE
	ErrOptionsSize      Status = C.SIMDR_ERR_OPTIONS_SIZE
	ErrUnknownFlags     Status = C.SIMDR_ERR_UNKNOWN_FLAGS
	ErrLengthMismatch   Status = C.SIMDR_ERR_LENGTH_MISMATCH
	ErrSameStore        Status = C.SIMDR_ERR_SAME_STORE
	ErrSameKey          Status = C.SIMDR_ERR_SAME_KEY
	ErrMisaligned       Status = C.SIMDR_ERR_MISALIGNED
	ErrPartialElement   Status = C.SIMDR_ERR_PARTIAL_ELEMENT
	ErrBadState         Status = C.SIMDR_ERR_BAD_STATE
)

// The file or the system.
const (
	ErrNoSuchFile     Status = C.SIMDR_ERR_NO_SUCH_FILE // is also fs.ErrNotExist
	ErrAccess         Status = C.SIMDR_ERR_ACCESS       // is also fs.ErrPermission
	ErrIsDirectory    Status = C.SIMDR_ERR_IS_DIRECTORY
	ErrNotRegularFile Status = C.SIMDR_ERR_NOT_REGULAR_FILE
	ErrNotAStore      Status = C.SIMDR_ERR_NOT_A_STORE
	ErrOldGeneration  Status = C.SIMDR_ERR_OLD_GENERATION
	ErrReadOnly       Status = C.SIMDR_ERR_READ_ONLY
	ErrReadOnlyMedium Status = C.SIMDR_ERR_READ_ONLY_MEDIUM
	ErrLocked         Status = C.SIMDR_ERR_LOCKED
	ErrCorrupt        Status = C.SIMDR_ERR_CORRUPT
	ErrIO             Status = C.SIMDR_ERR_IO
	ErrNoSpace        Status = C.SIMDR_ERR_NO_SPACE
	ErrNoMemory       Status = C.SIMDR_ERR_NO_MEMORY
	ErrSource         Status = C.SIMDR_ERR_SOURCE
	ErrSink           Status = C.SIMDR_ERR_SINK
	ErrForked         Status = C.SIMDR_ERR_FORKED
	ErrWriterFailed   Status = C.SIMDR_ERR_WRITER_FAILED
	ErrUnsupported    Status = C.SIMDR_ERR_UNSUPPORTED
	ErrInternal       Status = C.SIMDR_ERR_INTERNAL
)

// Name is the library's name of the status, such as "NOT_FOUND" or "ERR_LOCKED".
func (s Status) Name() string { return C.GoString(C.simdr_status_name(C.simdr_status(s))) }

// Error is one sentence about the status.
func (s Status) Error() string { return "simdr: " + C.GoString(C.simdr_status_text(C.simdr_status(s))) }

// Is reports whether target is the standard library's name for the same thing.
func (s Status) Is(target error) bool {
	switch target {
	case fs.ErrNotExist:
		return s == ErrNoSuchFile
	case fs.ErrExist:
		return s == ErrExists
	case fs.ErrPermission:
		return s == ErrAccess || s == ErrReadOnlyMedium
	}
	return false
}

// Ordinary outcomes are frequent, and an error value that is made anew costs an allocation.
var ordinary = [...]error{ErrNotFound, ErrExists, ErrChanged, ErrStopped}
