"""Tasks on any executor: a window of them at a time, tried again when that may help."""

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from zimg._errors import ZCancellationException, ZException
from zimg._progress import Cancel, Reporter

DELAYS = (1.0, 4.0, 16.0)
"""Seconds before each further try."""
POLL = 0.2
"""Seconds between two looks at `cancel` while nothing completes."""
THREAD_PREFIX = "zimg-block"

TRANSIENT = (OSError, TimeoutError, ConnectionError, BrokenExecutor)
LOST_WORKER = ("KilledWorker", "CommClosedError", "FutureCancelledError")
"""Names of errors of distributed that another worker may not have."""

Task = tuple[Any, ...]


class BlockedTraceError(ZException):
    """Some tasks failed for good; `failures` maps their keys to the causes."""

    def __init__(self, failures: Mapping[str, BaseException]) -> None:
        super().__init__(failures)
        self.failures = dict(failures)

    def __str__(self) -> str:
        causes = [f"{key}: {' '.join(str(why).split())}" for key, why in self.failures.items()]
        more = f" and {len(causes) - 3} more" if len(causes) > 3 else ""
        count = len(causes)
        told = "; ".join(causes[:3])
        return f"{count} task(s) failed, the others are done and kept: {told}{more}"


class Inline(Executor):
    """Runs every task where it is submitted."""

    _max_workers = 1

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Run the task; the future is done when this returns."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            if not isinstance(error, Exception):
                raise
            future.set_exception(error)
        return future


@dataclass
class Workers:
    """Where tasks run.

    Attributes
    ----------
    make
        Gives the executor; called again after its processes were lost.
    window
        Unfinished tasks at a time, at most.
    local
        Whether tasks run in this process, so that they can be cancelled inside.
    owned
        Whether the executor is ours to close.
    count
        Workers that hold a block at a time.
    """

    make: Callable[[], Executor]
    window: int
    local: bool
    owned: bool
    executor: Executor | None = None

    def current(self) -> Executor:
        """The executor."""
        if self.executor is None:
            self.executor = self.make()
        return self.executor

    def lost(self) -> None:
        """Replace the executor after it broke, if it is ours."""
        if self.owned and self.executor is not None:
            self.executor.shutdown(wait=False, cancel_futures=True)
            self.executor = None

    @contextmanager
    def running(self) -> Iterator["Workers"]:
        """Close the executor at the end if it is ours; tasks under way are finished first."""
        try:
            yield self
        finally:
            if self.owned and self.executor is not None:
                self.executor.shutdown(wait=True, cancel_futures=True)
                self.executor = None


def workers_of(
    executor: Any, *, processes: bool = False, max_in_flight: int | None = None
) -> Workers:
    """The workers that the arguments of the tracer stand for.

    Parameters
    ----------
    executor
        None for this thread; a number of threads, or of processes; an executor of the protocol of
        `concurrent.futures`; or a Dask client.
    processes
        Whether a number means processes.
    max_in_flight
        Unfinished tasks at a time; None for as many as there are workers.

    Raises
    ------
    TypeError, ValueError
        For something else.
    """
    if max_in_flight is not None and max_in_flight < 1:
        raise ValueError(f"max_in_flight must be 1 or more, got {max_in_flight}")
    if executor is None:
        return Workers(Inline, 1, local=True, owned=True)
    if isinstance(executor, int) and not isinstance(executor, bool):
        return _pool(executor, processes, max_in_flight)
    if hasattr(executor, "get_executor") and hasattr(executor, "ncores"):
        window = max_in_flight or max(1, sum(executor.ncores().values()))
        chosen = executor.get_executor(pure=False)
        return Workers(lambda: chosen, window, local=False, owned=False, executor=chosen)
    if not hasattr(executor, "submit"):
        raise TypeError(
            "executor takes None, a number of workers, an executor of concurrent.futures or a "
            f"Dask client, got {executor!r}"
        )
    found = max_in_flight or getattr(executor, "_max_workers", None)
    if found is None:
        raise ValueError(
            f"max_in_flight is needed: {type(executor).__name__} does not tell how many workers "
            "it has (for Dask: sum(client.ncores().values()), or pass the client itself)"
        )
    local = isinstance(executor, ThreadPoolExecutor | Inline)
    return Workers(lambda: executor, int(found), local=local, owned=False, executor=executor)


def _pool(count: int, processes: bool, max_in_flight: int | None) -> Workers:
    if count < 1:
        raise ValueError(f"executor takes a number of workers from 1, got {count}")
    window = max_in_flight or count

    def threads() -> Executor:
        return ThreadPoolExecutor(count, thread_name_prefix=THREAD_PREFIX)

    def pool() -> Executor:
        return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))

    return Workers(pool if processes else threads, window, local=not processes, owned=True)


