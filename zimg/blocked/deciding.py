"""Decisions for the whole volume, from tasks over sampled cubes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from zimg._progress import Cancel
from zimg.blocked import ladder as ladders
from zimg.blocked import masks, stats
from zimg.blocked.block import Decisions
from zimg.blocked.ladder import Ladder
from zimg.blocked.packing import pack_decisions, unpack_decisions
from zimg.blocked.plan import Box
from zimg.blocked.records import Record
from zimg.blocked.source import Volume, checked_read
from zimg.blocked.stages import Work
from zimg.blocked.stats import Counts, Scale, Thresholds
from zimg.ops import fastest
from zimg.tracing.seeds import smallest_object

Cubes = Sequence[Box]
Found = TypeVar("Found", Thresholds, Ladder)


def decide(work: Work, *, mode: str, invert: bool) -> Decisions:
    """Make the decisions for the whole volume from its cubes, or load them from the session."""
    stored = work.session.load("stats", "")
    if stored is not None:
        work.report.stage("statistics", 1)
        work.report.advance()
        return unpack_decisions(stored)
    cubes = stats.cubes_of(work.plan)
    found: Decisions
    if len(cubes) == 1:
        tasks = {"whole": (work.volume, mode, invert, work.parameters.enhanced)}
        found = unpack_decisions(work.done("statistics", "statistics", whole_task, tasks)["whole"])
    elif mode == "accurate":
        found = _Sampled(work, cubes).ladder(invert=invert)
    else:
        found = _Sampled(work, cubes).thresholds()
    work.session.save("stats", "", pack_decisions(found))
    return found


class _Sampled:
    """Decisions from many cubes, whose counts are summed in any order.

    Parameters
    ----------
    work
        Session and execution of tasks.
    cubes
        Cubes that represent the volume.
    """

    def __init__(self, work: Work, cubes: list[Box]) -> None:
        self._work, self._groups = work, stats.grouped(cubes)

    def records(self, name: str, function: Callable[..., Record], *more: Any) -> list[Record]:
        """Return the records of one pass over all cubes."""
        tasks = {
            f"{name}-{number:06d}": (self._work.volume, group, *more)
            for number, group in enumerate(self._groups)
        }
        kind = "statistics"
        return list(self._work.done(f"{kind}: {name}", kind, function, tasks).values())

    def total(self, name: str, function: Callable[..., Record], *more: Any) -> Counts:
        """Sum the counts of one pass."""
        counts = [record.arrays["counts"] for record in self.records(name, function, *more)]
        return np.sum(counts, axis=0)

    def counted(self) -> tuple[Counts, Scale] | None:
        """Return the histogram of the volume and its scale; None if all voxels are equal."""
        dtype, low, high, whole = self._work.volume.dtype, 0.0, 0.0, True
        if dtype not in (np.uint8, np.uint16):
            found = [record.arrays["range"] for record in self.records("range", range_task)]
            low, high = min(float(r[0]) for r in found), max(float(r[1]) for r in found)
            whole = all(bool(r[2]) for r in found)
            if low == high:
                return None
        scale = stats.scale_of(dtype, low, high, whole)
        return self.total("voxels", voxels_task, scale), scale

    def thresholds(self) -> Thresholds:
        """Make the decisions of reference mode."""
        counted = self.counted()
        if counted is None:
            return Thresholds(0.0, None, 0)
        voxels, scale = counted
        background = stats.background_of(voxels, scale)
        maxima = self.total("maxima", maxima_task, scale, background)
        level = stats.threshold_of(voxels, maxima, scale, background)
        found = self._enhanced(Thresholds(background, level, 0))
        if found.nothing:
            return found
        seeds = int(self.total("seeds", seeds_task, found, self._work.parameters.enhanced)[0])
        return replace(found, smallest=smallest_object(seeds, int(voxels.sum())))

    def ladder(self, *, invert: bool) -> Ladder:
        """Make the decisions of accurate mode; the noise is the median over the cubes."""
        counted = self.counted()
        if counted is None:
            return Ladder(None, 0.0, 1.0, 0.0, 0.0, ())
        found = ladders.without_noise(*counted, invert=invert)
        if found.nothing:
            return found
        noises: NDArray[np.float64] = np.concatenate(
            [record.arrays["noise"] for record in self.records("noise", noise_task, found)]
        )
        some = noises[noises > 0.0]
        sigma = float(np.median(some)) if len(some) else 0.0
        return self._enhanced(ladders.with_levels(found, sigma, *counted))

    def _enhanced(self, found: Found) -> Found:
        """Add the thresholds of the tube response if `enhanceMask` is set."""
        ratio = self._work.parameters.enhanced
        if ratio is None:
            return found
        ranges = self.records("tubes", tube_range_task, found, ratio)
        highest = max(float(record.arrays["highest"][0]) for record in ranges)
        fine = isinstance(found, Ladder)
        width = masks.fine_width(highest) if fine else masks.rule_width(highest)
        parts = [r.arrays for r in self.records("tube counts", tubes_task, found, ratio, width)]
        voxels, maxima, positive = (
            np.sum([part[name] for part in parts], axis=0)
            for name in ("voxels", "maxima", "positive")
        )
        counts = masks.AnswerCounts(voxels, maxima, int(positive[0]), width)
        return replace(found, tubes=counts.levels() if fine else counts.level())


def whole_task(
    volume: Volume,
    mode: str,
    invert: bool,
    enhanced: float | None,
    *,
    cancel: Cancel | None = None,
) -> Record:
    """Task: decisions for a volume that is a single cube."""
    del cancel
    if mode == "accurate":
        return pack_decisions(ladders.whole_ladder(volume, invert=invert, enhanced=enhanced))
    return pack_decisions(stats.whole_thresholds(volume, enhanced))


def tube_range_task(
    volume: Volume, cubes: Cubes, found: Decisions, z_to_xy: float, *, cancel: Cancel | None = None
) -> Record:
    """Task: highest tube response in a group of cubes."""
    del cancel
    highest = max(float(a[inner].max()) for a, inner in _answers(volume, cubes, found, z_to_xy))
    return Record({"highest": np.array([highest])})


def tubes_task(
    volume: Volume,
    cubes: Cubes,
    found: Decisions,
    z_to_xy: float,
    width: float,
    *,
    cancel: Cancel | None = None,
) -> Record:
    """Task: histogram of tube responses in a group of cubes."""
    del cancel
    voxels, maxima, positive = masks.counted(_answers(volume, cubes, found, z_to_xy), width)
    return Record({"voxels": voxels, "maxima": maxima, "positive": np.array([positive])})


def _answers(
    volume: Volume, cubes: Cubes, found: Decisions, z_to_xy: float
) -> Iterator[tuple[NDArray[Any], tuple[slice, ...]]]:
    """Yield the tube response of every cube with a rim, and the position of the cube in it."""
    for cube in cubes:
        wide, inner = masks.with_rim(cube, volume.shape, z_to_xy)
        signal = found.values(checked_read(volume, wide))
        yield np.asarray(masks.answer_of(fastest(signal), z_to_xy)), inner


def noise_task(
    volume: Volume, cubes: Cubes, ladder: Ladder, *, cancel: Cancel | None = None
) -> Record:
    """Task: noise of a group of cubes."""
    del cancel
    return Record({"noise": ladders.cube_noises(volume, cubes, ladder)})


def range_task(volume: Volume, cubes: Cubes, *, cancel: Cancel | None = None) -> Record:
    """Task: lowest and highest value in a group of cubes, and whether all are integers."""
    del cancel
    return Record({"range": np.array(stats.extremes_of(volume, cubes), np.float64)})


def voxels_task(
    volume: Volume, cubes: Cubes, scale: Scale, *, cancel: Cancel | None = None
) -> Record:
    """Task: histogram of the voxels of a group of cubes."""
    del cancel
    return Record({"counts": stats.voxel_counts(volume, cubes, scale)})


def maxima_task(
    volume: Volume,
    cubes: Cubes,
    scale: Scale,
    background: float,
    *,
    cancel: Cancel | None = None,
) -> Record:
    """Task: histogram of the regional maxima of a group of cubes."""
    del cancel
    return Record({"counts": stats.maxima_counts(volume, cubes, scale, background)})


def seeds_task(
    volume: Volume,
    cubes: Cubes,
    found: Thresholds,
    enhanced: float | None,
    *,
    cancel: Cancel | None = None,
) -> Record:
    """Task: number of seeds in a group of cubes."""
    del cancel
    count = stats.seed_count(volume, cubes, found, enhanced)
    return Record({"counts": np.array([count], np.int64)})
