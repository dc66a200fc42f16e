"""Fixtures, and the lines that the test script prints: pytest --tap FILE [--tap-prefix TEXT]."""

import faulthandler
import pathlib

import pytest
import simdr

# A test that hangs ends the run with every thread's stack; none takes a tenth of this.
HANG_SECONDS = 120


def pytest_addoption(parser):
    parser.addoption("--tap", help="write a line for each test to this file")
    parser.addoption("--tap-prefix", default="", help="put before each name")


class TapWriter:
    def __init__(self, path, prefix):
        self.file = open(path, "a", buffering=1)
        self.prefix = prefix
        self.failed = set()

    def name_of(self, nodeid):
        """test_close.py::test_twice_is_fine -> close/twice_is_fine; of a vector, conformance/NAME."""
        path, _, test = nodeid.partition("::")
        module = pathlib.PurePath(path).stem.removeprefix("test_")
        test = test.replace("::", "/").removeprefix("test_")
        if module == "conformance" and test.startswith("vector["):
            test = test[len("vector[") : -1]
        return f"{self.prefix}{module}/{test}".rstrip("/")

    def say_skipped(self, report):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        self.file.write(f"ok - {self.name_of(report.nodeid)} # SKIP {reason.removeprefix('Skipped: ')}\n")

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.failed.add(report.nodeid)
        if report.skipped:
            self.say_skipped(report)
        elif report.when == "teardown":
            verdict = "not ok" if report.nodeid in self.failed else "ok"
            self.file.write(f"{verdict} - {self.name_of(report.nodeid)}\n")

    def pytest_collectreport(self, report):
        if report.skipped:
            self.say_skipped(report)
        elif report.failed:
            self.file.write(f"not ok - {self.name_of(report.nodeid)}: cannot be loaded\n")


def pytest_configure(config):
    path = config.getoption("--tap")
    if path:
        config.pluginmanager.register(TapWriter(path, config.getoption("--tap-prefix")))


@pytest.fixture(autouse=True)
def watchdog():
    faulthandler.dump_traceback_later(HANG_SECONDS, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.simdr"


@pytest.fixture
def damage(path):
    """Flips a bit of the file at `path`, which no store has open."""

    def flip(offset):
        content = bytearray(path.read_bytes())
        content[offset] ^= 1
        path.write_bytes(content)

    return flip


@pytest.fixture
def store(path):
    with simdr.open(path) as opened:
        yield opened
