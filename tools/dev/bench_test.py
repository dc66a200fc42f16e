#!/usr/bin/env python3
"""Tests of the benchmark's harness: whose turns count, what a ratio is, what is said of the machine. Prints the Test Anything Protocol."""

import pathlib
import subprocess
import sys
from unittest import mock

import tap

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "bench" / "harness"))

import goals  # noqa: E402
import machine  # noqa: E402
import main as harness  # noqa: E402
from engines import Broken, Skipped  # noqa: E402
from plan import Group, Row  # noqa: E402
from runner import Results, Runner  # noqa: E402


class FakeEngine:
    """Answers with the next of its costs; a cost that is an exception is raised."""

    def __init__(self, name, costs, log):
        self.name, self.costs, self.log = name, iter(costs), log

    def measure(self):
        self.log.append(self.name)
        cost = next(self.costs)
        if isinstance(cost, Exception):
            raise cost
        return {"": cost}

    def remove(self):
        pass


def run_row(costs, turns, **how):
    """(results, the order in which engines were asked) of one row in which these engines take turns."""
    log = []
    engines = {name: FakeEngine(name, of_it, log) for name, of_it in costs.items()}
    runner = Runner("", [], "", "", turns)
    runner.engine = engines.get
    row = Row("row", "a row", "ns", FakeEngine.measure, list(engines), **how)
    with mock.patch("sys.stderr"):
        return runner.run([Group("section", [row], None, list(engines))]), "".join(log)


def lets_engines_take_turns_and_drops_the_first(_):
    results, order = run_row({"a": [900, 3, 1, 2], "b": [900, 30, 10, 20]}, 3)
    assert order == "abababab", order
    assert results.rows["row"]["engines"]["a"] == {"median": 2, "min": 1, "max": 3, "all": [3, 1, 2]}, results.rows
    assert results.median("row", "b") == 20, results.rows


def counts_only_what_a_turn_does_against_the_clock(_):
    results, order = run_row({"a": [900, 900, 7, 5, 600] * 2, "b": [900, 900, 8, 4, 6] * 2}, 2, untimed=2, timed=3)
    assert order == "aaaaabbbbb" * 2, order
    assert results.rows["row"]["engines"]["a"]["all"] == [7, 7], results.rows
    assert results.rows["row"]["engines"]["b"]["all"] == [6, 6], results.rows


def takes_no_more_turns_than_a_row_wants(_):
    _, order = run_row({"a": [1] * 9}, 5, repetitions=2)
    assert order == "aaa", order


def goes_on_without_an_engine_that_cannot(_):
    results, order = run_row({"a": [Skipped("has none")], "b": [5, Broken("b fell over")], "c": [1] * 9}, 2)
    assert order == "abcbcc", order
    assert list(results.rows["row"]["engines"]) == ["c"], results.rows
    assert results.rows["row"]["skipped"] == {"a": "has none", "b": "failed"}, results.rows
    assert results.broken == ["row: b fell over"], results.broken


def results_of(**rows):
    results = Results()
    for key, costs in rows.items():
        key = key.replace("_", "/")
        results.row(key, key, "ns", "section")
        for engine, cost in costs.items():
            results.add(key, engine.replace("_", "-"), [cost])
    return results


def verdict(results, work, against, micro=None):
    found = [goal for goal in goals.goals(results, micro or {}) if (goal.work, goal.against) == (work, against)]
    assert len(found) == 1, (work, against, found)
    return found[0]


def says_whether_a_goal_is_met(_):
    for cost, reached, met in ((10, "100", True), (10.1, "99", False)):
        goal = verdict(results_of(put_8={"crate": 1000, "simdr": cost}), "single put, 8 B", "the crate")
        assert (goal.reached, goal.met) == (reached, met), goal
    for cost, met in ((20, True), (20.1, False)):
        goal = verdict(results_of(put_8={"limits": 10, "simdr": cost}), "single put, 8 B", "a staged copy")
        assert goal.met is met, goal


def has_no_verdict_on_what_was_not_measured(_):
    goal = verdict(results_of(put_8={"simdr": 10}), "single put, 8 B", "the crate")
    assert (goal.reached, goal.met) == ("not measured", None), goal


def shows_a_bare_loop_where_it_is_a_bound(_):
    for bare, shown in ((5, "200"), (20, "")):
        goal = verdict(results_of(put_8={"crate": 1000, "simdr": 10, "limits": bare}), "single put, 8 B", "the crate")
        assert goal.bare == shown, goal


def bounds_what_needs_an_index_by_a_loop_with_a_table(_):
    costs = {"crate": 1000, "simdr": 10, "limits": 1, "limits_indexed": 5}
    for key, work in (("put_8", "single put, 8 B"), ("batch_8", "batch of 1,024, 8 B"), ("open_1000", "open, 1,000 entries")):
        assert verdict(results_of(**{key: costs}), work, "the crate").bare == "200", work
    assert verdict(results_of(put_8=costs), "single put, 8 B", "a staged copy").bare == "5"
    assert verdict(results_of(open_1000=costs), "open, 1,000 entries", "the bare walk").bare == "5"


def bounds_compaction_by_what_is_written_and_synced(_):
    rows = results_of(compact_100={"crate": 3200, "simdr": 128}, pagecache_sync={"limits": 64 * 8192})
    goal = verdict(rows, "compaction, half dead, 100 B", "the crate")
    assert (goal.reached, goal.met, goal.bare) == ("25", False, "50"), goal


