package simdr

/*
#include "shim.h"
*/
import "C"

import (
	"runtime"
	"sync"
	"unsafe"
)

// packer makes the arrays of simdr_bytes that batches are given as, so that a batch crosses the boundary once.
//
// C may be given the address of Go memory that holds further addresses only where what they point to is pinned. Pinning
// costs about 60 ns a slice, so short ones are copied next to each other into one buffer, which is pinned as a whole; a
// copy of a long one costs more than its pin.
type packer struct {
	refs   []C.simdr_go_bytes // addresses as numbers: all of them are pinned till free()
	buffer []byte
	pinner runtime.Pinner
}

// pinFrom is the size from which pinning is cheaper than copying, bytes. Measured: a value of 64 bytes costs 45 % more
// when it is pinned, one of 512 as much, one of 1,536 10 % less.
const pinFrom = 1024

// mostKept bounds what an idle packer keeps for the next batch, bytes.
const mostKept = 1 << 20

var packers = sync.Pool{New: func() any { return new(packer) }}

func newPacker() *packer { return packers.Get().(*packer) }

func (p *packer) free() {
	p.pinner.Unpin()
	if cap(p.buffer) <= mostKept && cap(p.refs) <= mostKept/int(unsafe.Sizeof(C.simdr_go_bytes{})) {
		packers.Put(p)
	}
}

// packAll gives the array of these slices, valid until free(). nil when there are none.
func (p *packer) packAll(slices [][]byte) *C.simdr_go_bytes {
	size := 0
	for _, s := range slices {
		size += copiedSize(s)
	}
	p.reserve(len(slices), size)
	for _, s := range slices {
		p.add(s)
	}
	return unsafe.SliceData(p.refs)
}

// packPairs gives the arrays of keys and of values.
func (p *packer) packPairs(pairs []Pair) (keys, values *C.simdr_go_bytes) {
	size := 0
	for i := range pairs {
		size += copiedSize(pairs[i].Key) + copiedSize(pairs[i].Value)
	}
	p.reserve(2*len(pairs), size)
	for i := range pairs {
		p.add(pairs[i].Key)
	}
	for i := range pairs {
		p.add(pairs[i].Value)
	}
	if len(pairs) == 0 {
		return nil, nil
	}
	return &p.refs[0], &p.refs[len(pairs)]
}

func copiedSize(s []byte) int {
	if len(s) < pinFrom {
		return len(s)
	}
	return 0
}

// reserve makes room, so that add() does not move what is pinned.
func (p *packer) reserve(count, size int) {
	if cap(p.refs) < count {
		p.refs = make([]C.simdr_go_bytes, 0, count)
	}
	if cap(p.buffer) < size {
		p.buffer = make([]byte, 0, size)
	}
	p.refs, p.buffer = p.refs[:0], p.buffer[:0]
	if size > 0 {
		p.pinner.Pin(unsafe.SliceData(p.buffer))
	}
}

func (p *packer) add(s []byte) {
	at := unsafe.SliceData(s)
	if len(s) >= pinFrom {
		p.pinner.Pin(at)
	} else if len(s) > 0 {
		start := len(p.buffer)
		p.buffer = append(p.buffer, s...)
		at = &p.buffer[start]
	}
	p.refs = append(p.refs, C.simdr_go_bytes{address: C.uintptr_t(uintptr(unsafe.Pointer(at))), size: C.size_t(len(s))})
}
