"""What is measured, and how much of it. Every figure is a cost: less is better."""

import dataclasses

from engines import Skipped

WRITERS = ["simdr", "crate", "lmdb", "leveldb", "rocksdb", "tkrzw", "kyoto", "tinycdb", "sqlite"]
READERS = ["simdr", "simdr-view"] + WRITERS[1:]
# What is for opening: without threads that help, and with the index in a file, for writing and read-only.
OPENERS = ["simdr", "simdr-alone", "simdr-index", "simdr-reader"] + WRITERS[1:]
NAMES = {8: "8 B", 100: "100 B", 1024: "1 KiB", 65536: "64 KiB", 1048576: "1 MiB"}
# Engines that take microseconds for any put do a fifth as many, or they alone would be most of the run. The cost is given per put. Where
# the value is what costs, all do as many.
SLOW = {"crate", "sqlite"}
LIMITS = ["limits", "limits-indexed"]


@dataclasses.dataclass
class Scale:
    repetitions: int
    put: dict          # value size: puts
    batch: dict
    durable: dict      # threads: puts
    read: dict         # value size: entries
    draws: int         # gets in a pass, at most
    least: int         # milliseconds in a turn, at least: short passes are run several times
    open_all: int      # entries, every engine
    open_large: int    # entries, without SQLite, which takes minutes to build
    large_others: bool
    compact: dict
    growth: int
    growth_others: bool
    mixed_millis: int
    whole: int
    micro_seconds: float


QUICK = Scale(
    repetitions=2,
    put={8: 100_000, 100: 100_000, 1024: 50_000, 65536: 500, 1048576: 48},
    batch={8: 100_000, 100: 100_000, 1024: 50_000},
    durable={1: 100, 4: 200, 16: 400, 64: 800},
    read={8: 100_000, 100: 200_000, 1024: 50_000, 65536: 1_000, 1048576: 48},
    draws=100_000, least=30, open_all=200_000, open_large=1_000_000, large_others=False,
    compact={100: 200_000, 65536: 1_000}, growth=2_000_000, growth_others=False, mixed_millis=150, whole=100_000,
    micro_seconds=0.01)

FULL = Scale(
    repetitions=5,
    put={8: 500_000, 100: 500_000, 1024: 200_000, 65536: 4_000, 1048576: 300},
    batch={8: 500_000, 100: 500_000, 1024: 200_000},
    durable={1: 1_000, 4: 2_000, 16: 4_000, 64: 8_000},
    read={8: 1_000_000, 100: 1_000_000, 1024: 300_000, 65536: 6_000, 1048576: 400},
    draws=300_000, least=100, open_all=1_000_000, open_large=10_000_000, large_others=True,
    compact={100: 1_000_000, 65536: 6_000}, growth=10_000_000, growth_others=True, mixed_millis=1000, whole=500_000,
    micro_seconds=0.2)


@dataclasses.dataclass
class Row:
    """One line of the results: measure(engine) gives {metric: cost}; the metric's name is added to the key unless it is ''."""
    key: str
    title: str
    unit: str  # "ns", or "bytes"
    measure: object
    engines: list
    titles: dict = dataclasses.field(default_factory=dict)  # metric: what it is called; units: ns unless the name says memory
    repetitions: int = 0  # at most so many turns; 0: as many as the run has
    # How often a turn does the whole thing before it counts. What writes new files or takes much memory needs that, or it pays for the
    # first touch of pages that a virtual machine's host took away, and another that comes right after does not. 0: a first turn is dropped.
    untimed: int = 0
    timed: int = 1  # how often it then does it against the clock; the median counts


@dataclasses.dataclass
class Group:
    """Rows on one store: prepare(engine) is untimed, and may give figures of its own as {key: cost}."""
    section: str
    rows: list
    prepare: object = None
    engines: list = dataclasses.field(default_factory=lambda: list(READERS))


