"""What a call through a binding costs over the same call from C.

A binding joins by an executable bindings/LANGUAGE/bench that is called with `--dir DIRECTORY --size BYTES --count N` and prints a
line `WORKLOAD VALUE_SIZE OPS NANOS`, separated by tabs, for each of put, batch, get and getmany (1,024 at a time), on the keys and in
the orders of bench/peers/keys.h. Its environment names the installed library, SIMDR_PREFIX, and a folder for what it builds, SIMDR_SCRATCH,
which stays. One that lacks its toolchain says so on stderr, prints nothing and ends well.
"""

import os
import statistics
import subprocess

from engines import LIMIT_SECONDS, Broken, Peer, Skipped
from plan import NAMES, Group, Row, per_op

WORKLOADS = {"put": "put", "batch": "put in batches of 1,024,", "get": "get", "getmany": "get, 1,024 at a time,"}


class Binding:
    def __init__(self, program, root):
        self.name = program.parent.name
        self.program = program
        self.dir = root / ("binding-" + self.name)
        self.answers = {}

    def measure(self, workload, size, count):
        # One call answers all workloads; each answer is used once, so that every turn has a run of its own.
        if (workload, size) not in self.answers:
            self.dir.mkdir(parents=True, exist_ok=True)
            command = [str(self.program), "--dir", str(self.dir), "--size", str(size), "--count", str(count)]
            scratch = os.path.join(os.environ["SIMDR_SCRATCH"], self.name)
            os.makedirs(scratch, exist_ok=True)
            done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECONDS,
                                  env={**os.environ, "SIMDR_SCRATCH": scratch})
            if done.returncode != 0:
                raise Broken(f"{self.name}: {done.stderr.strip()[-500:]}")
            for fields in (line.split("\t") for line in done.stdout.splitlines()):
                if len(fields) == 4:
                    self.answers[fields[0], int(fields[1])] = int(fields[3]) / int(fields[2])
        if (workload, size) not in self.answers:
            raise Skipped(f"{self.name} has no '{workload}'")
        return {"": self.answers.pop((workload, size))}

    def remove(self):
        subprocess.run(["rm", "-rf", str(self.dir)], check=False)


def programs(root):
    return sorted(path for path in (root / "bindings").glob("*/bench") if path.is_file() and path.stat().st_mode & 0o111)


def groups(root, is_quick):
    names = ["simdr"] + [path.parent.name for path in programs(root)]
    rows = []
    for size, count in ((100, 50_000 if is_quick else 300_000), (65536, 500 if is_quick else 4_000)):
        for workload, title in WORKLOADS.items():
            def measure(engine, workload=workload, size=size, count=count):
                if not isinstance(engine, Peer):
                    return engine.measure(workload, size, count)
                # As the programs of the bindings do: once untimed, then until it took a while.
                if workload in ("put", "batch"):
                    fills = [per_op(engine.ask("fill", kind=workload, size=size, count=count)) for _ in range(4)]
                    return {"": statistics.median(fill[""] for fill in fills[1:])}
                engine.ask("load", size=size, count=count)
                engine.ask("pass", what=workload)
                return per_op(engine.ask("pass", what=workload, least=100))
            rows.append(Row(f"bindings/{workload}/{size}", f"binding: {title} {NAMES[size]}, each", "ns", measure, names))
    return [Group("bindings", rows, None, names)]
