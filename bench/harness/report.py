"""The results as text for the terminal and as tables for docs/PERFORMANCE.md."""

from goals import OWN, goals, not_fastest

ORDER = ["simdr", "simdr-strict", "simdr-view", "simdr-alone", "simdr-index", "simdr-reader", "crate", "lmdb", "leveldb", "rocksdb", "tkrzw", "kyoto", "tinycdb", "sqlite", "limits", "limits-indexed"]


def quantity(cost, unit):
    if unit == "bytes":
        for name, size in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
            if cost >= 10 * size:
                return f"{cost / size:.1f} {name}"
        return f"{cost:.1f} B"
    for name, size, least in (("s", 1e9, 1e9), ("ms", 1e6, 1e6), ("us", 1e3, 1e4)):
        if cost >= least:
            return f"{cost / size:.{0 if cost >= 100 * size else 1 if cost >= 10 * size else 2}f} {name}"
    return f"{cost:.0f} ns" if cost >= 100 else f"{cost:.1f} ns"


def own_best(row):
    mine = [row["engines"][name]["median"] for name in OWN if name in row["engines"]]
    return min(mine) if mine else None


def fastest(row):
    costs = {name: cost["median"] for name, cost in row["engines"].items() if not name.startswith("limits") and name != "simdr-strict"}
    return min(costs, key=costs.get) if len(costs) > 1 else ""


def in_order(names):
    return sorted(names, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))


def as_text(results, micro, settings, machine):
    lines = ["", machine, ""]
    lines += [f"  {name:12} {words}" for name, words in settings.items()]
    for row in results.rows.values():
        best = fastest(row)
        lines += ["", f"{row['title']}" + (f"   (fastest: {best})" if best else "")]
        base = row["engines"].get("simdr", {}).get("median")
        for name in in_order(row["engines"]):
            cost = row["engines"][name]
            times = f"{cost['median'] / base:9.2f} x simdr" if base else ""
            spread = f"{quantity(cost['min'], row['unit'])} .. {quantity(cost['max'], row['unit'])}"
            lines.append(f"  {name:12} {quantity(cost['median'], row['unit']):>12}   {spread:26} {times}")
        lines += [f"  {name:12} {why:>12}" for name, why in row["skipped"].items()]
    lines += ["", "What it must show"]
    for goal in goals(results, micro):
        verdict = "NOT MET, nor by a bare loop" if goal.beyond else {True: "met", False: "NOT MET", None: "-"}[goal.met]
        bare = f"   (bare loop: {goal.bare})" if goal.bare else ""
        lines.append(f"  {goal.work + ' / ' + goal.against:78} {goal.wanted:16} {goal.reached:>13}  {verdict}{bare}")
    lines += ["", "Rows in which another is ahead of simdr"]
    lines += [f"  {title:78} {who}, {times:.2f} times: {why}" for title, who, times, why in not_fastest(results)] or ["  none"]
    lines += [f"FAILED: {words}" for words in results.broken]
    return "\n".join(lines)


def as_markdown(results, micro, settings, machine):
    names = in_order({name for row in results.rows.values() for name in row["engines"]})
    lines = [machine, "", "Medians; less is better; **bold** is the fastest of the row, `limits` and `limits-indexed` (no store at all) left aside.", "",
             "| work | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
    for row in results.rows.values():
        best = fastest(row)
        cells = []
        for name in names:
            cost = row["engines"].get(name)
            cell = quantity(cost["median"], row["unit"]) if cost else ""
            cells.append(f"**{cell}**" if name == best else cell)
        lines.append(f"| {row['title']} | " + " | ".join(cells) + " |")
    lines += ["", "### What it must show", "",
              "A *bare loop* is what a loop reaches in the same run that has no store, no lock, nothing kept for readers and no check: `limits-indexed` for puts, batches and "
              "opening, the page cache's own writing for single values from 64 KiB on, that with a sync for compaction, the slower of copy and checksum alone for both, and "
              "`limits` for all else. It is left out where simdr is faster.", "",
              "| work | against | wanted | reached | | a bare loop |", "|---|---|---|---:|---|---:|"]
    for goal in goals(results, micro):
        verdict = "**not met**, nor by a bare loop" if goal.beyond else {True: "met", False: "**not met**", None: ""}[goal.met]
        lines.append(f"| {goal.work} | {goal.against} | {goal.wanted} | {goal.reached} | {verdict} | {goal.bare} |")
    lines += ["", "### Where another is ahead", ""]
    behind = not_fastest(results)
    lines += ["| work | who | times | why |", "|---|---|---:|---|"] if behind else ["Nowhere."]
    lines += [f"| {title} | {who} | {times:.2f} | {why} |" for title, who, times, why in behind]
    lines += ["", "### Settings", ""] + [f"- `{name}`: {words}" for name, words in settings.items()]
    return "\n".join(lines) + "\n"
