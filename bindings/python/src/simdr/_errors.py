"""The exceptions, one class for each status that a program may want to tell from others.

All are an `Error`, and where Python has an exception for the same thing, that too: a missing file is a FileNotFoundError, a missing
key a KeyError, a value that cannot be stored a ValueError.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._types import VerifyResult


class Error(Exception):
    """What the library reports. Its text is the library's own."""

    status: int = 0  # the number in simdr.h
    status_name: str = ""  # its constant without prefix, such as "ERR_LOCKED"
    os_error: int = 0  # errno, or 0


class NotFoundError(Error, KeyError):
    """There is no live entry under the key."""

    status = -1
    status_name = "NOT_FOUND"


class ExistsError(Error, FileExistsError):
    """A file that was to be made is there already."""

    status = -2


class InvalidArgumentError(Error, ValueError):
    """An argument is wrong."""

    status = -10


class EmptyPayloadError(InvalidArgumentError):
    """A value of no bytes cannot be stored."""

    status = -11


class TombstonePayloadError(InvalidArgumentError):
    """The one-byte value 0x00 cannot be stored: it marks a deleted key."""

    status = -12


class ReservedHashError(InvalidArgumentError):
    """This key hash is the format's own."""

    status = -13


class TooLargeError(InvalidArgumentError):
    """A key, batch, value or store over its limit."""

    status = -14


class SameStoreError(InvalidArgumentError):
    """Copy or transfer of an entry onto its own store."""

    status = -18


class SameKeyError(InvalidArgumentError):
    """Rename of a key onto itself."""

    status = -19


class MisalignedError(InvalidArgumentError):
    """The value does not start where elements of this type must."""

    status = -20


class PartialElementError(InvalidArgumentError):
    """The value is no whole number of elements."""

    status = -21


class BadStateError(Error, RuntimeError):
    """The object cannot do this now."""

    status = -22
    status_name = "ERR_BAD_STATE"


class ClosedError(BadStateError, ValueError):
    """Use after close; a ValueError, as with Python's files."""


class NoSuchFileError(Error, FileNotFoundError):
    status = -30


class AccessError(Error, PermissionError):
    status = -31


class IsDirectoryError(Error, IsADirectoryError):
    status = -32


class NotRegularFileError(Error, OSError):
    """A fifo, socket or device."""

    status = -33


class NotAStoreError(Error, ValueError):
    """Nothing in the file reads as a store; it was not changed."""

    status = -34


class OldGenerationError(Error, io.UnsupportedOperation):
    """Writing to a store of an older format; upgrade() it first."""

    status = -35


class ReadOnlyError(Error, io.UnsupportedOperation):
    """Writing through a store opened read-only."""

    status = -36


class ReadOnlyMediumError(Error, OSError):
    """The file system is mounted read-only."""

    status = -37


class LockedError(Error, BlockingIOError):
    """Another writer has the store open."""

    status = -38


class CorruptError(Error):
    """Bytes that do not match their checksum or their links."""

    status = -39
    result: VerifyResult | None = None  # of verify()


class StoreIOError(Error, OSError):
    status = -40


class NoSpaceError(Error, OSError):
    """The disk or the quota is full."""

    status = -41


class OutOfMemoryError(Error, MemoryError):
    status = -42


class SourceError(Error, OSError):
    """Reading what was to be stored failed."""

    status = -43


class SinkError(Error, OSError):
    """Writing what was read failed."""

    status = -44


class ForkedError(BadStateError):
    """A store opened for writing, used in a child process after fork()."""

    status = -45


class WriterFailedError(Error, OSError):
    """An earlier sync or write failed for good; close and reopen."""

    status = -46


class UnsupportedError(Error):
    status = -47


class InternalError(Error):
    """A defect in the library; please report it."""

    status = -48


def _family(base: type[Error]) -> list[type[Error]]:
    return [base] + [kind for child in base.__subclasses__() for kind in _family(child)]


# ClosedError is a kind of BadStateError that only this package tells apart.
_BY_STATUS = {kind.status: kind for kind in _family(Error) if kind is not ClosedError}


def error_of(status: int, status_name: str, os_error: int, text: str) -> Error:
    """The exception of a status; of one that has no class here, or is newer, it is an Error or an InvalidArgumentError itself."""
    kind = _BY_STATUS.get(status) or (InvalidArgumentError if -30 < status <= -10 else Error)
    error = kind(os_error, text) if os_error and issubclass(kind, OSError) else kind(text)
    error.status, error.status_name, error.os_error = status, status_name, os_error
    return error
