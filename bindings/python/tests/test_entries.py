"""Entries: bytes that stay."""

import ctypes
import errno
import gc
import io
import os
import pickle
import struct
import zlib

import pytest
import simdr


@pytest.fixture
def entry(store):
    store["key"] = b"0123456789" * 10
    return store["key"]


def test_lends_its_bytes_read_only(entry):
    view = memoryview(entry)
    assert view.readonly and view.format == "B" and view.nbytes == len(entry) == 100
    assert view.obj is entry
    with pytest.raises(TypeError):
        view[0] = 1
    with pytest.raises((TypeError, BufferError)):
        io.BytesIO(b"x" * 100).readinto(entry)  # asks for a buffer to write to
    with pytest.raises((TypeError, BufferError)):
        ctypes.c_char.from_buffer(entry)


def test_is_taken_by_whatever_takes_bytes(entry, tmp_path):
    assert bytes(entry) == b"0123456789" * 10
    assert entry.tobytes() == bytes(entry)
    assert b"".join([entry, b"!"])[-2:] == b"9!"
    assert struct.unpack_from("<4s", entry, 2) == (b"2345",)
    with open(tmp_path / "out", "wb") as file:
        assert file.write(entry) == 100
    assert io.BytesIO(entry).read(3) == b"012"


def test_is_indexed_and_sliced_without_a_copy(entry):
    assert entry[0] == ord("0") and entry[-1] == ord("9")
    assert entry[2:5] == b"234" and isinstance(entry[2:5], memoryview)
    assert entry[-100] == ord("0")
    for outside in (100, -101, 1 << 80):
        with pytest.raises(IndexError):
            entry[outside]
    with pytest.raises(TypeError):
        entry["0"]


def test_equals_what_has_the_same_bytes(store, entry):
    assert entry == b"0123456789" * 10
    assert entry == bytearray(bytes(entry)) and entry == store["key"]
    assert entry != b"other" and not entry == b"other"
    assert entry != "text" and entry != 5
    scattered = memoryview(bytes(byte for digit in bytes(entry) for byte in (digit, 0)))[::2]
    assert entry == scattered and not entry != scattered and entry != scattered[1:]
    assert hash(entry) == hash(bytes(entry)) == hash(memoryview(entry))
    with pytest.raises(TypeError):
        entry < b"other"


def test_outlives_everything_that_happens_to_the_store(store):
    store["key"] = b"first"
    entry, view = store["key"], store.view("key")
    store["key"] = b"second"
    del store["key"]
    store["other"] = b"other"
    store.compact()
    assert bytes(entry) == b"first" and bytes(view) == b"first"
    store.close()
    assert bytes(entry) == b"first" and bytes(view) == b"first"
    assert entry.checksum_ok()


def test_is_pinned_by_a_view_alone(store):
    store["key"] = b"value" * 1000
    view = memoryview(store["key"])[1:]
    store.close()
    del store
    gc.collect()
    assert bytes(view) == (b"value" * 1000)[1:]


def test_view_is_the_same_without_an_entry_in_hand(store):
    store["key"] = b"value"
    assert bytes(store.view("key")) == b"value"
    assert store.view("key").readonly
    assert store.view("absent") is None
    assert store.view("absent", b"") == b""


def test_file_is_mapped_as_long_as_an_entry_lives_and_no_longer(store, path):
    def is_mapped():
        with open("/proc/self/maps") as maps:
            return any(str(path) in line for line in maps)

    store["key"] = b"value" * 1000
    entry = store["key"]
    store.close()
    assert is_mapped()
    view = memoryview(entry)
    del entry
    assert is_mapped()
    view.release()
    del view
    gc.collect()
    assert not is_mapped()


def test_payload_lies_on_64_bytes(store):
    for size in (1, 63, 64, 65, 1000):
        store["key"] = b"x" * size
        entry = store["key"]
        assert entry.address % 64 == 0 and entry.start_offset % 64 == 0
        assert ctypes.string_at(entry.address, len(entry)) == bytes(entry)


def test_tells_what_the_file_says(store):
    store["first"] = b"first"
    store["second"] = b"second"
    entry = store["second"]
    info = entry.info()
    assert info == store.metadata("second")
    assert info.key_hash == entry.key_hash == simdr.key_hash("second")
    assert info.payload_size == len(entry) == 6
    assert info.payload_offset == entry.start_offset == 64
    assert info.trailer_offset == entry.end_offset == 70
    assert info.tail_offset == 90 == store.file_size
    assert info.prev_tail == 25
    assert info.checksum == entry.checksum
    assert entry.size_with_metadata == 26
    assert entry.checksum_bytes == struct.pack("<I", entry.checksum)
    assert entry.mapping_id == store["first"].mapping_id
    assert store.metadata("absent") is None
    assert "6 bytes at offset 64" in repr(entry)


def test_reads_through_large_payloads(store):
    store["large"] = bytes(1 << 20)
    assert store["large"].checksum_ok()


def test_cast_gives_elements_in_place(store):
    store["floats"] = struct.pack("5f", 1, 2, 3, 4, 5)
    floats = store["floats"].cast("f")
    assert floats.tolist() == [1, 2, 3, 4, 5] and floats.readonly


def test_cast_refuses_partial_elements(store):
    store["seven"] = b"1234567"
    with pytest.raises(simdr.PartialElementError) as raised:
        store["seven"].cast("i")
    assert isinstance(raised.value, ValueError) and raised.value.status == -21
    with pytest.raises((ValueError, struct.error)):
        store["seven"].cast("no format")


