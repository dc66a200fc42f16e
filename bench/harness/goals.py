"""What the benchmark has to show, worked out from one run: the ratio that is wanted, the ratio that was reached."""

import dataclasses
import re

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
    bare: str = ""  # what loops reach that do nothing but what the machine must do, where there are such
    beyond: bool = False  # not met, and not even by those loops


def ratio(results, upper, lower):
    """upper and lower: (row, engine); how many times the cost of lower the cost of upper is."""
    a, b = (results.median(*pair) for pair in (upper, lower))
    return a / b if a is not None and b else None


def at_least(work, against, wanted, value, bare=None):
    return goal(work, against, f"at least {wanted:g}", value, bare, lambda reached: reached >= wanted, lambda: bare > value)


def at_most(work, against, wanted, value, bare=None):
    return goal(work, against, f"at most {wanted:g}", value, bare, lambda reached: reached <= wanted, lambda: bare < value)


def goal(work, against, wanted, value, bare, is_met_by, bare_is_better):
    if value is None:
        return Goal(work, against, wanted, "not measured", None)
    met = is_met_by(value)
    # A loop that is slower than we are bounds nothing: it does something that we need not.
    if bare is None or not bare_is_better():
        return Goal(work, against, wanted, f"{value:.3g}", met)
    return Goal(work, against, wanted, f"{value:.3g}", met, f"{bare:.3g}", not met and not is_met_by(bare))


def best_peer(results, key, excluding=("crate",)):
    row = results.rows.get(key)
    if not row:
        return None
    others = {name: cost["median"] for name, cost in row["engines"].items()
              if not name.startswith(("simdr", "limits")) and name not in excluding}
    return min(others.items(), key=lambda item: item[1]) if others else None


def ahead_of_peers(results, work, key, engine="simdr"):
    best, mine = best_peer(results, key), results.median(key, engine)
    value = best[1] / mine if best and mine else None
    return at_least(work, f"the fastest peer ({best[0]})" if best else "the fastest peer", 1, value)


def against_crate(results, work, rows):
    return [at_least(f"{work}, {name}", "the crate", wanted, ratio(results, (key, "crate"), (key, engine)), bare_ratio(results, key, engine))
            for name, wanted, key, engine in rows]


def bare_ratio(results, key, engine):
    """How many times faster than the crate the loops without a store are at this."""
    if engine in ("simdr-index", "simdr-reader"):  # those need not walk
        return None
    crate = results.median(key, "crate")
    kind, _, size = key.partition("/")
    if kind == "put" and size.isdigit() and int(size) >= 1 << 16:  # goes to the page cache as it is
        bare = page_cache_cost(results, int(size), "write")
    elif kind == "compact":  # what is kept is written and synced
        bare = page_cache_cost(results, ENTRY_SIZE[int(size)], "sync")
    else:
        bare = bare_cost(results, key)
    return crate / bare if crate and bare else None


ENTRY_SIZE = {100: 128, 65536: 65536 + 64}  # of a payload of so many bytes, with its trailer, up to where the next one starts


def page_cache_cost(results, size, how):
    cost = results.median(f"pagecache/{how}", "limits")
    return cost * size / (1 << 20) if cost else None


def bare_cost(results, key):
    """Of the loops that put keys into a table, where the work asks for that."""
    return results.median(key, "limits-indexed") or results.median(key, "limits")


def bare_fusion(micro, size):
    """How many times faster than one after the other a copy and a checksum can be: as fast as the slower of the two alone."""
    copy = micro.get(f"copy/memcpy/{size}")
    both = micro.get(f"copy_crc32/memcpy_then_crc32/{size}")
    checksum = max((rate for name, rate in micro.items() if re.fullmatch(rf"crc32/\w+/{size}", name) and "zlib" not in name), default=None)
    return min(copy, checksum) / both if copy and both and checksum else None


def goals(results, micro):
    found = []
    found += against_crate(results, "single put", [
        ("8 B", 100, "put/8", "simdr"), ("100 B", 100, "put/100", "simdr"), ("1 KiB", 20, "put/1024", "simdr"),
        ("64 KiB", 2, "put/65536", "simdr"), ("1 MiB", 1.4, "put/1048576", "simdr")])
    for size, name in ((8, "8 B"), (100, "100 B")):
        key = f"put/{size}"
        found.append(at_most(f"single put, {name}", "a staged copy", 2, ratio(results, (key, "simdr"), (key, "limits")),
                             ratio(results, (key, "limits-indexed"), (key, "limits"))))
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
            bare = ratio(results, (key, "limits-indexed"), (key, "limits")) if engine == "simdr" else None
            found.append(at_most(f"open, {count:,} entries{how}", "the bare walk", 2, ratio(results, (key, engine), (key, "limits")), bare))
    found += against_crate(results, "compaction, half dead", [("100 B", 50, "compact/100", "simdr")])
    compacted, written, synced = results.median("compact/65536", "simdr"), page_cache_cost(results, 65536, "write"), page_cache_cost(results, 65536, "sync")
    for cost, name in ((written, "the page cache's write rate"), (synced, "the same with a sync, which simdr does")):
        found.append(at_least("compaction, half dead, 64 KiB", name, 0.8, cost / compacted if cost and compacted else None,
                              cost / synced if cost and synced else None))
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
        found.append(at_least(f"copy and checksum, {size >> 10} KiB", "memcpy, then checksum", 1.4, fused / plain if fused and plain else None,
                              bare_fusion(micro, size)))
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
