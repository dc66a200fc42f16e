#!/usr/bin/env python3
"""Tests of the scripts that judge this tree: what they count and what they find. Prints the Test Anything Protocol."""

import json
import pathlib
import shutil
import subprocess
import sys

import tap

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def run(script, argument):
    return subprocess.run([sys.executable, ROOT / script, argument], capture_output=True, text=True, check=False)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def count(scratch, programs, junit):
    """What count_tests.py makes of these: (its last line, its exit code, all it printed)."""
    records = [{"name": name, "result": result, "returncode": code, "stdout": words} for name, result, code, words in programs]
    write(scratch / "testlog.json", "\n".join(json.dumps(record) for record in records))
    write(scratch / "testlog.junit.xml", f"<testsuites>{junit}</testsuites>")
    done = run("tools/dev/count_tests.py", scratch)
    return done.stdout.splitlines()[-1], done.returncode, done.stdout


GTEST = """<testsuite name="simdr.simdr / unit.A"><testcase name="Passes"/>
<testcase name="Skips"><skipped message="no AVX"/></testcase><testcase name="DISABLED_X" status="notrun"/>%s</testsuite>"""
ITSELF = '<testsuite name="simdr"><testcase name="simdr:cli / tool"/></testsuite>'


def counts_every_case_of_a_program(scratch):
    last, code, _ = count(scratch, [("simdr / unit", "OK", 0, "")], GTEST % "")
    assert (last, code) == ("1 passed, 0 failed, 2 skipped", 0), last


def counts_a_program_without_cases_as_one(scratch):
    last, code, _ = count(scratch, [("simdr:cli / tool", "OK", 0, "")], ITSELF)
    assert (last, code) == ("1 passed, 0 failed, 0 skipped", 0), last


def counts_what_ran_under_a_wrapper(scratch):
    count(scratch, [("simdr:cli / tool", "OK", 0, "")], ITSELF)
    for suffix in ("json", "junit.xml"):
        (scratch / f"testlog.{suffix}").rename(scratch / f"testlog-setarch.{suffix}")
    done = run("tools/dev/count_tests.py", scratch)
    assert (done.stdout.splitlines()[-1], done.returncode) == ("1 passed, 0 failed, 0 skipped", 0), done.stdout


def counts_a_failed_case_once(scratch):
    junit = GTEST % '<testcase name="Fails"><failure message="1 is not 2"/></testcase>'
    last, code, words = count(scratch, [("simdr / unit", "FAIL", 1, "")], junit)
    assert (last, code) == ("1 passed, 1 failed, 2 skipped", 1) and "1 is not 2" in words, words


def counts_a_crash_after_passed_cases(scratch):
    last, code, words = count(scratch, [("simdr / unit", "FAIL", -11, "")], GTEST % "")
    assert (last, code) == ("1 passed, 1 failed, 2 skipped", 1) and "signal 11" in words, words


def counts_a_timeout_that_the_report_calls_passed(scratch):
    last, code, words = count(scratch, [("simdr:cli / tool", "TIMEOUT", -15, "")], ITSELF)
    assert (last, code) == ("0 passed, 1 failed, 0 skipped", 1) and "timed out" in words, words


def gives_the_reason_of_a_skip(scratch):
    programs = [("simdr:cli / tool", "SKIP", 77, "no cargo here\n"), ("simdr / unit", "OK", 0, "")]
    last, code, words = count(scratch, programs, ITSELF + GTEST % "")
    assert (last, code) == ("1 passed, 0 failed, 3 skipped", 0) and "tool: no cargo here" in words, words


def fails_when_a_program_ran_nothing(scratch):
    last, code, _ = count(scratch, [("simdr / unit", "OK", 0, "")], "")
    assert (last, code) == ("0 passed, 1 failed, 0 skipped", 1), last


def fails_when_nothing_ran(scratch):
    done = run("tools/dev/count_tests.py", scratch)
    assert done.returncode == 1 and done.stdout.splitlines()[-1] == "0 passed, 0 failed, 0 skipped", done.stdout


def layers(scratch, path, line):
    write(scratch / path, f"// One job.\n{line}\n")
    return run("tools/check_layers.py", scratch)


def finds_an_include_of_a_higher_folder(scratch):
    write(scratch / "src/store/store.h", "")
    done = layers(scratch, "src/index/x.h", '#include "store/store.h"')
    assert done.returncode == 1 and "src/index/x.h:2: index must not include store" in done.stdout, done.stdout


def finds_the_operating_system_in_the_core(scratch):
    for line in ("#include <unistd.h>", "#include <sys/mman.h>", "#ifdef _WIN32"):
        done = layers(scratch, "src/store/x.cc", line)
        assert done.returncode == 1 and "src/store/x.cc:2: " in done.stdout, done.stdout


