"""Entries as numpy arrays, in place."""

import gc
import struct
import zlib

import pytest
import simdr

numpy = pytest.importorskip("numpy", reason="no numpy")


@pytest.fixture
def entry(store):
    store["floats"] = numpy.arange(1000, dtype="f4")
    return store["floats"]


def lies_in(array, entry):
    return array.__array_interface__["data"][0] == entry.address


def test_frombuffer_makes_no_copy(entry):
    array = numpy.frombuffer(entry, "f4")
    assert lies_in(array, entry) and not array.flags.writeable and array.sum() == 499500
    with pytest.raises(ValueError):
        array[0] = 1


def test_array_outlives_entry_and_store(store, entry):
    array, part = entry.numpy("f4"), numpy.frombuffer(entry, "f4")[10:20]
    other = numpy.ndarray((1000,), "f4", buffer=entry)
    del entry
    store["floats"] = b"replaced"
    store.compact()
    store.close()
    del store
    gc.collect()
    assert array.sum() == 499500 and part.tolist() == list(range(10, 20)) and other.sum() == 499500


def test_numpy_gives_dtype_and_shape(entry):
    array = entry.numpy("f4", (10, 100))
    assert array.shape == (10, 100) and array[9, 99] == 999 and lies_in(array, entry)
    assert entry.numpy().dtype == numpy.uint8 and len(entry.numpy()) == 4000
    assert entry.numpy(numpy.dtype([("a", "<u2"), ("b", "<u2")])).dtype.names == ("a", "b")
    assert entry.numpy(">f4", shape=(-1, 2)).shape == (500, 2)


def test_numpy_refuses_partial_elements(entry):
    with pytest.raises(simdr.PartialElementError, match="4000"):
        entry.numpy("S7")
    with pytest.raises(ValueError):
        entry.numpy("f4", (3, 3))
    with pytest.raises(TypeError, match="Python objects"):
        entry.numpy(object)
    with pytest.raises(TypeError):
        entry.numpy("no dtype")


def test_numpy_copies_on_request(entry):
    array = entry.numpy("f4", copy=True)
    assert array.flags.writeable and not lies_in(array, entry)
    array[0] = 1
    assert entry.numpy("f4", copy=None)[0] == 0 and lies_in(entry.numpy("f4", copy=None), entry)


def test_numpy_of_a_misaligned_value(tmp_path):
    def entry_of(data, key_hash, tail):
        return data + struct.pack("<QQI", key_hash, tail, zlib.crc32(data))

    first = entry_of(b"123", simdr.key_hash("first"), 0)
    payload = struct.pack("<2d", 1, 2)
    file = tmp_path / "packed.simdr"
    file.write_bytes(first + entry_of(payload, simdr.key_hash("key"), len(first)))
    with simdr.open(file, "r", layout_alignment=1) as packed:
        with pytest.raises(simdr.MisalignedError):
            packed["key"].numpy("f8")
        array = packed["key"].numpy("f8", copy=None)
        assert array.flags.aligned and array.flags.writeable and array.tolist() == [1, 2]
        assert packed["key"].numpy("u1").tobytes() == payload


def test_arrays_are_values(store):
    array = numpy.arange(12, dtype="i4").reshape(3, 4)
    store["array"] = array
    assert bytes(store["array"]) == array.tobytes()
    with pytest.raises((BufferError, ValueError), match="contiguous"):
        store["array"] = array[:, ::2]
    store.put_many({"a": array, "b": array[1:]})
    assert store["b"].numpy("i4", (2, 4)).tolist() == array[1:].tolist()


def test_array_built_in_place(store):
    with store.reserve("built", 800) as place:
        array = numpy.frombuffer(place, "f8")
        array[:] = numpy.arange(100)
        with pytest.raises(BufferError, match="delete the arrays"):
            place.commit()
        del array
    assert store["built"].numpy("f8").sum() == 4950
