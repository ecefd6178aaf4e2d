"""Execution of tasks: limited number in flight, retries of temporary failures."""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)
from dataclasses import dataclass, field
from typing import Any

from zimg._errors import ZCancellationException, ZException
from zimg._progress import Cancel, Reporter
from zimg.blocked.executors import Workers

DELAYS = (1.0, 4.0, 16.0)
"""Delays before retries in seconds."""
POLL = 0.2
"""Seconds between two checks of `cancel` while nothing completes."""

IN_COMPANY = 2
"""Losses of its workers, possibly caused by other tasks, after which a task runs alone."""

TRANSIENT = (OSError, TimeoutError, ConnectionError, BrokenExecutor)
LOST_WORKER = ("KilledWorker", "CommClosedError", "FutureCancelledError")
"""Names of errors of distributed that may not recur on another worker."""

Task = tuple[Any, ...]


class BlockedTraceError(ZException):
    """Some tasks failed permanently; `failures` maps their keys to the causes."""

    def __init__(self, failures: Mapping[str, BaseException]) -> None:
        super().__init__(failures)
        self.failures = dict(failures)

    def __str__(self) -> str:
        causes = [f"{key}: {' '.join(str(why).split())}" for key, why in self.failures.items()]
        more = f" and {len(causes) - 3} more" if len(causes) > 3 else ""
        count = len(causes)
        shown = "; ".join(causes[:3])
        return f"{count} task(s) failed, finished tasks are kept: {shown}{more}"


@dataclass
class Run:
    """Execution of the tasks of one session.

    Attributes
    ----------
    workers
        Executor of the tasks.
    retries
        Number of retries of a task after temporary failures.
    fail_fast
        Whether the first permanent failure ends the run.
    cancel
        Polled between completions, and inside tasks of this process.
    report
        Receives the progress.
    log
        Receives retries and failures.
    clock, delays
        Clock and delays of retries; replaced in tests.
    """

    workers: Workers
    retries: int = len(DELAYS)
    fail_fast: bool = False
    cancel: Cancel | None = None
    report: Reporter = field(default_factory=Reporter)
    log: Callable[..., None] = lambda *_, **__: None
    clock: Callable[[], float] = time.monotonic
    delays: tuple[float, ...] = field(default_factory=lambda: DELAYS)

    def results(
        self, function: Callable[..., Any], tasks: Mapping[str, Task]
    ) -> Iterator[tuple[str, Any]]:
        """Yield results in the order of completion.

        Parameters
        ----------
        function
            Top-level function; receives the arguments of a task, and `cancel` in this process.
        tasks
            Arguments by key, in the order of submission.

        Raises
        ------
        BlockedTraceError
            If tasks failed permanently, after all tasks were tried.
        ZCancellationException
            If `cancel` was set.
        """
        yield from _Window(self, function, tasks).results()

    def cancelled(self) -> bool:
        """Whether the caller cancelled the run."""
        return self.cancel is not None and self.cancel.is_set()


@dataclass
class _Window:
    """Tasks of one call of `Run.results`.

    Attributes
    ----------
    run, function, tasks
        As of `Run.results`.
    pending
        Key and executor of every unfinished future.
    tries, losses
        By key: failures of the task, and losses of its workers while other tasks were running.
    failures
        Permanent failures by key.
    later
        Times of retries and their keys.
    """

    run: Run
    function: Callable[..., Any]
    tasks: Mapping[str, Task]
    pending: "dict[Future[Any], tuple[str, Executor]]" = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)
    losses: dict[str, int] = field(default_factory=dict)
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
                if self.failures and self._ends_at_failure():
                    break
        finally:
            for future in self.pending:
                future.cancel()
        if self.failures:
            raise BlockedTraceError(dict(sorted(self.failures.items())))

    def _ends_at_failure(self) -> bool:
        """Whether a failure ends the run: on request, or because the executor is broken."""
        broken = any(isinstance(why, BrokenExecutor) for why in self.failures.values())
        return self.run.fail_fast or (broken and not self.run.workers.owned)

    def _check(self) -> None:
        if self.run.cancelled():
            raise ZCancellationException("cancelled by the caller; the session can be resumed")

    def _wake(self, waiting: list[str]) -> None:
        now = self.run.clock()
        for moment, key in [entry for entry in self.later if entry[0] <= now]:
            self.later.remove((moment, key))
            waiting.append(key)

    def _fill(self, waiting: list[str]) -> None:
        """Submit tasks until the window is full; a task that cannot be submitted fails."""
        workers = self.run.workers
        extra = {"cancel": self.run.cancel} if workers.local else {}
        while waiting and self._has_room(waiting[-1]):
            key = waiting.pop()
            executor = workers.current()
            try:
                future, executor = workers.submit(self.function, self.tasks[key], **extra)
            except BrokenExecutor as error:
                self._lost(key, error, executor)
                return
            except Exception as error:
                self._failed(key, error)
                continue
            self.pending[future] = key, executor
            if workers.window == 1 and future.done():
                return

    def _has_room(self, key: str) -> bool:
        """Whether a task may start next to the running ones."""
        if any(self._alone(other) for other, _ in self.pending.values()):
            return False
        return len(self.pending) < (1 if self._alone(key) else self.run.workers.window)

    def _alone(self, key: str) -> bool:
        """Whether a task runs alone."""
        return self.run.workers.window == 1 or self.losses.get(key, 0) >= IN_COMPANY

    def _completed(self, waiting: list[str]) -> Iterator[tuple[str, Any]]:
        if not self.pending:
            if self.later and not waiting:
                time.sleep(min(POLL, max(0.0, self.later[0][0] - self.run.clock())))
            return
        done, _ = wait(self.pending, timeout=POLL, return_when=FIRST_COMPLETED)
        for future in sorted(done, key=lambda f: self.pending[f][0]):
            key, executor = self.pending.pop(future)
            try:
                result = future.result()
            except ZCancellationException:
                raise
            except BrokenExecutor as error:
                self._lost(key, error, executor)
            except CancelledError as error:
                self._failed(key, ConnectionError(f"the worker was lost: {error}"))
            except Exception as error:
                self._failed(key, error)
            else:
                yield key, result

    def _lost(self, key: str, error: BrokenExecutor, executor: Executor) -> None:
        """Handle the loss of the workers of a task, which is its failure only if it ran alone."""
        self.run.workers.lost(executor)
        if self._alone(key) or not self.run.workers.owned:
            self._failed(key, error)
            return
        self.losses[key] = self.losses.get(key, 0) + 1
        self._again(key, self.losses[key], error)

    def _failed(self, key: str, error: BaseException) -> None:
        """Schedule a task for a retry, or record its permanent failure."""
        tried = self.tries[key] = self.tries.get(key, 0) + 1
        hopeless = isinstance(error, BrokenExecutor) and not self.run.workers.owned
        if is_transient(error) and tried <= self.run.retries and not hopeless:
            self._again(key, tried, error)
            return
        self.failures[key] = error
        self.run.log("failed", key=key, tried=tried, why=_described(error))

    def _again(self, key: str, tried: int, error: BaseException) -> None:
        """Schedule a task after the delay for its number of tries."""
        delay = self.run.delays[min(tried, len(self.run.delays)) - 1]
        self.later.append((self.run.clock() + delay, key))
        self.later.sort()
        self.run.log("retry", key=key, tried=tried, why=_described(error))


def is_transient(error: BaseException) -> bool:
    """Whether a task may succeed when it is tried again."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return isinstance(error, TRANSIENT) or bool(names & set(LOST_WORKER))


def _described(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
