"""The engines as the harness sees them: each is asked for one measurement at a time and answers with numbers."""

import json
import os
import pathlib
import shutil
import subprocess
import threading
import time

LIMIT_SECONDS = 1200


class Skipped(Exception):
    """The engine has no such thing; its place in the row stays empty, with these words."""


class Broken(Exception):
    """The engine failed."""


class Peer:
    """One engine in one bench_peers process, which stays up between measurements and idles while others have their turn."""

    def __init__(self, program, name, root, shown_as=None):
        self.name = shown_as or name
        self.command = [program, name, str(pathlib.Path(root) / self.name)]
        self.dir = pathlib.Path(root) / self.name
        self.process = None

    def start(self):
        self.dir.mkdir(parents=True, exist_ok=True)
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, word, **arguments):
        if self.process is None:
            self.start()
        line = " ".join([word] + [f"{name}={value}" for name, value in arguments.items()])
        watchdog = threading.Timer(LIMIT_SECONDS, self.process.kill)
        watchdog.start()
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        finally:
            watchdog.cancel()
        if not answer:
            code = self.process.wait()
            self.process = None
            raise Broken(f"{self.name}: '{line}' ended the process with {code}")
        reply = json.loads(answer)
        if "skip" in reply:
            raise Skipped(reply["skip"])
        if "error" in reply:
            raise Broken(f"{self.name}: {line}: {reply['error']}")
        return reply

    def stop(self):
        """Ends the process; files that it did not `leave` are gone."""
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()
            self.process.stdout.close()
            self.process = None

    def remove(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    def whole_process(self, size, count):
        """What a process costs that fills a store and ends: wall, user and system seconds, most memory."""
        self.dir.mkdir(parents=True, exist_ok=True)
        return cost_of(self.command, f"fill kind=put size={size} count={count}\n")


class Crate:
    """The Rust crate, through the `bench` command of tests/oracle: a process and a store for each measurement."""

    name = "crate"
    WORKLOADS = {("fill", "put"): "put", ("fill", "batch"): "batch", ("pass", "get"): "get", ("pass", "getmany"): "getbatch",
                 ("pass", "miss"): "miss", ("pass", "scan"): "scan", ("pass", "scancheck"): "scancheck"}

    def __init__(self, program, root):
        self.program = program
        self.dir = pathlib.Path(root) / self.name
        self.loaded = {}

    def ask(self, word, **arguments):
        if word == "settings":
            return {"settings": "simd-r-drive from the registry, release build; it never syncs"}
        if word == "load":
            self.loaded = arguments
            return {"disk": self.disk(**arguments)} if arguments.get("count", 0) <= 2000000 else {}
        if arguments.get("durable"):
            raise Skipped("the crate never syncs")
        if word == "fill":
            return self.bench(self.WORKLOADS[word, arguments["kind"]], arguments)
        if word == "pass":
            return self.bench(self.WORKLOADS[word, arguments["what"]], {**self.loaded, **arguments}, warm=True)
        if word == "compact":
            return self.bench("compact", self.loaded)
        if word == "open":
            return self.bench("open", arguments)
        raise Skipped(f"the crate's side has no '{word}'")

    def bench(self, workload, arguments, warm=False):
        self.dir.mkdir(parents=True, exist_ok=True)
        command = [self.program, "bench", workload, "--dir", str(self.dir)]
        for name in ("size", "count", "threads", "draws", "least"):
            if name in arguments:
                command += [f"--{name}", str(arguments[name])]
        if warm:
            command.append("--warm")
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECONDS)
        if done.returncode != 0:
            raise Broken(f"crate: {workload}: {done.stderr.strip() or done.stdout.strip()}")
        reply = {}
        for fields in (line.split("\t") for line in done.stdout.splitlines()):
            if fields[0] == "mem":
                reply["anonymous"] = int(fields[4])
            elif fields[0] == workload:
                reply.update(ops=int(fields[3]), nanos=int(fields[4]))
        return reply

    def disk(self, size, count, **_):
        self.dir.mkdir(parents=True, exist_ok=True)
        command = [self.program, "bench", "build", "--dir", str(self.dir), "--size", str(size), "--count", str(count)]
        path = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        blocks = os.stat(path).st_blocks
        os.unlink(path)
        return blocks * 512

    def stop(self):
        pass

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)

    def whole_process(self, size, count):
        self.dir.mkdir(parents=True, exist_ok=True)
        return cost_of([self.program, "bench", "put", "--dir", str(self.dir), "--size", str(size), "--count", str(count)], "")


def cost_of(command, words):
    started = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    process.stdin.write(words)
    process.stdin.close()
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    wall = time.monotonic() - started
    if process.returncode != 0 or '"error"' in said:
        raise Broken(f"{command[0]}: {said.strip()}")
    return {"wall": wall * 1e9, "user": usage.ru_utime * 1e9, "sys": usage.ru_stime * 1e9, "maxrss": usage.ru_maxrss * 1024}
