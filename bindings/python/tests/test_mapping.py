"""A store as a dict."""

import collections.abc

import pytest
import simdr


def test_gives_back_what_was_put(store):
    store[b"key"] = b"value"
    assert bytes(store[b"key"]) == b"value"
    assert len(store) == 1


def test_takes_keys_of_every_kind(store):
    store["schlüssel"] = b"text"
    store[bytearray(b"array")] = b"array"
    store[memoryview(b"--view")[2:]] = b"view"
    store[b""] = b"no bytes"
    store[simdr.KeyHash(77)] = b"hash"
    assert bytes(store["schlüssel".encode()]) == b"text"
    assert bytes(store["array"]) == b"array"
    assert bytes(store["view"]) == b"view"
    assert bytes(store[""]) == b"no bytes"
    assert bytes(store[simdr.KeyHash(77)]) == b"hash"
    assert bytes(store[simdr.key_hash("array")]) == b"array"
    assert bytes(store[store["view"].key_hash]) == b"view"


@pytest.mark.parametrize("key", [1, None, 1.5, ("a",), ["a"]])
def test_refuses_what_is_no_key(store, key):
    with pytest.raises(TypeError, match="key: expected bytes, str, KeyHash or a bytes-like object, not"):
        store[key]
    with pytest.raises(TypeError, match="key: expected"):
        store[key] = b"value"
    with pytest.raises(TypeError, match="key: expected"):
        key in store
    with pytest.raises(TypeError, match="key: expected"):
        del store[key]


@pytest.mark.parametrize("value", [1, None, ["a"]])
def test_refuses_what_is_no_value(store, value):
    with pytest.raises(TypeError, match="value: expected a bytes-like object, not"):
        store["key"] = value
    assert "key" not in store


def test_refuses_text_as_a_value(store):
    with pytest.raises(TypeError, match="encode text first"):
        store["key"] = "text"


def test_refuses_a_key_that_is_no_utf8(store):
    with pytest.raises(UnicodeEncodeError):
        store["\udc80"]


def test_missing_key_is_a_key_error(store):
    with pytest.raises(KeyError) as raised:
        store["absent"]
    assert raised.value.args == ("absent",)
    assert isinstance(raised.value, simdr.NotFoundError)
    assert raised.value.status == -1
    with pytest.raises(simdr.NotFoundError):
        del store["absent"]


def test_contains_and_get(store):
    store["key"] = b"value"
    marker = object()
    assert "key" in store and "absent" not in store
    assert store.get("absent") is None
    assert store.get("absent", marker) is marker
    assert store.get("absent", default=marker) is marker
    assert bytes(store.get(key="key")) == b"value"


def test_newest_value_counts(store):
    for value in (b"1", b"2", b"3"):
        store["key"] = value
    assert bytes(store["key"]) == b"3"
    assert len(store) == 1


def test_deletes(store):
    store["key"] = b"value"
    del store["key"]
    assert "key" not in store and len(store) == 0
    assert store.remove("key") is False


def test_iterates_over_entries_newest_first(store):
    for i in range(5):
        store[f"key{i}"] = b"value%d" % i
    store["key1"] = b"again"
    assert [bytes(entry) for entry in store] == [b"again", b"value4", b"value3", b"value2", b"value0"]
    assert [bytes(entry) for entry in store.values()] == [bytes(entry) for entry in store]


def test_is_no_mapping_for_it_has_no_keys(store):
    assert not isinstance(store, collections.abc.Mapping)
    assert not hasattr(store, "keys")


def test_items_are_hashes_and_entries(store, tmp_path):
    store.update({"a": b"1", "b": b"2", "c": b"3"})
    del store["b"]
    assert [(key, bytes(entry)) for key, entry in store.items()] == [(simdr.key_hash("c"), b"3"), (simdr.key_hash("a"), b"1")]
    assert all(isinstance(key, simdr.KeyHash) for key, _ in store.items())
    assert {key: bytes(store[key]) for key, _ in store.items()} == {key: bytes(entry) for key, entry in dict(store.items()).items()}
    with simdr.open(tmp_path / "other") as other:
        other.update(store.items())
        assert bytes(other["a"]) == b"1" and bytes(other["c"]) == b"3" and len(other) == 2
        other.clear()
        other.update(store)
        assert [bytes(entry) for entry in other] == [b"1", b"3"]


def test_pop(store):
    store["key"] = b"value"
    assert bytes(store.pop("key")) == b"value"
    assert "key" not in store
    assert store.pop("key", None) is None
    with pytest.raises(KeyError):
        store.pop("key")


def test_popitem_takes_the_newest(store):
    store.update({"a": b"1", "b": b"2"})
    store["a"] = b"3"
    assert [store.popitem(), store.popitem()] == [(simdr.key_hash("a"), b"3"), (simdr.key_hash("b"), b"2")]
    assert len(store) == 0
    with pytest.raises(KeyError, match="empty"):
        store.popitem()


def test_setdefault(store):
    assert bytes(store.setdefault("key", b"first")) == b"first"
    assert bytes(store.setdefault("key", b"second")) == b"first"


def test_update_and_clear(store):
    store.update({"a": b"1", b"b": b"2"})
    store.update([("c", b"3")])
    assert len(store) == 3
    same = store
    store |= {"d": b"4"}
    assert store is same and bytes(store["d"]) == b"4"
    store.clear()
    assert len(store) == 0 and list(store) == []


def test_takes_an_entry_as_a_value(store):
    store["key"] = b"value"
    store["copy"] = store["key"]
    assert bytes(store["copy"]) == b"value"


def test_arguments_are_named_in_errors(store):
    with pytest.raises(TypeError, match=r"get\(\) needs the argument 'key'"):
        store.get()
    with pytest.raises(TypeError, match=r"get\(\) takes 2 positional arguments, not 3"):
        store.get("a", None, None)
    with pytest.raises(TypeError, match=r"get\(\) has no argument 'other'"):
        store.get("a", other=1)
    with pytest.raises(TypeError, match=r"get\(\) got two values for 'key'"):
        store.get("a", key="b")
    with pytest.raises(TypeError, match=r"put\(\) needs the argument 'value'"):
        store.put("a")


def test_key_hash_is_an_int_of_64_bits():
    assert simdr.key_hash("a") == simdr.key_hash(b"a")
    assert isinstance(simdr.key_hash("a"), simdr.KeyHash)
    assert simdr.key_hash(simdr.KeyHash(5)) == 5
    assert repr(simdr.KeyHash(5)) == "KeyHash(0x0000000000000005)"
    for wrong in (-1, 1 << 64):
        with pytest.raises(ValueError):
            simdr.KeyHash(wrong)
    assert len(simdr.namespaced_key("ns", b"key")) == 16
    assert simdr.namespaced_key(namespace="ns", key="key") == simdr.namespaced_key(b"ns", b"key")


def test_plain_numbers_are_no_hashes(store):
    store[simdr.KeyHash(5)] = b"value"
    with pytest.raises(TypeError):
        store[5]
