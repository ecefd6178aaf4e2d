"""The small files of figures from which the docs draw: ``docs/benchmarks/*.json``.

A bar is the median over rounds of ours / theirs within one round, so below 1 is faster or leaner. A
curve is our cost by the size of the work; its slope is that of the line through the logarithms: 1
is linear, 2 quadratic.
"""

import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

import numpy as np

FOLDER = Path(__file__).parents[1] / "docs" / "benchmarks"

Round = Mapping[str, float]


@dataclass(frozen=True)
class Bar:
    """Ratios of one row.

    Attributes
    ----------
    name
        What was done.
    rounds
        How often.
    cpu, wall, memory
        Ratios; None where one was not measured.
    seconds, other
        CPU seconds, or wall seconds where there are no others: ours, theirs.
    """

    name: str
    rounds: int
    cpu: float | None
    wall: float | None
    memory: float | None
    seconds: float
    other: float


@dataclass(frozen=True)
class Curve:
    """CPU seconds by size.

    Attributes
    ----------
    name, unit
        What was done, and what is counted.
    points
        Pairs of size and CPU seconds.
    """

    name: str
    unit: str
    points: list[tuple[float, float]]
    slope: float


@dataclass
class Summary:
    """What a page shows of one benchmark; `save` writes it."""

    command: str
    bars: list[Bar] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)

    def pair(self, name: str, ours: Sequence[Round], theirs: Sequence[Round]) -> None:
        """Add a row from the answers of both, round by round; ``seconds`` are of the wall clock."""
        ours, theirs = (_rounds(side) for side in (ours, theirs))
        cpu, wall, memory = (_ratio(ours, theirs, key) for key in ("cpu", "wall", "memory"))
        key = "wall" if cpu is None else "cpu"
        seconds = [median(each[key] for each in side) for side in (ours, theirs)]
        self.bars.append(Bar(name, len(ours), cpu, wall, memory, *(_short(s) for s in seconds)))

    def curve(self, name: str, unit: str, points: Sequence[tuple[float, float]]) -> Curve:
        """Add a curve of at least two points."""
        x, y = np.log(np.array(points, np.float64)).T
        made = Curve(name, unit, [(a, _short(b)) for a, b in points], slope_of(x, y))
        self.curves.append(made)
        return made

    def save(self, name: str) -> None:
        """Write ``docs/benchmarks/<name>.json``."""
        FOLDER.mkdir(exist_ok=True)
        text = json.dumps(about(self.command) | asdict(self), indent=1)
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def about(command: str) -> dict[str, str]:
    """Where figures come from."""
    versions = f"NumPy {np.__version__}, Numba {version('numba')}"
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    measured = datetime.now(UTC).date().isoformat()
    return {"measured": measured, "machine": f"{machine}, {versions}", "command": command}


def command() -> str:
    """The command line of this process, with file names alone."""
    module = Path(sys.argv[0]).stem
    arguments = [Path(word).name if Path(word).exists() else word for word in sys.argv[1:]]
    return " ".join(["python", "-m", f"benchmarks.{module}", *arguments])


def slope_of(x: Sequence[float], y: Sequence[float]) -> float:
    """Slope of the line through points, by least squares."""
    return _short(float(np.polyfit(x, y, 1)[0]))


def _rounds(side: Sequence[Round]) -> list[Round]:
    return [{"wall": each["seconds"], **each} if "seconds" in each else each for each in side]


def _ratio(ours: Sequence[Round], theirs: Sequence[Round], key: str) -> float | None:
    if not all(key in each for each in (*ours, *theirs)):
        return None
    rounds = zip(ours, theirs, strict=True)
    return _short(median(own[key] / max(other[key], 1e-9) for own, other in rounds))


def _short(value: float) -> float:
    """Three digits."""
    return float(f"{value:.3g}")
