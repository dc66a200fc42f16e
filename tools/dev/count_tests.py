#!/usr/bin/env python3
"""Counts test cases of every kind in the logs of `meson test` and prints `N passed, N failed, N skipped` as the last line.

Usage: count_tests.py MESON_LOGS_FOLDER

A program that reports its cases one by one (GoogleTest, TAP, Rust) counts with each of them, any other as one. What Meson says
of the program as a whole decides: one that was killed, timed out or left with an error counts as a failure also when every
case it told of had passed. Exit code 0 when nothing failed and something passed.
"""

import collections
import json
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

Case = collections.namedtuple("Case", "name outcome words")
Program = collections.namedtuple("Program", "name result words returncode")

SHOWN_LINES = 80
GOOD = {"OK", "EXPECTEDFAIL"}


def last_lines(text, count=SHOWN_LINES):
    lines = (text or "").rstrip().splitlines()
    left_out = [f"... {len(lines) - count} lines left out ..."] if len(lines) > count else []
    return left_out + lines[-count:]


def read_programs(path):
    """One for each test of the run, in its order."""
    programs = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        test = json.loads(line)
        words = "\n".join(part for part in (test.get("stdout"), test.get("stderr")) if part)
        programs.append(Program(test["name"], test["result"], words, test.get("returncode")))
    return programs


def read_case(element):
    for tag in ("failure", "error"):
        problem = element.find(tag)
        if problem is not None:
            return Case(element.get("name"), "failed", problem.text or problem.get("message") or "")
    skipped = element.find("skipped")
    if skipped is not None:
        return Case(element.get("name"), "skipped", skipped.get("message") or element.findtext("system-out") or "")
    if element.get("status") == "notrun":  # GoogleTest's DISABLED_
        return Case(element.get("name"), "skipped", "disabled")
    return Case(element.get("name"), "passed", "")


def read_cases(path, programs):
    """The cases of each program: {program's name: [Case]}. Meson calls their suites PROJECT.NAME or, with GoogleTest,
    PROJECT.NAME.GTEST_SUITE, where NAME is as in testlog.json. A program that tells of none is itself a case, of the suite
    PROJECT; here it has one without a name. Thus only a GoogleTest program that ran nothing has no case at all."""
    cases = collections.defaultdict(list)
    names = sorted((program.name for program in programs), key=len, reverse=True)
    for suite in ElementTree.parse(path).getroot().iter("testsuite"):
        _, dot, rest = suite.get("name").partition(".")
        if not dot:
            for element in suite.iter("testcase"):
                cases[element.get("name")].append(Case("", "passed", ""))
            continue
        owner = next((name for name in names if rest == name or rest.startswith(name + ".")), None)
        if owner is None:
            continue
        prefix = rest[len(owner) + 1 :]
        for element in suite.iter("testcase"):
            case = read_case(element)
            cases[owner].append(case._replace(name=f"{prefix}.{case.name}" if prefix else case.name))
    return cases


def cases_of(program, told):
    """What a program counts as: its cases, and one more when the program failed and none of them did."""
    itself = bool(told) and not told[0].name
    if program.result in GOOD:
        return told or [Case("", "failed", "ran no test case")]
    if program.result == "SKIP":
        reason = "".join(last_lines(program.words, 1)).rpartition("# SKIP")[2].strip()
        return [Case("", "skipped", reason)] if itself or not told else told
    if any(case.outcome == "failed" for case in told):
        return told
    how = {"TIMEOUT": "timed out", "INTERRUPT": "was interrupted"}.get(program.result)
    if how is None:
        code = program.returncode
        how = f"was killed by signal {-code}" if code is not None and code < 0 else f"ended with exit code {code}"
    failure = f"{how}\n{program.words}"
    return [Case("", "failed", failure)] if itself or not told else told + [Case("(the program itself)", "failed", failure)]


def title(program, case):
    name = program.name.split(" / ")[-1]
    return f"{name}: {case.name}" if case.name else name


def print_skipped(skipped):
    if not skipped:
        return
    print(f"\nskipped ({len(skipped)}):")
    for program, case in skipped:
        print(f"  {title(program, case)}: {' '.join(case.words.split()) or 'no reason given'}")


def print_failed(failed):
    if not failed:
        return
    print(f"\nfailed ({len(failed)}):")
    shown = set()
    for program, case in failed:
        print(f"  {title(program, case)}")
        words = case.words
        if not words.strip() and program not in shown:  # TAP: what went wrong is in the program's output
            shown.add(program)
            words = "\n".join(line for line in program.words.splitlines() if not line.startswith("ok "))
        for line in last_lines(words):
            print(f"    | {line}")


def main():
    logs = pathlib.Path(sys.argv[1])
    counted = {"passed": [], "failed": [], "skipped": []}
    # Under a wrapper Meson adds its name: testlog-NAME.json.
    written = sorted(logs.glob("testlog*.json"))
    if written:
        programs = read_programs(written[0])
        told = read_cases(written[0].with_suffix(".junit.xml"), programs)
        for program in programs:
            for case in cases_of(program, told[program.name]):
                counted[case.outcome].append((program, case))
    else:
        print("no test was run", file=sys.stderr)
    print_skipped(counted["skipped"])
    print_failed(counted["failed"])
    print()
    sys.stdout.flush()
    print(", ".join(f"{len(cases)} {outcome}" for outcome, cases in counted.items()))
    return 0 if counted["passed"] and not counted["failed"] else 1


if __name__ == "__main__":
    sys.exit(main())
