"""Iterating: snapshots, versions, verifying."""

import gc
import threading

import pytest
import simdr


@pytest.fixture
def filled(store):
    for i in range(200):
        store[f"key{i % 50}"] = b"value%d" % i
    return store


def test_sees_the_store_as_it_was(filled):
    entries = iter(filled)
    first = next(entries)
    filled["new"] = b"new"
    filled.remove_many([f"key{i}" for i in range(50)])
    filled.compact()
    rest = [bytes(entry) for entry in entries]
    assert [bytes(first), *rest] == [b"value%d" % i for i in range(199, 149, -1)]
    assert [bytes(entry) for entry in filled] == [b"new"]


def test_ends_and_stays_ended(filled):
    entries = filled.entries()
    assert len(list(entries)) == 50
    assert list(entries) == []


def test_closing_an_iterator_ends_it(filled):
    entries = iter(filled)
    next(entries)
    entries.close()
    entries.close()
    assert list(entries) == []


def test_all_versions(filled):
    assert [bytes(entry) for entry in filled.entries(all_versions=True)] == [b"value%d" % i for i in range(199, -1, -1)]


def test_versions_of_a_key(filled):
    assert [bytes(entry) for entry in filled.versions("key7")] == [b"value157", b"value107", b"value57", b"value7"]
    assert [bytes(entry) for entry in filled.versions(simdr.key_hash("key7"))][0] == b"value157"
    del filled["key7"]
    assert len(list(filled.versions("key7"))) == 4
    assert list(filled.versions("absent")) == []


def test_verifying_goes_on_after_a_bad_entry(store, path, damage):
    for i in range(5):
        store[str(i)] = b"value%d" % i
    place = store["2"].start_offset
    store.close()
    damage(place)
    with simdr.open(path, "r") as reopened:
        entries = reopened.entries(verify=True)
        seen, faults = [], 0
        while True:
            try:
                seen.append(bytes(next(entries)))
            except simdr.CorruptError as error:
                assert "does not match its checksum" in str(error) and error.status == -39
                faults += 1
            except StopIteration:
                break
        assert seen == [b"value4", b"value3", b"value1", b"value0"] and faults == 1
        assert not reopened["2"].checksum_ok() and reopened["1"].checksum_ok()


def test_verify_reads_refuses_wrong_bytes(store, path, damage):
    store["good"], store["bad"], store["last"] = b"good", b"wrong", b"last"
    place = store["bad"].start_offset
    store.close()
    damage(place)
    with simdr.open(path, "r", verify_reads=True) as reopened:
        assert bytes(reopened["good"]) == b"good" == reopened.get_bytes("good") and reopened.get_bytes("absent", 7) == 7
        for attempt in (reopened.get, reopened.get_bytes, reopened.view, lambda key: reopened.get_many([key])):
            with pytest.raises(simdr.CorruptError):
                attempt("bad")


def test_iterator_of_a_closed_store_says_so(filled):
    entries, versions = iter(filled), filled.versions("key1")
    kept = next(entries)
    next(versions)
    filled.close()
    for iterator in (entries, versions):
        with pytest.raises(simdr.ClosedError, match="iterator is closed"):
            next(iterator)
        iterator.close()
        assert list(iterator) == []
    assert bytes(kept) == b"value199"


def test_iterator_keeps_its_store(path):
    store = simdr.open(path)
    store["key"] = b"value"
    entries = iter(store)
    del store
    gc.collect()
    assert [bytes(entry) for entry in entries] == [b"value"]
    with pytest.warns(ResourceWarning, match="unclosed store"):
        del entries
        gc.collect()


@pytest.mark.parametrize("make, use", [
    (lambda store: iter(store), next),
    (lambda store: store._stream("new"), lambda stream: stream.write(b"value")),
    (lambda store: store.reserve("new", 5), lambda reservation: reservation.commit()),
], ids=["iterator", "stream", "reservation"])
def test_store_is_not_closed_while_what_was_opened_is_made_an_object(tmp_path, make, use):
    class Closes:
        def __init__(self, store):
            self.store, self.cycle = store, self

        def __del__(self):
            try:
                self.store.close()
            except simdr.BadStateError:
                pass  # a call is under way

    thresholds = gc.get_threshold()
    for allocations in range(1, 20):  # in one of these turns what is made is what makes the collector run
        with simdr.open(tmp_path / str(allocations)) as store:
            store["key"] = b"value"
            gc.collect()
            Closes(store)
            gc.set_threshold(allocations)
            try:
                made = make(store)
            except simdr.ClosedError:
                continue  # it ran before
            finally:
                gc.set_threshold(*thresholds)
            if store.closed:  # it ran after, and what was made has been closed with the store
                with pytest.raises(simdr.ClosedError, match="the (iterator|stream|reservation) is closed"):
                    use(made)
            else:
                use(made)


def test_last_entry(store):
    assert store.last_entry() is None
    store["a"], store["b"] = b"1", b"2"
    assert bytes(store.last_entry()) == b"2"
    del store["b"]
    assert bytes(store.last_entry()) == b"1"


@pytest.mark.parametrize("threads", [None, 1, 2, 7])
def test_for_each_visits_every_live_entry_once(filled, threads):
    del filled["key7"]
    seen = []
    filled.for_each(lambda entry: seen.append(bytes(entry)), threads)
    assert sorted(seen) == sorted(bytes(entry) for entry in filled) and len(seen) == 49


def test_for_each_is_on_several_threads_at_once(filled):
    together = threading.Barrier(3, timeout=60)
    seen = set()

    def wait_for_the_others(entry):
        if threading.get_ident() not in seen:
            seen.add(threading.get_ident())
            together.wait()

    filled.for_each(wait_for_the_others, 3)
    assert len(seen) == 3 and threading.get_ident() in seen


def test_for_each_sees_the_store_as_it_was(filled):
    seen = []

    def replace(entry):
        seen.append(bytes(entry))
        filled[entry.key_hash] = b"replaced"

    filled.for_each(replace, 2)
    assert len(seen) == 50 and b"replaced" not in seen
    assert {bytes(entry) for entry in filled} == {b"replaced"}


def test_for_each_ends_with_the_first_exception(filled):
    count = 0

    def fail(entry):
        nonlocal count
        count += 1
        raise LookupError(bytes(entry))

    for threads in (1, 3):
        count = 0
        with pytest.raises(LookupError, match="value"):
            filled.for_each(fail, threads)
        assert 1 <= count <= threads
    assert all(not thread.name.startswith("simdr-for-each") for thread in threading.enumerate())
    filled.close()
    with pytest.raises(simdr.ClosedError):
        filled.for_each(fail)


def test_for_each_wants_a_thread(filled):
    with pytest.raises(ValueError, match="threads: 0 is less than one"):
        filled.for_each(print, 0)


def test_for_each_verifies(store, path, damage):
    store["good"], store["bad"], store["last"] = b"good", b"wrong", b"last"
    place = store["bad"].start_offset
    store.close()
    damage(place)
    with simdr.open(path, "r") as reopened:
        reopened.for_each(len, 2)
        with pytest.raises(simdr.CorruptError):
            reopened.for_each(len, 2, verify=True)
