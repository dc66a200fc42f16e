"""The exceptions."""

import pickle

import pytest
import simdr
from simdr import _errors


def test_every_status_of_the_header_becomes_an_error():
    for status in range(-48, 0):
        error = _errors.error_of(status, "NAME", 5, "words")
        assert isinstance(error, simdr.Error) and error.status == status and error.os_error == 5
        assert error.status_name == "NAME" and "words" in str(error)
        assert isinstance(error, ValueError) or not -30 < status <= -10 or status in (-22,)


def test_later_status_is_an_error_too():
    assert type(_errors.error_of(-1000, "UNKNOWN", 0, "words")) is simdr.Error
    assert type(_errors.error_of(-15, "ERR_OPTIONS_SIZE", 0, "words")) is simdr.InvalidArgumentError


@pytest.mark.parametrize("kind, parent", [
    (simdr.NotFoundError, KeyError),
    (simdr.ExistsError, FileExistsError),
    (simdr.NoSuchFileError, FileNotFoundError),
    (simdr.AccessError, PermissionError),
    (simdr.IsDirectoryError, IsADirectoryError),
    (simdr.LockedError, BlockingIOError),
    (simdr.NoSpaceError, OSError),
    (simdr.OutOfMemoryError, MemoryError),
    (simdr.ClosedError, ValueError),
    (simdr.ClosedError, simdr.BadStateError),
    (simdr.ForkedError, simdr.BadStateError),
    (simdr.TooLargeError, simdr.InvalidArgumentError),
    (simdr.InvalidArgumentError, ValueError),
])
def test_is_pythons_own_exception_too(kind, parent):
    assert issubclass(kind, parent) and issubclass(kind, simdr.Error)


def test_errors_are_pickled_with_all_they_say():
    error = _errors.error_of(-41, "ERR_NO_SPACE", 28, "disk full")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is simdr.NoSpaceError
    assert (again.status, again.status_name, again.os_error, again.errno, str(again)) == (-41, "ERR_NO_SPACE", 28, 28, str(error))
