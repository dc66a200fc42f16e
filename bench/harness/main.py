"""Runs the benchmark. bench/run has built what it needs and calls this; the words are those of bench/run."""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys

import bindings
import charts
import machine
import plan
import report
from engines import Broken, Skipped
from runner import Results, Runner

MARKS = ("<!-- results: written by ./dev bench --publish -->", "<!-- end of results -->")


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench", description="simdr, the crate and the peers side by side, in one run.")
    sections = ["limits", "puts", "batches", "durable", "reads", "open", "compact", "growth", "whole", "micro", "bindings"]
    parser.add_argument("sections", nargs="*", metavar="SECTION",
                        help="what to measure: %s; everything but the bindings when none is named" % ", ".join(sections))
    parser.add_argument("--quick", action="store_true", help="about two minutes: smaller stores, two repetitions")
    parser.add_argument("--dir", help="where the stores are made and deleted (default build/bench/data)")
    parser.add_argument("--engines", help="only these, separated by commas")
    parser.add_argument("--repetitions", type=int, help="turns of each engine that count, at most")
    parser.add_argument("--publish", action="store_true",
                        help="also write docs/performance.json, docs/performance.svg and the table of docs/PERFORMANCE.md; "
                             "with sections, in place of theirs")
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--root", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--oracle", default="", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    for section in wanted.sections:
        if section not in sections:
            parser.error(f"no such section: {section}")
    return wanted


def describe_run(is_quick, repetitions):
    return f"{'Quick run, small stores' if is_quick else 'Full run'}; medians of up to {repetitions} turns ([what a turn is](../bench/README.md))."


def run_micro(build, seconds, is_quick):
    """Bytes a second of each kernel and size; the lines of both programs go to the terminal."""
    rates = {}
    for name in ("kernels_bench", "index_bench"):
        program = build / "bench" / "micro" / name
        if not program.exists():
            print(f"left out: {name} was not built", file=sys.stderr)
            continue
        command = [program, "--benchmark_format=json", f"--benchmark_min_time={seconds}"]
        if name == "kernels_bench":
            command += ["--benchmark_repetitions=3", "--benchmark_enable_random_interleaving=true", "--benchmark_report_aggregates_only=true"]
        if is_quick:
            command.append("--benchmark_filter=" + ("copy_crc32/(memcpy_then_crc32|avx512|vpclmul|avx2|neon|armcrc|scalar)/(100|4096|65536|1048576|8388608)$"
                                                    if name == "kernels_bench" else "(IndexFindHit|IndexFindManyHit|IndexFindMiss)/1000000(/1024)?$"))
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            print(f"FAILED: {name}: {done.stderr.strip()[-500:]}", file=sys.stderr)
            continue
        print(f"\n{name}")
        for line in json.loads(done.stdout)["benchmarks"]:
            if line.get("aggregate_name", "median") != "median":
                continue
            rate = line.get("bytes_per_second")
            print(f"  {line['run_name']:48} {line['cpu_time']:12.1f} {line['time_unit']}" + (f" {rate / 1e9:8.1f} GB/s" if rate else ""))
            if rate:
                rates[line["run_name"]] = rate
    return rates


def settings_of(runner):
    words = {}
    for name in report.ORDER:
        engine = None if name == "simdr-strict" else runner.engine(name)
        if engine:
            try:
                words[name] = engine.ask("settings", size=100)["settings"]
            except (Broken, Skipped) as error:
                words[name] = str(error)
            engine.remove()
        elif name not in ("simdr-strict",):
            words[name] = "not here: its library, or for the crate Rust 1.88, is missing"
    return words


