"""Numbers and results: what the calls of simdr take and give, beside bytes."""

from __future__ import annotations

import enum
from typing import NamedTuple


class KeyHash(int):
    """The 64-bit hash that stands for a key in the file.

    Every call that takes a key takes its KeyHash too, but for those that say they need the key itself.
    """

    __slots__ = ()

    def __new__(cls, value: int) -> KeyHash:
        if not 0 <= value < 1 << 64:
            raise ValueError(f"a key hash has 64 bits: {value}")
        return super().__new__(cls, value)

    def __repr__(self) -> str:
        return f"KeyHash(0x{int(self):016x})"


class Durability(enum.IntEnum):
    """How far a write is on its way to the disk when its call returns."""

    DEFAULT = 0  # in a call: as the store was opened; in open: NONE
    NONE = 1  # survives the death of this process, not a power cut
    COMMIT = 2  # survives a power cut, for this library's readers; one fdatasync, shared
    STRICT = 3  # and for the Rust crate's recovery too; two fdatasyncs, shared


class LogLevel(enum.IntEnum):
    """The first argument of a log callback."""

    ERROR = 1
    WARNING = 2
    INFO = 3


class EntryInfo(NamedTuple):
    """What the file says of an entry. Offsets are in the file; sizes are in bytes."""

    key_hash: KeyHash
    payload_offset: int
    payload_size: int
    trailer_offset: int
    prev_tail: int
    tail_offset: int
    checksum: int


class Stats(NamedTuple):
    """Figures of a store; what each is, simdr.h says at simdr_stats. Sizes are in bytes."""

    live_count: int
    live_size: int
    dead_size: int
    total_count: int
    tombstone_count: int
    tail_offset: int
    physical_size: int
    get_hits: int
    get_misses: int
    put_count: int
    written_size: int
    sync_count: int
    durable_offset: int
    index_memory_size: int
    index_load: float
    window_count: int


class Fault(NamedTuple):
    """One thing that verify() or repair() found."""

    offset: int
    size: int
    key_hash: KeyHash  # of the entry concerned, or 0
    what: str


class VerifyResult(NamedTuple):
    """How much verify() looked at."""

    entry_count: int  # all versions and deletion marks
    checked_size: int
    fault_count: int


class ImportResult(NamedTuple):
    """What import_directory() did."""

    file_count: int
    stored_size: int
    skipped_count: int  # empty files, the one-byte 0x00 file, links, devices


class ImportedFile(NamedTuple):
    """One file, as import_directory() tells of it."""

    key: bytes  # its path relative to the directory
    size: int
    status: int  # 0 when it was stored, else why it was left out


class RepairResult(NamedTuple):
    """What repair() could keep."""

    kept_count: int
    kept_size: int
    lost_count: int  # places of which nothing could be kept
    lost_size: int
