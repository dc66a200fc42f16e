"""Opening and closing: modes, options, errors of the file's kind, and the use of what is closed."""

import errno
import gc
import io
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import pytest
import simdr


def test_modes(path):
    with pytest.raises(FileNotFoundError):
        simdr.open(path, "w")
    with pytest.raises(FileNotFoundError):
        simdr.open(path, "r")
    with simdr.open(path, "x") as store:
        store["key"] = b"value"
    with pytest.raises(FileExistsError, match=str(path)):
        simdr.open(path, "x")
    for mode in "cw":
        with simdr.open(path, mode) as store:
            assert bytes(store["key"]) == b"value" and not store.read_only
    with simdr.open(path, "r") as store:
        assert bytes(store["key"]) == b"value" and store.read_only
    with pytest.raises(ValueError, match="mode"):
        simdr.open(path, "rw")


def test_paths_of_every_kind(tmp_path):
    for given in (str(tmp_path / "s"), os.fsencode(tmp_path / "b"), tmp_path / "p"):
        with simdr.open(given) as store:
            assert store.path == os.fsdecode(given)
    with simdr.open(os.fsencode(tmp_path) + b"/\xff\xfe") as store:
        assert os.fsencode(store.path).endswith(b"/\xff\xfe")
    with pytest.raises(ValueError):
        simdr.open("with\0zero")
    with pytest.raises(TypeError):
        simdr.open(7)
    with pytest.raises(simdr.InvalidArgumentError, match="path: is empty"):
        simdr.open("")


def test_errors_are_the_systems_own_too(tmp_path):
    with pytest.raises(simdr.NoSuchFileError) as raised:
        simdr.open(tmp_path / "no folder" / "file")
    error = raised.value
    assert isinstance(error, FileNotFoundError) and error.errno == error.os_error == errno.ENOENT
    assert error.status == -30 and error.status_name == "ERR_NO_SUCH_FILE" and "no folder" in str(error)
    with pytest.raises(IsADirectoryError):
        simdr.open(tmp_path)
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(simdr.NotRegularFileError):
        simdr.open(tmp_path / "fifo")
    (tmp_path / "text").write_bytes(b"this is no store " * 100)
    with pytest.raises(simdr.NotAStoreError) as raised:
        simdr.open(tmp_path / "text")
    assert isinstance(raised.value, ValueError)
    assert (tmp_path / "text").read_bytes() == b"this is no store " * 100


def test_forbidden_file_is_a_permission_error(path):
    path.touch(0o000)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)  # root may open everything
    try:
        with pytest.raises(PermissionError):
            simdr.open(path)
    finally:
        os.seteuid(user)


def test_second_writer_is_locked_out(store, path):
    with pytest.raises(simdr.LockedError) as raised:
        simdr.open(path)
    assert isinstance(raised.value, BlockingIOError)
    with pytest.raises(BlockingIOError):
        simdr.open(path, lock_timeout=0.12)
    with simdr.open(path, "r") as reader:
        assert len(reader) == 0


def test_waits_for_another_writer(path):
    holder = subprocess.Popen(
        [sys.executable, "-c", "import simdr, sys; s = simdr.open(sys.argv[1]); print(flush=True); input(); s.close()", path],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )
    with holder:
        holder.stdout.readline()
        with pytest.raises(simdr.LockedError):
            simdr.open(path)
        holder.stdin.write(b"\n")
        holder.stdin.flush()
        with simdr.open(path, lock_timeout=None) as store:
            store["key"] = b"value"
        assert holder.wait() == 0


def test_waiting_is_interrupted(store, path):
    class Alarm(Exception):
        pass

    def ring(number, frame):
        raise Alarm

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(Alarm):
            simdr.open(path, lock_timeout=None)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("options, kind", [
    ({"lock_timeout": -1}, ValueError),
    ({"lock_timeout": float("nan")}, ValueError),
    ({"log": 7}, TypeError),
    ({"layout_alignment": 3}, simdr.InvalidArgumentError),
    ({"layout_trailer": 19}, simdr.InvalidArgumentError),
    ({"window_size": 1}, simdr.InvalidArgumentError),
    ({"reserve_size": 1 << 60}, simdr.InvalidArgumentError),
    ({"reserve_size": 1 << 64}, OverflowError),
    ({"file_mode": -1}, OverflowError),
    ({"file_mode": 1 << 32}, OverflowError),
    ({"file_mode": 0o10000}, simdr.InvalidArgumentError),
    ({"durability": 9}, simdr.InvalidArgumentError),
    ({"no_such_option": 1}, TypeError),
])
def test_refuses_impossible_options(path, options, kind):
    with pytest.raises(kind):
        simdr.open(path, **options)
    assert not path.exists()


def test_file_mode(path):
    before = os.umask(0o022)
    try:
        simdr.open(path, file_mode=0o640).close()
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o640


def test_index_file_is_saved_by_a_writer_and_used_by_a_reader(path):
    items = {f"key {i}": b"value %d" % i for i in range(300)}
    index = path.with_name(path.name + ".index")
    with simdr.open(path, index_file=True) as store:
        store.put_many(items)
        assert not index.exists()
    assert index.exists()
    told = []
    with simdr.open(path, "r", index_file=True, log=lambda level, message: told.append((level, message))) as reader:
        assert {key: bytes(reader[key]) for key in items} == items
        assert len(reader) == len(items) and "absent" not in reader
    [(level, message)] = told
    assert level == simdr.LogLevel.INFO and message.endswith(f"{index.name}: used, the store was not walked")


