"""simdr.arrays: a dict of arrays as one entry."""

import json

import pytest
import simdr

numpy = pytest.importorskip("numpy", reason="no numpy")
from simdr import arrays  # noqa: E402

EXAMPLES = {
    "floats": numpy.linspace(0, 1, 1001),
    "matrix": numpy.arange(12, dtype="<i2").reshape(3, 4),
    "fortran": numpy.asfortranarray(numpy.arange(20.0).reshape(4, 5)),
    "every second": numpy.arange(20)[::2],
    "transposed cube": numpy.arange(24).reshape(2, 3, 4).transpose(1, 0, 2),
    "big-endian": numpy.arange(5, dtype=">f8"),
    "number": numpy.float32(2.5),
    "none": numpy.zeros((0, 3)),
    "truth": numpy.array([True, False]),
    "complex": numpy.array([1 + 2j]),
    "text": numpy.array(["eins", "zwei", "dreizehn"]),
    "bytes": numpy.array([b"ab", b"c"]),
    "times": numpy.array(["2020-01-01", "2021-01-01"], dtype="M8[D]"),
    "records": numpy.array([(1, 2.5, [1, 2])], dtype=[("a", "u1"), ("b", "<f8"), ("c", "<i4", (2,))]),
    "": numpy.ones(1),
    "ünïcode": numpy.ones(2),
}


def same(one, other):
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


def test_gives_back_what_was_saved(store):
    arrays.save(store, "arrays", EXAMPLES)
    loaded = arrays.load(store, "arrays")
    assert list(loaded) == list(EXAMPLES)
    for name, array in loaded.items():
        assert same(array, numpy.asarray(EXAMPLES[name])), name
        assert not array.flags.writeable
    assert loaded["fortran"].flags.f_contiguous and not loaded["fortran"].flags.c_contiguous


def test_loads_without_a_copy(store):
    arrays.save(store, "arrays", EXAMPLES)
    entry = store["arrays"]
    begin, end = entry.address, entry.address + len(entry)
    for array in arrays.load(store, "arrays").values():
        place = array.__array_interface__["data"][0]
        assert array.nbytes == 0 or (begin <= place and place + array.nbytes <= end and place % 64 == 0)


def test_arrays_outlive_the_store(store):
    arrays.save(store, "arrays", {"a": numpy.arange(1000)})
    array = arrays.load(store, "arrays")["a"]
    store.close()
    assert array.sum() == 499500


def test_saves_the_same_where_nothing_is_mapped(store, tmp_path):
    arrays.save(store, "arrays", EXAMPLES)
    with simdr.open(tmp_path / "direct.simdr", direct_writes=True) as direct:
        arrays.save(direct, "arrays", EXAMPLES, durability=simdr.Durability.COMMIT)
        assert direct["arrays"] == store["arrays"]


def test_takes_lists_and_no_arrays_at_all(store):
    arrays.save(store, "lists", {"a": [1, 2, 3]})
    assert arrays.load(store, "lists")["a"].tolist() == [1, 2, 3]
    arrays.save(store, "nothing", {})
    assert arrays.load(store, "nothing") == {}


def test_refuses_python_objects(store):
    with pytest.raises(TypeError, match="a: object holds Python objects"):
        arrays.save(store, "arrays", {"a": numpy.array([object()])})
    assert len(store) == 0
    with pytest.raises(KeyError):
        arrays.load(store, "arrays")


def test_unpacks_any_bytes(store):
    arrays.save(store, "arrays", EXAMPLES)
    for payload in (bytes(store["arrays"]), bytearray(store["arrays"]), memoryview(b"x" + bytes(store["arrays"]))[1:]):
        assert same(arrays.unpack(payload)["matrix"], EXAMPLES["matrix"])


@pytest.mark.parametrize("payload", [b"x", b"x" * 100, b"simdrar1", b"simdrar1" + b"\xff" * 100, b"simdrar1" + bytes(8)])
def test_refuses_what_it_did_not_save(store, payload):
    store["other"] = payload
    with pytest.raises(ValueError):
        arrays.load(store, "other")


@pytest.mark.parametrize("table", [
    7,
    [7],
    [{}],
    [{"name": "a", "dtype": "'O'", "shape": [1], "order": "C", "start": 0}],
    [{"name": "a", "dtype": "'u1'", "shape": [65], "order": "C", "start": 0}],
    [{"name": "a", "dtype": "'u1'", "shape": [1], "order": "C", "start": 64}],
    [{"name": "a", "dtype": "'u1'", "shape": [1], "order": "C", "start": -1}],
    [{"name": "a", "dtype": "'u1'", "shape": [1], "order": "C", "start": 0.5}],
    [{"name": "a", "dtype": "'u1'", "shape": [-1], "order": "C", "start": 0}],
    [{"name": "a", "dtype": "'u1'", "shape": [1 << 70, 0], "order": "C", "start": 0}],
    [{"name": "a", "dtype": "'u1'", "shape": 5, "order": "C", "start": 0}],
    [{"name": "a", "dtype": "'u1'", "shape": [1], "order": "Q", "start": 0}],
    [{"name": "a", "dtype": "__import__('os')", "shape": [1], "order": "C", "start": 0}],
    [{"name": "a", "dtype": "'no dtype'", "shape": [1], "order": "C", "start": 0}],
    [{"name": ["a"], "dtype": "'u1'", "shape": [1], "order": "C", "start": 0}],
])
def test_refuses_a_header_that_lies(table):
    header = json.dumps(table).encode()
    header += b" " * (-(16 + len(header)) % 64)
    with pytest.raises(ValueError):
        arrays.unpack(b"simdrar1" + len(header).to_bytes(8, "little") + header + bytes(64))
