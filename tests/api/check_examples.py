#!/usr/bin/env python3
"""Runs the examples in an empty directory, twice, and looks whether README.md prints the short ones as they are. TAP.

usage: check_examples.py SOURCE_ROOT NAME=EXECUTABLE...
"""
import pathlib
import re
import subprocess
import sys
import tempfile

EXPECTED = {
    "fifteen_lines_c": "hello, world\n",
    "fifteen_lines_cpp": "hello, world\n12 bytes, checksum good\n",
    "load_at_run_time": "hello, host\n",
    "typed_vectors": "10001 vectors of 256 floats; nearest to number 4711 is itself\n",
}


def run_twice(executable, expected):
    with tempfile.TemporaryDirectory(prefix="simdr-test-") as folder:
        for _ in range(2):  # the second time the store is there
            ran = subprocess.run([executable], cwd=folder, capture_output=True, text=True, timeout=120)
            if ran.returncode != 0 or ran.stdout != expected or ran.stderr:
                return f"exit {ran.returncode}, stdout {ran.stdout!r}, stderr {ran.stderr!r}, expected {expected!r}"
    return None


def is_printed_in(readme, source):
    """The source from its first #include on stands in a fenced block of the README."""
    code = source.read_text()
    code = code[code.index("#include"):].strip()
    blocks = re.findall(r"```\w*\n(.*?)```", readme.read_text(), flags=re.S)
    return None if any(code in block for block in blocks) else f"README.md does not print {source.name} as it is"


def main():
    root = pathlib.Path(sys.argv[1])
    executables = dict(argument.split("=", 1) for argument in sys.argv[2:])
    checks = [(f"{name}_does_what_it_says", lambda n=name: run_twice(executables[n], EXPECTED[n])) for name in EXPECTED]
    readme = root / "README.md"
    for name in ("fifteen_lines.c", "fifteen_lines.cpp"):
        checks.append((f"{name}_is_printed_in_the_readme", lambda n=name: is_printed_in(readme, root / "examples" / n)))
    print(f"1..{len(checks)}")
    failed = False
    for number, (name, check) in enumerate(checks, 1):
        if "readme" in name and not readme.exists():
            print(f"ok {number} - {name} # SKIP there is no README.md in this tree")
            continue
        wrong = check()
        failed |= wrong is not None
        print(f"{'ok' if wrong is None else 'not ok'} {number} - {name}")
        if wrong is not None:
            print(f"# {wrong}", file=sys.stderr)
    return failed


if __name__ == "__main__":
    sys.exit(main())
