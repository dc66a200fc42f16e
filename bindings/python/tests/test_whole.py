"""Calls about the whole store: compact, verify, backup, import, repair, upgrade, figures."""

import os
import pathlib

import pytest
import simdr


def test_compact_drops_what_is_dead(store):
    for i in range(100):
        store["key"] = b"value%d" % i
    assert store.compaction_savings > 0
    told = []
    store.compact(lambda done, total: told.append((done, total)))
    assert store.file_size == 27 and bytes(store["key"]) == b"value99"
    assert told and told[-1][0] == told[-1][1] > 0


def test_compact_is_stopped_by_what_its_callback_raises(store, path):
    for i in range(1000):
        store["key"] = b"value%d" % i

    def stop(done, total):
        raise RuntimeError("enough")

    before = store.file_size
    with pytest.raises(RuntimeError, match="enough"):
        store.compact(stop)
    assert store.file_size == before and bytes(store["key"]) == b"value999"
    with pytest.raises(TypeError):
        store.compact(lambda: None)
    with pytest.raises(TypeError):
        store.compact(7)
    store.compact()


def test_compact_callback_may_read_but_not_write(store):
    store["key"] = b"value"
    seen, refused = [], []

    def look(done, total):
        seen.append((bytes(store["key"]), store.stats().live_count, [bytes(entry) for entry in store]))
        for write in (
            lambda: store.put("key", b"other"),
            lambda: store.put_many({"key": b"other"}),
            lambda: store.remove("key"),
            lambda: store.compact(),
            lambda: store.sync(),
            lambda: store.reserve("key", 5),
            lambda: store.close(),
        ):
            with pytest.raises(simdr.BadStateError):
                write()
            refused.append(write)

    store.compact(look)
    assert seen[0] == (b"value", 1, [b"value"]) and len(refused) >= 7
    assert bytes(store["key"]) == b"value"


def test_verify_finds_nothing_in_a_whole_store(store):
    store.put_many({str(i): b"value" for i in range(10)})
    told = []
    assert store.verify(progress=lambda done, total: told.append((done, total))) == (10, store.file_size, 0)
    assert told[-1] == (store.file_size, store.file_size)


def test_verify_tells_each_fault(store, path, damage):
    store.put_many({str(i): b"value" for i in range(10)})
    places = [store["3"].start_offset, store["5"].start_offset]
    store.close()
    for place in places:
        damage(place)
    faults = []
    with simdr.open(path, "r") as reopened:
        with pytest.raises(simdr.CorruptError) as raised:
            reopened.verify(faults.append)
        assert raised.value.result.fault_count == 2 == len(faults) and raised.value.result.entry_count == 10
        assert {fault.key_hash for fault in faults} == {simdr.key_hash("3"), simdr.key_hash("5")}
        assert all(isinstance(fault, simdr.Fault) and fault.what for fault in faults)

        def stop(fault):
            raise RuntimeError("enough")

        with pytest.raises(RuntimeError, match="enough"):
            reopened.verify(stop)


