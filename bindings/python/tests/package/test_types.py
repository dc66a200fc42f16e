"""Type checkers see what is there."""

import pathlib
import subprocess
import sys

import pytest

pytest.importorskip("mypy", reason="no mypy")
pytest.importorskip("numpy", reason="no numpy, whose types some functions name")
FOLDER = pathlib.Path(__file__).resolve().parent


def run(tmp_path, *arguments):
    # Nothing of the source tree may be found in the place of the installed package.
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=tmp_path, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_package_is_typed(tmp_path):
    code, words = run(tmp_path, "mypy", "--strict", "--cache-dir", str(tmp_path), "-p", "simdr")
    assert code == 0, words


def test_stub_says_what_the_extension_has(tmp_path):
    code, words = run(tmp_path, "mypy.stubtest", "--concise", "--ignore-unused-allowlist", "--allowlist",
                      str(FOLDER / "stubtest_allowlist.txt"), "simdr._simdr")
    assert code == 0, words


def test_users_code_is_checked(tmp_path):
    code, words = run(tmp_path, "mypy", "--strict", "--warn-unused-ignores", "--cache-dir", str(tmp_path), str(FOLDER / "typed_user.py"))
    assert code == 0, words
