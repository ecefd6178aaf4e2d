"""Executors of tasks: this thread, own pools of threads or processes, or one of the caller."""

import multiprocessing
import pickle
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from zimg._errors import ZException

THREAD_PREFIX = "zimg-block"


class UnknownTaskError(ZException):
    """A worker process cannot unpickle its task, for example because a class is not importable."""


class Inline(Executor):
    """Executor that runs every task in the calling thread."""

    _max_workers = 1

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Run the task; the future is done on return."""
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
    """Executor of tasks and its properties.

    Attributes
    ----------
    make
        Creates the executor; called again after its processes were lost.
    window
        Largest number of unfinished tasks.
    local
        Whether tasks run in this process and can be cancelled while they run.
    owned
        Whether the executor is created and closed here.
    packed
        Whether tasks are sent as bytes and unpickled inside the task. A process pool unpickles
        outside the task, where an error ends the worker and breaks the pool.
    """

    make: Callable[[], Executor]
    window: int
    local: bool
    owned: bool
    executor: Executor | None = None
    packed: bool = False

    def current(self) -> Executor:
        """Return the executor, creating it if needed."""
        if self.executor is None:
            self.executor = self.make()
        return self.executor

    def submit(
        self, function: Callable[..., Any], arguments: tuple[Any, ...], **extra: Any
    ) -> "tuple[Future[Any], Executor]":
        """Submit a task; return its future and the executor that runs it."""
        executor = self.current()
        if self.packed:
            task = pickle.dumps((function, arguments, extra))
            return executor.submit(run_packed, task), executor
        return executor.submit(function, *arguments, **extra), executor

    def lost(self, executor: Executor) -> None:
        """Discard a broken executor, if it is owned and not replaced already."""
        if self.owned and executor is self.executor:
            executor.shutdown(wait=False, cancel_futures=True)
            self.executor = None

    @contextmanager
    def running(self) -> Iterator["Workers"]:
        """Close the executor at the end if it is owned; running tasks finish first."""
        try:
            yield self
        finally:
            if self.owned and self.executor is not None:
                self.executor.shutdown(wait=True, cancel_futures=True)
                self.executor = None


def run_packed(task: bytes) -> Any:
    """Run a pickled function with its arguments; errors in unpickling belong to the task."""
    try:
        function, arguments, extra = pickle.loads(task)
    except Exception as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise UnknownTaskError(
            f"the worker process cannot rebuild its task: {why}; classes and functions of the "
            "caller must be importable there"
        ) from None
    return function(*arguments, **extra)


def workers_of(
    executor: Any, *, processes: bool = False, max_in_flight: int | None = None
) -> Workers:
    """Create the workers described by arguments of the tracer.

    Parameters
    ----------
    executor
        None for this thread, a number of threads or processes, an executor with the interface of
        `concurrent.futures`, or a Dask client.
    processes
        Whether a number means processes.
    max_in_flight
        Largest number of unfinished tasks; None for the number of workers.

    Raises
    ------
    TypeError, ValueError
        For any other value.
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
            "executor must be None, a number of workers, an executor of concurrent.futures or a "
            f"Dask client, got {executor!r}"
        )
    found = max_in_flight or getattr(executor, "_max_workers", None)
    if found is None:
        raise ValueError(
            f"max_in_flight is required: {type(executor).__name__} does not report its number of "
            "workers (for Dask: sum(client.ncores().values()), or pass the client itself)"
        )
    return Workers(
        lambda: executor,
        int(found),
        local=isinstance(executor, ThreadPoolExecutor | Inline),
        owned=False,
        executor=executor,
        packed=isinstance(executor, ProcessPoolExecutor),
    )


def _pool(count: int, processes: bool, max_in_flight: int | None) -> Workers:
    if count < 1:
        raise ValueError(f"executor must be 1 worker or more, got {count}")
    window = max_in_flight or count

    def threads() -> Executor:
        return ThreadPoolExecutor(count, thread_name_prefix=THREAD_PREFIX)

    def pool() -> Executor:
        context = multiprocessing.get_context("spawn")
        begun = context.Value("i", 0)
        return ProcessPoolExecutor(
            count, mp_context=context, initializer=_take_number, initargs=(begun,)
        )

    make = pool if processes else threads
    return Workers(make, window, local=not processes, owned=True, packed=processes)


_own: dict[str, int] = {}
"""The number of this process if it is a worker of an own pool."""


def _take_number(begun: Any) -> None:
    """Number the processes of a pool from 0, regardless of earlier processes."""
    with begun.get_lock():
        _own["number"] = begun.value
        begun.value += 1


def worker_number() -> int:
    """Return the number of the current worker, from 0, by which devices are assigned.

    Threads and processes of own pools are numbered in their pool. With an executor of the caller,
    the number is the name of a Dask worker, or the number of a process among its siblings.
    """
    name = threading.current_thread().name
    if name.startswith(THREAD_PREFIX):
        return int(name.rpartition("_")[2])
    if "number" in _own:
        return _own["number"]
    dask = _dask_worker()
    if dask is not None:
        return dask
    identity = multiprocessing.current_process()._identity
    return int(identity[-1]) - 1 if identity else 0


def _dask_worker() -> int | None:
    """Return the number that is the name of the current Dask worker; None otherwise."""
    distributed = sys.modules.get("distributed")
    if distributed is None:
        return None
    try:
        return int(distributed.get_worker().name)
    except (ValueError, TypeError):  # not a worker, or its name is not a number
        return None
