"""What a child of fork() may do. Each test runs its body in the child and looks at the exit code."""

import os
import signal
import threading
import traceback
import warnings

import pytest
import simdr


def in_child(body):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of fork() with threads
        pid = os.fork()
    if pid == 0:
        code = 1
        try:
            signal.alarm(30)
            body()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_child_reads_entries_and_must_not_write(store):
    store["key"] = b"value"
    entry = store["key"]

    def body():
        assert bytes(entry) == b"value" and bytes(store["key"]) == b"value"
        for write in (
            lambda: store.put("key", b"other"),
            lambda: store.put_many({"key": b"other"}),
            lambda: store.remove("key"),
            lambda: store.put("key", b"x" * 100_000),
            lambda: store.reserve("key", 5),
            lambda: store.open_writer("key"),
            lambda: store.compact(),
        ):
            with pytest.raises(simdr.ForkedError):
                write()
        store.close()
        store.close()
        assert bytes(entry) == b"value"

    in_child(body)
    store["key"] = b"still the parent's"
    assert bytes(store["key"]) == b"still the parent's"


def test_childs_close_keeps_the_parents_lock(store, path):
    store["key"] = b"value"

    def body():
        store.close()
        with pytest.raises(simdr.LockedError):
            simdr.open(path)

    in_child(body)
    with pytest.raises(simdr.LockedError):
        simdr.open(path)


def test_child_uses_a_read_only_store(store, path):
    store.put_many({str(i): b"value" for i in range(100)})
    with simdr.open(path, "r") as reader:

        def body():
            assert len(reader) == 100 and len(list(reader)) == 100
            assert reader.verify().fault_count == 0
            reader.close()

        in_child(body)
        assert len(list(reader)) == 100


def test_child_of_a_thread_busy_in_the_store(store):
    """The other thread, and the locks it may hold, stay behind."""
    store["key"] = b"value"
    inside, may_end = threading.Event(), threading.Event()

    def stay(done, total):
        inside.set()
        may_end.wait()

    thread = threading.Thread(target=store.verify, kwargs={"progress": stay})
    thread.start()
    inside.wait()
    entries = iter(store)
    try:

        def body():
            assert bytes(store["key"]) == b"value"
            with pytest.raises(simdr.ForkedError):
                store["other"] = b"value"
            entries.close()
            store.close()
            store.close()

        in_child(body)
    finally:
        may_end.set()
        thread.join()
    assert [bytes(entry) for entry in entries] == [b"value"]
    store["other"] = b"value"


def test_forgetting_a_store_in_the_child_leaves_it_to_the_parent(path):
    stores = [simdr.open(path)]
    stores[0]["key"] = b"value"

    def body():
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            stores.clear()

    in_child(body)
    stores[0]["more"] = b"value"
    stores[0].close()
    with simdr.open(path) as again:
        assert len(again) == 2


def test_child_opens_a_store_of_its_own(store, tmp_path):
    store["key"] = b"value"

    def body():
        with simdr.open(tmp_path / "childs") as own:
            own["key"] = b"value"

    in_child(body)
    with simdr.open(tmp_path / "childs") as own:
        assert bytes(own["key"]) == b"value"
