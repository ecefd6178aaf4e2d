"""Recorded volumes of the reference, and how far a trace of ours agrees with its trees."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from math import nan
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import zimg
from zimg.swc.comparing import compare

DATA = "ZIMG_REFERENCE_DATA"
FRAMEWORKS = ("numpy", "torch", "jax")
DTYPES = ("float32", "float64")
DOWNSAMPLED = "down222"
"""The recorded run that stands for a volume of which the default run found nothing."""

PROJECTED = (1.0, 1.0, 0.0)
"""Spacing that leaves z out: a projection repeated on three planes has no z of its own."""


@dataclass(frozen=True)
class Case:
    """One volume: how it is traced, and the trees to compare with (None: there is none)."""

    name: str
    volume: Path
    reference: Path | None
    gold: Path | None
    z_to_xy: float = 1.0
    downsample: tuple[int, int, int] = (1, 1, 1)
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Agreement:
    """One trace of one case; shares of samples within 2 voxels, NaN where a tree is missing."""

    case: Case
    tree: zimg.ZSwc
    wall: float
    cpu: float
    reference_nodes: int
    precision: float = nan
    recall: float = nan
    gold: float = nan
    reference_gold: float = nan


def data_folder(name: str) -> Path:
    """A folder of recorded data; an error that says where it is looked for."""
    if DATA not in os.environ:
        raise SystemExit(f"set {DATA} to the folder of the recorded data")
    return Path(os.environ[DATA]) / name


def autotrace_cases(folder: Path) -> Iterator[Case]:
    """The small drawn volumes."""
    volumes = json.loads((folder / "manifest.json").read_text())["volumes"]
    for name, entry in volumes.items():
        runs = entry["runs"]
        reduced = not runs["default"]["has_result"] and "swc" in runs.get(DOWNSAMPLED, {})
        recorded = runs[DOWNSAMPLED if reduced else "default"].get("swc")
        yield Case(
            name=name,
            volume=folder / entry["file"],
            reference=folder / recorded if recorded else None,
            gold=folder / entry["gold"],
            z_to_xy=entry["z_to_xy"],
            downsample=(2, 2, 2) if reduced else (1, 1, 1),
            spacing=(1.0, 1.0, entry["z_to_xy"]),
        )


def real_cases(folder: Path) -> Iterator[Case]:
    """The light-microscopy volumes; the reference traced them as isotropic, so we do."""
    for entry in json.loads((folder / "manifest.json").read_text())["volumes"]:
        if not entry["kind"].startswith("light microscopy"):
            continue
        gold = entry.get("gold")
        yield Case(
            name=entry["name"],
            volume=folder / entry["file"],
            reference=folder / entry["reference"]["file"],
            gold=folder / gold["file"] if gold else None,
            spacing=PROJECTED if entry["name"].endswith("_projection") else (1.0, 1.0, 1.0),
        )


def measure(case: Case, framework: str, dtype: str) -> Agreement:
    """Trace one case and compare it."""
    image = zimg.read(case.volume, framework=framework)
    wall, cpu = perf_counter(), process_time()
    tree = zimg.trace(
        image, z_to_xy=case.z_to_xy, downsample=case.downsample, dtype=dtype, mode="reference"
    )
    wall, cpu = perf_counter() - wall, process_time() - cpu
    expected = zimg.ZSwc(case.reference) if case.reference else zimg.ZSwc()
    scores: dict[str, float] = {}
    if case.reference:
        found = compare(tree, expected, voxel_size=case.spacing)
        scores.update(precision=found.precision, recall=found.recall)
    if case.gold and case.reference:
        gold = zimg.ZSwc(case.gold)
        scores["gold"] = compare(tree, gold, voxel_size=case.spacing).f1
        scores["reference_gold"] = compare(expected, gold, voxel_size=case.spacing).f1
    return Agreement(case, tree, wall, cpu, len(expected), **scores)


COLUMNS = (
    "volume", "nodes", "reference", "precision", "recall",
    "F1 gold", "F1 gold, reference", "difference", "wall s", "CPU s",
)  # fmt: skip


def table(rows: Iterator[Agreement]) -> Iterator[str]:
    """Lines of a Markdown table, each as soon as its volume is traced."""
    yield "| " + " | ".join(COLUMNS) + " |"
    yield "|---" + "|---:" * (len(COLUMNS) - 1) + "|"
    for row in rows:
        yield "| " + " | ".join(_cells(row)) + " |"


def _cells(row: Agreement) -> list[str]:
    scores = (row.precision, row.recall, row.gold, row.reference_gold)
    return [
        row.case.name,
        str(len(row.tree)),
        str(row.reference_nodes) if row.case.reference else "none",
        *(_number(score) for score in scores),
        _number(row.gold - row.reference_gold, "+.3f"),
        f"{row.wall:.1f}",
        f"{row.cpu:.1f}",
    ]


def _number(value: float, form: str = ".3f") -> str:
    return "" if value != value else format(value, form)  # NaN: there is nothing to compare with


def add_arguments(parser: Any) -> None:
    """Options that every report has."""
    parser.add_argument("--framework", choices=FRAMEWORKS, default="numpy")
    parser.add_argument("--dtype", choices=DTYPES, default="float32")
    parser.add_argument("--only", metavar="NAME", nargs="*", help="volumes that start like this")


def prepare(framework: str, dtype: str) -> None:
    """JAX has float64 only where it is told so before its first use."""
    if framework == "jax" and dtype == "float64":
        os.environ["JAX_ENABLE_X64"] = "1"


def chosen(cases: Iterator[Case], only: list[str] | None) -> Iterator[Case]:
    """The cases whose names start like one of `only`; all without it."""
    return (case for case in cases if not only or case.name.startswith(tuple(only)))
