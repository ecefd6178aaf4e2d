"""Tables of accuracy for docs/results.md, from the JSON files of three commands.

    python -m benchmarks.accuracy_tables ACCURACY.json [--rules FILE] [--perturbed FILE]

`ACCURACY.json` is what `python -m benchmarks.accuracy --json` has written, run by run. The tables
are printed; with `--write PAGE` they replace what is between the marks of a Markdown page.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import mean, median
from typing import Any

COLUMNS = ("precision", "recall", "F1", "F1, reference", "difference", "ESA", "CPU s")
BEGIN, END = "<!-- accuracy: begin -->", "<!-- accuracy: end -->"
REFERENCE, OURS = "reference, recorded", "accurate, numpy float32"

Row = Mapping[str, Any]


def line(cells: list[str]) -> str:
    """A row of a Markdown table."""
    return "| " + " | ".join(cells) + " |"


def head(first: str, columns: list[str]) -> list[str]:
    """The first two rows of a table whose columns but the first hold numbers."""
    return [line([first, *columns]), "|---" + "|---:" * len(columns) + "|"]


def shown(value: float | None, column: str) -> str:
    """A number with the digits of its column; empty where there is none."""
    digits = {"esa": 2, "cpu": 1}.get(column, 3)
    return "" if value is None else f"{value:.{digits}f}"


def lanes(volumes: Mapping[str, Mapping[str, Row]]) -> list[str]:
    """Names of the lanes, the recorded reference first."""
    return list(dict.fromkeys(name for rows in volumes.values() for name in rows))


def summary(volumes: Mapping[str, Mapping[str, Row]]) -> Iterator[str]:
    """Mean, median and worst F1 of each lane, and means of the other columns."""
    yield from head("lane", ["mean F1", "median", "worst", "P", "R", "ESA", "CPU s per volume"])
    for lane in lanes(volumes):
        rows = [found[lane] for found in volumes.values() if found.get(lane)]
        f1 = [row["f1"] for row in rows]
        means = [_mean(rows, column) for column in ("precision", "recall", "esa", "cpu")]
        numbers = zip(("precision", "recall", "esa", "cpu"), means, strict=True)
        others = [shown(value, column) for column, value in numbers]
        yield line([lane, *(f"{each:.3f}" for each in (mean(f1), median(f1), min(f1))), *others])


def _mean(rows: list[Row], column: str) -> float | None:
    values = [row[column] for row in rows if row.get(column) is not None]
    return mean(values) if values else None


def by_volume(volumes: Mapping[str, Mapping[str, Row]]) -> Iterator[str]:
    """Scores of accurate mode on NumPy for every volume, and F1 of the reference."""
    yield from head("volume", list(COLUMNS))
    for name, rows in volumes.items():
        row, other = rows[OURS], rows.get(REFERENCE, {}).get("f1")
        change = "" if other is None else f"{row['f1'] - other:+.3f}"
        cells = [shown(row[column], column) for column in ("precision", "recall", "f1")]
        cells += [shown(other, "f1"), change, shown(row["esa"], "esa"), shown(row["cpu"], "cpu")]
        yield line([name, *cells])


def rules(found: Mapping[str, Mapping[str, Mapping[str, Row]]]) -> Iterator[str]:
    """Mean F1 without each rule, over the volumes that were measured without any and with it."""
    yield from head(
        "rule switched off",
        ["mean F1, real", "change", "worst change", "mean F1, drawn", "change", "worst change"],
    )
    for rule, kinds in found.items():
        cells = [rule]
        for kind in ("real", "synthetic"):
            cells += _effect(found["all rules"].get(kind, {}), kinds.get(kind, {}))
        yield line(cells)


def _effect(every: Mapping[str, Row], without: Mapping[str, Row]) -> list[str]:
    """Mean F1 without a rule, change of the mean, and of the volume that changes most."""
    names = [name for name in every if name in without]
    if not names:
        return ["", "", ""]
    changes = {name: without[name]["f1"] - every[name]["f1"] for name in names}
    worst = max(names, key=lambda name: abs(changes[name]))
    average = mean(without[name]["f1"] for name in names)
    return [f"{average:.3f}", f"{mean(changes.values()):+.3f}", f"{worst} {changes[worst]:+.3f}"]


def perturbed(volumes: Mapping[str, Mapping[str, Row]]) -> Iterator[str]:
    """Change of F1 by volume and change of the image; more than 0.05 in bold."""
    names = list(dict.fromkeys(name for rows in volumes.values() for name in rows))
    names.remove("none")
    yield from head("volume", ["F1", *names])
    for volume, rows in volumes.items():
        plain = rows["none"]["f1"]
        cells = [_gain(rows[name]["f1"] - plain) if name in rows else "" for name in names]
        yield line([volume, f"{plain:.3f}", *cells])
    yield line(["**mean**", f"{mean(r['none']['f1'] for r in volumes.values()):.3f}"] + [
        f"{mean(r[name]['f1'] - r['none']['f1'] for r in volumes.values() if name in r):+.3f}"
        for name in names
    ])  # fmt: skip


def _gain(value: float) -> str:
    return f"**{value:+.3f}**" if value < -0.05 else f"{value:+.3f}"


def tables(given: argparse.Namespace) -> Iterator[str]:
    """All tables, one line after the other."""
    found = json.loads(given.accuracy.read_text())
    for kind, title in (("real", "Real volumes"), ("synthetic", "Drawn volumes")):
        if kind in found:
            yield from (f"#### {title}", "", *summary(found[kind]), "")
            yield from (f"#### {title}, one by one", "", *by_volume(found[kind]), "")
    if given.rules:
        every = json.loads(given.rules.read_text())
        yield from ("#### Rules, one off at a time", "", *rules(every), "")
    if given.perturbed:
        volumes = json.loads(given.perturbed.read_text())["real"]
        yield from ("#### Changed copies: difference of F1", "", *perturbed(volumes), "")


def main() -> None:
    """Print the tables, or write them into a page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("accuracy", type=Path)
    parser.add_argument("--rules", type=Path)
    parser.add_argument("--perturbed", type=Path)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    text = "\n".join(tables(given)).rstrip() + "\n"
    if given.write is None:
        sys.stdout.write(text)
        return
    page = given.write.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    given.write.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
