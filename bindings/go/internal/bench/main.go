// Command bench measures what calls through the Go binding cost, on the keys and in the orders of bench/peers/keys.h.
// It prints a line "WORKLOAD VALUE_SIZE OPS NANOS" for each workload, as bench/harness/bindings.py wants them.
package main

import (
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"libsimdr/simdr"
)

const (
	batchSize   = 1024
	leastMillis = 100 // in a turn of reading: short passes are run several times
)

func main() {
	dir := flag.String("dir", ".", "where the stores are made")
	size := flag.Int("size", 100, "of a value, bytes")
	count := flag.Int("count", 100_000, "entries")
	flag.Parse()
	if err := run(*dir, *size, *count); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(dir string, size, count int) error {
	b := bench{path: filepath.Join(dir, "store.simdr"), size: size, keys: keysInOrder(count), draws: keysAtRandom(count), value: valueOfSize(size)}
	defer os.Remove(b.path)
	// The first fill is not told: it is what gives the file system and the host's memory their warmth.
	for _, step := range []struct {
		name string
		fill func(*simdr.Store) error
	}{{"", b.put}, {"put", b.put}, {"batch", b.putMany}} {
		nanos, err := b.fill(step.fill)
		if err != nil {
			return err
		}
		if step.name != "" {
			b.tell(step.name, count, nanos)
		}
	}
	s, err := simdr.Open(b.path, nil)
	if err != nil {
		return err
	}
	defer s.Close()
	for _, pass := range []struct {
		name string
		read func(*simdr.Store) error
	}{{"get", b.get}, {"getmany", b.getMany}, {"view", b.view}, {"append", b.append}} {
		if err := b.pass(s, pass.name, pass.read); err != nil {
			return err
		}
	}
	if b.sum == 0 {
		return errors.New("no byte of any value was seen")
	}
	return nil
}

type bench struct {
	path  string
	size  int
	keys  [][]byte
	draws [][]byte
	value []byte
	room  []byte
	sum   uint64 // keeps the compiler from leaving the work out
}

func (b *bench) tell(workload string, ops int, nanos int64) {
	fmt.Printf("%s\t%d\t%d\t%d\n", workload, b.size, ops, nanos)
}

// fill makes the store anew, and gives what writing to it took.
func (b *bench) fill(write func(*simdr.Store) error) (int64, error) {
	if err := os.Remove(b.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	s, err := simdr.Open(b.path, &simdr.Options{Mode: simdr.CreateNew})
	if err != nil {
		return 0, err
	}
	start := time.Now()
	err = write(s)
	nanos := time.Since(start).Nanoseconds()
	return nanos, errors.Join(err, s.Close())
}

func (b *bench) put(s *simdr.Store) error {
	for _, key := range b.keys {
		if err := s.Put(key, b.value); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) putMany(s *simdr.Store) error {
	pairs := make([]simdr.Pair, 0, batchSize)
	for at := 0; at < len(b.keys); at += batchSize {
		pairs = pairs[:0]
		for _, key := range b.keys[at:min(at+batchSize, len(b.keys))] {
			pairs = append(pairs, simdr.Pair{Key: key, Value: b.value})
		}
		if err := s.PutMany(pairs); err != nil {
			return err
		}
	}
	return nil
}

// pass reads all draws, once untimed and then for a while, and tells what that took.
func (b *bench) pass(s *simdr.Store, name string, read func(*simdr.Store) error) error {
	if err := read(s); err != nil {
		return err
	}
	ops, start := 0, time.Now()
	for time.Since(start) < leastMillis*time.Millisecond {
		if err := read(s); err != nil {
			return err
		}
		ops += len(b.draws)
	}
	b.tell(name, ops, time.Since(start).Nanoseconds())
	return nil
}

func (b *bench) get(s *simdr.Store) error {
	for _, key := range b.draws {
		e, err := s.Get(key)
		if err != nil {
			return err
		}
		b.touch(e.Bytes())
		if err := e.Close(); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) getMany(s *simdr.Store) error {
	for at := 0; at < len(b.draws); at += batchSize {
		batch, err := s.GetMany(b.draws[at:min(at+batchSize, len(b.draws))])
		if err != nil {
			return err
		}
		for i := range batch.Len() {
			b.touch(batch.Bytes(i))
		}
		if err := batch.Close(); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) view(s *simdr.Store) error {
	look := func(value []byte) error {
		b.touch(value)
		return nil
	}
	for _, key := range b.draws {
		if err := s.View(key, look); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) append(s *simdr.Store) error {
	for _, key := range b.draws {
		var err error
		if b.room, err = s.Append(b.room[:0], key); err != nil {
			return err
		}
		b.touch(b.room)
	}
	return nil
}

// touch is what a user of a value does at the least: it looks at every cache line of it.
func (b *bench) touch(value []byte) {
	sum := uint64(0)
	for i := 0; i < len(value); i += 64 {
		sum += uint64(value[i])
	}
	b.sum += sum
}

type xorshift64 uint64

func (x *xorshift64) next() uint64 {
	*x ^= *x << 13
	*x ^= *x >> 7
	*x ^= *x << 17
	return uint64(*x)
}

func key(i uint64) []byte {
	k := binary.LittleEndian.AppendUint64(make([]byte, 0, 16), i)
	return binary.LittleEndian.AppendUint64(k, i*0x9E3779B97F4A7C15)
}

func keysInOrder(count int) [][]byte {
	keys := make([][]byte, count)
	for i := range keys {
		keys[i] = key(uint64(i))
	}
	return keys
}

// keysAtRandom draws as many keys as there are entries: some come up more than once, some never.
func keysAtRandom(count int) [][]byte {
	random := xorshift64(88172645463325252)
	keys := make([][]byte, count)
	for i := range keys {
		keys[i] = key(random.next() % uint64(count))
	}
	return keys
}

func valueOfSize(size int) []byte {
	random := xorshift64(1)
	var value []byte
	for len(value) < size {
		value = binary.LittleEndian.AppendUint64(value, random.next())
	}
	return value[:size]
}
