#!/usr/bin/env python3
"""Fails if a kernel library defines anything but its own entry points.

A weak definition (an inline function, a template of the STL) in a file compiled with -mavx2 may be the copy the linker
keeps for the whole program, which then dies of an illegal instruction on a CPU without AVX2.

Usage: check_kernel_symbols.py <nm> <library>...
"""

import re
import subprocess
import sys

ENTRY_POINT = re.compile(r"^simdr::core::simd::(copy|crc32|copy_crc32)_[a-z0-9]+\(")


def main(nm: str, libraries: list[str]) -> int:
    defined = 0
    failed = False
    for library in libraries:
        # -g lists global and weak symbols only.
        listing = subprocess.run([nm, "-gC", "--defined-only", library], check=True, capture_output=True, text=True).stdout
        for line in listing.splitlines():
            fields = line.split(maxsplit=2)
            if len(fields) != 3:
                continue  # The name of an archive member, or an empty line.
            defined += 1
            _, kind, name = fields
            if kind != "T" or ENTRY_POINT.match(name) is None:
                print(f"{library}: unexpected symbol {kind} {name}")
                failed = True
    if defined == 0:
        print("no symbols found; does nm understand these libraries?")
        failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
