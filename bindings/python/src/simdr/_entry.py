"""What an Entry does that is said more plainly in Python.

These become methods of the C type and not of a class derived from it: to make an object of such a class would cost a third more, for
every get.
"""

from __future__ import annotations

import errno
import io
import struct
from typing import TYPE_CHECKING, Any

from ._errors import SinkError, error_of
from ._simdr import Entry
from ._streams import reader_of
from ._types import EntryInfo

if TYPE_CHECKING:
    import numpy

    from ._typing import Sink


def info(self: Entry) -> EntryInfo:
    """What the file says of this entry."""
    return EntryInfo(*self._info())


def cast(self: Entry, format: str) -> memoryview:
    """The value as a memoryview of elements in the format of the struct module, such as "f", in place.

    MisalignedError when it does not start where such elements must, PartialElementError when it is no whole number of them.
    """
    self._check_elements(struct.calcsize(format), 0)
    return memoryview(self).cast(format)  # type: ignore[call-overload, no-any-return]


def numpy_array(self: Entry, dtype: Any = "u1", shape: int | tuple[int, ...] = -1, *, copy: bool | None = False) -> numpy.ndarray[Any, Any]:
    """The value as a numpy array: read-only, in place, and keeping its bytes mapped for as long as it or a part of it lives.

    MisalignedError and PartialElementError as with cast(). With copy=None a misaligned value is copied, with copy=True every value is; such
    an array can be written to.
    """
    import numpy

    element = numpy.dtype(dtype)
    if element.hasobject:
        raise TypeError(f"dtype: {element} holds Python objects, and these are no bytes")
    # In a copy the alignment is numpy's care.
    self._check_elements(element.itemsize, element.alignment if copy is False else 1)
    array: numpy.ndarray[Any, Any] = numpy.frombuffer(memoryview(self), element).reshape(shape)
    return array.copy() if copy or (copy is None and not array.flags.aligned) else array


def open(self: Entry) -> io.BufferedReader:
    """The value as a file, from its beginning."""
    return reader_of(self)


def write_to(self: Entry, sink: int | Sink, chunk_size: int = 1 << 20) -> None:
    """Writes the value to a file descriptor, or to anything with a write() like a file's, in pieces of at most chunk_size bytes.

    BlockingIOError when a raw file would have to wait; its characters_written is how much of the value was written by then.
    """
    if isinstance(sink, int):
        self._write_fd(sink)
        return
    if chunk_size <= 0:
        raise ValueError(f"chunk_size: {chunk_size} is not above 0")
    rest = memoryview(self)
    while rest:
        chunk = rest[:chunk_size]
        written = sink.write(chunk)
        if written is None and isinstance(sink, io.RawIOBase):
            raise BlockingIOError(errno.EAGAIN, "sink: has no room just now; it must be one that waits", len(self) - len(rest))
        if not isinstance(written, int):
            written = len(chunk)  # what gives no number, and is no raw file, has written all
        if written <= 0:
            raise error_of(SinkError.status, "ERR_SINK", 0, f"sink: its write() took {written} of {len(chunk)} bytes")
        rest = rest[written:]


for _name, _method in {"info": info, "cast": cast, "numpy": numpy_array, "open": open, "write_to": write_to}.items():
    _method.__name__, _method.__qualname__ = _name, f"Entry.{_name}"
    setattr(Entry, _name, _method)
