"""Skeletonize many bodies, sequentially or on the workers of an executor."""

import os
import signal
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from multiprocessing import get_context
from operator import index

import numpy as np

from zimg._errors import ZException
from zimg._progress import Reporter, reporter
from zimg.skeletons.mask import object_mask
from zimg.skeletons.options import SkeletonizeConfig
from zimg.skeletons.pipeline import Objects, Request, skeleton_of
from zimg.skeletons.runs import BodyRuns, needs_mask
from zimg.skeletons.voxels import Voxels, require_numbers
from zimg.skeletons.window import Window
from zimg.swc import ZSwc

Workers = int | Executor | None

PATIENCE = 0.2
"""Seconds between checks for cancellation."""


@dataclass(frozen=True, slots=True)
class Body:
    """Voxels and window of one body.

    Attributes
    ----------
    runs
        Runs of voxels.
    window
        Part of the volume to process.
    """

    runs: BodyRuns
    window: Window


def trees_of(
    bodies: Iterable[Body],
    options: SkeletonizeConfig,
    request: Request,
    *,
    workers: Workers,
    report: Reporter,
) -> Iterator[tuple[int, ZSwc]]:
    """Yield label and tree of every body, in any order.

    Parameters
    ----------
    bodies
        Bodies, created lazily: a few more than workers at a time.
    options, request
        Common to all bodies.
    workers
        As in `skeletonize_labels`, checked.
    report
        Checked for cancellation; stages of single bodies are not reported.
    """
    if workers is None:
        for body in bodies:
            yield body.runs.label, _tree(body, options, request, report)
        return
    waiting: dict[Future[ZSwc], int] = {}
    with _pool(workers) as executor:
        try:
            for body in bodies:
                with _shielded():
                    future = executor.submit(_tree, body, options, request)
                waiting[future] = body.runs.label
                if len(waiting) >= _most_waiting(workers):
                    yield from _finished(waiting, report)
            while waiting:
                yield from _finished(waiting, report)
        except BrokenProcessPool as error:
            raise ZException(
                "a worker process was killed, possibly because memory ran out"
            ) from error
        except BaseException:  # after cancellation or interruption, do not wait for bodies
            if executor is not workers:
                _end_processes(executor)
            raise
        finally:
            for future in waiting:
                future.cancel()


def checked_workers(workers: Workers) -> Workers:
    """Check `workers`; a single process is the same as None."""
    if workers is None or isinstance(workers, Executor):
        return workers
    if index(workers) < 1:
        raise ValueError(f"workers must be a number of at least 1 or an executor, got {workers!r}")
    return workers if workers > 1 else None


def _tree(
    body: Body, options: SkeletonizeConfig, request: Request, report: Reporter | None = None
) -> ZSwc:
    """The tree of one body."""
    report, window, factors = report or reporter(), body.window, options.factors
    if needs_mask(options):
        mask = np.zeros(window.shape, np.bool_)
        mask.reshape(-1)[body.runs.voxels_in(window, (1, 1, 1))] = True
        mask = object_mask(mask, options)
        return skeleton_of(
            mask, window.reduced(options), options=options, report=report, request=request
        )
    shape = window.reduced_shape(factors)
    require_numbers(shape)
    voxels = Voxels.of(
        body.runs.voxels_in(window, factors),
        shape,
        smallest=options.smallest,
        radius=request.radius,
        height=options.height,
    )
    if voxels is None:
        return ZSwc()
    return Objects(voxels, window.reduced(options), options, report, request).skeleton()


def _pool(workers: int | Executor) -> AbstractContextManager[Executor]:
    """A pool of processes, or the given executor, which stays open."""
    if isinstance(workers, Executor):
        return nullcontext(workers)
    # Forked processes would inherit threads and locks of frameworks.
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


@contextmanager
def _shielded() -> Iterator[None]:
    """Start processes that ignore Ctrl-C of the terminal; the parent ends them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _end_processes(executor: Executor) -> None:
    """Kill the processes of a pool; its shutdown would wait for their work."""
    for process in list((getattr(executor, "_processes", None) or {}).values()):
        process.terminate()


def _most_waiting(workers: int | Executor) -> int:
    """Number of bodies submitted at a time; each holds a copy of its box."""
    return 2 * (workers if isinstance(workers, int) else os.cpu_count() or 1)


def _finished(waiting: dict[Future[ZSwc], int], report: Reporter) -> Iterator[tuple[int, ZSwc]]:
    """Results of the next finished bodies, which are removed from the pending ones."""
    done: set[Future[ZSwc]] = set()
    while not done:
        report.check()
        done, _ = wait(waiting, timeout=PATIENCE, return_when=FIRST_COMPLETED)
    for future in done:
        yield waiting.pop(future), future.result()
