"""Writes: what they refuse, what they promise, batches."""

import mmap

import pytest
import simdr
from simdr import Durability


@pytest.mark.parametrize("value, kind, text", [
    (b"", simdr.EmptyPayloadError, "an empty payload cannot be stored"),
    (b"\0", simdr.TombstonePayloadError, "cannot be stored, since it marks a deleted key"),
])
def test_refuses_values_that_the_format_cannot_hold(store, value, kind, text):
    store["key"] = b"before"
    attempts = [
        lambda: store.put("key", value),
        lambda: store.put_many({"key": value}),
        lambda: store.put_if_absent("absent", value),
        lambda: store.put_if_entry(store["key"], value),
    ]
    for attempt in attempts:
        with pytest.raises(kind, match=text) as raised:
            attempt()
        assert isinstance(raised.value, ValueError) and raised.value.status_name.startswith("ERR_")
    assert bytes(store["key"]) == b"before" and len(store) == 1


def test_refuses_the_hash_that_the_format_keeps(store):
    with pytest.raises(simdr.ReservedHashError):
        store[simdr.KeyHash(0xF1D05EAF00D51D3D)] = b"value"


def test_refuses_a_key_of_4_gib(store):
    with mmap.mmap(-1, 1 << 32, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=mmap.PROT_READ) as key:
        with pytest.raises(simdr.TooLargeError, match="more than a key may have"):
            store[key]
        with pytest.raises(simdr.TooLargeError, match="more than a key may have"):
            store.put_if_absent(key, b"value")


def test_put_returns_the_tail(store):
    assert store.put("key", b"value") == 25 == store.file_size
    assert store.put("key", b"value", durability=Durability.NONE) == 89 == store.file_size


@pytest.mark.parametrize("durability", list(Durability))
def test_writes_with_every_durability(store, durability):
    store.put("key", b"value", durability=durability)
    store.put_many({"a": b"1", "b": b"2"}, durability=durability)
    store.put_if_absent("c", b"3", durability=durability)
    store.put_if_entry(store["c"], b"4", durability=durability)
    store.rename("a", "d", durability=durability)
    store.remove("b", durability=durability)
    store.remove_many(["d"], durability=durability)
    assert {bytes(entry) for entry in store} == {b"value", b"4"}
    assert (store.stats().sync_count > 0) == (durability >= Durability.COMMIT)


def test_sync_makes_durable(store):
    store["key"] = b"value"
    assert store.stats().durable_offset < store.file_size
    store.sync()
    assert store.stats().durable_offset == store.file_size
    store.sync(Durability.STRICT)
    with pytest.raises(simdr.InvalidArgumentError, match="neither COMMIT nor STRICT"):
        store.sync(Durability.NONE)


@pytest.mark.parametrize("durability", [4, 99, 1 << 40])
def test_refuses_what_is_no_durability(store, path, durability):
    with pytest.raises(simdr.InvalidArgumentError):
        store.put("key", b"value", durability=durability)
    with pytest.raises((simdr.InvalidArgumentError, OverflowError)):
        simdr.open(path, durability=durability)
    with pytest.raises(TypeError):
        store.put("key", b"value", durability="COMMIT")
    with pytest.raises(OverflowError):
        store.put("key", b"value", durability=-1)
    assert len(store) == 0


def test_put_if_absent_stores_once(store):
    assert store.put_if_absent("key", b"first") is True
    assert store.put_if_absent("key", b"second") is False
    assert bytes(store["key"]) == b"first"
    with pytest.raises(TypeError, match="needs the key itself"):
        store.put_if_absent(simdr.KeyHash(1), b"value")


def test_put_if_entry_stores_on_the_newest_only(store):
    store["key"] = b"first"
    first = store["key"]
    assert store.put_if_entry(first, b"second") is True
    assert store.put_if_entry(first, b"third") is False
    assert bytes(store["key"]) == b"second"
    with pytest.raises(TypeError, match="is no Entry"):
        store.put_if_entry(b"first", b"value")


