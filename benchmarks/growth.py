"""How our cost grows: ``python -m benchmarks.growth`` writes ``docs/benchmarks/growth.json``.

CPU seconds of the second run of each size (the only one, where it takes long) by voxels, seeds,
length of a chain, labels and length of an object, on NumPy arrays.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from functools import partial
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

import zimg
from benchmarks.arbours import axon
from benchmarks.summary import Summary, command
from benchmarks.volumes import neuron
from zimg import neutube_json
from zimg._progress import Reporter
from zimg.tracing.config import resolve_config
from zimg.tracing.pipeline import run_trace

SHORT = {"minimalLength": 5}
BODIES = {"minimalLength": 5, "keepingSingleObject": True, "connectingBranch": False}
LONG = 8.0
"""CPU seconds from which a run is not repeated."""

Work = Callable[[], Any]


def cost(work: Work) -> tuple[float, Any]:
    """CPU seconds of all threads, and what came out."""
    for _ in range(2):
        before = process_time()
        found = work()
        seconds = process_time() - before
        if seconds > LONG:
            break
    return seconds, found


def tube(length: int) -> NDArray[np.uint8]:
    """A wavy fibre, so many voxels long, in a volume of the same size per voxel of it."""
    x = np.arange(length)
    y = 16 + 4 * np.sin(x / 40.0)
    across = (np.arange(32)[:, None] - y) ** 2
    deep = (np.arange(24) - 12.0) ** 2
    clean = 160 * np.exp(-(across[None] + deep[:, None, None]) / 6.0)
    noise = np.random.default_rng(0).normal(10, 3, clean.shape)
    return np.clip(clean + noise, 0, 255).astype(np.uint8)


def grains(count: int) -> NDArray[np.uint16]:
    """Labels of short rods in a grid."""
    side = int(np.ceil(count ** (1 / 3)))
    labels = np.zeros((6 * side, 6 * side, 10 * side), np.uint16)
    for label in range(count):
        z, rest = divmod(label, side * side)
        y, x = divmod(rest, side)
        labels[6 * z + 1 : 6 * z + 4, 6 * y + 1 : 6 * y + 4, 10 * x + 1 : 10 * x + 9] = label + 1
    return labels


def traced(volume: Any) -> tuple[float, int]:
    """CPU seconds and seeds of a trace."""
    options = resolve_config(neutube_json.TRACE_CONFIG)
    seconds, report = cost(lambda: run_trace(volume, config=options, report=Reporter()))
    return seconds, report.seeds


def by_voxels(tiles: list[int]) -> Iterator[tuple[str, str, list[tuple[float, float]]]]:
    """Repeats of one volume: voxels and seeds grow together."""
    voxels, seeds, phantom = [], [], neuron()
    for count in tiles:
        volume = phantom[:, :128, :128] if count == 0 else np.tile(phantom, (1, 1, count))
        seconds, found = traced(volume)
        voxels.append((float(volume.size), seconds))
        seeds.append((float(found), seconds))
    yield "trace", "voxels", voxels
    yield "trace", "seeds", seeds


def by_chain(lengths: list[int]) -> Iterator[tuple[str, str, list[tuple[float, float]]]]:
    """One fibre."""
    yield "trace of a fibre", "voxels long", [(float(n), traced(tube(n))[0]) for n in lengths]


def by_labels(counts: list[int]) -> Iterator[tuple[str, str, list[tuple[float, float]]]]:
    """Short rods."""
    work = partial(zimg.skeletonize_labels, config=BODIES)
    costs = [(float(count), cost(partial(work, grains(count)))[0]) for count in counts]
    yield "skeletons of labels", "labels", costs


def by_length(lengths: list[int]) -> Iterator[tuple[str, str, list[tuple[float, float]]]]:
    """A tube that runs to and fro."""
    work = partial(zimg.skeletonize, config=SHORT)
    costs = [(float(n), cost(partial(work, axon(n)))[0]) for n in lengths]
    yield "skeleton of an axon", "voxels long", costs


def main() -> None:
    """Measure all curves and print their slopes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiles", type=int, nargs="+", default=[0, 1, 4, 24])
    parser.add_argument("--chains", type=int, nargs="+", default=[500, 2000, 8000])
    parser.add_argument("--labels", type=int, nargs="+", default=[100, 1000, 10000])
    parser.add_argument("--lengths", type=int, nargs="+", default=[2500, 10000, 40000])
    options, summary = parser.parse_args(), Summary(command())
    for curves in (
        by_chain(options.chains),
        by_labels(options.labels),
        by_length(options.lengths),
        by_voxels(options.tiles),
    ):
        for name, unit, points in curves:
            made = summary.curve(name, unit, points)
            sys.stdout.write(f"{name}, {unit}: slope {made.slope:.2f}, {made.points}\n")
            sys.stdout.flush()
            summary.save("growth")


if __name__ == "__main__":
    main()
