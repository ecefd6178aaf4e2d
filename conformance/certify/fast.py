"""Fast: times of a device compared with the CPU of the same machine, in alternating runs."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg import trace
from zimg.kernels.pack import pack_volume
from zimg.kernels.scores import dot_scores
from zimg.kernels.template import full_template
from zimg.ops import gather, jit, synchronize

from .budgets import volume
from .places import Place, namespace_at
from .promises import Certificate

REPEATS = {"small": (1, 1, 1), "middle": (1, 3, 3), "large": (2, 6, 5)}
"""Sizes: the phantom, 0.16 million voxels, side by side: 1, 9 and 60 times."""

ROUNDS = 3
GATHERS = 20_000_000
ROWS, SAMPLES, READS = 4096, 2343, 2
"""Rows per chunk, samples per row, words per 8-bit sample."""

SHARE = 0.2
"""Fraction of the rate of random reads that the sampling of tubes must reach."""


def look(certificate: Certificate, place: Place, *, long: bool) -> None:
    """Check the promises of this group at one place: the largest size if `long`."""
    if place.is_host:
        if not long:
            reason = "a simulated GPU measures nothing"
            certificate.leave_out("fast", place.name, "every promise", reason)
        return
    for size in ("large",) if long else ("small", "middle"):
        text = f"a trace of the {size} phantom takes less time than on the CPU"
        certificate.find_out("fast", place.name, text, partial(faster, place, size))
    if not long:
        text = f"tubes are sampled at {SHARE:.0%} of the rate of random reads"
        certificate.find_out("fast", place.name, text, partial(rate, place))


def tiled(size: str) -> NDArray[np.uint8]:
    """Copies of the phantom side by side."""
    return np.tile(volume("reference"), REPEATS[size])


def faster(place: Place, size: str) -> tuple[bool, str]:
    """Compare medians of alternating traces on the device and on the CPU, after a first call."""
    here, there = tiled(size), place.put(tiled(size))
    stages: dict[str, float] = {}
    trace(there, mode="reference")
    pairs = [(seconds(there, stages), seconds(here, {})) for _ in range(ROUNDS)]
    device, cpu = (float(np.median(column)) for column in zip(*pairs, strict=True))
    parts = ", ".join(f"{name} {part:.2f}" for name, part in stages.items())
    return device < cpu, f"{device:.2f} s, CPU {cpu:.2f} s, x {cpu / device:.1f} ({parts})"


def seconds(array: Any, stages: dict[str, float]) -> float:
    """Wall time of one trace; the times of its stages are written to `stages`."""
    began = last = time.perf_counter()
    name = "start"

    def mark(stage: str, *_: object) -> None:
        nonlocal last, name
        now = time.perf_counter()
        stages[name] = now - last if stage != name else stages.get(name, 0.0)
        last, name = (now, stage) if stage != name else (last, name)

    trace(array, mode="reference", progress=mark)
    mark("end")
    return time.perf_counter() - began


def rate(place: Place) -> tuple[bool, str]:
    """Compare the words read per second by the sampling of tubes and by a bare gather."""
    xp, random = namespace_at(place.framework), np.random.default_rng(0)
    words, layout = pack_volume(place.put(tiled("large")), z_to_xy=1.0, dtype=xp.float32)
    index = place.put(random.integers(0, words.shape[0], GATHERS).astype(np.int32))
    rows = place.put(_rows(layout.shape, random))
    template = full_template(dtype=xp.float32, xp=xp, on=words.device)
    sample = jit(dot_scores, xp=xp)
    alone = GATHERS / timed(lambda: gather(words, index, xp=xp))
    call: Callable[[], Any] = lambda: sample(words, rows, template, layout=layout, masked=True)  # noqa: E731
    within = ROWS * SAMPLES * READS / timed(call)
    return (
        within >= SHARE * alone,
        f"{within / alone:.0%} of {alone / 1e9:.1f} billion reads a second",
    )


def timed(call: Callable[[], Any]) -> float:
    """Shortest time of three calls until the result is ready, after a first call."""
    best = np.inf
    for _ in range(4):
        began = time.perf_counter()
        synchronize(call())
        spent = time.perf_counter() - began
        best = spent if not np.isfinite(best) else min(best, spent)
    return float(best)


def _rows(shape: tuple[int, int, int], random: np.random.Generator) -> NDArray[np.float32]:
    """Random tube segments in a volume, as rows of the kernels."""
    rows = np.zeros((ROWS, 11), np.float32)
    rows[:, :5] = random.uniform((1, 0, 0, 1, 11), (4, 3, 6, 1, 11), (ROWS, 5))
    points = random.uniform(0.2, 0.8, (ROWS, 3)) * shape[::-1]
    rows[:, 5:8], rows[:, 8:] = points % 1.0, np.floor(points)
    return rows
