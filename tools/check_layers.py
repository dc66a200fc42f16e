#!/usr/bin/env python3
"""Which folder of src/ may include which, as a test. A violation is printed as file:line and makes the exit code 1.

Usage: check_layers.py [SOURCE_ROOT]

The table is the architecture of this library (docs/DESIGN.md): whoever wants to change it changes it here, with a reason.
"""

import pathlib
import re
import sys

# Folder of src/ -> folders it may include, besides itself.
MAY_INCLUDE = {
    "base": set(),
    "format": {"base"},
    "simd": {"base"},
    "platform": {"base"},
    "mapping": {"base", "platform"},
    "index": {"base", "format", "simd"},
    "recovery": {"base", "format", "simd", "index"},
    "writer": {"base", "format", "simd", "platform"},
    "store": {"base", "format", "simd", "platform", "mapping", "index", "recovery", "writer"},
    "c_api": {"base", "format", "simd", "store"},
}

# The command is a user of simdr.h like any other. Of src/ it has what is complete in its header and knows nothing of stores.
COMMAND = "tools/simdr"
COMMAND_MAY_INCLUDE = {"base/utf8.h"}

# Headers of the system and of dependencies -> where in src/ they may be included. What matches nothing here must be a header of the
# C++ standard library.
FOREIGN_HEADERS = [
    (re.compile(r"(\w*mmintrin|x86intrin|cpuid|arm_neon|arm_acle|arm_sve)\.h"), ("simd/",)),
    # Which instructions a CPU has is on ARM the operating system's to say.
    (re.compile(r"sys/auxv\.h|windows\.h"), ("platform/", "simd/cpu_arm.cc")),
    (re.compile(r"(sys|linux|asm|net|netinet)/.*"), ("platform/",)),
    (re.compile(r"(unistd|fcntl|poll|signal|sched|pthread|dirent|dlfcn|time|io|process)\.h"), ("platform/",)),
    # Kernels use no C++ library, whose inline functions would carry a kernel's instructions into the rest of the program.
    (re.compile(r"(stddef|stdint|string|stdbool)\.h"), ("simd/",)),
    (re.compile(r"xxhash\.h"), ("format/",)),
    (re.compile(r"boost/.*"), ("platform/",)),
]

# Kernels (src/simd/kernels) include only C headers and intrinsics; see above.
KERNEL_HEADERS = re.compile(r"(\w*mmintrin|arm_neon|arm_acle|stddef|stdint|string)\.h")

STANDARD_HEADER = re.compile(r"[a-z_]+")

# Words that belong to one folder: the operating system's name, and a path that is only right on one machine.
SYSTEM_NAME = re.compile(r"\b_WIN32\b|\b__linux__\b|\b__APPLE__\b")
SYSTEM_NAME_IN = ("platform/", "simd/cpu_arm.cc")
ABSOLUTE_PATH = re.compile(r"""["'=\s](/(?:work|home|root|Users|build|builds|workspace)/[\w./-]*)""")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SOURCES = {".h", ".hpp", ".c", ".cc"}
TEXTS = SOURCES | {".sh", ".py", ".build", ".md", ".rs", ".toml"}


def lines_of(path):
    return enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)


def check_own_include(src, folder, header):
    other = header.split("/")[0]
    if folder == "c_api" and header in ("simdr.h", "simdr_api.h"):
        return None
    if other == folder or other in MAY_INCLUDE[folder]:
        return None if (src / header).is_file() else f'"{header}" is no file of src/'
    if other in MAY_INCLUDE:
        return f'{folder} must not include {other} ("{header}")'
    return f'"{header}" is not written as "folder/file.h"'


def check_foreign_include(where, header):
    if where.startswith("simd/kernels/") and not KERNEL_HEADERS.fullmatch(header):
        return f"a kernel must not include <{header}>: only intrinsics and C headers without inline code"
    for pattern, places in FOREIGN_HEADERS:
        if pattern.fullmatch(header):
            return None if where.startswith(places) else f"<{header}> may be included in {' '.join(places)} only"
    return None if STANDARD_HEADER.fullmatch(header) else f"<{header}> is a dependency that src/ does not have"


def check_source(src, path):
    where = path.relative_to(src).as_posix()
    folder = where.split("/")[0]
    if folder not in MAY_INCLUDE:
        yield 1, f"src/{folder} is not in the table of tools/check_layers.py"
        return
    for number, line in lines_of(path):
        include = INCLUDE.match(line)
        if include:
            own = include[1] == '"'
            fault = check_own_include(src, folder, include[2]) if own else check_foreign_include(where, include[2])
            if fault:
                yield number, fault
        code = line.split("//")[0]
        if SYSTEM_NAME.search(code) and not where.startswith(SYSTEM_NAME_IN):
            yield number, f"{SYSTEM_NAME.search(code)[0]} belongs into src/platform"


def check_command(path):
    for number, line in lines_of(path):
        include = INCLUDE.match(line)
        if include and include[2].split("/")[0] in MAY_INCLUDE and include[2] not in COMMAND_MAY_INCLUDE:
            yield number, f'the command must not include "{include[2]}": it goes by simdr.h'


def check_text(path):
    for number, line in lines_of(path):
        found = ABSOLUTE_PATH.search(line)
        if found:
            yield number, f"{found[1]} is a path of one machine"


def is_ours(path, root):
    skipped = {"build", "target", ".git", "data", "corpus"}
    return not skipped.intersection(path.relative_to(root).parts)


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    src = root / "src"
    faults = []
    checked = 0
    for path in sorted(src.rglob("*")):
        if path.suffix in SOURCES:
            checked += 1
            faults += [(path, number, what) for number, what in check_source(src, path)]
    for path in sorted((root / COMMAND).rglob("*")):
        if path.suffix in SOURCES:
            faults += [(path, number, what) for number, what in check_command(path)]
    for folder in ("src", "include", "tests", "tools", "examples", "fuzz", "bench"):
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and path.suffix in TEXTS and is_ours(path, root):
                faults += [(path, number, what) for number, what in check_text(path)]
    for path, number, what in faults:
        print(f"{path.relative_to(root)}:{number}: {what}")
    if checked == 0:
        print(f"no sources under {src}")
    return 1 if faults or checked == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
