"""`BlockedSkeletonizer`: skeletons of all bodies of a segmentation larger than memory."""

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from operator import index
from pathlib import Path
from typing import Any

import numpy as np

from zimg._progress import Cancel, Progress, reporter
from zimg.blocked.bodies import (
    boxes_task,
    parts_of,
    parts_task,
    unpack_patches,
    unpack_trees,
    whole_task,
)
from zimg.blocked.executors import workers_of
from zimg.blocked.file_volume import FileVolume
from zimg.blocked.mending import Share, mended
from zimg.blocked.opening import volume_source
from zimg.blocked.plan import DEFAULT_CORE, DEFAULT_HALO, ZYX, Plan
from zimg.blocked.records import Record
from zimg.blocked.session import Session, base_manifest
from zimg.blocked.stages import done_records
from zimg.blocked.tasks import Run
from zimg.blocked.tracer import reported_failures
from zimg.image.volume import z_to_xy_ratio
from zimg.skeletons.automatic import intervals, one_of
from zimg.skeletons.options import Config, resolve_options
from zimg.skeletons.pipeline import Request
from zimg.skeletons.voxels import Radius
from zimg.skeletons.window import Window, fills_background, widened
from zimg.swc import ZSwc

BODIES_PER_TASK = 200


class BlockedSkeletonizer:
    """Skeletonize every body of a segmentation larger than memory.

    Parameters
    ----------
    source, session_dir, channel, time, executor, processes, max_in_flight, retries, fail_fast,
    progress, cancel
        As of `BlockedTracer`.
    core
        Voxels of a block along each axis, or along x, y, z; multiples of the reduction.
    halo
        Voxels around a core within which bodies that are cut are skeletonized.
    largest
        Largest box, in voxels, of a body that is skeletonized at once, as
        `zimg.skeletonize_labels` does; that of a block unless given. Larger bodies are cut at the
        faces of blocks and joined where the parts share voxels.
    ids
        Labels of the bodies to skeletonize; None for all above 0.
    config, downsample, radius
        As of `zimg.skeletonize_labels`.

    Examples
    --------
    >>> trees = BlockedSkeletonizer("labels.ome.zarr", "labels.session", executor=4).run()
    """

    def __init__(
        self,
        source: Any,
        session_dir: str | os.PathLike[str],
        *,
        core: int | Sequence[int] = DEFAULT_CORE,
        halo: int = DEFAULT_HALO,
        largest: int | None = None,
        ids: Iterable[int] | None = None,
        channel: int = 0,
        time: int = 0,
        config: Config = None,
        downsample: Sequence[int] | None = None,
        radius: Radius = "planar",
        executor: Any = None,
        processes: bool = False,
        max_in_flight: int | None = None,
        retries: int = 3,
        fail_fast: bool = False,
        progress: Progress = None,
        cancel: Cancel | None = None,
    ) -> None:
        self.volume = volume_source(source, channel=channel, time=time)
        if not np.issubdtype(self.volume.dtype, np.integer):
            raise TypeError(f"labels must be integers, got {self.volume.dtype}")
        options = resolve_options(config, downsample=intervals(downsample))
        if options.resolution is None and isinstance(self.volume, FileVolume):
            options = replace(options, resolution=(1.0, z_to_xy_ratio(self.volume.info)))
        self.options = options
        self.request = Request(radius=one_of("radius", radius, Radius))
        if fills_background(self.volume.shape, self.options):
            raise ValueError(
                "this configuration may make the background an object, which has no box; it is "
                "for volumes in memory"
            )
        self.plan = _plan(self.volume.shape, core, index(halo), self.options.factors)
        self.largest = math.prod(self.plan.core) if largest is None else index(largest)
        self.ids = None if ids is None else [index(label) for label in ids]
        self.workers = workers_of(executor, processes=processes, max_in_flight=max_in_flight)
        if not (self.workers.local or self.volume.portable):
            raise ValueError("an array in memory is not sent to other processes; pass a file")
        self.session_dir = Path(session_dir)
        self._place = channel, time
        self._retries, self._fail_fast = retries, fail_fast
        self._progress, self._cancel = progress, cancel

    def manifest(self) -> dict[str, Any]:
        """Describe the session.

        Returns
        -------
        dict
            JSON values: source, options and versions on which the result depends.

        Raises
        ------
        OSError
            If a file of the source cannot be read.
        """
        return base_manifest("skeletonize labels") | {
            "source": self.volume.identity(),
            "fingerprint": self.volume.fingerprint(),
            "channel": self._place[0],
            "time": self._place[1],
            "plan": {
                "shape": list(self.plan.shape),
                "core": list(self.plan.core),
                "halo": list(self.plan.halo),
            },
            "blocks": len(self.plan),
            "largest": self.largest,
            "ids": self.ids,
            "config": asdict(self.options),
            "radius": self.request.radius,
        }

    def run(self) -> dict[int, ZSwc]:
        """Run the tasks that the session lacks.

        Returns
        -------
        dict of int to ZSwc
            Tree of each label, in the order of `ids` or ascending.

        Raises
        ------
        ValueError
            If labels are not in the volume.
        ZException
            As of `BlockedTracer.run`.
        """
        session = Session(self.session_dir, self.manifest())
        with (
            session.opened(),
            reporter(self._progress, self._cancel) as report,
            self.workers.running(),
            reported_failures(session),
        ):
            run = Run(
                self.workers,
                retries=self._retries,
                fail_fast=self._fail_fast,
                cancel=self._cancel,
                report=report,
                log=session.log,
            )
            boxes, blocks = self._boxes(session, run)
            chosen = self._chosen(boxes)
            windows = {n: widened(boxes[n], self.plan.shape, self.options) for n in chosen}
            trees = self._whole(session, run, windows)
            trees |= self._cut(session, run, windows, blocks)
            return {label: trees[label] for label in chosen}

    def _boxes(self, session: Session, run: Run) -> tuple[dict[int, Window], dict[int, list[int]]]:
        """Find the box and the blocks of every label."""
        tasks = {f"{b.number:06d}": (self.volume, b) for b in self.plan.blocks()}
        records = done_records(session, run, "labels", "labels", boxes_task, tasks)
        boxes: dict[int, Window] = {}
        blocks: dict[int, list[int]] = {}
        for key, record in records.items():
            columns = (record.arrays[name].tolist() for name in ("label", "low", "high"))
            for label, low, high in zip(*columns, strict=True):
                blocks.setdefault(label, []).append(int(key))
                boxes[label] = _union(boxes.get(label), low, high)
        return boxes, blocks

    def _chosen(self, boxes: Mapping[int, Window]) -> list[int]:
        if self.ids is None:
            return sorted(label for label in boxes if label > 0)
        unknown = sorted(set(self.ids) - boxes.keys())
        if unknown:
            some = ", ".join(map(str, unknown[:10])) + (", ..." if len(unknown) > 10 else "")
            raise ValueError(f"ids must be labels of the volume; the volume has no label {some}")
        return self.ids

    def _whole(self, session: Session, run: Run, windows: Mapping[int, Window]) -> dict[int, ZSwc]:
        """Skeletonize bodies that fit in a box; bodies that start in one block share tasks."""
        near: dict[int, list[int]] = {}
        for label in sorted(windows):
            if windows[label].size <= self.largest:
                near.setdefault(self.plan.owner(windows[label].start), []).append(label)
        tasks = {}
        for block, labels in sorted(near.items()):
            for number, first in enumerate(range(0, len(labels), BODIES_PER_TASK)):
                group = labels[first : first + BODIES_PER_TASK]
                boxes = [windows[label] for label in group]
                tasks[f"{block:06d}-{number:04d}"] = (
                    self.volume, group, boxes, self.options, self.request
                )  # fmt: skip
        found: dict[int, ZSwc] = {}
        for record in done_records(session, run, "bodies", "bodies", whole_task, tasks).values():
            found |= unpack_trees(record)
        return found

    def _cut(
        self,
        session: Session,
        run: Run,
        windows: Mapping[int, Window],
        blocks: Mapping[int, list[int]],
    ) -> dict[int, ZSwc]:
        """Skeletonize larger bodies from their parts in all blocks."""
        large = [label for label in sorted(windows) if windows[label].size > self.largest]
        inside: dict[int, list[int]] = {}
        for label in large:
            for block in blocks[label]:
                inside.setdefault(block, []).append(label)
        tasks = {
            f"{block:06d}": (
                self.volume,
                self.plan.block(block),
                labels,
                self.options,
                self.request,
            )
            for block, labels in sorted(inside.items())
        }
        records = done_records(session, run, "parts", "parts", parts_task, tasks)
        return {label: _mended(label, blocks[label], records) for label in large}


