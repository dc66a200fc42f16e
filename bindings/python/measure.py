"""put, batch, get and getmany from Python, for bench/harness/bindings.py: keys, values and orders are those of bench/peers/keys.h.

A get touches one byte in each 64 of the value, as it does in C: by indexing the entry where that is cheap, else by a strided copy.
"""

import argparse
import itertools
import mmap
import os
import pathlib
import time

import simdr

BATCH_COUNT = 1024
BATCH_SIZE = 64 << 20  # not more at once: a batch of 1,024 large values is nobody's
LEAST_NANOS = 100_000_000
MASK = (1 << 64) - 1


def random_words(seed):
    while True:
        seed ^= seed << 13 & MASK
        seed ^= seed >> 7
        seed ^= seed << 17 & MASK
        yield seed


def key_number(i):
    return i.to_bytes(8, "little") + (i * 0x9E3779B97F4A7C15 & MASK).to_bytes(8, "little")


def keys_at_random(count):
    return [key_number(word % count) for word in itertools.islice(random_words(88172645463325252), count)]


def value_of_size(size):
    words = itertools.islice(random_words(1), -(-size // 8))
    return b"".join(word.to_bytes(8, "little") for word in words)[:size]


def warm_memory(size):
    """Touches as much as will be written, so that the host has it."""
    with mmap.mmap(-1, size) as memory:
        for at in range(0, size, mmap.PAGESIZE):
            memory[at] = 1


def batches_of(keys, size):
    most = max(1, min(BATCH_SIZE // size, BATCH_COUNT))
    return [keys[at : at + most] for at in range(0, len(keys), most)]


def put_each(store, keys, value):
    for key in keys:
        store[key] = value


def put_in_batches(store, batches, value):
    for batch in batches:
        store.put_many(zip(batch, itertools.repeat(value)))


def get_each(store, keys, size):
    total = 0
    if size <= 128:
        last = (size - 1) // 64 * 64
        for key in keys:
            entry = store[key]
            total += entry[0] + entry[last]
    else:
        for key in keys:
            total += len(bytes(memoryview(store[key])[::64]))
    return total


def get_in_batches(store, batches, size):
    total = 0
    last = (size - 1) // 64 * 64
    for batch in batches:
        for entry in store.get_many(batch):
            total += entry[0] + entry[last] if size <= 128 else len(bytes(memoryview(entry)[::64]))
    return total


def timed(function, *arguments):
    start = time.perf_counter_ns()
    function(*arguments)
    return time.perf_counter_ns() - start


def measure_writes(path, function, keys, value, count):
    warm_memory(count * (len(value) + 128))
    with simdr.open(path, "x") as store:
        nanos = timed(function, store, keys, value)
    path.unlink()
    return nanos


def measure_reads(store, function, keys, size):
    nanos = rounds = 0
    while nanos < LEAST_NANOS:
        nanos += timed(function, store, keys, size)
        rounds += 1
    return nanos, rounds


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", type=pathlib.Path, required=True)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    given = parser.parse_args()
    size, count = given.size, given.count
    given.dir.mkdir(parents=True, exist_ok=True)
    path = given.dir / "python.simdr"
    path.unlink(missing_ok=True)

    def say(workload, ops, nanos):
        print(workload, size, ops, nanos, sep="\t", flush=True)

    keys, value = [key_number(i) for i in range(count)], value_of_size(size)
    batches = batches_of(keys, size)
    say("put", count, measure_writes(path, put_each, keys, value, count))
    say("batch", count, measure_writes(path, put_in_batches, batches, value, count))

    with simdr.open(path, "x") as store:
        put_in_batches(store, batches, value)
    os.sync()
    drawn = keys_at_random(count)
    with simdr.open(path, "w") as store:
        nanos, rounds = measure_reads(store, get_each, drawn, size)
        say("get", count * rounds, nanos)
        nanos, rounds = measure_reads(store, get_in_batches, [drawn[at : at + BATCH_COUNT] for at in range(0, count, BATCH_COUNT)], size)
        say("getmany", count * rounds, nanos)
    path.unlink()


if __name__ == "__main__":
    main()
