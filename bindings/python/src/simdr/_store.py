"""Store: a mapping from keys to values in one file."""

from __future__ import annotations

import itertools
import os
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, overload

from . import _simdr
from ._errors import NotFoundError, error_of
from ._streams import Writer
from ._types import Durability, EntryInfo, Fault, ImportedFile, ImportResult, KeyHash, LogLevel, RepairResult, Stats, VerifyResult

if TYPE_CHECKING:
    from ._simdr import Entry
    from ._typing import Buffer, Key, Log, Path, Source

T = TypeVar("T")
Mode = Literal["c", "w", "r", "x"]

_MODES = {"c": 0, "w": 1, "r": 2, "x": 3}
_VERIFY_READS = 0x1
_DIRECT_WRITES = 0x2
_INDEX_FILE = 0x4
_FOR_EVER = 0xFFFFFFFF
_CHUNK_SIZE = 1 << 20
_TAKEN_AT_ONCE = 16  # entries; few, so that threads with long ones are not left alone with them
_LOGGING_LEVELS: dict[int, int] = {LogLevel.ERROR: 40, LogLevel.WARNING: 30, LogLevel.INFO: 20}  # those of the logging module
_MISSING: Any = object()


def _log_function(log: Log | None) -> Callable[[int, str], object] | None:
    if log is None or callable(log):
        return log
    if not hasattr(log, "log"):
        raise TypeError("log: is neither a function nor a logging.Logger")
    return lambda level, message: log.log(_LOGGING_LEVELS.get(level, 40), "%s", message)


def _milliseconds(timeout: float | None) -> int:
    if timeout is None:
        return _FOR_EVER
    if not timeout >= 0:
        raise ValueError(f"lock_timeout: {timeout} is neither None nor a number of seconds")
    # At least one, for less than one would be "not at all".
    return min(max(int(timeout * 1000), 1), _FOR_EVER - 1) if timeout > 0 else 0


