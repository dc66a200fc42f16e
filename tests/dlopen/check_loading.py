#!/usr/bin/env python3
"""What runs, or stays, because libsimdr.so is loaded or unloaded: nothing but what the compiler puts into every library. Prints TAP.

usage: check_loading.py LIBRARY [NM [READELF]]
"""

import re
import struct
import subprocess
import sys

# A registration that outlives the library, or runs its code when a thread or the process ends.
REGISTRATIONS = {"atexit", "at_quick_exit", "on_exit", "__cxa_atexit", "__cxa_at_quick_exit", "__cxa_thread_atexit",
                 "__cxa_thread_atexit_impl", "pthread_key_create", "tss_create", "pthread_atfork", "__register_atfork", "signal",
                 "sigaction"}
# crtbegin's own, for profiling and exception tables; libgcc's, which asks the CPU of an ARM machine for its atomics.
COMPILERS = {"frame_dummy", "__do_global_dtors_aux", "init_have_lse_atomics", "register_tm_clones"}
# Boost.Interprocess asks for the size of a page and keeps it in a variable of this library's: no effect on anything else. So gcc and clang
# call what does that.
PAGE_SIZE = {"_GLOBAL__sub_I_mapping_posix.cc", "__cxx_global_var_init", "_GLOBAL__I_000100"}


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def undefined(nm, library):
    return {line.split()[-1].split("@")[0] for line in run(nm, "-D", "--undefined-only", library).splitlines() if line.strip()}


def sections(readelf, library):
    """{name: (address, file offset, size)}"""
    found = {}
    for line in run(readelf, "-SW", library).splitlines():
        match = re.match(r"\s*\[\s*\d+\]\s+(\S+)\s+\S+\s+([0-9a-f]+)\s+([0-9a-f]+)\s+([0-9a-f]+)", line)
        if match:
            found[match[1]] = tuple(int(match[i], 16) for i in (2, 3, 4))
    return found


def addresses_in(readelf, library, section):
    """The functions that an .init_array or .fini_array lists, as addresses: from the relocations that fill it in, or from its bytes."""
    if section not in sections(readelf, library):
        return []
    start, offset, size = sections(readelf, library)[section]
    found = []
    for line in run(readelf, "-rW", library).splitlines():
        match = re.match(r"([0-9a-f]{8,})\s+[0-9a-f]+\s+R_\w+_RELATIVE\s+([0-9a-f]+)", line)
        if match and start <= int(match[1], 16) < start + size:
            found.append(int(match[2], 16))
    if len(found) * 8 == size:
        return found
    with open(library, "rb") as file:  # packed relocations (RELR) leave the address in place
        file.seek(offset)
        return list(struct.unpack(f"<{size // 8}Q", file.read(size)))


def names_at(nm, library, addresses):
    """The names of the functions at these addresses; None when the library has lost its symbols."""
    lines = [line.split() for line in run(nm, library).splitlines()]
    names = {int(line[0], 16): line[2] for line in lines if len(line) == 3 and line[1] in "tTwW"}
    return {names.get(address, hex(address)) for address in addresses} if names else None


def own_constructors(nm, library, constructors):
    own = constructors - COMPILERS
    is_page_size = len(own) == 1 and own <= PAGE_SIZE and "page_size_holder" in run(nm, library)
    return set() if is_page_size else own


def thread_local_size(readelf, library):
    match = re.search(r"^\s*TLS\s+\S+\s+\S+\s+\S+\s+\S+\s+(0x[0-9a-f]+)", run(readelf, "-lW", library), flags=re.M)
    return int(match[1], 16) if match else 0


def main():
    library = sys.argv[1]
    nm, readelf = (sys.argv[2:] + ["nm", "readelf"][len(sys.argv) - 2:])[:2]
    imports = undefined(nm, library)
    if any(name.startswith(("__asan", "__tsan", "__gcov")) for name in imports):
        print("1..0 # SKIP built with a sanitizer, which registers things of its own")
        return 0
    constructors = names_at(nm, library, addresses_in(readelf, library, ".init_array"))
    destructors = names_at(nm, library, addresses_in(readelf, library, ".fini_array"))
    stripped = constructors is None or destructors is None
    flags = run(readelf, "-dW", library)
    tls_size = thread_local_size(readelf, library)
    checks = [
        ("nothing_is_registered_for_the_end_of_a_thread_or_the_process", imports & REGISTRATIONS),
        ("no_constructor_of_our_own_runs", None if stripped else own_constructors(nm, library, constructors)),
        ("no_destructor_of_our_own_runs", None if stripped else destructors - COMPILERS),
        ("nothing_keeps_it_from_being_unloaded",
         {word for word in ("NODELETE", "INITFIRST") if word in flags} |
         {line for line in run(readelf, "--dyn-syms", "-W", library).splitlines() if " UNIQUE " in line}),
        # Each byte is taken from what the C library keeps for libraries that come late, about 1,600 bytes for all of them.
        ("thread_local_variables_are_few", {f"{tls_size} bytes"} if tls_size > 16 else set()),
        ("what_is_checked_was_found", set() if "malloc" in imports or "_Znwm" in imports else {"no imports found"}),
    ]
    print(f"1..{len(checks)}")
    for number, (name, wrong) in enumerate(checks, 1):
        print(f"{'not ok' if wrong else 'ok'} {number} - {name}{' # SKIP the library is stripped' if wrong is None else ''}")
        for item in sorted(wrong or ()):
            print(f"# {item}", file=sys.stderr)
    return any(wrong for _, wrong in checks)


if __name__ == "__main__":
    sys.exit(main())