def test_rename_moves(store):
    store["old"], store["new"] = b"value", b"replaced"
    store.rename("old", "new")
    assert "old" not in store and bytes(store["new"]) == b"value"
    with pytest.raises(KeyError):
        store.rename("old", "new")
    with pytest.raises(simdr.SameKeyError):
        store.rename("new", b"new")


def test_copy_and_transfer_between_stores(store, tmp_path):
    store["a"], store["b"] = b"1", b"2"
    with simdr.open(tmp_path / "other.simdr") as other:
        store.copy("a", other)
        store.transfer("b", other, durability=Durability.COMMIT)
        assert bytes(other["a"]) == b"1" and bytes(other["b"]) == b"2"
        assert "a" in store and "b" not in store
        with pytest.raises(KeyError):
            store.copy("b", other)
        with pytest.raises(simdr.SameStoreError):
            store.copy("a", store)
        with pytest.raises(TypeError, match="is no Store"):
            store.copy("a", "other.simdr")
    with pytest.raises(simdr.ClosedError):
        store.copy("a", other)


def test_put_many_takes_mappings_and_pairs(store):
    class Mine:
        def items(self):
            return iter([("d", b"4")])

    store.put_many({"a": b"1", b"b": bytearray(b"2")})
    store.put_many(pair for pair in [["c", memoryview(b"3")]])
    store.put_many(Mine())
    assert [bytes(entry) for entry in store.get_many("abcd")] == [b"1", b"2", b"3", b"4"]
    store.put_many([("a", b"5"), ("a", b"6")])
    assert bytes(store["a"]) == b"6"
    assert store.put_many({}) == store.file_size


@pytest.mark.parametrize("items, kind, text", [
    ([("a", b"1"), ("b", b"")], simdr.EmptyPayloadError, "empty payload"),
    ([("a", b"1"), ("b", "text")], TypeError, "encode text first"),
    ([("a", b"1"), (7, b"2")], TypeError, "key: expected"),
    ([("a", b"1"), ("b",)], ValueError, r"items\[1\]: expected a key and a value, not 1 things"),
    ([("a", b"1"), 7], TypeError, "not iterable"),
    (7, TypeError, "not iterable"),
])
def test_put_many_stores_all_or_nothing(store, items, kind, text):
    with pytest.raises(kind, match=text):
        store.put_many(items)
    assert len(store) == 0 and store.file_size == 0


def test_buffers_are_given_back_after_every_outcome(store):
    value, key = bytearray(b"value"), bytearray(b"key")
    store.put(key, value)
    store.put_if_absent(key, value)
    store.put_many([(key, value)])
    for wrong in (bytearray(), "text"):
        with pytest.raises((ValueError, TypeError)):
            store.put_many([(key, value), (key, wrong)])
    store.close()
    with pytest.raises(simdr.ClosedError):
        store.put(key, value)
    value.append(1)  # a BufferError while somebody holds it
    key.append(1)


def test_get_many_keeps_places(store):
    store.put_many({str(i): b"value%d" % i for i in range(1000)})
    keys = [str(i) for i in range(-5, 1005)]
    got = store.get_many(keys)
    assert [None if entry is None else bytes(entry) for entry in got] == [
        b"value%d" % i if 0 <= i < 1000 else None for i in range(-5, 1005)
    ]
    assert store.get_many([simdr.key_hash("1"), b"2", "absent"], default=0)[2] == 0
    assert store.get_many([]) == []
    assert store.get_many(iter(["1"]))[0] == b"value1"
    with pytest.raises(TypeError):
        store.get_many(["1", 2])
    with pytest.raises(TypeError):
        store.get_many(None)


def test_remove_many_counts(store):
    store.put_many({"a": b"1", "b": b"2"})
    assert store.remove_many(["a", "a", "absent", "b"]) == 2
    assert store.remove_many([]) == 0
    assert len(store) == 0


def test_large_values_round_trip(store):
    value = bytes(range(256)) * (1 << 14)
    store["large"] = value
    store.put_many({"one": value, "two": value[1:]})
    assert bytes(store["large"]) == value and bytes(store["two"]) == value[1:]
