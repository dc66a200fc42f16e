"""What the benchmark has to show, worked out from one run: the ratio that is wanted, the ratio that was reached."""

import dataclasses

from reasons import reason


# The ways to use simdr that do the same work.
OWN = ("simdr", "simdr-alone", "simdr-index", "simdr-reader", "simdr-view")


@dataclasses.dataclass
class Goal:
    work: str
    against: str
    wanted: str
    reached: str   # a ratio, or why there is none
    met: object    # True, False, or None where the run has not measured it
    bare: str = ""  # the ratio that a loop reaches which does nothing but what the machine must do, where there is one


def ratio(results, upper, lower):
    """upper and lower: (row, engine); how many times the cost of lower the cost of upper is."""
    a, b = (results.median(*pair) for pair in (upper, lower))
    return a / b if a is not None and b else None


def at_least(work, against, wanted, value):
    return goal(work, against, f"at least {wanted:g}", value, None if value is None else value >= wanted)


def at_most(work, against, wanted, value, unit=""):
    return goal(work, against, f"at most {wanted:g}{unit}", value, None if value is None else value <= wanted)


def goal(work, against, wanted, value, met):
    return Goal(work, against, wanted, "not measured" if value is None else f"{value:.3g}", met)


def best_peer(results, key, excluding=("crate",)):
    row = results.rows.get(key)
    if not row:
        return None
    others = {name: cost["median"] for name, cost in row["engines"].items()
              if not name.startswith("simdr") and name != "limits" and name not in excluding}
    return min(others.items(), key=lambda item: item[1]) if others else None


def ahead_of_peers(results, work, key, engine="simdr"):
    best, mine = best_peer(results, key), results.median(key, engine)
    value = best[1] / mine if best and mine else None
    return at_least(work, f"the fastest peer ({best[0]})" if best else "the fastest peer", 1, value)


def against_crate(results, work, rows):
    found = []
    for name, wanted, key, engine in rows:
        reached, bare = ratio(results, (key, "crate"), (key, engine)), bare_ratio(results, key, engine)
        one = at_least(f"{work}, {name}", "the crate", wanted, reached)
        # A loop that is slower than we are bounds nothing: it does something that we need not.
        if bare is not None and reached is not None and bare > reached:
            one.bare = f"{bare:.3g}"
        found.append(one)
    return found


def bare_ratio(results, key, engine):
    """How many times faster than the crate the loops without a store are at this."""
    if engine in ("simdr-index", "simdr-reader"):  # those need not walk
        return None
    kind, _, size = key.partition("/")
    if kind == "put" and size.isdigit() and int(size) >= 1 << 16:  # goes to the page cache as it is
        crate, written = results.median(key, "crate"), results.median("pagecache/write", "limits")
        return crate / (written * int(size) / (1 << 20)) if crate and written else None
    return ratio(results, (key, "crate"), (key, "limits"))