def bounds_a_fused_kernel_by_the_slower_half(_):
    micro = {"copy_crc32/memcpy_then_crc32/4096": 10, "copy_crc32/avx2/4096": 13, "copy/memcpy/4096": 50, "crc32/avx2/4096": 15, "crc32/scalar/4096": 1,
             "crc32/zlib/4096": 99}
    goal = verdict(results_of(), "copy and checksum, 4 KiB", "memcpy, then checksum", micro)
    assert (goal.reached, goal.met, goal.bare) == ("1.3", False, "1.5"), goal


def tells_what_a_bare_loop_does_not_reach_either(_):
    for bare, beyond in ((8, False), (15, True)):
        goal = verdict(results_of(put_8={"crate": 1000, "simdr": 20, "limits": bare}), "single put, 8 B", "the crate")
        assert (goal.met, goal.beyond) == (False, beyond), goal
    assert not verdict(results_of(put_8={"crate": 1000, "simdr": 9, "limits": 8}), "single put, 8 B", "the crate").beyond


def compares_large_values_with_the_page_cache(_):
    rows = results_of(put_1048576={"crate": 1000, "simdr": 500}, pagecache_write={"limits": 400})
    assert verdict(rows, "single put, 1 MiB", "the page cache's own write rate").reached == "0.8"
    assert verdict(rows, "single put, 1 MiB", "the crate").bare == "2.5"


def takes_the_fastest_peer_that_does_the_same_work(_):
    costs = {"simdr": 20, "simdr_strict": 1, "crate": 2, "limits": 3, "limits_indexed": 4, "lmdb": 30, "sqlite": 25}
    goal = verdict(results_of(durable_1=costs), "durable puts, 1 thread", "the fastest peer (sqlite)")
    assert (goal.reached, goal.met) == ("1.25", True), goal


def takes_the_fastest_fused_kernel_and_never_the_plain_one(_):
    micro = {"copy_crc32/memcpy_then_crc32/4096": 10, "copy_crc32/avx2/4096": 14, "copy_crc32/scalar/4096": 1, "crc32/avx512/4096": 99}
    goal = verdict(results_of(), "copy and checksum, 4 KiB", "memcpy, then checksum", micro)
    assert (goal.reached, goal.met) == ("1.4", True), goal


def names_who_is_ahead(_):
    rows = results_of(put_8={"simdr": 20, "crate": 30, "tinycdb": 10, "limits": 1}, get_100_t1={"simdr": 9, "simdr_view": 5, "lmdb": 6})
    assert [(title, who, times) for title, who, times, _ in goals.not_fastest(rows)] == [("put/8", "tinycdb", 2)]


def puts_sections_in_place_of_published_ones(_):
    def record(machine_words, **rows):
        return {"machine": machine_words, "rows": {key: {"section": section, "cost": cost} for key, (section, cost) in rows.items()},
                "settings": {}, "micro_bytes_per_second": {}, "failed": []}
    published = {**record("then", put=("puts", 1), gone=("open", 2), get=("reads", 3)), "micro_bytes_per_second": {"k": 1}}
    merged = harness.in_place_of(published, record("now", opened=("open", 9)), ["open"])
    assert {key: row["cost"] for key, row in merged["rows"].items()} == {"put": 1, "get": 3, "opened": 9}, merged
    assert merged["machine"] == "then" and merged["again"] == {"open": "now"}, merged
    assert merged["micro_bytes_per_second"] == {"k": 1}, merged


def tells_others_work_from_its_own(_):
    with mock.patch.object(machine.time, "monotonic", side_effect=[0, 20]), \
         mock.patch.object(machine, "cpu_seconds", side_effect=[(100, 1), (160, 4)]), \
         mock.patch.object(machine, "own_seconds", side_effect=[10, 40]):
        assert machine.OtherWork().end() == (1.5, 0.15)


def counts_a_child_that_has_ended_as_its_own(_):
    before = machine.own_seconds()
    subprocess.run([sys.executable, "-c", "import time\nwhile time.process_time() < 0.2: pass"], check=True)
    assert machine.own_seconds() - before >= 0.19


def warns_of_a_busy_machine(_):
    assert "0.20 CPUs" in machine.describe_other_work(0.2, 0.04) and "**" not in machine.describe_other_work(0.2, 0.04)
    assert "**" in machine.describe_other_work(0.2, 0.06)


TESTS = [
    lets_engines_take_turns_and_drops_the_first,
    counts_only_what_a_turn_does_against_the_clock,
    takes_no_more_turns_than_a_row_wants,
    goes_on_without_an_engine_that_cannot,
    says_whether_a_goal_is_met,
    has_no_verdict_on_what_was_not_measured,
    shows_a_bare_loop_where_it_is_a_bound,
    bounds_what_needs_an_index_by_a_loop_with_a_table,
    bounds_compaction_by_what_is_written_and_synced,
    bounds_a_fused_kernel_by_the_slower_half,
    tells_what_a_bare_loop_does_not_reach_either,
    compares_large_values_with_the_page_cache,
    takes_the_fastest_peer_that_does_the_same_work,
    takes_the_fastest_fused_kernel_and_never_the_plain_one,
    names_who_is_ahead,
    puts_sections_in_place_of_published_ones,
    tells_others_work_from_its_own,
    counts_a_child_that_has_ended_as_its_own,
    warns_of_a_busy_machine,
]

if __name__ == "__main__":
    sys.exit(tap.main(TESTS))
