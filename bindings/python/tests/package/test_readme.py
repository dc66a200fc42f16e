"""The README's examples run as they stand."""

import pathlib
import re
import subprocess
import sys

import pytest

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", README.read_text("utf-8"), re.M | re.S)


def test_has_a_first_example_of_ten_lines():
    assert len([line for line in EXAMPLES[0].splitlines() if line.strip()]) <= 12


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_example_runs(number, tmp_path):
    if "numpy" in EXAMPLES[number]:
        pytest.importorskip("numpy", reason="no numpy")
    done = subprocess.run([sys.executable, "-X", "dev", "-W", "error", "-c", EXAMPLES[number]], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for line in re.findall(r"print\(.*\)  # (.*)$", EXAMPLES[number], re.M):
        assert line in done.stdout