def in_place_of(published, record, sections):
    """What was published, with the rows of these sections as they are in `record`: it then says of which run they are."""
    rows = {key: row for key, row in published["rows"].items() if row["section"] not in {row["section"] for row in record["rows"].values()}}
    order = list(published["rows"]) + [key for key in record["rows"] if key not in published["rows"]]
    rows.update(record["rows"])
    again = {**published.get("again", {}), ", ".join(sections): record["machine"]}
    return {**published, "again": again, "rows": {key: rows[key] for key in order if key in rows},
            "settings": {**published["settings"], **record["settings"]},
            "micro_bytes_per_second": record["micro_bytes_per_second"] or published["micro_bytes_per_second"],
            "failed": published["failed"] + record["failed"]}


def publish(root, record):
    results = Results()
    results.rows, results.broken = record["rows"], record["failed"]
    again = [f"The rows of {sections} are of another run, {run}" for sections, run in record.get("again", {}).items()]
    about = " ".join([record["machine"], *again])
    text = report.as_markdown(results, record["micro_bytes_per_second"], record["settings"], about)
    image = charts.chart(results)
    (root / "docs" / "performance.json").write_text(json.dumps(record, indent=1) + "\n")
    if image:
        (root / "docs" / "performance.svg").write_text(image)
    path = root / "docs" / "PERFORMANCE.md"
    page = path.read_text()
    before, rest = page.split(MARKS[0])
    path.write_text(before + MARKS[0] + "\n\n" + text + "\n" + MARKS[1] + rest.split(MARKS[1])[1])


def main():
    wanted = arguments()
    root, build = pathlib.Path(wanted.root), pathlib.Path(wanted.build)
    data_dir = pathlib.Path(wanted.dir or root / "build" / "bench" / "data").resolve()
    made_data_dir = not data_dir.exists()
    data_dir.mkdir(parents=True, exist_ok=True)
    scale = plan.QUICK if wanted.quick else plan.FULL
    peers = build / "bench" / "peers" / "bench_peers"
    available = subprocess.run([peers, "list"], capture_output=True, text=True, check=True).stdout.split()
    only = wanted.engines.split(",") if wanted.engines else None
    runner = Runner(str(peers), available, wanted.oracle, data_dir, wanted.repetitions or scale.repetitions, only)

    todo = [group for group in plan.groups(scale)
            if not wanted.sections or group.section in wanted.sections]
    if "bindings" in wanted.sections:
        runner.add_bindings([bindings.Binding(program, data_dir) for program in bindings.programs(root)])
        todo += bindings.groups(root, wanted.quick)
    settings = settings_of(runner)
    other_work = machine.OtherWork()
    try:
        results = runner.run(todo)
    finally:
        if made_data_dir:
            shutil.rmtree(data_dir, ignore_errors=True)
    micro = run_micro(build, scale.micro_seconds, wanted.quick) if not wanted.sections or "micro" in wanted.sections else {}

    others, host = other_work.end()
    about = " ".join([machine.describe(), describe_run(wanted.quick, runner.repetitions), machine.describe_other_work(others, host)])
    print(report.as_text(results, micro, settings, about))
    image = charts.chart(results)
    record = {"machine": about, "quick": wanted.quick, "repetitions": runner.repetitions, "cpus_of_others": round(others, 3),
              "cpus_of_host": round(host, 3), "settings": settings, "rows": results.rows, "micro_bytes_per_second": micro,
              "failed": results.broken}
    folder = root / "build" / "bench" / "results"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "latest.json").write_text(json.dumps(record, indent=1) + "\n")
    if image:
        (folder / "latest.svg").write_text(image)
    text = report.as_markdown(results, micro, settings, about)
    (folder / "latest.md").write_text(text)
    print(f"\nwritten: {folder}/latest.json, latest.md, latest.svg")
    if wanted.publish:
        if wanted.sections:
            record = in_place_of(json.loads((root / "docs" / "performance.json").read_text()), record, wanted.sections)
        publish(root, record)
        print("written: docs/performance.json, docs/performance.svg, docs/PERFORMANCE.md")
    return 1 if results.broken else 0


if __name__ == "__main__":
    sys.exit(main())
