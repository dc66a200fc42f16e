"""Values of unknown size: written as files, from files, from descriptors."""

import gc
import io
import os
import pickle
import shutil
import threading

import pytest
import simdr


def test_with_block_commits(store):
    with store.open_writer("key") as writer:
        assert writer.write(b"one ") == 4
        writer.write(bytearray(b"two"))
        assert writer.tell() == 7 and writer.writable() and not writer.readable()
        assert "key" not in store
    assert writer.closed
    assert bytes(store["key"]) == b"one two"


def test_exception_stores_nothing(store):
    with pytest.raises(RuntimeError):
        with store.open_writer("key") as writer:
            writer.write(b"half")
            raise RuntimeError
    assert writer.closed and "key" not in store


def test_closing_without_a_commit_stores_nothing(store):
    writer = store.open_writer("key")
    writer.write(b"half")
    writer.close()
    writer.close()
    del writer
    forgotten = store.open_writer("key")
    forgotten.write(b"half")
    del forgotten
    gc.collect()
    assert "key" not in store


def test_commit_returns_the_tail_and_ends_it(store):
    writer = store.open_writer(simdr.KeyHash(9), durability=simdr.Durability.COMMIT)
    writer.write(b"value")
    assert writer.commit() == store.file_size == 25
    with pytest.raises(ValueError):
        writer.write(b"more")
    with pytest.raises(ValueError):
        writer.commit()
    assert bytes(store[simdr.KeyHash(9)]) == b"value"


def test_commit_inside_the_block_is_the_only_one(store):
    with store.open_writer("key") as writer:
        writer.write(b"value")
        writer.commit()
    assert store.stats().put_count == 1


def test_empty_stream_is_refused(store):
    with pytest.raises(simdr.EmptyPayloadError):
        with store.open_writer("key"):
            pass
    assert "key" not in store


def test_writer_is_a_file_to_others(store):
    with store.open_writer("pickle") as writer:
        pickle.dump({"a": 1}, writer)
    assert pickle.loads(store["pickle"]) == {"a": 1}
    assert pickle.load(store["pickle"].open()) == {"a": 1}
    with store.open_writer("copied") as writer:
        shutil.copyfileobj(io.BytesIO(b"x" * 100_000), writer, 1000)
    assert bytes(store["copied"]) == b"x" * 100_000
    with store.open_writer("text") as writer:
        text = io.TextIOWrapper(writer, "utf-8", write_through=True)
        text.write("grün")
        text.detach()
    assert bytes(store["text"]) == "grün".encode()


def test_large_stream_spools(store):
    piece = os.urandom(1 << 16)
    with store.open_writer("large") as writer:
        for _ in range(64):
            writer.write(piece)
    assert bytes(store["large"]) == piece * 64


def test_writer_refuses_what_is_no_bytes(store):
    with store.open_writer("key") as writer:
        with pytest.raises(TypeError):
            writer.write("text")
        writer.write(b"value")


def test_put_from_a_file(store, tmp_path):
    (tmp_path / "in").write_bytes(b"0123456789" * 300_000)
    with open(tmp_path / "in", "rb") as file:
        file.seek(10)  # what the file object has read ahead counts as not yet read
        store.put_from("rest", file)
    assert len(store["rest"]) == 2_999_990
    assert store.put_from("bytes", io.BytesIO(b"value")) == store.file_size
    assert bytes(store["bytes"]) == b"value"


def test_put_from_a_descriptor(store, tmp_path):
    (tmp_path / "in").write_bytes(b"0123456789")
    descriptor = os.open(tmp_path / "in", os.O_RDONLY)
    try:
        os.lseek(descriptor, 4, os.SEEK_SET)
        store.put_from("key", descriptor)
    finally:
        os.close(descriptor)
    assert bytes(store["key"]) == b"456789"


def test_put_from_what_fails_stores_nothing(store, tmp_path):
    class Broken:
        calls = 0

        def read(self, size):
            self.calls += 1
            if self.calls == 3:
                raise RuntimeError("lost")
            return b"x" * 10

    with pytest.raises(RuntimeError, match="lost"):
        store.put_from("key", Broken())
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        with pytest.raises(simdr.SourceError) as raised:
            store.put_from("key", descriptor)  # a folder
        assert isinstance(raised.value, OSError) and raised.value.os_error != 0
    finally:
        os.close(descriptor)
    with pytest.raises(simdr.InvalidArgumentError, match="-1 is no descriptor"):
        store.put_from("key", -1)
    with pytest.raises(simdr.EmptyPayloadError):
        store.put_from("key", io.BytesIO())
    with pytest.raises(AttributeError):
        store.put_from("key", object())
    with pytest.raises(TypeError):
        store.put_from("key", io.StringIO("text"))
    read_end, write_end = os.pipe()
    os.write(write_end, b"half")
    os.set_blocking(read_end, False)
    with open(read_end, "rb", buffering=0) as pipe, pytest.raises(BlockingIOError):
        store.put_from("key", pipe)
    os.close(write_end)
    assert "key" not in store


def test_slow_source_keeps_nobody_waiting(store):
    read_end, write_end = os.pipe()
    thread = threading.Thread(target=store.put_from, args=("slow", read_end))
    thread.start()
    try:
        for i in range(100):
            store[f"quick{i}"] = b"value"
        os.write(write_end, b"at last")
    finally:
        os.close(write_end)
        thread.join()
        os.close(read_end)
    assert bytes(store["slow"]) == b"at last" and len(store) == 101
