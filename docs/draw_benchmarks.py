"""Hook of the docs build: a comment ``figures NAME`` becomes plots and a table.

The figures are those of ``docs/benchmarks/NAME.json``, which ``python -m benchmarks.NAME`` writes.
A comment ``accuracy`` becomes a plot of the tables of accurate traces in ``docs/results.md``.
"""

import json
import math
import re
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("benchmarks")
COMMENT = re.compile(r"^<!-- figures (\w+) -->$", flags=re.MULTILINE)
ACCURACY = re.compile(r"^<!-- accuracy -->$", flags=re.MULTILINE)
RESULTS = Path(__file__).with_name("results.md")
COMPARED = "| volume | precision | recall | F1 | F1, reference |"
"""Beginning of the head of a table with both scores."""

KINDS = {"cpu": ("CPU", "#3f51b5"), "wall": ("wall", "#90a4ae"), "memory": ("memory", "#ef6c00")}
"""Name and colour of each ratio."""

LEFT, WIDTH, BAR, ROOM = 340, 800, 9, 40
"""Room for names, width of a plot, height of a bar, room for the last number, in pixels."""

SCORES = 190
"""Room for names of volumes."""

SIDE, EDGE = 260, 48
"""Width and height of a curve, and the room for its axes."""


def on_page_markdown(markdown: str, **_: object) -> str:
    """Draw what a page asks for; a file that is missing ends the build."""
    markdown = COMMENT.sub(lambda found: figures(found[1]), markdown)
    return ACCURACY.sub(lambda _: accuracy(RESULTS.read_text(encoding="utf-8")), markdown)


def figures(name: str) -> str:
    """Plots, table and origin of the figures of a benchmark."""
    kept = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    origin = f"Measured on {kept['measured']}: {kept['machine']}."
    parts = [origin, f"```console\n$ {kept['command']}\n```"]
    if "first" in kept:
        parts.append(first_calls(kept["first"]))
    if "agreement" in kept:
        parts.append(agreements(kept["agreement"]))
    if kept.get("bars"):
        parts += [bars(kept["bars"]), table(kept["bars"])]
    if kept.get("curves"):
        parts.append("<div>" + "".join(map(curve, kept["curves"])) + "</div>")
    return "\n\n".join(parts)


def accuracy(page: str) -> str:
    """Scores of all volumes that the reference traces too, ours and its own; means in bold rows."""
    rows = []
    for part in page.split(COMPARED)[1:]:
        lines = part.split("\n\n")[0].splitlines()[2:]
        cells = [[cell.strip(" *") for cell in line.strip("|").split("|")] for line in lines]
        rows += [(row[0], float(row[3]), float(row[4])) for row in cells if row[4]]
    if not rows:
        raise ValueError(f"{RESULTS.name} has no table {COMPARED}")
    return scores(rows)


def scores(rows: list[tuple[str, float, float]]) -> str:
    """A dot for us and one for the reference on a line for each volume."""
    names = ("this library", KINDS["cpu"][1]), ("reference", KINDS["memory"][1])
    content = []
    for number, (name, colour) in enumerate(names):
        x = 14 + 120 * number
        content += [dot(x, 10, colour), text(x + 10, 14, name)]
    low = math.floor(min(min(row[1:]) for row in rows) * 10) / 10

    def across(score: float) -> float:
        return SCORES + (score - low) / (1.0 - low) * (WIDTH - SCORES - ROOM)

    bottom = 46.0 + 16 * len(rows)
    for tenth in range(round(low * 10), 11):
        x = across(tenth / 10)
        content.append(text(x, 34, f"{tenth / 10:g}", anchor="middle", size=9))
        content.append(rule(x, x, 38, bottom))
    for row, (name, ours, theirs) in enumerate(rows):
        y = 50.0 + 16 * row
        content.append(text(SCORES - 14, y + 4, name, anchor="end"))
        content.append(rule(across(theirs), across(ours), y, y))
        content += [dot(across(theirs), y, names[1][1]), dot(across(ours), y, names[0][1])]
    return f"<div>{drawing(WIDTH, bottom + 6, content)}</div>"


