"""Bar charts as SVG, from the results of a run. No library: rectangles and words."""

import html
import math

from report import in_order, quantity

PANELS = [("put/100", "put, 100 B"), ("batch/100", "put in batches of 1,024, 100 B"), ("get/100/t1", "random get, 100 B"),
          ("getmany/100/t1", "1,024 gets at a time, 100 B"), ("miss/100/t1", "get of an absent key"),
          ("scan/100/t1", "scan, 100 B, per entry"), ("put/1048576", "put, 1 MiB"), ("durable/4", "durable put, 4 threads")]
WIDTH, ROW, LABEL, HEAD, GAP = 400, 18, 84, 28, 20

STYLE = """<style>
text { font: 12px system-ui, sans-serif; fill: #24292f } .title { font-weight: 600 }
.us { fill: #1a7f37 } .peer { fill: #8c959f } .limit { fill: #d0d7de }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .us { fill: #3fb950 } .peer { fill: #6e7681 } .limit { fill: #30363d } }
</style>"""


def kind(name):
    return "us" if name.startswith("simdr") else "limit" if name.startswith("limits") else "peer"


def panel(row, title, x, y):
    """Bars on a logarithmic scale from a third of the least cost: the engines lie orders of magnitude apart."""
    costs = {name: row["engines"][name]["median"] for name in in_order(row["engines"])}
    low, high = min(costs.values()) / 3, max(costs.values())
    room = WIDTH - LABEL - 70
    parts = [f'<text class="title" x="{x}" y="{y + 14}">{html.escape(title)}</text>']
    for i, (name, cost) in enumerate(sorted(costs.items(), key=lambda item: item[1])):
        top = y + HEAD + i * ROW
        length = max(2.0, room * math.log(cost / low) / math.log(high / low))
        parts.append(f'<text x="{x + LABEL - 6}" y="{top + 12}" text-anchor="end">{name}</text>')
        parts.append(f'<rect class="{kind(name)}" x="{x + LABEL}" y="{top + 2}" width="{length:.1f}" height="{ROW - 5}" rx="2"/>')
        parts.append(f'<text x="{x + LABEL + length + 5:.1f}" y="{top + 12}">{quantity(cost, row["unit"])}</text>')
    return "\n".join(parts), HEAD + len(costs) * ROW + GAP


def chart(results):
    """Two columns of panels; None when the run has measured none of them."""
    wanted = [(results.rows[key], title) for key, title in PANELS if key in results.rows]
    if not wanted:
        return None
    body, heights = [], [10, 10]
    for row, title in wanted:
        column = 0 if heights[0] <= heights[1] else 1
        text, height = panel(row, title, 10 + column * (WIDTH + 20), heights[column])
        body.append(text)
        heights[column] += height
    width, height = 2 * WIDTH + 40, max(heights) + 16
    note = f'<text x="10" y="{height - 8}">Median time, logarithmic scale, shorter is better. limits: the machine without a store.</text>'
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" '
            f'aria-label="simdr and its peers side by side">\n{STYLE}\n' + "\n".join(body) + f"\n{note}\n</svg>\n")
