"""The result does not depend on workers, order or repetition of tasks."""

import queue
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zimg
from tests.blocked import volumes


class Shuffled(Executor):
    """Waits for several tasks, then runs each of them twice, in random order."""

    _max_workers = 3

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.runs, self.orders = 0, list[list[int]]()
        threading.Thread(target=self._work, daemon=True).start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        self._waiting.put((future, fn, args, kwargs))
        return future

    def _work(self) -> None:
        while True:
            batch = [self._waiting.get()]
            time.sleep(0.1)
            while not self._waiting.empty():
                batch.append(self._waiting.get())
            order = self._random.sample(range(len(batch)), len(batch))
            self.orders.append(order)
            for future, fn, args, kwargs in (batch[n] for n in order):
                fn(*args, **kwargs)
                future.set_result(fn(*args, **kwargs))
                self.runs += 2


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_any_number_of_threads_gives_the_same_files(
    threads: int, store: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    volumes.run(store, tmp_path / "s", executor=threads)
    assert volumes.files_of(tmp_path / "s") == expected


def test_two_processes_give_the_same_files(
    store: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    volumes.run(store, tmp_path / "s", executor=2, processes=True)
    assert volumes.files_of(tmp_path / "s") == expected


def test_an_executor_that_is_handed_over_gives_the_same_files_and_stays_open(
    store: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        volumes.run(store, tmp_path / "s", executor=pool)
        assert pool.submit(abs, -1).result() == 1
    assert volumes.files_of(tmp_path / "s") == expected


def test_any_order_of_completion_and_doubled_tasks_give_the_same_files(
    store: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    executor = Shuffled(seed=4)
    volumes.run(store, tmp_path / "s", executor=executor)
    assert volumes.files_of(tmp_path / "s") == expected
    assert executor.runs == 2 * 4  # statistics and three blocks
    assert any(order != sorted(order) for order in executor.orders)


def test_a_dask_cluster_of_processes_gives_the_same_files(
    store: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        volumes.run(store, tmp_path / "client", executor=client)
        executor = client.get_executor(pure=False)
        volumes.run(store, tmp_path / "executor", executor=executor, max_in_flight=2)
    assert volumes.files_of(tmp_path / "client") == expected
    assert volumes.files_of(tmp_path / "executor") == expected


def test_no_more_tasks_are_under_way_than_requested(store: Path, tmp_path: Path) -> None:
    executor = Counting(4)
    with executor:
        volumes.run(store, tmp_path / "s", executor=executor, max_in_flight=2, core=(64, 64, 36))
    assert executor.most == 2


class Counting(ThreadPoolExecutor):
    """Counts unfinished futures."""

    unfinished = most = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        self.unfinished += 1
        self.most = max(self.most, self.unfinished)
        future = super().submit(fn, *args, **kwargs)
        future.add_done_callback(self._done)
        return future

    def _done(self, _: "Future[Any]") -> None:
        self.unfinished -= 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_one_block_gives_the_tree_of_the_whole_volume_node_for_node(
    dtype: str, tmp_path: Path
) -> None:
    voxels = volumes.fork_voxels()
    whole = zimg.trace(voxels, dtype=dtype, mode="reference")
    found = volumes.run(voxels, tmp_path / "s", core=512, dtype=dtype, orphan="reference").tree
    assert len(whole) > 0
    assert np.array_equal(found.xyz, whole.xyz)
    assert np.array_equal(found.radius, whole.radius)
    assert np.array_equal(found.parent, whole.parent)


@pytest.mark.parametrize("executor", ["many", 0, -2])
def test_what_is_no_executor_is_refused(executor: Any, store: Path, tmp_path: Path) -> None:
    with pytest.raises((TypeError, ValueError), match="executor must be"):
        volumes.run(store, tmp_path / "s", executor=executor)


def test_an_executor_that_does_not_report_its_size_needs_max_in_flight(
    store: Path, tmp_path: Path
) -> None:
    class Silent(ThreadPoolExecutor):
        def __init__(self) -> None:
            super().__init__(1)
            del self._max_workers

    with pytest.raises(ValueError, match="max_in_flight is required"):
        volumes.run(store, tmp_path / "s", executor=Silent())


def test_an_array_in_memory_is_not_sent_to_processes(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not sent to other processes"):
        volumes.run(np.zeros((8, 8, 8), np.uint8), tmp_path / "s", executor=2, processes=True)