def dot(x: float, y: float, colour: str) -> str:
    """A filled circle."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'


def rule(x1: float, x2: float, y1: float, y2: float) -> str:
    """A thin line."""
    return (
        f'<line x1="{x1:.1f}" x2="{x2:.1f}" y1="{y1:.1f}" y2="{y2:.1f}" stroke="currentColor"'
        ' stroke-opacity="0.3"/>'
    )


def text(x: float, y: float, words: str, *, anchor: str = "start", size: int = 11) -> str:
    """One line of a drawing."""
    words = words.replace("&", "&amp;").replace("<", "&lt;")
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" text-anchor="{anchor}"'
        f' fill="currentColor">{words}</text>'
    )


def drawing(width: float, height: float, content: list[str]) -> str:
    """A drawing in one line, since a blank line would end it in Markdown."""
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}"'
        f' style="max-width:100%" role="img">{"".join(content)}</svg>'
    )


def bars(rows: list[dict[str, Any]]) -> str:
    """Ratios to the other on a logarithmic axis: bars to the left of the line at 1 are better."""
    found = [row[kind] for row in rows for kind in KINDS if row[kind]]
    low = min(-1, math.floor(math.log10(min(found))))
    high = max(1, math.ceil(math.log10(max(found))))
    kinds = [kind for kind in KINDS if any(row[kind] for row in rows)]

    def across(ratio: float) -> float:
        return LEFT + (math.log10(ratio) - low) / (high - low) * (WIDTH - LEFT - ROOM)

    content, y = [], 46.0
    for row in rows:
        shown = [kind for kind in kinds if row[kind]]
        content.append(text(LEFT - 34, y + BAR * len(shown) / 2 + 4, row["name"], anchor="end"))
        for kind in shown:
            content.append(bar(across(1.0), across(row[kind]), y, row[kind], KINDS[kind][1]))
            y += BAR
        y += 7
    grid = [line(across(10.0**decade), y, decade) for decade in range(low, high + 1)]
    return f"<div>{drawing(WIDTH, y + 6, [legend(kinds), *grid, *content])}</div>"


def bar(one: float, end: float, y: float, ratio: float, colour: str) -> str:
    """A bar from the line at 1, and its ratio behind the end."""
    rect = (
        f'<rect x="{min(one, end):.1f}" y="{y:.0f}" width="{abs(end - one):.1f}"'
        f' height="{BAR - 1}" fill="{colour}"/>'
    )
    back = end < one
    at = end - 4 if back else end + 4
    return rect + text(at, y + BAR - 1, f"{ratio:.3g}", anchor="end" if back else "start", size=9)


def line(x: float, y: float, decade: int) -> str:
    """A line of the grid with its ratio above."""
    return text(x, 38, f"{10.0**decade:g}", anchor="middle", size=9) + (
        f'<line x1="{x:.0f}" x2="{x:.0f}" y1="42" y2="{y:.0f}" stroke="currentColor"'
        f' stroke-opacity="{1.0 if decade == 0 else 0.2}"/>'
    )


def legend(kinds: list[str]) -> str:
    """The colours, and what the ratio is."""
    parts, x = [], 8.0
    for name, colour in (KINDS[kind] for kind in kinds):
        parts.append(f'<rect x="{x:.0f}" y="5" width="10" height="10" fill="{colour}"/>')
        parts.append(text(x + 14, 14, name))
        x += 26 + 7 * len(name)
    return "".join([*parts, text(x + 8, 14, "ours / theirs: left of 1 is better")])


def table(rows: list[dict[str, Any]]) -> str:
    """The same as numbers."""
    lines = [
        "| what | CPU | wall | memory | ours, s | theirs, s | rounds |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        ratios = ["" if row[kind] is None else f"{row[kind]:.2f}" for kind in KINDS]
        seconds = [f"{row[key]:.3g}" for key in ("seconds", "other")]
        lines.append(f"| {' | '.join([row['name'], *ratios, *seconds, str(row['rounds'])])} |")
    return "\n".join(lines)


def agreements(kept: dict[str, dict[str, dict[str, float]]]) -> str:
    """Mean and worst agreement of each change, ours and the reference's, by volumes of both."""
    both = [name for name in kept["ours"] if name in kept.get("reference", {})]
    changes = list(dict.fromkeys(change for row in kept["ours"].values() for change in row))
    lines = [
        "| change | volumes | mean | worst | reference, mean | reference, worst |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for change in changes:
        cells = [str(sum(change in kept["ours"][name] for name in both))]
        for side in ("ours", "reference"):
            rows = {name: kept[side][name].get(change) for name in both}
            values = {name: value for name, value in rows.items() if value is not None}
            worst = min(values, key=values.__getitem__, default="")
            mean = sum(values.values()) / max(len(values), 1)
            cells += [f"{mean:.3f}", f"{values[worst]:.3f} ({worst})"] if values else ["", ""]
        lines.append(f"| {' | '.join([change, *cells])} |")
    return "\n".join(lines)


def first_calls(kept: dict[str, dict[str, list[dict[str, float]]]]) -> str:
    """What the first call takes longer than the second."""
    lines = ["| work | cache of machine code | CPU s | s |", "|---|---|--:|--:|"]
    for what, cases in kept.items():
        for case, runs in cases.items():
            cpu, wall = (", ".join(f"{it[key]:.2f}" for it in runs) for key in ("cpu", "wall"))
            lines.append(f"| {what} | {case} | {cpu} | {wall} |")
    return "\n".join(lines)


def curve(kept: dict[str, Any]) -> str:
    """CPU seconds by size on logarithmic axes, with the slope."""
    points = [(math.log10(x), math.log10(y)) for x, y in kept["points"]]
    low = [math.floor(min(axis)) for axis in zip(*points, strict=True)]
    high = [
        max(math.ceil(max(axis)), b + 1)
        for axis, b in zip(zip(*points, strict=True), low, strict=True)
    ]

    def place(x: float, y: float) -> tuple[float, float]:
        across = EDGE + (x - low[0]) / (high[0] - low[0]) * (SIDE - EDGE - 12)
        return across, SIDE - EDGE - (y - low[1]) / (high[1] - low[1]) * (SIDE - EDGE - 40)

    content = [text(8, 14, f"{kept['name']}: slope {kept['slope']:.2f}")]
    for axis in (0, 1):
        for decade in range(low[axis], high[axis] + 1):
            content.append(tick(decade, axis, low, high, place))
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in points))
    content.append(f'<polyline points="{path}" fill="none" stroke="#3f51b5" stroke-width="2"/>')
    for point in points:
        x, y = place(*point)
        content.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="#3f51b5"/>')
    content.append(text(SIDE / 2 + 16, SIDE - 12, kept["unit"], anchor="middle"))
    content.append(text(8, 30, "CPU s", size=9))
    return drawing(SIDE, SIDE, content)


def tick(decade: int, axis: int, low: list[int], high: list[int], place: Any) -> str:
    """A line of the grid and its number."""
    start = place(decade, low[1]) if axis == 0 else place(low[0], decade)
    end = place(decade, high[1]) if axis == 0 else place(high[0], decade)
    words = f"{10.0**decade:g}" if -4 < decade < 4 else f"1e{decade}"
    at = (start[0], start[1] + 14) if axis == 0 else (start[0] - 5, start[1] + 4)
    line = (
        f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}"'
        ' stroke="currentColor" stroke-opacity="0.2"/>'
    )
    return line + text(*at, words, anchor="middle" if axis == 0 else "end", size=9)
