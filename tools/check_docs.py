#!/usr/bin/env python3
"""Whether the documents, the header and the symbol map say the same. What does not is printed, and makes the exit code 1.

Usage: check_docs.py [SOURCE_ROOT]

- Every function of include/simdr.h is exported by src/simdr.map, and nothing else is.
- Every SIMDR_... and simdr_...() that a document names exists in the header, the wrapper, or the build.
- Every relative link between documents leads to a file, and to a heading of it.
- The version is the same everywhere.
"""

import pathlib
import re
import sys

DOCUMENTS = ["*.md", "docs/**/*.md", "bench/**/*.md", "bindings/**/*.md", "examples/**/*.md", "fuzz/**/*.md", "tests/**/*.md",
             "tools/**/*.md"]
SKIPPED_FOLDERS = {"build", "target", ".git", "node_modules"}

FUNCTION = re.compile(r"SIMDR_API\b[^;]*?\b(simdr_\w+)\s*\(", re.S)
MAP_SYMBOL = re.compile(r"^\s+(simdr_\w+);", re.M)
NAME = re.compile(r"\bSIMDR_[A-Z0-9_]*[A-Z0-9]\b|\bsimdr_[a-z0-9_]+\(")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
CODE_BLOCK = re.compile(r"^(```|~~~).*?^\1\s*$", re.M | re.S)
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*\s*$", re.M)

# Names that are no C macros of the header: environment variables and what the build defines.
OTHER_SOURCES = ["include/*", "meson.build", "src/**/*", "tools/**/*", "tests/**/*", "fuzz/**/*", "bench/**/*",
                 "dev", "bindings/**/*"]


def read(path):
    return path.read_text(encoding="utf-8", errors="replace")


def without_comments(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


def is_ours(root, path):
    return path.is_file() and not SKIPPED_FOLDERS.intersection(path.relative_to(root).parts)


def all_files(root, patterns):
    return sorted({path for pattern in patterns for path in root.glob(pattern) if is_ours(root, path)})


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def check_map(root):
    header = set(FUNCTION.findall(without_comments(read(root / "include/simdr.h"))))
    exported = set(MAP_SYMBOL.findall(read(root / "src/simdr.map")))
    if not header:
        yield "include/simdr.h: no function found: this check no longer understands the header"
    for name in sorted(header - exported):
        yield f"src/simdr.map: {name} is in simdr.h but not exported"
    for name in sorted(exported - header):
        yield f"src/simdr.map: {name} is exported but not in simdr.h"


def known_names(root):
    """What the documents may name: macros and environment variables of the sources, and functions of the header."""
    names = set()
    for path in all_files(root, OTHER_SOURCES):
        if path.suffix in {".h", ".hpp", ".cc", ".c", ".sh", ".py", ".build", ".rs", ".map"} or path.name == "dev":
            names.update(re.findall(r"\bSIMDR_[A-Z0-9_]*[A-Z0-9]\b|\bsimdr_[a-z0-9_]+", read(path)))
    return names


def check_names(root, path, text, header, known):
    for found in NAME.finditer(text):
        name = found[0].rstrip("(")
        # A name of the C API must be in the header itself; others may be anybody's.
        is_api = name.startswith(("SIMDR_ERR_", "SIMDR_OPEN_", "SIMDR_DURABILITY_", "simdr_"))
        if name not in (header if is_api else known):
            yield f"{path.relative_to(root)}:{line_of(text, found.start())}: there is no {name}"


def anchors(text):
    found = set()
    for heading in HEADING.findall(CODE_BLOCK.sub("", text)):
        plain = re.sub(r"[`*\[\]]|\([^)]*\)(?=\s|$)", "", heading).lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found


def check_links(root, path, text):
    prose = CODE_BLOCK.sub(lambda block: re.sub(r"[^\n]", " ", block[0]), text)
    for found in LINK.finditer(prose):
        target, _, anchor = found[1].partition("#")
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        there = (path.parent / target).resolve() if target else path
        where = f"{path.relative_to(root)}:{line_of(prose, found.start())}"
        if not there.exists() or root not in [there, *there.parents]:
            yield f"{where}: {found[1]} leads nowhere"
        elif anchor and there.suffix == ".md" and anchor not in anchors(read(there)):
            yield f"{where}: {found[1]}: no such heading"


def check_version(root):
    header = read(root / "include/simdr.h")
    number = ".".join(re.search(rf"SIMDR_VERSION_{part} (\d+)", header)[1] for part in ("MAJOR", "MINOR", "PATCH"))
    if f'SIMDR_VERSION_STRING "{number}"' not in header:
        yield f"include/simdr.h: SIMDR_VERSION_STRING is not {number}"
    if not re.search(rf"version: '{re.escape(number)}'", read(root / "meson.build")):
        yield f"meson.build: the project's version is not {number}"
    changelog = root / "CHANGELOG.md"
    if changelog.exists() and f"[{number}]" not in read(changelog):
        yield f"CHANGELOG.md: says nothing of {number}"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    faults = list(check_map(root)) + list(check_version(root))
    header = set(re.findall(r"\b(?:SIMDR_\w+|simdr_\w+)", "".join(map(read, sorted(root.glob("include/simdr*.h"))))))
    known = known_names(root)
    documents = all_files(root, DOCUMENTS)
    for path in documents:
        text = read(path)
        faults += check_names(root, path, text, header, known)
        faults += check_links(root, path, text)
    if not documents:
        faults.append("no documents found")
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
