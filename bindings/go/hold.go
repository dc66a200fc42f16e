package simdr

import "sync/atomic"

// hold counts who uses a handle just now, and tells exactly one of them to release it: the close when nobody uses it,
// else the last user.
type hold struct{ state atomic.Int64 }

const holdClosed = int64(1) << 62

// acquire is false after close(); else release() is to be called.
func (h *hold) acquire() bool {
	for {
		now := h.state.Load()
		if now >= holdClosed {
			return false
		}
		if h.state.CompareAndSwap(now, now+1) {
			return true
		}
	}
}

// release is true when the caller is to release the handle.
func (h *hold) release() bool { return h.state.Add(-1) == holdClosed }

func (h *hold) isClosed() bool { return h.state.Load() >= holdClosed }

// close says whether this was the first one, and whether the caller is to release the handle.
func (h *hold) close() (first, release bool) {
	for {
		now := h.state.Load()
		if now >= holdClosed {
			return false, false
		}
		if h.state.CompareAndSwap(now, now+holdClosed) {
			return true, now == 0
		}
	}
}