def goals(results, micro):
    found = []
    found += against_crate(results, "single put", [
        ("8 B", 100, "put/8", "simdr"), ("100 B", 100, "put/100", "simdr"), ("1 KiB", 20, "put/1024", "simdr"),
        ("64 KiB", 2, "put/65536", "simdr"), ("1 MiB", 1.4, "put/1048576", "simdr")])
    for size, name in ((8, "8 B"), (100, "100 B")):
        found.append(at_most(f"single put, {name}", "a staged copy", 2, ratio(results, (f"put/{size}", "simdr"), (f"put/{size}", "limits"))))
    written, put = results.median("pagecache/write", "limits"), results.median("put/1048576", "simdr")
    found.append(at_least("single put, 1 MiB", "the page cache's own write rate", 0.85, written / put if written and put else None))
    found += against_crate(results, "batch of 1,024", [
        ("8 B", 5, "batch/8", "simdr"), ("100 B", 4, "batch/100", "simdr"), ("1 KiB", 1.3, "batch/1024", "simdr")])
    found += against_crate(results, "random get", [
        ("handle, 1 thread", 4, "get/100/t1", "simdr"), ("handle, 2 threads", 5, "get/100/t2", "simdr"),
        ("view, 1 thread", 6, "get/100/t1", "simdr-view"), ("view, 2 threads", 9, "get/100/t2", "simdr-view")])
    found.append(at_least("random get, handle, 2 threads", "1 thread", 1.8,
                          ratio(results, ("get/100/t1", "simdr"), ("get/100/t2", "simdr"))))
    for threads in (1, 2):
        key = f"get/100/t{threads}"
        found.append(at_most(f"random get, view, {threads} thread{'s' * (threads - 1)}", "a bare probe and touch", 1.3,
                             ratio(results, (key, "simdr-view"), (key, "limits"))))
    found += against_crate(results, "batch get", [("views", 7, "getmany/100/t1", "simdr-view")])
    found += against_crate(results, "miss", [("1 thread", 3, "miss/100/t1", "simdr")])
    found.append(ahead_of_peers(results, "miss, 1 thread", "miss/100/t1"))
    found += against_crate(results, "scan", [("100 B", 8, "scan/100/t1", "simdr-view"), ("1 KiB", 4, "scan/1024/t1", "simdr-view")])
    found.append(at_least("scan, 100 B", "tinycdb", 1, ratio(results, ("scan/100/t1", "tinycdb"), ("scan/100/t1", "simdr-view"))))
    found += against_crate(results, "scan with check", [
        ("100 B", 8, "scancheck/100/t1", "simdr-view"), ("64 KiB", 2, "scancheck/65536/t1", "simdr-view")])
    found.append(at_least("scan with check, 64 KiB", "the plain read rate", 0.85,
                          ratio(results, ("scancheck/65536/t1", "limits"), ("scancheck/65536/t1", "simdr-view"))))
    opens = sorted((int(key.split("/")[1]) for key in results.rows if key.startswith("open/") and key.count("/") == 1))
    for count in opens:
        key = f"open/{count}"
        for engine, how in (("simdr", ""), ("simdr-index", ", index file"), ("simdr-reader", ", index file, read-only")):
            found += against_crate(results, "open", [(f"{count:,} entries{how}", 5, key, engine)])
            found.append(at_most(f"open, {count:,} entries{how}", "the bare walk", 2, ratio(results, (key, engine), (key, "limits"))))
    found += against_crate(results, "compaction, half dead", [("100 B", 50, "compact/100", "simdr")])
    compacted = results.median("compact/65536", "simdr")
    for key, name in (("pagecache/write", "the page cache's write rate"), ("pagecache/sync", "the same with a sync, which simdr does")):
        cost = results.median(key, "limits")
        found.append(at_least("compaction, half dead, 64 KiB", name, 0.8, cost / 16 / compacted if cost and compacted else None))
    for threads in (1, 4):
        found.append(ahead_of_peers(results, f"durable puts, {threads} thread{'s' if threads > 1 else ''}", f"durable/{threads}"))
    found.append(at_least("durable puts, 64 threads", "1 thread", 6, ratio(results, ("durable/1", "simdr"), ("durable/64", "simdr"))))
    for name in ("paced", "full"):
        found.append(at_most(f"p99.9 of a get beside a writer ({name})", "without a writer", 3,
                             ratio(results, (f"mixed/{name}/get_p999", "simdr"), (f"mixed/{name}/alone_p999", "simdr"))))
    if opens:
        key = f"open/{opens[-1]}/memory"
        found.append(at_most(f"memory per key at {opens[-1]:,} keys", "the crate", 0.7, ratio(results, (key, "simdr"), (key, "crate"))))
        found.append(at_most(f"memory per key at {opens[-1]:,} keys", "bytes", 22, results.median(key, "simdr")))
    for size in (4096, 65536, 1 << 20, 8 << 20):
        fused = max((rate for name, rate in micro.items() if name.startswith("copy_crc32/") and name.endswith(f"/{size}")
                     and "memcpy" not in name), default=None)
        plain = micro.get(f"copy_crc32/memcpy_then_crc32/{size}")
        found.append(at_least(f"copy and checksum, {size >> 10} KiB", "memcpy, then checksum", 1.4, fused / plain if fused and plain else None))
    return found


def not_fastest(results):
    """Rows in which somebody is ahead of simdr: [(title, who, by how much, why)]."""
    behind = []
    for key, row in results.rows.items():
        mine = [cost["median"] for name, cost in row["engines"].items() if name in OWN]
        best = best_peer(results, key, excluding=())
        if mine and best and best[1] < min(mine):
            times = min(mine) / best[1] if best[1] > 0 else float("inf")
            behind.append((row["title"], best[0], times, reason(key, best[0])))
    return behind
