package simdr

import (
	"sync/atomic"
	"unsafe"
)

// gate lets calls on a handle in until it is closed, and lets the close wait for those that are in.
//
// A sync.RWMutex would do that too, but all readers of all processors would write to its one counter at every call.
// Here each goroutine counts in the shard that its stack's address chooses, so that reads of one store do not meet.
type gate struct {
	shut   atomic.Bool
	wakeup chan struct{} // of capacity 1: somebody left after the gate was shut
	shards [gateShards]gateShard
}

const gateShards = 64 // a power of two

type gateShard struct {
	inside atomic.Int64
	_      [56]byte // one shard a cache line
}

// enter is nil when the gate is shut; else leave() is to be called on what it gives.
func (g *gate) enter() *gateShard {
	var here byte
	shard := &g.shards[uint64(uintptr(unsafe.Pointer(&here))>>11)*0x9E3779B97F4A7C15>>58]
	shard.inside.Add(1)
	// Counting first and looking then: whoever is not seen by close() sees that it is shut.
	if g.shut.Load() {
		g.leave(shard)
		return nil
	}
	return shard
}

func (g *gate) leave(shard *gateShard) {
	shard.inside.Add(-1)
	if g.shut.Load() {
		select {
		case g.wakeup <- struct{}{}:
		default: // the closer has not yet taken the last token, and will look again
		}
	}
}

// close returns when nobody is inside. To be called once.
func (g *gate) close() {
	g.shut.Store(true)
	for i := range g.shards {
		for g.shards[i].inside.Load() != 0 {
			<-g.wakeup
		}
	}
}
