"""Not run, but checked by mypy: right uses pass, and each wrong one needs its `type: ignore`."""

from typing import Iterator, assert_type

import simdr
from simdr import Durability, Entry, KeyHash, Store

with simdr.open("path") as store:
    assert_type(store, Store)
    assert_type(store["key"], Entry)
    assert_type(store.get(b"key"), Entry | None)
    assert_type(store.get(KeyHash(1), 5), Entry | int)
    assert_type(store.get_bytes("key", b""), bytes)
    assert_type(store.get_many(["a", b"b"]), list[Entry | None])
    assert_type(store.pop("key", None), Entry | None)
    assert_type(store.put("key", b"value", durability=Durability.COMMIT), int)
    assert_type(store.verify().fault_count, int)
    assert_type(bytes(store["key"]), bytes)
    entries: Iterator[Entry] = iter(store)
    assert_type(store.popitem(), tuple[KeyHash, Entry])
    assert_type(dict(store.items()), dict[KeyHash, Entry])
    store.update(store.items())
    store |= {"a": b"1"}
    store.for_each(lambda entry: entry.checksum_ok(), 4, verify=True)
    store["key"] = memoryview(store["key"])[1:]
    store.put_many({"a": b"1"})
    store.put_many([(b"a", b"1"), ("b", bytearray(b"2"))])
    with store.reserve("key", 10) as place, memoryview(place) as view:
        view[:] = b"0123456789"
    with store.open_writer("key") as writer:
        writer.write(b"value")

    store.for_each(lambda: None)  # type: ignore[arg-type, misc]
    store["key"] = "text"  # type: ignore[assignment]
    store[5]  # type: ignore[index]
    store.put("key", b"value", Durability.COMMIT)  # type: ignore[call-arg, misc, unused-ignore]
    store.put_if_absent(KeyHash(1), 7)  # type: ignore[arg-type]
    simdr.open("path", "rw")  # type: ignore[arg-type]
    simdr.open("path", no_such_option=1)  # type: ignore[call-arg]
