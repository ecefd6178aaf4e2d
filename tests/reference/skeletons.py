"""Recorded skeletons of the reference, and within which limits ours must agree with them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

import zimg
from zimg import ZImg, ZSwc
from zimg.swc.comparing import Comparison

FOLDER = Path(__file__).parents[1] / "data" / "skeletonize"
SHELLS = ("open_pipe", "hollow_ball")
PLATES = ("plate", "hollow_tube")
RANDOM = "random_tree"


@dataclass(frozen=True)
class Limits:
    """How far a tree may be from the recorded one.

    Attributes
    ----------
    f1, esa, p95, ratio, radius
        Least F1; largest mean distance, of two directions; largest 95th percentile in either;
        largest departure of the ratio of lengths from 1; largest mean difference of radii.
    forks
        Whether ends and forks are the same.
    ends
        By how many ends may differ then.
    """

    f1: float = 0.99
    esa: float = 0.3
    p95: float = 1.5
    ratio: float = 0.03
    radius: float = 0.15
    forks: bool = True
    ends: int = 0


@dataclass(frozen=True)
class Case:
    """One volume with one set of options, and what the reference made of it.

    Attributes
    ----------
    volume, options
        Names.
    config
        The options themselves.
    expected
        File of the recorded tree, None where there was no result.
    truth
        File of the drawn centre lines, None where there are none.
    """

    volume: str
    options: str
    config: dict[str, Any]
    expected: Path | None
    truth: Path | None

    @property
    def name(self) -> str:
        """Name of the case."""
        return f"{self.volume}-{self.options}"

    @property
    def image(self) -> ZImg:
        """The volume."""
        return ZImg(FOLDER / f"{self.volume}.tif")

    @property
    def limits(self) -> Limits:
        """Limits of its kind; thin shells have many paths of equal cost."""
        filled = self.config.get("fillingHole", False)
        if self.volume in SHELLS or self.config.get("levelOp") == 1:
            return Limits(f1=0.5, esa=2.5, p95=inf, ratio=0.15, radius=0.5, forks=False)
        if self.volume == "plate" or (self.volume in PLATES and not filled):
            return Limits(esa=0.5, p95=2.0, forks=False)
        return Limits(ends=1 if self.volume.startswith(RANDOM) else 0)


def cases() -> list[Case]:
    """All of them, in the order in which they were recorded."""
    entries = json.loads((FOLDER / "manifest.json").read_text())["cases"]
    return [
        Case(
            volume=entry["volume"].removesuffix(".tif"),
            options=entry["option_set"],
            config=entry["config"] or {},
            expected=FOLDER / entry["swc"] if entry["has_result"] else None,
            truth=FOLDER / entry["ground_truth"] if entry["ground_truth"] else None,
        )
        for entry in entries
    ]


def node_lines(tree: ZSwc) -> list[str]:
    """The node lines of a tree as the reference writes them."""
    rows = zip(tree.id, tree.type, tree.xyz, tree.radius, tree.parent, strict=True)
    return [
        " ".join(
            [str(i), str(kind), *(f"{v:.6g}" for v in (*xyz, r)), str(p + 1 if p >= 0 else -1)]
        )
        for i, kind, xyz, r, p in rows
    ]


def recorded_lines(path: Path | None) -> list[str]:
    """The node lines of a file; none without one."""
    lines = path.read_text().splitlines() if path else []
    return [" ".join(line.split()) for line in lines if line and line[0] != "#"]


def p95(found: Comparison) -> float:
    """The larger 95th percentile of the distances in the two directions."""
    return max(found.a_to_b.p95, found.b_to_a.p95)


def shortfalls(tree: ZSwc, case: Case) -> list[str]:
    """In what a tree is further from the recorded one than it may be."""
    if case.expected is None:
        return ["a tree where none is expected"] if len(tree) else []
    return list(_beyond(zimg.compare(tree, ZSwc(case.expected)), case.limits))


def _beyond(found: Comparison, limits: Limits) -> Iterator[str]:
    measured = {
        "F1": (1 - found.f1, 1 - limits.f1),
        "mean distance": (found.esa, limits.esa),
        "95th percentile": (p95(found), limits.p95),
        "length ratio": (abs(found.length_ratio - 1), limits.ratio),
        "radius": (found.radius.mean_abs, limits.radius),
        "trees": (abs(found.a.trees - found.b.trees), 0),
        "ends": (abs(found.a.ends - found.b.ends), limits.ends if limits.forks else inf),
        "forks": (abs(found.a.forks - found.b.forks), limits.ends if limits.forks else inf),
    }
    for name, (value, most) in measured.items():
        if not value <= most + 1e-9:  # NaN is beyond any
            yield f"{name}: off by {value:.3g}, at most {most:.3g}"