class Store(_simdr.Store):
    """A file of values under keys.

    It works like a dict from keys (bytes, str, or their KeyHash) to entries, with one difference: the file keeps no keys, only their
    hashes, so iterating over a store gives its entries, newest first, and not its keys.

    It may be used by any number of threads at once. What it gives, entries, outlives it.

    path         the file
    mode         "c" opens for reading and writing and creates a file that is absent; "w" opens one that is there; "x" creates one that must
                 not be there; "r" opens for reading, takes no lock and sees what was committed when it opened
    durability   of every write that does not say otherwise
    lock_timeout seconds to wait for another writer; None for ever
    log          a function of (level, message), or a logging.Logger. It may be called on any thread that uses the store, and must not use it
    verify_reads check the checksum at each get: CorruptError instead of wrong bytes
    index_file   take the key index from the file `<path>.index` instead of walking the store to build it. A writer's close() saves it there;
                 a reader uses it and never writes it
    direct_writes, file_mode, layout_alignment, layout_trailer, reserve_size, window_size: see simdr_open_options in simdr.h
    """

    __slots__ = ("__weakref__",)

    def __init__(
        self,
        path: Path,
        mode: Mode = "c",
        *,
        durability: int = Durability.NONE,
        lock_timeout: float | None = 0,
        log: Log | None = None,
        verify_reads: bool = False,
        direct_writes: bool = False,
        index_file: bool = False,
        file_mode: int = 0o666,
        layout_alignment: int = 0,
        layout_trailer: int = 0,
        reserve_size: int = 0,
        window_size: int = 0,
    ) -> None:
        if mode not in _MODES:
            raise ValueError(f"mode: {mode!r} is none of 'c', 'w', 'r', 'x'")
        flags = (_VERIFY_READS if verify_reads else 0) | (_DIRECT_WRITES if direct_writes else 0) | (_INDEX_FILE if index_file else 0)
        super().__init__(
            path,
            _MODES[mode],
            flags,
            durability,
            _milliseconds(lock_timeout),
            file_mode,
            layout_alignment,
            layout_trailer,
            reserve_size,
            window_size,
            _log_function(log),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        # In a child of fork() it is the parent's to close.
        if not self.closed and self._is_own:
            warnings.warn(f"unclosed store {self!r}", ResourceWarning, source=self, stacklevel=2)

    def __repr__(self) -> str:
        return f"<simdr.Store {self.path!r}{' closed' if self.closed else ''}>"

    # --- as a dict

    def values(self) -> Iterator[Entry]:
        """The live entries, newest to oldest: what iterating over the store gives."""
        return iter(self)

    def items(self) -> Iterator[tuple[KeyHash, Entry]]:
        """The live entries with the hashes of their keys, newest to oldest: `other.update(store.items())` copies them all."""
        return ((entry.key_hash, entry) for entry in self)

    def __ior__(self, items: Mapping[Any, Buffer] | Iterable[tuple[Key, Buffer]]) -> Self:
        self.put_many(items)
        return self

    def update(self, items: Mapping[Any, Buffer] | Iterable[tuple[Key, Buffer]]) -> None:
        """put_many(), without its result."""
        self.put_many(items)

    def setdefault(self, key: Buffer | str, value: Buffer) -> Entry:
        """The entry under `key`, where `value` is stored first if there is none."""
        while True:
            entry = self.get(key)
            if entry is not None:
                return entry
            self.put_if_absent(key, value)

    @overload
    def pop(self, key: Key) -> Entry: ...
    @overload
    def pop(self, key: Key, default: T) -> Entry | T: ...
    def pop(self, key: Key, default: Any = _MISSING) -> Any:
        """Removes what is under `key` and returns it, or `default`.

        These are two steps: of a value that another thread puts between them the older one is returned.
        """
        entry = self.get(key)
        if entry is not None and self.remove(key):
            return entry
        if default is _MISSING:
            raise NotFoundError(key)
        return default

    def popitem(self) -> tuple[KeyHash, Entry]:
        """Removes the live entry that was written last and returns it, with the hash of its key. Two steps, as in pop()."""
        while True:
            entry = self.last_entry()
            if entry is None:
                raise NotFoundError("popitem(): the store is empty")
            if self.remove(entry.key_hash):
                return entry.key_hash, entry

    def clear(self) -> None:
        """Removes all entries that are live now, in one step."""
        self.remove_many([entry.key_hash for entry in self])

    def for_each(self, function: Callable[[Entry], object], threads: int | None = None, *, verify: bool = False) -> None:
        """Calls function(entry) for each live entry, as they are now, on several threads and in no order.

        The calling thread is one of them; `threads` is how many, or None for one for each CPU. It is worth it where the function gives the
        interpreter lock away: hashing, compressing, numpy, files. The first exception stops it and comes out of it.
        verify: check each checksum, CorruptError
        """
        if threads is None:
            threads = len(os.sched_getaffinity(0))
        if threads < 1:
            raise ValueError(f"threads: {threads} is less than one")
        entries = self.entries(verify=verify)
        turn = threading.Lock()
        failures: list[BaseException] = []

        def work() -> None:
            try:
                while not failures:
                    with turn:
                        taken = list(itertools.islice(entries, _TAKEN_AT_ONCE))
                    if not taken:
                        return
                    for entry in taken:
                        if failures:
                            return
                        function(entry)
            except BaseException as failure:
                failures.append(failure)

        others = [threading.Thread(target=work, name=f"simdr-for-each-{i}") for i in range(1, threads)]
        try:
            for other in others:
                other.start()
            work()
        except BaseException as failure:  # no more threads are to be had, or Ctrl-C
            failures.append(failure)
        while any(other.ident is not None and other.is_alive() for other in others):
            try:
                for other in others:
                    if other.ident is not None:
                        other.join()
            except BaseException as failure:
                failures.append(failure)
        entries.close()
        if failures:
            raise failures[0]

    # --- values as files

    def open_writer(self, key: Key, *, durability: int = Durability.DEFAULT) -> Writer:
        """A file to write a value of unknown size to; it is stored by commit(), or at the end of a `with` block."""
        return Writer(self._stream(key, durability=durability))

    def put_from(self, key: Buffer | str, source: int | Source, *, durability: int = Durability.DEFAULT) -> int:
        """Stores all that a file descriptor, or the read() of a file, yields up to its end; returns the store's new tail.

        Nothing is stored when reading fails.
        """
        if isinstance(source, int):
            return self._put_fd(key, source, durability)
        with self.open_writer(key, durability=durability) as writer:
            while True:
                chunk = source.read(_CHUNK_SIZE)
                if chunk is None:
                    raise BlockingIOError("source: has nothing to read just now; it must be one that waits")
                if not chunk:
                    return writer.commit()
                writer.write(chunk)

    def read(self, key: Buffer | str, offset: int = 0, size: int = -1) -> bytes:
        """A copy of the value, or of `size` bytes from `offset` on, made by reading the file and not the mapping: see read_into()."""
        wanted = 0
        while True:
            buffer = bytearray(wanted)
            read, whole = self.read_into(key, buffer, offset)
            left = max(whole - offset, 0) if size < 0 else min(max(whole - offset, 0), size)
            if left <= wanted:  # else this is the first turn, or a longer value has come between
                return bytes(memoryview(buffer)[:read])
            wanted = left

    # --- the whole store

    def metadata(self, key: Key) -> EntryInfo | None:
        """What the file says of the newest value under `key`, or None."""
        info = self._metadata(key)
        return None if info is None else EntryInfo(*info)

    def stats(self) -> Stats:
        """Figures of this store."""
        return Stats(*self._stats())

    def compact(self, progress: Callable[[int, int], object] | None = None) -> None:
        """Rewrites the file without what is dead. Readers go on meanwhile, writers wait; entries keep the old file.

        `progress` is called now and then with the bytes done and in all. What it raises stops the compaction, as Ctrl-C does, and
        nothing has changed then. It must not write to the store.
        """
        self._compact(progress)

    def verify(
        self, on_fault: Callable[[Fault], object] | None = None, progress: Callable[[int, int], object] | None = None
    ) -> VerifyResult:
        """Checks every checksum, link and pad byte. CorruptError, with a `result`, when something is wrong; on_fault is told each thing.

        What a callback raises stops it, as Ctrl-C does.
        """
        tell = None if on_fault is None else lambda *fault: on_fault(Fault(*fault))
        status, message, *figures = self._verify(tell, progress)
        result = VerifyResult(*figures)
        if status == 0:
            return result
        error: Any = error_of(status, "ERR_CORRUPT", 0, message)
        error.result = result
        raise error

    def import_directory(
        self,
        directory: Path,
        namespace: Buffer | str | None = None,
        on_file: Callable[[ImportedFile], object] | None = None,
        *,
        durability: int = Durability.DEFAULT,
    ) -> ImportResult:
        """Stores every regular file under `directory`, under its path relative to it, or that path's namespaced_key().

        Links are not followed. A file that cannot be read ends it; what was stored before stays.
        """
        tell = None if on_file is None else lambda *file: on_file(ImportedFile(*file))
        return ImportResult(*self._import_directory(directory, namespace, tell, durability))


open = Store  # under the name that files and dbm have for it


def upgrade(path: Path, out_path: Path, *, layout_alignment: int = 0, layout_trailer: int = 0) -> None:
    """Rewrites a store of any generation in the newest format, to a new file. `path` is only read."""
    _simdr._upgrade(path, out_path, layout_alignment, layout_trailer)


def repair(path: Path, out_path: Path, on_fault: Callable[[Fault], object] | None = None) -> RepairResult:
    """Writes all that is intact in `path` to a new store, and tells on_fault the rest. `path` is only read."""
    tell = None if on_fault is None else lambda *fault: on_fault(Fault(*fault))
    return RepairResult(*_simdr._repair(path, out_path, tell))
