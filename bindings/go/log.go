package simdr

/*
#include <simdr.h>
*/
import "C"

import (
	"bufio"
	"log/slog"
	"os"
	"syscall"
)

// logPipe carries the library's log to a goroutine. The library may log with its locks held, on any thread: calling Go
// from there would forbid the logger to use the store, and would make every call one that may call back.
type logPipe struct {
	write int // the descriptor the library's side writes to
	done  chan struct{}
}

// newLogPipe is nil where the options name no log.
func newLogPipe(options *Options) (*logPipe, error) {
	if options == nil || options.Log == nil {
		return nil, nil
	}
	var ends [2]int
	if err := syscall.Pipe2(ends[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
		return nil, os.NewSyscallError("pipe2", err)
	}
	p := &logPipe{write: ends[1], done: make(chan struct{})}
	go p.run(os.NewFile(uintptr(ends[0]), "simdr log"), options.Log)
	return p, nil
}

// run ends when the other end of the pipe is closed. A line is the level's digit, the message, and a zero.
func (p *logPipe) run(read *os.File, log func(slog.Level, string)) {
	defer close(p.done)
	defer read.Close()
	lines := bufio.NewReader(read)
	for {
		line, err := lines.ReadString(0)
		if err != nil {
			return
		}
		log(levelOf(line[0]-'0'), line[1:len(line)-1])
	}
}

// fd is what the library writes to, -1 for none.
func (p *logPipe) fd() C.int {
	if p == nil {
		return -1
	}
	return C.int(p.write)
}

func levelOf(level byte) slog.Level {
	switch level {
	case C.SIMDR_LOG_ERROR:
		return slog.LevelError
	case C.SIMDR_LOG_WARNING:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// close is to be called when the library will not log any more. It waits for the last line; a nil pipe has none.
func (p *logPipe) close() {
	if p == nil {
		return
	}
	syscall.Close(p.write)
	<-p.done
}
