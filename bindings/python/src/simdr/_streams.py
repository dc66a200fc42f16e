"""Values as files: written while their size is unknown, read where they lie."""

from __future__ import annotations

import io
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._simdr import Entry, Stream
    from ._typing import Buffer


class Writer(io.RawIOBase):
    """A file that becomes one entry when it is committed, as it is at the end of a `with` block that raised nothing.

    What is closed without commit() is forgotten. While it is written nobody waits for it: it is kept in memory, and from a megabyte on in a
    temporary file beside the store.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer, /) -> int:
        written = self._stream.write(data)
        self._size += written
        return written

    def tell(self) -> int:
        return self._size

    def commit(self) -> int:
        """Stores what was written as one entry; returns the store's new tail."""
        tail = self._stream.commit()
        self.close()
        return tail

    def close(self) -> None:
        # Also runs when __init__ was never reached.
        if not self.closed and hasattr(self, "_stream"):
            self._stream.close()
        super().close()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None and not self.closed:
                self.commit()
        finally:
            self.close()


class _PayloadReader(io.RawIOBase):
    """An entry as a raw file. It holds the entry until it is closed."""

    def __init__(self, entry: Entry) -> None:
        self._view = memoryview(entry)
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        self._check_open()
        target = memoryview(buffer).cast("B")
        part = self._view[self._position : self._position + len(target)]
        target[: len(part)] = part
        self._position += len(part)
        return len(part)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._check_open()
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: len(self._view)}.get(whence)
        if base is None:
            raise ValueError(f"whence: {whence} is none of 0, 1, 2")
        if base + offset < 0:
            raise ValueError(f"offset: {offset} lies before the beginning")
        self._position = base + offset
        return self._position

    def close(self) -> None:
        if not self.closed and hasattr(self, "_view"):
            self._view.release()
        super().close()

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file")


def reader_of(entry: Entry) -> io.BufferedReader:
    return io.BufferedReader(_PayloadReader(entry))
