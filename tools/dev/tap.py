"""Runs test functions, each with a folder of its own, and prints the Test Anything Protocol."""

import pathlib
import tempfile


def main(tests):
    failed = False
    print(f"1..{len(tests)}")
    for number, test in enumerate(tests, start=1):
        try:
            with tempfile.TemporaryDirectory() as scratch:
                test(pathlib.Path(scratch).resolve())
            print(f"ok {number} - {test.__name__}")
        except AssertionError as failure:
            failed = True
            print(f"not ok {number} - {test.__name__}")
            print("\n".join(f"# {line}" for line in str(failure).splitlines()))
    return 1 if failed else 0