def _mended(label: int, blocks: Sequence[int], records: Mapping[str, Record]) -> ZSwc:
    """Assemble the tree of one body from the records of its blocks."""
    shares = []
    for block in blocks:
        record = records[f"{block:06d}"]
        patches = [patch for patch in unpack_patches(record) if patch.label == label]
        shares.append(Share(block, unpack_trees(record)[label], parts_of(record, label), patches))
    return mended(shares)


def _union(box: Window | None, low: Sequence[int], high: Sequence[int]) -> Window:
    if box is None:
        return Window((low[0], low[1], low[2]), (high[0], high[1], high[2]))
    start = [min(a, b) for a, b in zip(box.start, low, strict=True)]
    stop = [max(a, b) for a, b in zip(box.stop, high, strict=True)]
    return Window((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))


def _plan(shape: ZYX, core: int | Sequence[int], halo: int, factors: tuple[int, int, int]) -> Plan:
    """Plan blocks that begin at whole voxels of the reduction."""
    x, y, z = (core,) * 3 if hasattr(core, "__index__") else core
    sizes = (index(z), index(y), index(x))
    for axis, size, factor in zip("zyx", sizes, factors[::-1], strict=True):
        if size < 1 or size % factor:
            raise ValueError(
                f"block core size along {axis} must be a multiple of the reduction {factor}, "
                f"got {size}"
            )
    if halo < 1:
        raise ValueError(f"block halo must be 1 or more, got {halo}")
    z, y, x = (-(-halo // factor) * factor for factor in factors[::-1])
    return Plan(shape, sizes, (z, y, x))
