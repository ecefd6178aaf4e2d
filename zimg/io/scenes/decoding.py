"""Decode pixels of a scene into host buffers, several stored blocks at a time."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg.arrays.host import aligned_zeros
from zimg.io.disk.limits import check_decoded
from zimg.io.scenes.scene import Job, Scene
from zimg.values import ZImgRegion

TURNS = 32
"""How many shares of the work a thread is handed at least: the last ones end together."""


def decoded(scene: Scene, region: ZImgRegion, level: int = 0) -> list[NDArray[Any]]:
    """Decode a part of a scene.

    Parameters
    ----------
    scene
        Of an open file.
    region
        Resolved, in voxels of `level`.
    level
        Index into the levels of the scene.

    Returns
    -------
    list of ndarray
        One aligned ``(C, Z, Y, X)`` array per time, in native byte order.
    """
    x, y, z, c, times = region.size
    check_decoded(region.size, scene.dtype.itemsize, stored=scene.packed_bytes)
    jobs = scene.plan(region, level)
    buffers = [aligned_zeros((c, z, y, x), scene.dtype) for _ in range(times)]
    run(jobs, buffers)
    return buffers


def run(jobs: Sequence[Job], buffers: list[NDArray[np.generic]]) -> None:
    """Run all jobs, several at a time; the first error cancels the rest."""
    workers = min(len(jobs), processors())
    if workers < 2:
        _run_some(jobs, buffers)
        return
    # Submitting a thousand small reads one by one can take longer than the reads.
    size = max(1, len(jobs) // (workers * TURNS))
    shares = [jobs[first : first + size] for first in range(0, len(jobs), size)]
    with ThreadPoolExecutor(workers) as pool:
        try:
            for _ in pool.map(lambda share: _run_some(share, buffers), shares):
                pass
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _run_some(jobs: Sequence[Job], buffers: list[NDArray[np.generic]]) -> None:
    for job in jobs:
        job(buffers)


def processors() -> int:
    """Number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