def test_cast_refuses_misaligned_elements(tmp_path):
    # An older generation packs its entries; the library keeps the store, written as that one wrote.
    payload, hash_of_key = b"12345678", simdr.key_hash("key")
    def entry_of(data, key_hash, tail):
        return data + struct.pack("<QQI", key_hash, tail, zlib.crc32(data))

    first = entry_of(b"123", simdr.key_hash("first"), 0)
    file = tmp_path / "packed.simdr"
    file.write_bytes(first + entry_of(payload, hash_of_key, len(first)))
    with simdr.open(file, "r", layout_alignment=1) as packed:
        entry = packed["key"]
        assert bytes(entry) == payload and packed.alignment == 1
        with pytest.raises(simdr.MisalignedError) as raised:
            entry.cast("d")
        assert raised.value.status == -20
        assert entry.cast("B").tolist() == list(payload)


def test_cannot_be_made_by_hand():
    with pytest.raises(TypeError):
        simdr.Entry()
    with pytest.raises(TypeError):

        class Mine(simdr.Entry):
            pass


def test_is_not_pickled(entry, store):
    for thing in (entry, store, iter(store)):
        with pytest.raises(TypeError):
            pickle.dumps(thing)


def test_is_read_as_a_file(entry):
    with entry.open() as file:
        assert file.read(3) == b"012"
        assert file.seek(-2, os.SEEK_END) == 98
        assert file.read() == b"89" and file.read() == b""
        assert file.seek(5) == 5 and file.tell() == 5
        assert file.readline() == bytes(entry)[5:]
        with pytest.raises((ValueError, OSError)):
            file.seek(-1)
    with pytest.raises(ValueError):
        file.read()


def test_file_over_an_entry_outlives_the_store(store):
    store["lines"] = b"one\ntwo\n"
    file = store["lines"].open()
    store.close()
    assert list(file) == [b"one\n", b"two\n"]


def test_writes_itself_to_a_file(entry, tmp_path):
    out = io.BytesIO()
    entry.write_to(out, chunk_size=7)
    assert out.getvalue() == bytes(entry)
    with open(tmp_path / "out", "wb") as file:
        entry.write_to(file.fileno())
    assert (tmp_path / "out").read_bytes() == bytes(entry)
    with open(tmp_path / "raw", "wb", buffering=0) as file:
        entry.write_to(file)
    assert (tmp_path / "raw").read_bytes() == bytes(entry)


def test_writing_continues_after_a_short_write(entry):
    class Narrow:
        taken = b""

        def write(self, data):
            self.taken += bytes(data[:3])
            return min(3, len(data))

    sink = Narrow()
    entry.write_to(sink)
    assert sink.taken == bytes(entry)


def test_writing_stops_at_a_raw_file_that_would_have_to_wait(store):
    store["key"] = bytes(range(256)) * 4096
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    with open(read_end, "rb", buffering=0) as source, open(write_end, "wb", buffering=0) as sink:
        with pytest.raises(BlockingIOError) as raised:
            store["key"].write_to(sink)
        assert raised.value.errno == errno.EAGAIN and 0 < raised.value.characters_written < 1 << 20
        sink.close()
        assert source.readall() == bytes(store["key"])[: raised.value.characters_written]


def test_sink_that_takes_nothing_is_an_exception(entry):
    class Full:
        calls = 0

        def write(self, data):
            self.calls += 1
            assert self.calls == 1, "it was asked again"
            return 0

    with pytest.raises(simdr.SinkError, match="sink: its write\\(\\) took 0 of 100 bytes"):
        entry.write_to(Full())


def test_sink_without_a_count_has_taken_all(entry):
    taken = []
    entry.write_to(type("Sink", (), {"write": lambda self, data: taken.append(bytes(data))})(), chunk_size=30)
    assert b"".join(taken) == bytes(entry) and len(taken) == 4


def test_failing_sinks_are_exceptions(entry):
    class Broken:
        def write(self, data):
            raise RuntimeError("full")

    with pytest.raises(RuntimeError, match="full"):
        entry.write_to(Broken())
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        with pytest.raises(simdr.SinkError) as raised:
            entry.write_to(write_end)
        assert isinstance(raised.value, OSError)
    finally:
        os.close(write_end)
    with pytest.raises(ValueError, match="chunk_size"):
        entry.write_to(io.BytesIO(), chunk_size=0)


def test_get_bytes_copies(store):
    store["key"] = b"value"
    assert store.get_bytes("key") == b"value" and type(store.get_bytes("key")) is bytes
    assert store.get_bytes("absent") is None and store.get_bytes("absent", b"") == b""


def test_reads_by_system_call_into_a_buffer(store):
    store["key"] = b"0123456789"
    buffer = bytearray(4)
    assert store.read_into("key", buffer) == (4, 10) and buffer == b"0123"
    assert store.read_into("key", buffer, 8) == (2, 10) and buffer[:2] == b"89"
    assert store.read_into("key", buffer, offset=10) == (0, 10)
    assert store.read("key") == b"0123456789"
    assert store.read("key", 3, 4) == b"3456"
    assert store.read("key", 7) == b"789"
    assert store.read("key", 20) == b"" and store.read("key", 8, 100) == b"89"
    assert store.read("key", 2, 0) == b"" and store.read("key", 0, 1 << 60) == b"0123456789"
    with pytest.raises(KeyError):
        store.read("absent")
    with pytest.raises(OverflowError):
        store.read("key", -1)
    with pytest.raises(TypeError):
        store.read_into("key", b"read-only")
    with pytest.raises(TypeError, match="needs the key itself"):
        store.read(simdr.key_hash("key"))


def test_file_cut_by_another_program_is_an_error_when_read_by_system_call(store, path):
    store["key"] = bytes(range(256)) * 64
    store.sync()
    size = os.path.getsize(path)
    os.truncate(path, 100)
    try:
        with pytest.raises(simdr.StoreIOError):
            store.read("key")
    finally:
        os.truncate(path, size)
