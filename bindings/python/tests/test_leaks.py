"""No call leaves an object behind, whatever comes of it."""

import contextlib
import gc
import io
import sys

import pytest
import simdr

VALUE = bytearray(b"value" * 10)
KEY = bytearray(b"some key that is no constant")


def calls(store, other, path):
    def reserve_and_commit():
        with store.reserve(KEY, 5) as place, memoryview(place) as view:
            view[:] = b"value"

    def reserve_and_leak():
        with store.reserve(KEY, 5) as place:
            memoryview(place)[:] = b"value"
            raise RuntimeError

    def write():
        with store.open_writer(KEY) as writer:
            writer.write(VALUE)

    return {
        "get": lambda: store[KEY],
        "get hash": lambda: store[store[KEY].key_hash],
        "get absent": lambda: store["absent"],
        "get nonsense": lambda: store[7],
        "get default": lambda: store.get("absent", object()),
        "get_bytes": lambda: store.get_bytes(KEY),
        "view": lambda: store.view(KEY),
        "read": lambda: store.read(KEY),
        "read absent": lambda: store.read("absent"),
        "metadata": lambda: store.metadata(KEY),
        "contains": lambda: KEY in store,
        "get_many": lambda: store.get_many([KEY, "absent", b"x"], object()),
        "get_many nonsense": lambda: store.get_many([KEY, 7]),
        "put": lambda: store.put(KEY, VALUE),
        "put empty": lambda: store.put(KEY, bytearray()),
        "put nonsense": lambda: store.put(KEY, object()),
        "put_many": lambda: store.put_many([(KEY, VALUE), [b"x", b"y"]]),
        "put_many empty": lambda: store.put_many([(KEY, VALUE), (KEY, bytearray())]),
        "put_many nonsense": lambda: store.put_many([(KEY, VALUE), (KEY, object())]),
        "put_many triple": lambda: store.put_many([(KEY, VALUE), (KEY, VALUE, 1)]),
        "put_if_absent": lambda: store.put_if_absent(KEY, VALUE),
        "put_if_entry": lambda: store.put_if_entry(store[KEY], VALUE),
        "remove": lambda: store.remove("absent"),
        "remove_many": lambda: store.remove_many([b"x", "absent"]),
        "rename": lambda: store.rename("absent", KEY),
        "copy": lambda: store.copy(KEY, other),
        "iterate": lambda: list(store),
        "iterate half": lambda: next(iter(store)),
        "versions": lambda: list(store.versions(KEY)),
        "last_entry": lambda: store.last_entry(),
        "entry": lambda: (store[KEY].info(), store[KEY].cast("B"), store[KEY][1:], repr(store[KEY]), store[KEY] == VALUE, hash(store[KEY])),
        "entry cast refused": lambda: store[KEY].cast("d"),
        "entry file": lambda: store[KEY].open().read(),
        "entry write_to": lambda: store[KEY].write_to(io.BytesIO()),
        "writer": write,
        "writer forgotten": lambda: store.open_writer(KEY).write(VALUE),
        "put_from": lambda: store.put_from(KEY, io.BytesIO(VALUE)),
        "reserve": reserve_and_commit,
        "reserve forgotten": lambda: store.reserve(KEY, 5),
        "reserve leaked": reserve_and_leak,
        "stats": lambda: store.stats(),
        "verify": lambda: store.verify(progress=lambda *_: None),
        "verify stopped": lambda: store.verify(progress=lambda: None),
        "compact": lambda: store.compact(lambda *_: None),
        "compact stopped": lambda: store.compact(lambda: None),
        "backup": lambda: store.backup(path),
        "open": lambda: simdr.open(path.with_name("third")).close(),
        "open with log": lambda: simdr.open(path.with_name("third"), log=print).close(),
        "open fails": lambda: simdr.open(path.parent),
        "open locked": lambda: simdr.open(path),
        "key_hash": lambda: simdr.key_hash(KEY),
        "namespaced_key": lambda: simdr.namespaced_key(KEY, KEY),
        "upgrade": lambda: simdr.upgrade(path, path),
        "repair": lambda: simdr.repair(path, path),
    }


@pytest.mark.parametrize("name", list(calls(None, None, None)))
def test_leaves_nothing_behind(path, tmp_path, name):
    with simdr.open(path) as store, simdr.open(tmp_path / "other") as other:
        store.put(KEY, VALUE)
        call = calls(store, other, path)[name]

        def repeat(count):
            for _ in range(count):
                with contextlib.suppress(Exception):
                    call()
            gc.collect()
            return sys.getallocatedblocks()

        calls_a_round = 20 if name.startswith("compact") else 200  # a compaction syncs
        repeat(calls_a_round // 4)
        references = sys.getrefcount(VALUE), sys.getrefcount(KEY), sys.getrefcount(None)
        counts = [repeat(calls_a_round) for _ in range(4)]
        # Something else may make objects now and then; a leak makes them every time.
        growth = min(after - before for before, after in zip(counts, counts[1:]))
        assert growth < calls_a_round / 2, f"{growth} blocks more after {calls_a_round} calls"
        assert sys.getrefcount(VALUE) == references[0] and sys.getrefcount(KEY) == references[1]
        if sys.version_info < (3, 12):  # later, None is no longer counted
            assert abs(sys.getrefcount(None) - references[2]) < calls_a_round
        VALUE.append(VALUE.pop())  # a BufferError while somebody holds it
        KEY.append(KEY.pop())
