#!/usr/bin/env python3
"""Takes README.md at its word. Prints the Test Anything Protocol.

usage: check_readme.py SOURCE_ROOT LIBSIMDR --cc COMMAND... --cxx COMMAND...

- A code block behind a line `<!-- examples/NAME -->` is that file, byte for byte.
- Each such block, extracted from the README, compiles without a warning against the public headers and the shared library, and
  does what it says, also when its store is there already.
- Every ./dev command that the README names exists.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

EXAMPLE = re.compile(r"^<!-- (examples/\S+) -->\n```(\w+)\n(.*?)^```$", re.M | re.S)
OUTPUT = {"c": "hello, world\n", "cpp": "hello, world\n12 bytes, checksum good\n"}
STANDARD = {"c": ["-std=c99"], "cpp": ["-std=c++20"]}
SUFFIX = {"c": ".c", "cpp": ".cpp"}


def run(command, folder):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=200, check=False)


def is_the_file(root, name, code):
    path = root / name
    if not path.exists():
        return f"there is no {name}"
    return None if path.read_text(encoding="utf-8") == code else f"the README's block differs from {name}"


def compiles_and_runs(root, library, compiler, language, code):
    with tempfile.TemporaryDirectory(prefix="simdr-test-") as folder:
        source = pathlib.Path(folder) / ("program" + SUFFIX[language])
        source.write_text(code, encoding="utf-8")
        command = [*compiler, *STANDARD[language], "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I", root / "include", source.name]
        command += ["-o", "program", "-L", library.parent, f"-Wl,-rpath,{library.parent}", "-lsimdr"]
        built = run(command, folder)
        if built.returncode != 0:
            return "\n".join(["it does not compile:", *built.stderr.splitlines()[:15]])
        for _ in range(2):
            ran = run(["./program"], folder)
            if (ran.returncode, ran.stdout, ran.stderr) != (0, OUTPUT[language], ""):
                return f"exit code {ran.returncode}, stdout {ran.stdout!r}, stderr {ran.stderr!r}"
    return None


def names_commands_that_exist(root, text):
    usage = run(["bash", root / "dev", "help"], root).stdout
    named = set(re.findall(r"\./dev (\w+)", text))
    missing = [name for name in sorted(named) if not re.search(rf"^  {name}\b", usage, re.M)]
    return f"./dev has no {' '.join(missing)}" if missing else None if named else "the README names no ./dev command"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("library", type=pathlib.Path)
    parser.add_argument("--cc", nargs="+", required=True)
    parser.add_argument("--cxx", nargs="+", required=True)
    args = parser.parse_args()
    root, library = args.root.resolve(), args.library.resolve()
    compilers = {"c": args.cc, "cpp": args.cxx}

    text = (root / "README.md").read_text(encoding="utf-8")
    blocks = {language: (name, code) for name, language, code in EXAMPLE.findall(text)}
    checks = [("names_commands_that_exist", lambda: names_commands_that_exist(root, text))]
    for language, compiler in compilers.items():
        if language not in blocks:
            checks.append((f"has_a_{language}_example", lambda: "no such block behind an example's name"))
            continue
        name, code = blocks[language]
        checks.append((f"{language}_block_is_the_example", lambda n=name, c=code: is_the_file(root, n, c)))
        checks.append((
            f"{language}_block_compiles_and_runs",
            lambda l=language, c=code, k=compiler: compiles_and_runs(root, library, k, l, c),
        ))

    failed = False
    print(f"1..{len(checks)}")
    for number, (title, check) in enumerate(checks, start=1):
        wrong = check()
        failed |= wrong is not None
        print(f"{'ok' if wrong is None else 'not ok'} {number} - {title}")
        if wrong is not None:
            print("\n".join(f"# {line}" for line in wrong.splitlines()))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
