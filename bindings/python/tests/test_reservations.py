"""Values built in place."""

import gc
import threading

import pytest
import simdr


def test_block_commits_what_was_built(store):
    with store.reserve("key", 8) as place, memoryview(place) as view:
        assert len(place) == view.nbytes == 8 and not view.readonly
        view[:] = b"in place"
        assert "key" not in store
    assert bytes(store["key"]) == b"in place"


def test_exception_stores_nothing(store):
    with pytest.raises(RuntimeError):
        with store.reserve("key", 8) as place, memoryview(place) as view:
            view[:] = b"in place"
            raise RuntimeError
    assert "key" not in store
    store["key"] = b"others go on"


def test_commit_and_abort_by_hand(store):
    place = store.reserve("key", 5)
    with memoryview(place) as view:
        view[:] = b"value"
    assert place.commit() == store.file_size == 25
    for use in (place.commit, lambda: memoryview(place), place.__enter__):
        with pytest.raises((simdr.ClosedError, BufferError)):
            use()
    place.abort()
    other = store.reserve("other", 5)
    other.abort()
    other.abort()
    assert len(store) == 1


def test_commit_is_refused_while_a_buffer_is_out(store):
    place = store.reserve("key", 5)
    view = memoryview(place)
    view[:] = b"value"
    part = view[1:]
    with pytest.raises(BufferError, match="still in use"):
        place.commit()
    with pytest.raises(BufferError, match="still in use"):
        store.close()
    part.release()
    view.release()
    place.commit()
    assert bytes(store["key"]) == b"value"


def test_abort_waits_for_the_last_buffer(store):
    place = store.reserve("key", 5)
    view = memoryview(place)
    place.abort()
    with pytest.raises(BufferError):
        memoryview(place)
    with pytest.raises(simdr.ClosedError):
        place.commit()
    with pytest.raises(simdr.BadStateError):
        store["other"] = b"value"
    view[:] = b"still"  # nobody's, and still mapped
    view.release()
    store["other"] = b"value"
    assert len(store) == 1


def test_block_that_leaks_a_buffer_stores_nothing(store):
    leaked = []
    with pytest.raises(BufferError, match="still in use"):
        with store.reserve("key", 5) as place:
            leaked.append(memoryview(place))
    leaked[0][:] = b"value"
    leaked.clear()
    gc.collect()
    store["other"] = b"value"
    assert "key" not in store


def test_forgotten_one_is_aborted(store):
    store.reserve("key", 5)
    gc.collect()
    store["other"] = b"value"
    assert len(store) == 1


def test_forgotten_one_lives_in_its_buffer(store):
    view = memoryview(store.reserve("key", 5))
    gc.collect()
    view[:] = b"value"
    with pytest.raises(simdr.BadStateError):
        store["other"] = b"value"
    view.release()
    del view
    gc.collect()
    store["other"] = b"value"


def test_writing_in_the_same_thread_is_refused(store):
    with store.reserve("key", 5) as place:
        for write in (
            lambda: store.put("other", b"value"),
            lambda: store.put_many({"other": b"value"}),
            lambda: store.remove("other"),
            lambda: store.reserve("other", 5),
            lambda: store.compact(),
        ):
            with pytest.raises(simdr.BadStateError, match="holds a reservation"):
                write()
        assert store.get("other") is None
        with memoryview(place) as view:
            view[:] = b"value"
    assert len(store) == 1


def test_other_threads_wait_and_then_write(store):
    store["first"] = b"value"
    started = threading.Event()

    def write():
        started.set()
        store["other"] = b"value"

    with store.reserve("key", 5) as place:
        thread = threading.Thread(target=write)
        thread.start()
        started.wait()
        with memoryview(place) as view:
            view[:] = b"value"
    thread.join()
    assert len(store) == 3


def test_may_be_committed_by_another_thread(store):
    place = store.reserve("key", 5)
    with memoryview(place) as view:
        view[:] = b"value"
    thread = threading.Thread(target=place.commit)
    thread.start()
    thread.join()
    assert bytes(store["key"]) == b"value"
    store["other"] = b"value"


def test_closing_the_store_aborts(store, path):
    place = store.reserve("key", 5)
    store.close()
    with pytest.raises(simdr.ClosedError):
        place.commit()
    with pytest.raises(BufferError):
        memoryview(place)
    with simdr.open(path) as again:
        assert len(again) == 0


@pytest.mark.parametrize("size, kind", [(0, simdr.EmptyPayloadError), (-1, ValueError), (1 << 48, simdr.TooLargeError), ("5", TypeError)])
def test_refuses_impossible_sizes(store, size, kind):
    with pytest.raises(kind):
        store.reserve("key", size)


def test_needs_a_mapping_to_write_to(tmp_path):
    with simdr.open(tmp_path / "direct.simdr", direct_writes=True) as store:
        with pytest.raises(simdr.UnsupportedError):
            store.reserve("key", 5)


def test_tombstone_built_in_place_is_refused(store):
    place = store.reserve("key", 1)
    with memoryview(place) as view:
        view[:] = b"\0"
    with pytest.raises(simdr.TombstonePayloadError):
        place.commit()
    store["other"] = b"value"
    assert len(store) == 1
