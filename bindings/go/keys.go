package simdr

/*
#include "shim.h"

#cgo noescape simdr_go_key_hash
#cgo nocallback simdr_go_key_hash
#cgo noescape simdr_go_namespaced_key
#cgo nocallback simdr_go_namespaced_key
#cgo noescape simdr_go_hash_many
#cgo nocallback simdr_go_hash_many
*/
import "C"

import "unsafe"

// Limits of the library, and the key hashes that are the format's own: nothing can be stored under these.
const (
	MaxKeySize       = C.SIMDR_MAX_KEY_SIZE    // bytes
	MaxBatchCount    = C.SIMDR_MAX_BATCH_COUNT // entries in one batch
	ReservedKeyHash  = uint64(C.SIMDR_RESERVED_KEY_HASH)
	ReservedKeyHash2 = uint64(C.SIMDR_RESERVED_KEY_HASH_2)
)

// Version is that of the library that runs, such as "0.1.0".
func Version() string { return C.GoString(C.simdr_version_string()) }

// KernelName is "scalar", "avx2", "vpclmul", "avx512", "neon" or "armcrc": the copy and checksum kernels in use.
func KernelName() string { return C.GoString(C.simdr_kernel_name()) }

// KeyHash is the key's identity in a file: its XXH3-64, no seed.
func KeyHash(key []byte) uint64 { return uint64(C.simdr_go_key_hash(asBytes(key), C.size_t(len(key)))) }

// KeyHashes is KeyHash of each, in one call.
func KeyHashes(keys [][]byte) ([]uint64, error) {
	p := newPacker()
	defer p.free()
	packed := p.packAll(keys)
	hashes := make([]uint64, len(keys))
	var raw C.simdr_error
	status := C.simdr_go_hash_many(packed, C.size_t(len(keys)), (*C.uint64_t)(unsafe.SliceData(hashes)), &raw)
	if err := failure("hash many", status, &raw); err != nil {
		return nil, err
	}
	return hashes, nil
}

// NamespacedKey is a key of 16 bytes that no other namespace shares.
func NamespacedKey(namespace, key []byte) [16]byte {
	var out [16]byte
	C.simdr_go_namespaced_key(asBytes(namespace), C.size_t(len(namespace)), asBytes(key), C.size_t(len(key)),
		asBytes(out[:]))
	return out
}

// asBytes is of a type that holds no pointers, for which cgo does not look into the memory around b.
func asBytes(b []byte) *C.uint8_t { return (*C.uint8_t)(unsafe.SliceData(b)) }
