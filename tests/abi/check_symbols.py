#!/usr/bin/env python3
"""What libsimdr.so exports, against src/simdr.map, include/simdr.h and those who should use all of it. Prints TAP.

usage: check_symbols.py LIBRARY SOURCE_ROOT [NM [READELF]]
"""
import pathlib
import re
import subprocess
import sys

RUNTIME = {"libc.so.6", "libm.so.6", "libstdc++.so.6", "libc++.so.1", "libc++abi.so.1", "libunwind.so.1", "libgcc_s.so.1",
           "libpthread.so.0"}


def exported(nm, library):
    """(name, version node) of every defined dynamic symbol but the nodes themselves."""
    lines = subprocess.run([nm, "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    symbols = set()
    for line in lines.splitlines():
        kind, name = line.split()[-2:]
        if kind != "A":
            name, _, node = name.partition("@")
            symbols.add((name, node.lstrip("@")))
    return symbols


def in_map(path):
    """(name, version node) of every global in a linker version script."""
    text = re.sub(r"/\*.*?\*/|#[^\n]*", "", path.read_text(), flags=re.S)
    symbols = set()
    for node, body in re.findall(r"(\w+)\s*\{(.*?)\}", text, flags=re.S):
        part = re.search(r"global:(.*?)(local:|$)", body, flags=re.S)
        for name in part.group(1).split(";") if part else []:
            if name.strip():
                symbols.add((name.strip(), node))
    return symbols


def in_header(path):
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
    text = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return set(re.findall(r"SIMDR_API\b[^;()]*?\b(simdr_\w+)\s*\(", text))


def undefined(nm, library):
    lines = subprocess.run([nm, "-D", "--undefined-only", library], check=True, capture_output=True, text=True).stdout
    return {line.split()[-1] for line in lines.splitlines() if line.strip()}


def dynamic(readelf, library, tag):
    lines = subprocess.run([readelf, "-d", library], check=True, capture_output=True, text=True).stdout
    return set(re.findall(r"\(" + tag + r"\)[^\[]*\[([^\]]*)\]", lines))


def unused_in(names, paths):
    text = "\n".join(path.read_text() for path in paths)
    return {name for name in names if not re.search(r"\b" + name + r"\b", text)}


def main():
    library, root = sys.argv[1], pathlib.Path(sys.argv[2])
    nm, readelf = (sys.argv[3:] + ["nm", "readelf"][len(sys.argv) - 3:])[:2]
    symbols, mapped = exported(nm, library), in_map(root / "src/simdr.map")
    names, declared = {name for name, _ in symbols}, in_header(root / "include/simdr.h")
    sanitized = any(name.startswith(("__asan", "__tsan", "__ubsan")) for name in undefined(nm, library))
    checks = [
        ("nothing_but_simdr_is_exported", {n for n in names if not n.startswith("simdr_")}),
        ("no_c_plus_plus_symbol_is_exported", {n for n in names if n.startswith("_Z")}),
        ("what_is_exported_is_what_the_map_lists", symbols ^ mapped),
        ("what_is_exported_is_what_the_header_declares", names ^ declared),
        ("the_header_declares_something", set() if len(declared) > 50 else {"fewer functions than there must be"}),
        ("the_soname_is_that_of_this_abi", dynamic(readelf, library, "SONAME") ^ {"libsimdr.so.0"}),
        ("it_needs_nothing_but_the_language_runtime",
         {n for n in dynamic(readelf, library, "NEEDED") - RUNTIME if not n.startswith("ld-")} if not sanitized else None),
        # Who asks for the table does not link the library, and so cannot use the wrapper.
        ("the_cpp_wrapper_covers_every_function",
         unused_in(declared - {"simdr_get_api"}, [root / "include/simdr.hpp"])),
        ("every_function_is_called_by_a_test_in_c", unused_in(declared, sorted((root / "tests/api").glob("*.c")))),
    ]
    print(f"1..{len(checks)}")
    failed = False
    for number, (name, wrong) in enumerate(checks, 1):
        failed |= bool(wrong)
        print(f"{'not ok' if wrong else 'ok'} {number} - {name}{' # SKIP built with a sanitizer' if wrong is None else ''}")
        for item in sorted(map(str, wrong or ())):
            print(f"# {item}", file=sys.stderr)
    return failed


if __name__ == "__main__":
    sys.exit(main())