def finds_intrinsics_and_kernels_that_leak(scratch):
    assert layers(scratch, "src/writer/x.cc", "#include <immintrin.h>").returncode == 1
    (scratch / "src/writer/x.cc").unlink()
    assert layers(scratch, "src/simd/kernels/x.cc", "#include <immintrin.h>").returncode == 0
    assert layers(scratch, "src/simd/kernels/x.cc", "#include <vector>").returncode == 1


def finds_a_command_that_does_not_go_by_the_public_header(scratch):
    write(scratch / "src/base/x.h", "")
    done = layers(scratch, "tools/simdr/x.cc", '#include "store/store.h"')
    assert done.returncode == 1 and "tools/simdr/x.cc:2: the command must not include" in done.stdout, done.stdout
    assert layers(scratch, "tools/simdr/x.cc", '#include "base/utf8.h"').returncode == 0


def finds_a_path_of_one_machine(scratch):
    write(scratch / "src/base/x.h", "")
    path = "/" + "home/me/simdr/data"
    done = layers(scratch, "tests/x.cc", f'const char* data = "{path}";')
    assert done.returncode == 1 and "tests/x.cc:2: " in done.stdout, done.stdout


def allows_what_the_table_allows(scratch):
    write(scratch / "src/base/bytes.h", "#include <span>\n")
    done = layers(scratch, "src/store/x.cc", '#include "base/bytes.h"')
    assert done.returncode == 0, done.stdout


def docs(scratch, document):
    for path in ("include/simdr.h", "include/simdr.hpp", "src/simdr.map", "meson.build"):
        (scratch / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, scratch / path)
    write(scratch / "README.md", document)
    return run("tools/check_docs.py", scratch)


def finds_names_and_links_that_lead_nowhere(scratch):
    done = docs(scratch, "# A\n\nSIMDR_ERR_IO, simdr_store_put(), [a](#a), [b](include/simdr.h)\n")
    assert done.returncode == 0, done.stdout
    for wrong in ("SIMDR_ERR_NONE", "simdr_store_putt()", "[a](#b)", "[a](missing.md)"):
        done = docs(scratch, f"# A\n\n{wrong}\n")
        assert done.returncode == 1 and "README.md:3: " in done.stdout, (wrong, done.stdout)


def finds_a_function_that_is_not_exported(scratch):
    docs(scratch, "# A\n")
    symbols = scratch / "src/simdr.map"
    symbols.write_text(symbols.read_text(encoding="utf-8").replace("    simdr_version;\n", ""), encoding="utf-8")
    done = run("tools/check_docs.py", scratch)
    assert done.returncode == 1 and "simdr_version is in simdr.h but not exported" in done.stdout, done.stdout


def configures_a_folder_that_is_older_than_its_meson_build(scratch):
    script = f"""set -eu
    die() {{ echo "$*" >&2; exit 1; }}
    . '{ROOT}/tools/dev/build.sh'
    cd "$1"
    configure build
    tests_matching build ."""

    def tests():
        return subprocess.run(["bash", "-c", script, "bash", scratch], capture_output=True, text=True, check=False)

    project = "project('p')\ntrue_program = find_program('true')\ntest('one', true_program)\n"
    write(scratch / "meson.build", project)
    assert tests().stdout == "configuring build\none\n"
    write(scratch / "meson.build", project + "test('two', true_program)\n")
    done = tests()
    assert done.stdout == "one\ntwo\n", done.stdout + done.stderr
    write(scratch / "meson.build", project + "nonsense()\n")
    done = tests()
    assert done.returncode == 1 and "nonsense" in done.stderr, done.stdout + done.stderr


TESTS = [
    counts_every_case_of_a_program,
    counts_a_program_without_cases_as_one,
    counts_what_ran_under_a_wrapper,
    counts_a_failed_case_once,
    counts_a_crash_after_passed_cases,
    counts_a_timeout_that_the_report_calls_passed,
    gives_the_reason_of_a_skip,
    fails_when_a_program_ran_nothing,
    fails_when_nothing_ran,
    finds_an_include_of_a_higher_folder,
    finds_the_operating_system_in_the_core,
    finds_intrinsics_and_kernels_that_leak,
    finds_a_command_that_does_not_go_by_the_public_header,
    finds_a_path_of_one_machine,
    allows_what_the_table_allows,
    finds_names_and_links_that_lead_nowhere,
    finds_a_function_that_is_not_exported,
    configures_a_folder_that_is_older_than_its_meson_build,
]


if __name__ == "__main__":
    sys.exit(tap.main(TESTS))
