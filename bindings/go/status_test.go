package simdr_test

import (
	"errors"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"libsimdr/simdr"
)

var statusesByName = map[string]simdr.Status{
	"NOT_FOUND":             simdr.ErrNotFound,
	"EXISTS":                simdr.ErrExists,
	"CHANGED":               simdr.ErrChanged,
	"STOPPED":               simdr.ErrStopped,
	"ERR_INVALID_ARGUMENT":  simdr.ErrInvalidArgument,
	"ERR_EMPTY_PAYLOAD":     simdr.ErrEmptyPayload,
	"ERR_TOMBSTONE_PAYLOAD": simdr.ErrTombstonePayload,
	"ERR_RESERVED_HASH":     simdr.ErrReservedHash,
	"ERR_TOO_LARGE":         simdr.ErrTooLarge,
	"ERR_OPTIONS_SIZE":      simdr.ErrOptionsSize,
	"ERR_UNKNOWN_FLAGS":     simdr.ErrUnknownFlags,
	"ERR_LENGTH_MISMATCH":   simdr.ErrLengthMismatch,
	"ERR_SAME_STORE":        simdr.ErrSameStore,
	"ERR_SAME_KEY":          simdr.ErrSameKey,
	"ERR_MISALIGNED":        simdr.ErrMisaligned,
	"ERR_PARTIAL_ELEMENT":   simdr.ErrPartialElement,
	"ERR_BAD_STATE":         simdr.ErrBadState,
	"ERR_NO_SUCH_FILE":      simdr.ErrNoSuchFile,
	"ERR_ACCESS":            simdr.ErrAccess,
	"ERR_IS_DIRECTORY":      simdr.ErrIsDirectory,
	"ERR_NOT_REGULAR_FILE":  simdr.ErrNotRegularFile,
	"ERR_NOT_A_STORE":       simdr.ErrNotAStore,
	"ERR_OLD_GENERATION":    simdr.ErrOldGeneration,
	"ERR_READ_ONLY":         simdr.ErrReadOnly,
	"ERR_READ_ONLY_MEDIUM":  simdr.ErrReadOnlyMedium,
	"ERR_LOCKED":            simdr.ErrLocked,
	"ERR_CORRUPT":           simdr.ErrCorrupt,
	"ERR_IO":                simdr.ErrIO,
	"ERR_NO_SPACE":          simdr.ErrNoSpace,
	"ERR_NO_MEMORY":         simdr.ErrNoMemory,
	"ERR_SOURCE":            simdr.ErrSource,
	"ERR_SINK":              simdr.ErrSink,
	"ERR_FORKED":            simdr.ErrForked,
	"ERR_WRITER_FAILED":     simdr.ErrWriterFailed,
	"ERR_UNSUPPORTED":       simdr.ErrUnsupported,
	"ERR_INTERNAL":          simdr.ErrInternal,
}

// A status that the header gains must be gained here.
func TestEveryStatusOfTheHeaderIsHere(t *testing.T) {
	header, err := os.ReadFile("../../include/simdr.h")
	must(t, err)
	defined := regexp.MustCompile(`(?m)^#define SIMDR_([A-Z_]+) \(-[0-9]+\)`).FindAllStringSubmatch(string(header), -1)
	if len(defined) != len(statusesByName) {
		t.Errorf("the header has %d, the binding %d", len(defined), len(statusesByName))
	}
	for _, match := range defined {
		status, known := statusesByName[match[1]]
		if !known || status.Name() != match[1] || !strings.HasPrefix(status.Error(), "simdr: ") {
			t.Errorf("%s: %d, %s, %q", match[1], status, status.Name(), status.Error())
		}
	}
}

func TestErrorsAreFoundByWhatTheyAre(t *testing.T) {
	_, err := simdr.Open("/nonexistent/store", nil)
	var e *simdr.Error
	if !errors.As(err, &e) || e.Op != "open" || e.Status != simdr.ErrNoSuchFile || e.Errno != syscall.ENOENT {
		t.Errorf("%#v", err)
	}
	for _, target := range []error{simdr.ErrNoSuchFile, fs.ErrNotExist, os.ErrNotExist, syscall.ENOENT} {
		if !errors.Is(err, target) {
			t.Errorf("%v is not %v", err, target)
		}
	}
	others := []error{simdr.ErrAccess, simdr.ErrNotFound, simdr.ErrClosed, fs.ErrExist, fs.ErrClosed, fs.ErrPermission}
	for _, target := range others {
		if errors.Is(err, target) {
			t.Errorf("%v is %v", err, target)
		}
	}
	if !errors.Is(simdr.ErrClosed, fs.ErrClosed) || !errors.Is(simdr.ErrAccess, fs.ErrPermission) {
		t.Error("not what the standard library calls them")
	}
	if text := simdr.Status(12345).Name(); text != "UNKNOWN" {
		t.Errorf("%q", text)
	}
}
