"""Threads: the interpreter lock is away while a call blocks, and no two calls wait for each other."""

import concurrent.futures
import os
import threading

import pytest
import simdr


def test_reads_and_writes_from_many_threads(store):
    def work(number):
        for i in range(300):
            key = f"{number}/{i}"
            store[key] = key.encode() * (1 + i % 50)
            assert bytes(store[key]) == key.encode() * (1 + i % 50)
            store.put_many({f"{number}/shared": b"x" * 20_000, f"{number}/{i}/again": b"value"})
            assert len(store.get_many([f"{number}/{j}" for j in range(i)])) == i
            if i % 50 == 0:
                assert sum(1 for _ in store) >= 2 * i
                store.compact()

    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(work, number) for number in range(4)]:
            done.result()
    assert len(store) == 4 * 601
    assert store.verify().fault_count == 0


def test_other_threads_run_while_a_call_blocks(store):
    """put_from() blocks on an empty pipe: only another thread can fill it."""
    read_end, write_end = os.pipe()
    threading.Timer(0.05, lambda: (os.write(write_end, b"value"), os.close(write_end))).start()
    store.put_from("key", read_end)
    os.close(read_end)
    assert bytes(store["key"]) == b"value"


def test_store_in_use_is_not_closed(store):
    store["key"] = b"value"
    inside, may_end = threading.Event(), threading.Event()

    def stay(done, total):
        inside.set()
        may_end.wait()

    thread = threading.Thread(target=store.verify, kwargs={"progress": stay})
    thread.start()
    inside.wait()
    try:
        with pytest.raises(simdr.BadStateError, match="still under way"):
            store.close()
        store["other"] = b"value"
        assert bytes(store["other"]) == b"value"
    finally:
        may_end.set()
        thread.join()
    store.close()


def test_copies_are_whole_while_another_thread_compacts(store):
    value = b"value" * 20_000
    store["key"] = value
    stopped = threading.Event()

    def compact():
        while not stopped.is_set():
            store["dead"] = b"value"
            store.compact()

    thread = threading.Thread(target=compact)
    thread.start()
    try:
        for _ in range(20_000):
            assert store.get_bytes("key") == value
    finally:
        stopped.set()
        thread.join()


def test_writers_wait_for_a_compaction_with_a_callback(store):
    """The callback needs the interpreter lock while the compaction holds the write lock: a put that waits for it must not keep the other."""
    for i in range(2000):
        store[str(i)] = b"value"
    writers = []

    def start_writers(done, total):
        while len(writers) < 3:
            number = len(writers)
            thread = threading.Thread(target=store.put, args=(f"new{number}", b"value"))
            thread.start()
            writers.append(thread)

    store.compact(start_writers)
    for thread in writers:
        thread.join()
    assert len(store) == 2003


def test_writers_wait_for_a_reservation_of_another_thread(store):
    store["first"] = b"value"  # after which small puts keep the interpreter lock
    reserved, may_end = threading.Event(), threading.Event()

    def build():
        with store.reserve("built", 5) as place:
            reserved.set()
            may_end.wait()
            with memoryview(place) as view:
                view[:] = b"value"

    builder = threading.Thread(target=build)
    builder.start()
    reserved.wait()
    threading.Timer(0.05, may_end.set).start()
    store["other"] = b"value"
    builder.join()
    assert len(store) == 3


def test_two_threads_do_not_step_one_iterator(store):
    store.put_many({str(i): b"x" * 1000 for i in range(3000)})
    entries = store.entries(verify=True)
    seen, refused = [], []

    def step():
        while True:
            try:
                seen.append(next(entries).key_hash)
            except StopIteration:
                return
            except simdr.BadStateError as error:
                assert "another thread is using this iterator" in str(error)
                refused.append(error)

    threads = [threading.Thread(target=step) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == len(set(seen)) == 3000


def test_entries_are_dropped_on_other_threads(store):
    store["key"] = b"value" * 1000
    entries = [store["key"] for _ in range(1000)]
    store.close()

    def drop():
        while entries:
            try:
                assert entries.pop()[0] == ord("v")
            except IndexError:
                return

    threads = [threading.Thread(target=drop) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
