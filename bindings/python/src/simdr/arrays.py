"""A dict of numpy arrays as one entry: save() writes it, load() gives it back without a copy.

    payload = | magic 8 | header size 8 | header: JSON, filled up with spaces | array | zeros | array ...
                                                                              ^ on 64 bytes, as is every array

The header names each array's dtype (as numpy's own .npy format does), shape, order and place behind the header. Numbers are little-endian.
As one entry, the arrays are replaced, renamed, copied and removed as one.
"""

from __future__ import annotations

import ast
import json
import math
import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy

from ._errors import UnsupportedError
from ._types import Durability

if TYPE_CHECKING:
    from ._store import Store
    from ._typing import Buffer, Key

    Array = numpy.ndarray[Any, numpy.dtype[Any]]

_MAGIC = b"simdrar1"
_PREFIX = struct.Struct("<8sQ")
_ALIGNMENT = 64


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT


def _plain(name: str, value: Any) -> Array:
    array = numpy.asarray(value)
    if array.dtype.hasobject:
        raise TypeError(f"{name}: {array.dtype} holds Python objects, and these are no bytes")
    # What is in the order of neither C nor Fortran is brought into that of C.
    return array if array.flags.c_contiguous or array.flags.f_contiguous else numpy.ascontiguousarray(array)


def _plan(arrays: Mapping[str, Array]) -> tuple[bytes, list[int], int]:
    """The beginning of the payload, where each array starts in it, and the size of it all."""
    table = []
    end = 0
    for name, array in arrays.items():
        start = _aligned(end)
        end = start + array.nbytes
        table.append(
            {
                "name": name,
                "dtype": repr(numpy.lib.format.dtype_to_descr(array.dtype)),
                "shape": array.shape,
                "order": "C" if array.flags.c_contiguous else "F",
                "start": start,
            }
        )
    header = json.dumps(table).encode()
    header += b" " * (_aligned(_PREFIX.size + len(header)) - _PREFIX.size - len(header))
    begin = _PREFIX.pack(_MAGIC, len(header)) + header
    return begin, [len(begin) + entry["start"] for entry in table], len(begin) + end


def _fill(target: memoryview, begin: bytes, arrays: Mapping[str, Array], starts: list[int]) -> None:
    target[: len(begin)] = begin
    end = len(begin)
    for array, start in zip(arrays.values(), starts):
        target[end:start] = bytes(start - end)
        order: Any = "C" if array.flags.c_contiguous else "F"
        numpy.copyto(numpy.ndarray(array.shape, array.dtype, target, start, order=order), array)
        end = start + array.nbytes


def save(store: Store, key: Buffer | str, arrays: Mapping[str, Any], *, durability: int = Durability.DEFAULT) -> None:
    """Stores `arrays` under `key`: all of them, or none.

    They are built in the mapped file itself, so nothing but the arrays needs memory.
    """
    plain = {name: _plain(name, value) for name, value in arrays.items()}
    begin, starts, size = _plan(plain)
    try:
        reservation = store.reserve(key, size, durability=durability)
    except UnsupportedError:  # no mapping to build in: the store writes by system calls
        whole = bytearray(size)
        _fill(memoryview(whole), begin, plain, starts)
        store.put(key, whole, durability=durability)
        return
    with reservation, memoryview(reservation) as target:
        _fill(target, begin, plain, starts)


def load(store: Store, key: Key) -> dict[str, Array]:
    """The arrays under `key`, in the mapped file: read-only, in no memory but the file's, and valid for as long as they are held."""
    return unpack(store[key])


def unpack(payload: Buffer) -> dict[str, Array]:
    """The same from an entry, or from any bytes that save() made."""
    view = memoryview(payload).cast("B")
    if len(view) < _PREFIX.size:
        raise ValueError("no arrays saved by simdr.arrays: too short")
    magic, header_size = _PREFIX.unpack_from(view)
    begin = _PREFIX.size + header_size
    if magic != _MAGIC or begin > len(view):
        raise ValueError("no arrays saved by simdr.arrays")
    try:
        table = json.loads(bytes(view[_PREFIX.size : begin]))
        return {entry["name"]: _array_at(view, begin, entry) for entry in table}
    except (AttributeError, KeyError, SyntaxError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"the header of the arrays is damaged: {error!r}") from error


def _array_at(view: memoryview, begin: int, entry: dict[str, Any]) -> Array:
    dtype = numpy.lib.format.descr_to_dtype(ast.literal_eval(entry["dtype"]))
    shape = tuple(entry["shape"])
    if dtype.hasobject or not all(isinstance(length, int) and length >= 0 for length in shape):
        raise ValueError(f"{entry['name']}: no dtype and shape of an array of bytes")
    count = math.prod(shape)
    start = begin + entry["start"]
    if entry["start"] < 0 or start + count * dtype.itemsize > len(view):
        raise ValueError(f"{entry['name']}: reaches past the end of the entry")
    if count * dtype.itemsize == 0:
        array: Array = numpy.empty(shape, dtype)
        array.flags.writeable = False
        return array
    # Numpy holds the view, the view the entry, and the entry its mapping.
    return numpy.frombuffer(view, dtype, count, start).reshape(shape, order=entry["order"])
