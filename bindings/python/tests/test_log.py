"""The log callback."""

import logging
import os
import threading

import pytest
import simdr


@pytest.fixture
def torn(path):
    with simdr.open(path) as store:
        store["key"] = b"value"
    with open(path, "ab") as file:
        file.write(b"torn")
    return path


def test_is_called_with_level_and_message(torn):
    told = []
    with simdr.open(torn, log=lambda level, message: told.append((level, message))):
        pass
    [(level, message)] = told
    assert level == simdr.LogLevel.WARNING and str(torn) in message and "torn tail" in message


def test_may_be_a_logger(torn, caplog):
    with simdr.open(torn, log=logging.getLogger("simdr.test")):
        pass
    [record] = caplog.records
    assert record.levelno == logging.WARNING and "torn tail" in record.getMessage() and record.name == "simdr.test"


def test_exception_in_it_disturbs_nothing(torn, monkeypatch):
    hooked = []
    monkeypatch.setattr("sys.unraisablehook", hooked.append)

    def broken(level, message):
        raise RuntimeError("in the callback")

    with simdr.open(torn, log=broken) as store:
        assert bytes(store["key"]) == b"value"
    assert [str(unraisable.exc_value) for unraisable in hooked] == ["in the callback"]


def test_must_not_use_its_store_before_it_is_open(torn):
    refused = []
    store = simdr.Store.__new__(simdr.Store)

    def use(level, message):
        for attempt in (lambda: store["key"], lambda: store.put("key", b"other"), lambda: store.close()):
            try:
                attempt()
            except simdr.BadStateError as error:
                refused.append(error)

    store.__init__(torn, log=use)
    assert len(refused) == 2  # closing what is not open is fine
    assert bytes(store["key"]) == b"value"
    store.close()


def test_is_refused_what_would_wait_for_itself(path):
    """The library holds the write lock when it tells of a sync that failed."""
    refused, read = [], []

    def use(level, message):
        read.append(bytes(store["key"]))
        for attempt in (
            lambda: store.put("key", b"other"),
            lambda: store.put_many({"key": b"other"}),
            lambda: store.remove("key"),
            lambda: store.sync(),
            lambda: store.stats(),
            lambda: iter(store),
            lambda: store.compact(),
            lambda: store.close(),
        ):
            with pytest.raises(simdr.BadStateError):
                attempt()
            refused.append(attempt)

    store = simdr.open(path, log=use)
    store["key"] = b"value"
    [descriptor] = [int(fd) for fd in os.listdir("/proc/self/fd") if same_file(f"/proc/self/fd/{fd}", path)]
    with open(os.devnull, "rb") as other:
        os.dup2(other.fileno(), descriptor)  # which cannot be synced
    with pytest.raises(OSError) as raised:
        store.put("key", b"newer", durability=simdr.Durability.COMMIT)
    assert isinstance(raised.value, simdr.Error) and read and len(refused) == 8 * len(read)
    with pytest.raises(simdr.WriterFailedError):
        store["key"] = b"more"
    with pytest.raises(simdr.Error):
        store.close()
    assert store.closed


def same_file(link, path):
    try:
        return os.path.samefile(link, path)
    except FileNotFoundError:
        return False


def test_comes_from_the_thread_that_calls(torn):
    threads = []
    thread = threading.Thread(
        target=lambda: simdr.open(torn, log=lambda level, message: threads.append(threading.current_thread())).close()
    )
    thread.start()
    thread.join()
    assert threads == [thread]