def test_read_only_store_refuses_writes(store, path):
    store["key"] = b"value"
    with simdr.open(path, "r") as reader:
        for write in (
            lambda: reader.put("key", b"value"),
            lambda: reader.put_many({"key": b"value"}),
            lambda: reader.remove("key"),
            lambda: reader.open_writer("key"),
            lambda: reader.reserve("key", 5),
            lambda: reader.compact(),
        ):
            with pytest.raises(simdr.ReadOnlyError) as raised:
                write()
            assert isinstance(raised.value, io.UnsupportedOperation)


def test_says_what_it_is(store, path):
    assert store.generation == "aligned-64" and store.alignment == 64
    assert store.path == str(path) and not store.closed and not store.read_only
    assert store.recovered_from is None
    assert repr(store) == f"<simdr.Store {str(path)!r}>"
    store.close()
    assert repr(store) == f"<simdr.Store {str(path)!r} closed>" and store.closed


def test_tells_of_damage(store, path):
    store["key"] = b"value"
    store.close()
    with open(path, "ab") as file:
        file.write(b"torn")
    with simdr.open(path) as reopened:
        assert reopened.recovered_from.startswith("torn tail")
        assert bytes(reopened["key"]) == b"value"


def test_older_generation_opens_for_reading(generations):
    path = generations / "v0.1.0-alpha" / "batches.bin"
    with simdr.open(path, "r") as store:
        assert len(store) == 25 and store.generation == "packed-19" and store.alignment == 1
    with pytest.raises(simdr.OldGenerationError):
        with simdr.open(path) as store:
            store["key"] = b"value"


@pytest.fixture
def generations(tmp_path):
    source = pathlib.Path(__file__).resolve().parents[3] / "tests" / "data" / "generations"
    if not source.is_dir():
        pytest.skip(f"no {source}")
    return pathlib.Path(shutil.copytree(source, tmp_path / "generations"))


def test_everything_is_refused_after_close(store, path):
    store["key"] = b"value"
    entry, entries, writer = store["key"], iter(store), store.open_writer("key")
    with simdr.open(path.with_name("other"), "c") as other:
        other["key"] = b"value"
        store.close()
        uses = [
            lambda: store["key"],
            lambda: store.__setitem__("key", b"value"),
            lambda: store.__delitem__("key"),
            lambda: "key" in store,
            lambda: len(store),
            lambda: iter(store),
            lambda: store.get("key"),
            lambda: store.get_bytes("key"),
            lambda: store.view("key"),
            lambda: store.read("key"),
            lambda: store.read_into("key", bytearray(1)),
            lambda: store.metadata("key"),
            lambda: store.last_entry(),
            lambda: store.entries(),
            lambda: store.versions("key"),
            lambda: store.get_many(["key"]),
            lambda: store.put("key", b"value"),
            lambda: store.put_many({"key": b"value"}),
            lambda: store.put_if_absent("key", b"value"),
            lambda: store.put_if_entry(entry, b"value"),
            lambda: store.remove("key"),
            lambda: store.remove_many(["key"]),
            lambda: store.rename("key", "other"),
            lambda: store.copy("key", other),
            lambda: other.transfer("key", store),
            lambda: store.sync(),
            lambda: store.reserve("key", 5),
            lambda: store.open_writer("key"),
            lambda: store.put_from("key", io.BytesIO(b"value")),
            lambda: store.put_from("key", 0),
            lambda: store.stats(),
            lambda: store.verify(),
            lambda: store.compact(),
            lambda: store.backup(path.with_name("backup")),
            lambda: store.import_directory(path.parent),
            lambda: store.pop("key"),
            lambda: store.setdefault("key", b"value"),
            lambda: store.clear(),
            lambda: store.file_size,
            lambda: store.compaction_savings,
            lambda: store.generation,
            lambda: store.alignment,
            lambda: store.read_only,
            lambda: store.recovered_from,
            lambda: next(entries),
            lambda: writer.write(b"value"),
            lambda: writer.commit(),
        ]
        for use in uses:
            with pytest.raises(simdr.ClosedError) as raised:
                use()
            assert isinstance(raised.value, ValueError)
    assert bytes(entry) == b"value"


def test_closing_twice_is_fine(store):
    store.close()
    store.close()
    with store:
        pass


def test_closing_keeps_what_was_written(path):
    with simdr.open(path) as store:
        store["key"] = b"value"
    assert path.stat().st_size == 25


def test_forgotten_store_warns_and_closes(path):
    store = simdr.open(path)
    store["key"] = b"value"
    with pytest.warns(ResourceWarning, match="unclosed store"):
        del store
        gc.collect()
    assert path.stat().st_size == 25
    with simdr.open(path) as again:
        assert len(again) == 1


def test_store_that_was_never_opened_is_closed():
    store = simdr.Store.__new__(simdr.Store)
    assert store.closed and store.path is None and "closed" in repr(store)
    store.close()
    with pytest.raises(simdr.ClosedError):
        store["key"]


def test_store_is_opened_once(store, path):
    with pytest.raises(RuntimeError, match="opened once"):
        store.__init__(path)
    store["key"] = b"value"


def test_cycle_through_the_log_callback_is_collected(path):
    class Holder:
        pass

    holder = Holder()
    holder.store = simdr.open(path, log=lambda level, message: holder)
    holder.store["key"] = b"value"
    with pytest.warns(ResourceWarning):
        del holder
        gc.collect()
    simdr.open(path).close()


def test_derived_class_works(path):
    class Mine(simdr.Store):
        def put_text(self, key, text):
            self[key] = text.encode()

    with Mine(path) as store:
        store.put_text("key", "value")
        assert bytes(store["key"]) == b"value"
