package simdr_test

import (
	"bytes"
	"fmt"
	"testing"
	"unsafe"

	"libsimdr/simdr"
)

// Sizes on both sides of the one from which values are pinned and not copied.
func mixedPairs(count int) []simdr.Pair {
	pairs := make([]simdr.Pair, count)
	for i := range pairs {
		size := []int{1, 100, 1023, 1024, 1025, 65536}[i%6]
		pairs[i] = simdr.Pair{Key: keyNumber(i), Value: pattern(size, i)}
	}
	return pairs
}

func keysOf(pairs []simdr.Pair) [][]byte {
	var keys [][]byte
	for _, p := range pairs {
		keys = append(keys, p.Key)
	}
	return keys
}

func TestBatchesGoInAndComeOut(t *testing.T) {
	s := newStore(t)
	pairs := mixedPairs(300)
	must(t, s.PutMany(pairs))
	keys := append(keysOf(pairs), []byte("absent"), bytes.Repeat([]byte("long and absent "), 1000))
	b, err := s.GetMany(keys)
	must(t, err)
	if b.Len() != 302 || b.Found() != 300 {
		t.Errorf("%d of %d", b.Found(), b.Len())
	}
	for i, value := range b.All() {
		if i >= 300 {
			if value != nil || b.Bytes(i) != nil {
				t.Errorf("number %d was found", i)
			}
			_, err := b.Entry(i)
			wants(t, err, simdr.ErrNotFound)
		} else if !bytes.Equal(value, pairs[i].Value) {
			t.Errorf("number %d has %d bytes, %d were put", i, len(value), len(pairs[i].Value))
		}
	}
	e, err := b.Entry(5)
	must(t, err)
	must(t, s.Close())
	if !bytes.Equal(b.Bytes(4), pairs[4].Value) {
		t.Error("the batch ended with the store")
	}
	must(t, b.Close())
	wants(t, b.Close(), simdr.ErrClosed)
	if b.Bytes(5) != nil {
		t.Error("a closed batch gives bytes")
	}
	for range b.All() {
		t.Error("a closed batch gives values")
	}
	_, err = b.Entry(5)
	wants(t, err, simdr.ErrClosed)
	if !bytes.Equal(e.Bytes(), pairs[5].Value) {
		t.Error("the entry went with its batch")
	}
	must(t, e.Close())
}

func TestHashedBatches(t *testing.T) {
	s := newStore(t)
	pairs := mixedPairs(50)
	var values [][]byte
	for _, p := range pairs {
		values = append(values, p.Value)
	}
	hashes, err := simdr.KeyHashes(keysOf(pairs))
	must(t, err)
	for i, p := range pairs {
		if hashes[i] != simdr.KeyHash(p.Key) {
			t.Fatalf("hash %d differs", i)
		}
	}
	must(t, s.PutManyHashed(hashes, values))
	keys := keysOf(pairs)
	keys[7] = []byte("another")
	b, err := s.GetManyHashed(hashes, keys)
	must(t, err)
	defer b.Close()
	if b.Found() != 49 || b.Bytes(7) != nil || !bytes.Equal(b.Bytes(8), pairs[8].Value) {
		t.Error("a key that does not hash to its number was found")
	}
	all, err := s.GetManyHashed(hashes, nil)
	must(t, err)
	defer all.Close()
	if all.Found() != 50 {
		t.Error(all.Found())
	}
	_, err = s.GetManyHashed(hashes, keys[:3])
	wants(t, err, simdr.ErrLengthMismatch)

	if n, err := s.RemoveManyHashed(append(hashes[:10:10], hashes[0], 12345)); n != 10 || err != nil {
		t.Error(n, err)
	}
	if n, err := s.RemoveMany(keysOf(pairs)); n != 40 || err != nil {
		t.Error(n, err)
	}
	if s.Len() != 0 {
		t.Error(s.Len())
	}
}

func TestEmptyBatches(t *testing.T) {
	s := newStore(t)
	must(t, s.PutMany(nil))
	must(t, s.PutManyHashed(nil, nil))
	n, err := s.RemoveMany(nil)
	must(t, err)
	b, err := s.GetMany(nil)
	must(t, err)
	if n != 0 || b.Len() != 0 || s.FileSize() != 0 {
		t.Error(n, b.Len(), s.FileSize())
	}
	must(t, b.Close())
	hashes, err := simdr.KeyHashes(nil)
	if len(hashes) != 0 || err != nil {
		t.Error(hashes, err)
	}
	// A batch of a key of no bytes is none of these.
	must(t, s.PutMany([]simdr.Pair{{Value: []byte("v")}}))
	wantValue(t, s, "", "v")
}

func TestBatchIsAllOrNothing(t *testing.T) {
	s := newStore(t)
	pairs := mixedPairs(100)
	pairs[99].Value = []byte{0}
	wants(t, s.PutMany(pairs), simdr.ErrTombstonePayload, "entry 99")
	if s.Len() != 0 || s.FileSize() != 0 {
		t.Error("a part was stored")
	}
	must(t, s.PutMany([]simdr.Pair{{Key: []byte("k"), Value: []byte("1")}, {Key: []byte("k"), Value: []byte("2")}}))
	wantValue(t, s, "k", "2")
}

// Values may lie anywhere: in mapped files, on stacks, in the program, in one array, and the same one may come twice.
func TestBatchTakesBytesFromAnywhere(t *testing.T) {
	s, other := newStore(t), newStore(t)
	must(t, s.PutMany(mixedPairs(12)))
	b, err := s.GetMany(keysOf(mixedPairs(12)))
	must(t, err)
	defer b.Close()
	array := pattern(10_000, 1)
	var onStack [3000]byte
	onStack[1] = 1
	constant := []byte(fmt.Sprintf("%s", "text"))
	pairs := []simdr.Pair{
		{Key: []byte("a"), Value: array[:5000]}, {Key: []byte("b"), Value: array[5000:]}, {Key: []byte("c"), Value: array},
		{Key: []byte("d"), Value: array}, {Key: []byte("e"), Value: onStack[:]}, {Key: []byte("f"), Value: constant},
		{Key: array[:3000], Value: []byte("under a long key")},
	}
	for i, value := range b.All() {
		pairs = append(pairs, simdr.Pair{Key: keyNumber(i), Value: value})
	}
	must(t, other.PutMany(pairs))
	for _, p := range pairs {
		wantValue(t, other, string(p.Key), string(p.Value))
	}
	// The bytes of a program's own data are not on the Go heap.
	text := "a constant " + fixed
	must(t, other.PutMany([]simdr.Pair{{Key: []byte("fixed"), Value: unsafe.Slice(unsafe.StringData(text), len(text))}}))
	wantValue(t, other, "fixed", text)
}

var fixed = string(bytes.Repeat([]byte("x"), 5000))

func TestTooLargeABatchIsAnError(t *testing.T) {
	s := newStore(t)
	_, err := s.RemoveManyHashed(make([]uint64, simdr.MaxBatchCount+1))
	wants(t, err, simdr.ErrTooLarge, "remove many")
}
