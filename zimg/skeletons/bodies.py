"""Skeletons of many bodies, one after the other or on the workers of an executor."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from multiprocessing import get_context
from operator import index

from zimg._errors import ZException
from zimg._progress import Reporter, reporter
from zimg._typing import Array
from zimg.skeletons.mask import object_mask
from zimg.skeletons.options import SkeletonizeConfig
from zimg.skeletons.pipeline import Wish, skeleton_of
from zimg.skeletons.window import Corner
from zimg.swc import ZSwc

Workers = int | Executor | None

PATIENCE = 0.2
"""Seconds between two looks at whether the caller wants to stop."""


@dataclass(frozen=True, slots=True)
class Body:
    """What one of many skeletons is made of.

    Attributes
    ----------
    label
        Of the body.
    volume
        ``(Z, Y, X)`` bool: the body in its box.
    start
        First voxel z, y, x of the box in the reduced volume.
    """

    label: int
    volume: Array
    start: Corner


def trees_of(
    bodies: Iterable[Body],
    options: SkeletonizeConfig,
    wish: Wish,
    *,
    workers: Workers,
    report: Reporter,
) -> Iterator[tuple[int, ZSwc]]:
    """Label and tree of every body, in any order.

    Parameters
    ----------
    bodies
        Made when they are needed: some more than there are workers at a time.
    options, wish
        Of all.
    workers
        As of `skeletonize_labels`, checked.
    report
        Asked whether to stop; stages of single bodies are not told.
    """
    if workers is None:
        for body in bodies:
            yield body.label, _tree(body, options, wish, report)
        return
    waiting: dict[Future[ZSwc], int] = {}
    with _pool(workers) as executor:
        try:
            for body in bodies:
                waiting[executor.submit(_tree, body, options, wish)] = body.label
                if len(waiting) >= _most_waiting(workers):
                    yield from _finished(waiting, report)
            while waiting:
                yield from _finished(waiting, report)
        except BrokenProcessPool as error:
            raise ZException("a process was killed at its work; was memory too short?") from error
        finally:
            for future in waiting:
                future.cancel()


def checked_workers(workers: Workers) -> Workers:
    """`workers`, where one process is as good as none."""
    if workers is None or isinstance(workers, Executor):
        return workers
    if index(workers) < 1:
        raise ValueError(f"workers is a number from 1 up or an executor, got {workers!r}")
    return workers if workers > 1 else None


def _tree(
    body: Body, options: SkeletonizeConfig, wish: Wish, report: Reporter | None = None
) -> ZSwc:
    """The tree of one body."""
    mask = object_mask(body.volume, options)
    return skeleton_of(mask, body.start, options=options, report=report or reporter(), wish=wish)


def _pool(workers: int | Executor) -> AbstractContextManager[Executor]:
    """Processes of our own, or somebody else's executor, which stays open."""
    if isinstance(workers, Executor):
        return nullcontext(workers)
    # Forked processes would inherit the threads and locks of frameworks.
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


def _most_waiting(workers: int | Executor) -> int:
    """Bodies handed out at a time, which are copies of their boxes."""
    return 2 * (workers if isinstance(workers, int) else os.cpu_count() or 1)


def _finished(waiting: dict[Future[ZSwc], int], report: Reporter) -> Iterator[tuple[int, ZSwc]]:
    """What the next ones to end have found, taken from those that are waited for."""
    done: set[Future[ZSwc]] = set()
    while not done:
        report.check()
        done, _ = wait(waiting, timeout=PATIENCE, return_when=FIRST_COMPLETED)
    for future in done:
        yield waiting.pop(future), future.result()