def test_verify_tells_of_damage_under_any_name(tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff\xfe"
    with simdr.open(path) as store:
        store.put_many({str(i): b"value" for i in range(10)})
    with open(path, "r+b") as file:
        file.write(b"V")
    with simdr.open(path, "r") as store:
        with pytest.raises(simdr.CorruptError) as raised:
            store.verify()
    assert raised.value.result.fault_count == 1 and "/\\xff\\xfe: damaged" in str(raised.value)


def test_verify_callback_may_use_the_store(store):
    store["key"] = b"value"
    store.verify(progress=lambda done, total: store.put("other", b"value"))
    assert "other" in store


def test_backup_is_a_store(store, tmp_path):
    store.put_many({str(i): b"value%d" % i for i in range(100)})
    store.backup(tmp_path / "backup")
    store["later"] = b"value"
    with simdr.open(tmp_path / "backup", "r") as backup:
        assert len(backup) == 100 and backup.verify().fault_count == 0
    with pytest.raises(FileExistsError, match="backup"):
        store.backup(tmp_path / "backup")
    with pytest.raises(FileNotFoundError):
        store.backup(tmp_path / "no folder" / "backup")


def test_imports_a_directory(store, tmp_path):
    tree = tmp_path / "tree"
    (tree / "folder").mkdir(parents=True)
    (tree / "a").write_bytes(b"first")
    (tree / "folder" / "b").write_bytes(b"second")
    (tree / "empty").write_bytes(b"")
    os.symlink("a", tree / "link")
    told = []
    assert store.import_directory(tree, on_file=told.append) == (2, 11, 2)
    assert bytes(store["a"]) == b"first" and bytes(store["folder/b"]) == b"second"
    assert {file.key for file in told if file.status == 0} == {b"a", b"folder/b"}
    store.import_directory(tree, "space", durability=simdr.Durability.COMMIT)
    assert bytes(store[simdr.namespaced_key("space", "a")]) == b"first"

    def stop(file):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        store.import_directory(tree, on_file=stop)
    with pytest.raises(FileNotFoundError):
        store.import_directory(tmp_path / "no folder")
    with pytest.raises(TypeError):
        store.import_directory(tree, namespace=7)


def test_repair_keeps_what_is_intact(store, path, tmp_path, damage):
    store.put_many({str(i): b"value%d" % i for i in range(10)})
    place = store["4"].start_offset
    store.close()
    damage(place)
    faults = []
    result = simdr.repair(path, tmp_path / "repaired", faults.append)
    assert result.kept_count == 9 and result.lost_count >= 1 and faults
    with simdr.open(tmp_path / "repaired", "r") as repaired:
        assert len(repaired) == 9 and "4" not in repaired
    with pytest.raises(FileExistsError):
        simdr.repair(path, tmp_path / "repaired")
    with pytest.raises(FileNotFoundError):
        simdr.repair(tmp_path / "absent", tmp_path / "out")

    def stop(fault):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        simdr.repair(path, tmp_path / "other", stop)


def test_upgrade_rewrites_an_older_generation(tmp_path):
    old = pathlib.Path(__file__).resolve().parents[3] / "tests" / "data" / "generations" / "v0.1.0-alpha" / "batches.bin"
    simdr.upgrade(old, tmp_path / "new")
    with simdr.open(tmp_path / "new") as store, simdr.open(old, "r") as before:
        assert store.generation == "aligned-64" and before.generation == "packed-19"
        assert [bytes(entry) for entry in store] == [bytes(entry) for entry in before]
        store["key"] = b"value"
    with pytest.raises(FileExistsError):
        simdr.upgrade(old, tmp_path / "new")
    with pytest.raises(simdr.InvalidArgumentError):
        simdr.upgrade(old, tmp_path / "other", layout_alignment=3)
    with pytest.raises(OverflowError):
        simdr.upgrade(old, tmp_path / "other", layout_alignment=-1)


def test_stats_count(store):
    store["key"] = b"value"
    store["key"] = b"again"
    del store["key"]
    store.get("key")
    stats = store.stats()
    assert (stats.live_count, stats.total_count, stats.tombstone_count, stats.put_count) == (0, 3, 1, 3)
    assert stats.get_misses == 1 and stats.tail_offset == store.file_size and 0 <= stats.index_load <= 1


def test_library_is_the_one_in_the_package():
    folder = pathlib.Path(simdr.__file__).parent
    with open("/proc/self/maps") as maps:
        loaded = {line.split()[-1] for line in maps if "libsimdr" in line}
    assert loaded == {str(folder / "libsimdr.so.0")}
    assert simdr.__version__ == simdr.library_version
    assert simdr.kernel_name() in ("scalar", "avx2", "vpclmul", "avx512", "neon", "armcrc")
