"""Seconds of a whole trace on every installed framework, taken in turns: `make bench`.

Give TIFF files as arguments to time them instead of the phantom. CPU seconds count all threads of
the process; the first call, which compiles on JAX, is shown apart.
"""

import sys
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import zimg
from zimg.ops import like
from zimg.phantom import neuron
from zimg.testing import LANES, Lane, device_of, namespace_of

REPEATS = 5
CPU_LANES = ("numpy", "torch", "jax")


def volume_on(lane: Lane, path: Path | None) -> tuple[object, dict[str, Any]]:
    """The image to trace on a lane, and the options it needs."""
    if path is not None:
        return zimg.read(path, framework=lane.framework), {}
    phantom = neuron()
    xp = namespace_of(lane)
    example = xp.zeros(1, dtype=xp.uint8, device=device_of(lane, xp))
    return like(phantom.volume, example), {"z_to_xy": phantom.z_to_xy}


def timed(image: object, options: dict[str, Any]) -> tuple[float, float, int]:
    """Wall seconds, CPU seconds and nodes of one trace."""
    wall, cpu = perf_counter(), process_time()
    tree = zimg.trace(image, **options)
    return perf_counter() - wall, process_time() - cpu, len(tree)


def table(path: Path | None) -> str:
    """One row for each framework."""
    lanes = [lane for lane in LANES if lane.id in CPU_LANES and find_spec(lane.framework)]
    images = {lane.id: volume_on(lane, path) for lane in lanes}
    first = {name: timed(*image)[0] for name, image in images.items()}
    runs: dict[str, list[tuple[float, float, int]]] = {name: [] for name in images}
    for _ in range(REPEATS):
        for name, image in images.items():
            runs[name].append(timed(*image))
    rows = [f"{path or 'phantom'}, median of {REPEATS}"]
    rows.append(f"{'framework':<10}{'first s':>9}{'wall s':>9}{'CPU s':>9}{'nodes':>8}")
    for name, results in runs.items():
        wall, cpu, nodes = (median(column) for column in zip(*results, strict=True))
        rows.append(f"{name:<10}{first[name]:>9.2f}{wall:>9.2f}{cpu:>9.2f}{nodes:>8.0f}")
    return "\n".join(rows)


if __name__ == "__main__":
    files: list[Path | None] = [Path(argument) for argument in sys.argv[1:]]
    sys.stdout.write("\n\n".join(table(path) for path in files or [None]) + "\n")
