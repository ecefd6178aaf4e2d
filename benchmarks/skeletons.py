"""Skeletons compared with the reference and kimimaro, and how their cost grows.

``python -m benchmarks.skeletons --labels labels.tif`` prints three
tables: one generated arbour, paired with the reference; all labels of a segmentation, with
kimimaro, and the share of each skeleton's length that is inside its own label; and how our cost
grows with the size and the length of an object, on NumPy and JAX. Interpreters of the others are
named as in skeleton_programs.py. Each row has processes of its own, whose peak of memory is stated.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import tifffile

from benchmarks.arbours import SIZES, arbour, axon
from benchmarks.pairs import Answers
from benchmarks.skeleton_programs import Tools

SHORT = {"minimalLength": 5}
BODIES = {
    "minimalLength": 40,
    "keepingSingleObject": True,
    "rebase": True,
    "connectingBranch": False,
}
"""As long as the constant of kimimaro's parameters; like it, every body is kept and none joined."""


def write(folder: Path, volume: Any) -> Path:
    """The one file of the tools."""
    path = folder / "volume.tif"
    tifffile.imwrite(path, volume, photometric="minisblack")
    return path


def middle(answers: list[dict[str, Any]], key: str = "seconds") -> float:
    """Median over rounds."""
    return median(answer[key] for answer in answers)


def ratio(answers: Answers, other: str) -> str:
    """Median over rounds of our time divided by that of another."""
    if other not in answers:
        return ""
    rounds = zip(answers["ours"], answers[other], strict=True)
    return f"{median(a['seconds'] / b['seconds'] for a, b in rounds):.2f}"


def played(volume: Any, request: dict[str, Any], rounds: int, tools: tuple[str, ...]) -> Answers:
    """What the tools answer about a volume, in new processes; one turn before does not count."""
    with tempfile.TemporaryDirectory() as name:
        path = write(Path(name), volume)
        with Tools(Path(name), tools) as players:
            first = players.run(request | {"volume": path.name}, 1)
            answers = players.run(request | {"volume": path.name}, rounds)
    for tool, own in answers.items():
        own[0]["first"] = first[tool][0]["seconds"]
    return answers


def paired(volumes: dict[str, Any], rounds: int) -> Iterator[str]:
    """One object compared with the reference."""
    yield "| object | voxels | ours / reference | ours s | reference s | bytes per voxel: ours |"
    yield "|---|---|---|---|---|---|"
    for name, volume in volumes.items():
        count = int(np.count_nonzero(volume))
        answers = played(volume, {"config": SHORT}, rounds, ("ours", "reference"))
        own = answers["ours"]
        theirs = f"{middle(answers['reference']):.2f}" if "reference" in answers else ""
        memory = f"{_beyond(own, volume.size) / count:.0f} + 8 per voxel of the volume"
        times = f"{middle(own):.2f} | {theirs}"
        yield f"| {name} | {count} | {ratio(answers, 'reference')} | {times} | {memory} |"


def _beyond(answers: list[dict[str, Any]], voxels: int) -> float:
    """Peak of memory beyond 8 bytes for each voxel of the volume."""
    return max(0.0, max(answer["memory"] for answer in answers) - 8.0 * voxels)


def bodies(labels: Any, rounds: int) -> Iterator[str]:
    """All labels beside kimimaro."""
    request = {"what": "labels", "config": BODIES}
    answers = played(labels, request, rounds, ("ours", "kimimaro"))
    yield f"\nours / kimimaro: {ratio(answers, 'kimimaro') or 'not measured'}\n"
    yield "| tool | s | bodies | length in voxels | share inside of the own label | peak MB |"
    yield "|---|---|---|---|---|---|"
    for tool, own in answers.items():
        shares = f"{own[0]['length']:.0f} | {own[0]['inside']:.4f}"
        memory = max(answer["memory"] for answer in own) / 1e6
        yield f"| {tool} | {middle(own):.2f} | {own[0]['bodies']} | {shares} | {memory:.0f} |"


def growth(volumes: dict[str, Any], rounds: int, most_on_jax: int) -> Iterator[str]:
    """Our cost by size and length."""
    yield "\n| object | voxels | framework | s | first call s | ns per voxel | peak MB |"
    yield "|---|---|---|---|---|---|---|"
    for name, volume in volumes.items():
        count = int(np.count_nonzero(volume))
        for framework in ("numpy", "jax") if count <= most_on_jax else ("numpy",):
            request = {"config": SHORT, "framework": framework}
            own = played(volume, request, rounds, ("ours",))["ours"]
            times = f"{middle(own):.2f} | {own[0]['first']:.2f} | {middle(own) / count * 1e9:.0f}"
            memory = max(answer["memory"] for answer in own) / 1e6
            yield f"| {name} | {count} | {framework} | {times} | {memory:.0f} |"


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("volumes", type=Path, nargs="*", help="TIFF files of masks to pair as well")
    parser.add_argument("--labels", type=Path, metavar="TIFF", help="segmentation; none, no table")
    parser.add_argument("--sizes", nargs="*", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--paired", choices=list(SIZES), default="1e6", help="arbour to pair")
    parser.add_argument("--axon", type=int, default=5000, help="voxels of length")
    parser.add_argument("--most-on-jax", type=int, default=1_000_000, help="voxels of an object")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def main() -> None:
    """Print the tables as they grow."""
    options = arguments()
    objects = {f"arbour {options.paired}": arbour(options.paired)}
    objects |= {path.stem: tifffile.imread(path) for path in options.volumes}
    tables = [paired(objects, options.rounds)]
    if options.labels:
        tables.append(bodies(tifffile.imread(options.labels), options.rounds))
    sizes: dict[str, Any] = {f"arbour {size}": arbour(size) for size in options.sizes}
    sizes[f"axon of {options.axon}"] = axon(options.axon)
    tables.append(growth(sizes, options.rounds, options.most_on_jax))
    for table in tables:
        for line in table:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
