"""Lets the engines take turns: A B C ... A B C ..., the first turn of each dropped, or the first passes of each turn."""

import statistics
import sys
import time

from engines import Broken, Crate, Peer, Skipped

DROPPED = 1


class Results:
    """{key: {title, unit, section, engines: {name: {median, min, max, all}}, skipped: {name: why}}}, in the order of the run."""

    def __init__(self):
        self.rows = {}
        self.broken = []

    def row(self, key, title, unit, section):
        return self.rows.setdefault(key, {"title": title, "unit": unit, "section": section, "engines": {}, "skipped": {}})

    def add(self, key, engine, costs):
        self.rows[key]["engines"][engine] = {"median": statistics.median(costs), "min": min(costs), "max": max(costs),
                                             "all": [round(cost, 3) for cost in costs]}

    def median(self, key, engine):
        row = self.rows.get(key)
        return row["engines"][engine]["median"] if row and engine in row["engines"] else None


class Runner:
    def __init__(self, peers_program, available, oracle, data_dir, repetitions, only=None):
        self.peers_program = peers_program
        self.available = available
        self.oracle = oracle
        self.data_dir = data_dir
        self.repetitions = repetitions
        self.only = only
        self.bindings = {}
        self.results = Results()
        self.started = time.monotonic()

    def add_bindings(self, engines):
        self.bindings = {engine.name: engine for engine in engines}

    def engine(self, name):
        if name in self.bindings:
            return self.bindings[name]
        if name == "crate":
            return Crate(self.oracle, self.data_dir) if self.oracle else None
        if name == "simdr-strict":
            return Peer(self.peers_program, "simdr", self.data_dir, shown_as=name)
        return Peer(self.peers_program, name, self.data_dir) if name in self.available else None

    def run(self, groups):
        for group in groups:
            self.run_group(group)
        return self.results

    def run_group(self, group):
        engines = [engine for engine in map(self.engine, self.wanted(group.engines)) if engine]
        try:
            ready = [engine for engine in engines if self.prepare(group, engine)]
            for row in group.rows:
                self.run_row(group, row, [engine for engine in ready if engine.name in row.engines])
        finally:
            for engine in engines:
                engine.remove()

    def wanted(self, names):
        return [name for name in names if not self.only or name in self.only]

    def prepare(self, group, engine):
        if group.prepare is None:
            return True
        try:
            for key, cost in group.prepare(engine).items():
                self.results.row(key, disk_title(key), "bytes", "disk")
                self.results.add(key, engine.name, [cost])
            return True
        except Skipped:
            return False
        except Broken as error:
            self.tell_broken(str(error))
            return False

    def run_row(self, group, row, engines):
        costs = {}  # metric: engine: list
        skipped = {}
        dropped = 0 if row.untimed else DROPPED
        for turn in range(dropped + min(self.repetitions, row.repetitions or self.repetitions)):
            for engine in engines:
                if engine.name in skipped:
                    continue
                try:
                    for _ in range(row.untimed):
                        row.measure(engine)
                    measured = median_of([row.measure(engine) for _ in range(row.timed)])
                except Skipped as why:
                    skipped[engine.name] = str(why)
                    continue
                except Broken as error:
                    self.tell_broken(f"{row.key}: {error}")
                    skipped[engine.name] = "failed"
                    continue
                if turn >= dropped:
                    for metric, cost in measured.items():
                        costs.setdefault(metric, {}).setdefault(engine.name, []).append(cost)
        for metric, by_engine in costs.items():
            key = f"{row.key}/{metric}" if metric else row.key
            title = " ".join(part for part in (row.title, row.titles.get(metric, metric)) if part)
            unit = "bytes" if metric in ("memory", "maxrss") else row.unit
            self.results.row(key, title, unit, group.section)["skipped"] = skipped
            for name, values in by_engine.items():
                self.results.add(key, name, values)
        elapsed = time.monotonic() - self.started
        print(f"[{elapsed:5.0f} s] {row.title}", file=sys.stderr, flush=True)

    def tell_broken(self, words):
        self.results.broken.append(words)
        print(f"FAILED: {words}", file=sys.stderr, flush=True)


def median_of(measurements):
    return {metric: statistics.median(measured[metric] for measured in measurements) for metric in measurements[0]}


def disk_title(key):
    from plan import NAMES
    return f"on the disk, per entry of {NAMES[int(key.split('/')[1])]}"