def scaled(engine, count, size=100):
    return max(1, count // 5) if engine.name in SLOW and size < 65536 else count


def per_op(reply):
    return {"": reply["nanos"] / reply["ops"]}


def fill_row(kind, size, count):
    def measure(engine):
        if engine.name == "limits-indexed" and size >= 65536:
            raise Skipped("the table is nothing beside the value")
        if engine.name in LIMITS:
            return per_op(engine.ask("staged", kind=kind, size=size, count=count))
        return per_op(engine.ask("fill", kind=kind, size=size, count=scaled(engine, count, size)))
    what = "put" if kind == "put" else "put in batches of 1,024,"
    return Row(f"{kind}/{size}", f"{what} {NAMES[size]}, each", "ns", measure, WRITERS + LIMITS, untimed=2, timed=3, repetitions=3)


def durable_row(threads, count):
    def measure(engine):
        level = 1
        if engine.name == "simdr-strict":
            level = 2
        return per_op(engine.ask("fill", kind="put", size=100, count=count, threads=threads, durable=level))
    engines = ["simdr", "simdr-strict"] + [name for name in WRITERS if name not in ("simdr", "crate", "tinycdb")]
    return Row(f"durable/{threads}", f"durable put 100 B, {threads} thread{'s' if threads > 1 else ''}, each", "ns", measure, engines)


def pass_row(what, size, threads, draws, least, engines=None):
    titles = {"get": "get", "getmany": "get, 1,024 at a time,", "miss": "get of an absent key,", "scan": "scan",
              "scancheck": "scan with checksums checked,"}

    def measure(engine):
        extra = {} if what.startswith("scan") else {"draws": draws}
        return per_op(engine.ask("pass", what=what, threads=threads, least=least, **extra))
    title = f"{titles[what]} {NAMES[size]}, {threads} thread{'s' if threads > 1 else ''}, each"
    if engines is None:
        engines = READERS + ["limits"]
        if what == "scancheck":
            engines = ["simdr", "simdr-view", "crate", "leveldb", "rocksdb", "limits"]
    return Row(f"{what}/{size}/t{threads}", title, "ns", measure, engines)


MIXED_TITLES = {f"{who}_{p}": f"{title} {name}" for who, title in (("alone", "get alone"), ("get", "get beside it"), ("put", "the put"))
                for p, name in (("p50", "p50"), ("p99", "p99"), ("p999", "p99.9"))}


def mixed_row(name, title, pace, millis):
    def measure(engine):
        if engine.name == "tinycdb":
            raise Skipped("tinycdb is written once")
        reply = engine.ask("mixed", millis=millis, pace=pace, most=3_000_000)
        return {metric: reply[metric] for metric in MIXED_TITLES}
    engines = [engine for engine in READERS if engine not in ("crate", "tinycdb")]
    return Row(f"mixed/{name}", title, "ns", measure, engines, MIXED_TITLES)


def read_group(section, scale, size, rows):
    count = scale.read[size]

    def prepare(engine):
        reply = engine.ask("load", size=size, count=count)
        return {f"disk/{size}": reply["disk"] / count} if "disk" in reply and engine.name != "simdr-view" else {}
    return Group(section, rows, prepare, READERS + ["limits"])


def open_group(count, engines, repetitions):
    """A process for each open, so that memory is new; the process before has left the files."""
    def prepare(engine):
        reply = engine.ask("load", size=100, count=count, reopen=0)
        if engine.name not in ["crate", *LIMITS]:
            engine.ask("leave")
            engine.stop()
        return {}

    def measure(engine):
        if engine.name in LIMITS:
            return per_op(engine.ask("pass", what="scan" if engine.name == "limits" else "index"))
        reply = engine.ask("open", size=100, count=count)
        if engine.name != "crate":
            engine.ask("leave")
            engine.stop()
        return {"": reply["nanos"] / count, "memory": reply["anonymous"] / count}
    row = Row(f"open/{count}", f"open {count:,} entries of 100 B, up to the first get, per entry", "ns", measure, engines + LIMITS,
              {"": "", "memory": "memory of its own, per key"}, repetitions, untimed=1)
    return Group("open", [row], prepare, engines + LIMITS)


def compact_group(size, count):
    engines = [name for name in WRITERS if name not in ("tinycdb",)]

    def measure(engine):
        entries = scaled(engine, count) if engine.name == "sqlite" else count
        engine.ask("load", size=size, count=entries, distinct=entries // 2, settle=0)
        reply = engine.ask("compact")
        return {"": reply["nanos"] / (entries // 2)}
    row = Row(f"compact/{size}", f"compact a store half dead, {NAMES[size]}, per live entry", "ns", measure, engines, untimed=1)
    return Group("compact", [row], None, engines)


def page_cache_group(scale):
    size = 256 << 20 if scale.large_others else 64 << 20

    def write(sync):
        return lambda engine: per_op(engine.ask("pagecache", bytes=size, sync=sync))
    rows = [Row("pagecache/write", "1 MiB written to the page cache", "ns", write(0), ["limits"], untimed=2, timed=3),
            Row("pagecache/sync", "1 MiB written to the page cache and synced in the end", "ns", write(1), ["limits"], untimed=2, timed=3)]
    return Group("limits", rows, None, ["limits"])


def growth_group(scale):
    engines = ["simdr"] + (["lmdb", "leveldb", "rocksdb", "tkrzw", "kyoto"] if scale.growth_others else ["tkrzw", "kyoto"])
    names = {"put_p50": "p50", "put_p99": "p99", "put_p999": "p99.9", "put_max": "the worst"}

    def measure(engine):
        reply = engine.ask("growth", size=8, count=scale.growth)
        return {metric: reply[metric] for metric in names}
    row = Row(f"growth/{scale.growth}", f"a put of 8 B while the store grows to {scale.growth:,} keys", "ns", measure, engines, names,
              2, untimed=1)
    return Group("growth", [row], None, engines)


def whole_group(scale):
    titles = {"wall": "wall", "user": "user", "sys": "system", "maxrss": "most memory"}
    row = Row("whole", f"a process that puts {scale.whole:,} x 100 B and ends (the slow ones a fifth of it), per put", "ns",
              lambda engine: {metric: cost / scaled(engine, scale.whole) if metric != "maxrss" else cost
                              for metric, cost in engine.whole_process(100, scaled(engine, scale.whole)).items()},
              WRITERS, titles, 3, untimed=1)
    return Group("whole", [row], None, WRITERS)


def groups(scale):
    plan = [page_cache_group(scale)]
    plan.append(Group("puts", [fill_row("put", size, count) for size, count in scale.put.items()], None, WRITERS + LIMITS))
    plan.append(Group("batches", [fill_row("batch", size, count) for size, count in scale.batch.items()], None, WRITERS + LIMITS))
    durable = [durable_row(threads, count) for threads, count in scale.durable.items()]
    plan.append(Group("durable", durable, None, durable[0].engines))
    plan.append(read_group("reads", scale, 100, [
        pass_row("get", 100, 1, scale.draws, scale.least), pass_row("get", 100, 2, scale.draws, scale.least),
        pass_row("getmany", 100, 1, scale.draws, scale.least), pass_row("getmany", 100, 2, scale.draws, scale.least),
        pass_row("miss", 100, 1, scale.draws, scale.least), pass_row("miss", 100, 2, scale.draws, scale.least),
        pass_row("scan", 100, 1, 0, scale.least), pass_row("scancheck", 100, 1, 0, scale.least),
        mixed_row("paced", "beside a writer of 20,000 puts a second:", 20000, scale.mixed_millis),
        mixed_row("full", "beside a writer that does what it can:", 0, scale.mixed_millis)]))
    for size in (8, 1024, 65536, 1048576):
        rows = [pass_row("get", size, 1, min(scale.draws, scale.read[size]), scale.least)]
        if size in (1024, 65536):
            rows += [pass_row("scan", size, 1, 0, scale.least), pass_row("scancheck", size, 1, 0, scale.least)]
        plan.append(read_group("reads", scale, size, rows))
    plan.append(open_group(scale.open_all, OPENERS, 0))
    large = [name for name in OPENERS if name != "sqlite" and (scale.large_others or name.startswith("simdr") or name == "crate")]
    plan.append(open_group(scale.open_large, large, 3))
    plan += [compact_group(size, count) for size, count in scale.compact.items()]
    plan.append(growth_group(scale))
    plan.append(whole_group(scale))
    return plan
