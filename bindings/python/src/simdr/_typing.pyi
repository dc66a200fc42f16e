# Names for type checkers. There is no such module at run time, so import it only under TYPE_CHECKING.
import logging
import os
import sys
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

if sys.version_info >= (3, 12):
    from collections.abc import Buffer as Buffer
else:
    from typing_extensions import Buffer as Buffer

from ._types import KeyHash

Key: TypeAlias = Buffer | str | KeyHash
Path: TypeAlias = str | bytes | os.PathLike[str] | os.PathLike[bytes]
Log: TypeAlias = Callable[[int, str], object] | logging.Logger

class Source(Protocol):
    """A file to read from."""

    def read(self, size: int, /) -> Buffer | None: ...

class Sink(Protocol):
    """A file to write to."""

    def write(self, data: memoryview, /) -> Any: ...