def worker_number() -> int:
    """A number from 0 for the worker that this code runs on, to give each its own device."""
    name = threading.current_thread().name
    if name.startswith(THREAD_PREFIX):
        return int(name.rpartition("_")[2])
    identity = multiprocessing.current_process()._identity  # type: ignore[attr-defined]
    return int(identity[-1]) - 1 if identity else 0


@dataclass
class Run:
    """How tasks of one session are run.

    Attributes
    ----------
    workers
        Where.
    retries
        Further tries of a task that failed in a way that may pass.
    fail_fast
        Whether the first permanent failure ends the run.
    cancel
        Polled between completions, and inside tasks of this process.
    report
        Told of every task that is done.
    log
        Told of retries and failures.
    sleep, clock
        Injected by tests.
    """

    workers: Workers
    retries: int = len(DELAYS)
    fail_fast: bool = False
    cancel: Cancel | None = None
    report: Reporter = field(default_factory=Reporter)
    log: Callable[..., None] = lambda *_, **__: None
    clock: Callable[[], float] = time.monotonic
    delays: tuple[float, ...] = DELAYS

    def results(
        self, function: Callable[..., Any], tasks: Mapping[str, Task]
    ) -> Iterator[tuple[str, Any]]:
        """Results in the order of completion.

        Parameters
        ----------
        function
            A top-level function; gets the parts of a task, and `cancel` if it runs in this process.
        tasks
            Arguments by key, in the order in which they are begun.

        Raises
        ------
        BlockedTraceError
            After all tasks were tried, if some failed for good.
        ZCancellationException
            When `cancel` was set.
        """
        yield from _Window(self, function, tasks).results()

    def cancelled(self) -> bool:
        """Whether the caller asked to stop."""
        return self.cancel is not None and self.cancel.is_set()


@dataclass
class _Window:
    """Tasks of one call of `Run.results`."""

    run: Run
    function: Callable[..., Any]
    tasks: Mapping[str, Task]
    pending: "dict[Future[Any], str]" = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)
    failures: dict[str, BaseException] = field(default_factory=dict)
    later: list[tuple[float, str]] = field(default_factory=list)

    def results(self) -> Iterator[tuple[str, Any]]:
        waiting = list(self.tasks)[::-1]
        try:
            while waiting or self.pending or self.later:
                self._check()
                self._wake(waiting)
                self._fill(waiting)
                yield from self._completed(waiting)
                if self.failures and self.run.fail_fast:
                    break
        finally:
            for future in self.pending:
                future.cancel()
        if self.failures:
            raise BlockedTraceError(dict(sorted(self.failures.items())))

    def _check(self) -> None:
        if self.run.cancelled():
            raise ZCancellationException("cancelled by the caller; the session can be resumed")

    def _wake(self, waiting: list[str]) -> None:
        now = self.run.clock()
        for moment, key in [entry for entry in self.later if entry[0] <= now]:
            self.later.remove((moment, key))
            waiting.append(key)

    def _fill(self, waiting: list[str]) -> None:
        """Submit until the window is full; what cannot be submitted is tried again like a failure."""
        while waiting and len(self.pending) < self.run.workers.window:
            key = waiting.pop()
            extra = {"cancel": self.run.cancel} if self.run.workers.local else {}
            try:
                future = self.run.workers.current().submit(
                    self.function, *self.tasks[key], **extra
                )
            except BrokenExecutor as error:
                self._failed(key, error)
                return
            self.pending[future] = key
            if self.run.workers.window == 1 and future.done():
                return

    def _completed(self, waiting: list[str]) -> Iterator[tuple[str, Any]]:
        if not self.pending:
            if self.later and not waiting:
                time.sleep(min(POLL, max(0.0, self.later[0][0] - self.run.clock())))
            return
        done, _ = wait(self.pending, timeout=POLL, return_when=FIRST_COMPLETED)
        for future in sorted(done, key=lambda f: self.pending[f]):
            key = self.pending.pop(future)
            try:
                result = future.result()
            except ZCancellationException:
                raise
            except CancelledError as error:
                self._failed(key, BrokenExecutor(f"its worker was lost: {error}"))
            except Exception as error:
                self._failed(key, error)
            else:
                yield key, result

    def _failed(self, key: str, error: BaseException) -> None:
        """Try a task again later, or note that it failed for good."""
        if isinstance(error, BrokenExecutor):
            self.run.workers.lost()
        tried = self.tries[key] = self.tries.get(key, 0) + 1
        if is_transient(error) and tried <= self.run.retries:
            delay = self.run.delays[min(tried, len(self.run.delays)) - 1]
            self.later.append((self.run.clock() + delay, key))
            self.later.sort()
            self.run.log("retry", key=key, tried=tried, why=_told(error))
            return
        self.failures[key] = error
        self.run.log("failed", key=key, tried=tried, why=_told(error))


def is_transient(error: BaseException) -> bool:
    """Whether the same task may work when it is tried again."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return isinstance(error, TRANSIENT) or bool(names & set(LOST_WORKER))


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
