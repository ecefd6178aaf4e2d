"""Unreadable and slow sources, dying workers, cancellation."""

import json
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.blocked import volumes
from tests.blocked.flaky import FlakyVolume
from zimg import ZCancellationException
from zimg.blocked import BlockedTracer, tasks
from zimg.blocked.source import UnreadableChunkError
from zimg.blocked.tasks import BlockedTraceError, is_transient

ROOT = Path(__file__).resolve().parents[2]
MIDDLE = (18, 28, 96)


@pytest.fixture
def flaky(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], FlakyVolume]:
    """Create a volume that fails in the middle block as described, without delays."""
    monkeypatch.setattr(tasks, "DELAYS", (0.0, 0.0, 0.0))
    monkeypatch.syspath_prepend(ROOT)  # worker processes import the class of the volume
    np.save(tmp_path / "voxels.npy", volumes.fork_voxels())

    def made(words: str) -> FlakyVolume:
        (tmp_path / "fails.txt").write_text(words)
        return FlakyVolume(str(tmp_path / "voxels.npy"), str(tmp_path / "fails.txt"), MIDDLE)

    return made


def tracer(volume: FlakyVolume, session: Path, **options: Any) -> BlockedTracer:
    return volumes.tracer(volume, session, **options)


def log_of(session: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (session / "log.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    session = tmp_path_factory.mktemp("clean") / "s"
    volumes.run(volumes.fork_voxels(), session)
    return (session / "result.swc").read_bytes()


def test_a_read_that_fails_twice_and_then_works_is_tried_again(
    flaky: Callable[[str], FlakyVolume], tmp_path: Path, clean: bytes
) -> None:
    found = tracer(flaky("os os"), tmp_path / "s").run()
    assert found.path.read_bytes() == clean
    retries = [line for line in log_of(tmp_path / "s") if line["event"] == "retry"]
    assert len(retries) == 2
    assert all("Input/output error" in line["why"] for line in retries)


@pytest.mark.parametrize("executor", [None, 2])
def test_a_read_that_always_fails_names_the_block_and_leaves_the_others_done(
    executor: Any, flaky: Callable[[str], FlakyVolume], tmp_path: Path, clean: bytes
) -> None:
    session, volume = tmp_path / "s", flaky("always bad")
    with pytest.raises(BlockedTraceError, match="chunk c/0/1 is damaged") as caught:
        tracer(volume, session, executor=executor).run()
    assert set(caught.value.failures) == {"000000", "000001", "000002"} - {
        path.stem for path in (session / "blocks").glob("*.rec")
    }
    error = caught.value.failures["000001"]
    assert isinstance(error, UnreadableChunkError)
    assert str(error).startswith("cannot read x 32:160, y 0:56, z 0:36 of the flaky volume")
    assert "000001" in json.loads((session / "errors.json").read_text())
    Path(volume.fails).write_text("")
    found = tracer(volume, session).run()
    assert found.path.read_bytes() == clean
    assert not (session / "errors.json").exists()


def test_a_lasting_error_of_the_disk_ends_after_the_retries(
    flaky: Callable[[str], FlakyVolume], tmp_path: Path
) -> None:
    with pytest.raises(BlockedTraceError, match="Input/output error"):
        tracer(flaky("always os"), tmp_path / "s").run()
    tries = [line for line in log_of(tmp_path / "s") if line["event"] == "retry"]
    assert {line["tried"] for line in tries} == {1, 2, 3}


def test_a_short_read_is_an_error_and_never_zeros(
    flaky: Callable[[str], FlakyVolume], tmp_path: Path
) -> None:
    with pytest.raises(BlockedTraceError, match=r"got \(35, 56, \d+\) voxels .* in place of"):
        tracer(flaky("always short"), tmp_path / "s").run()


def test_unreadable_blocks_are_skipped_only_on_request_and_listed(
    flaky: Callable[[str], FlakyVolume], tmp_path: Path
) -> None:
    found = tracer(flaky("always bad"), tmp_path / "s", on_unreadable="skip").run()
    assert 1 in found.summary["skipped"]
    assert b"could not be read" in found.path.read_bytes().splitlines()[0]


def test_fail_fast_ends_with_the_first_failure(
    flaky: Callable[[str], FlakyVolume], tmp_path: Path
) -> None:
    with pytest.raises(BlockedTraceError) as caught:
        tracer(flaky("always bad"), tmp_path / "s", fail_fast=True).run()
    assert len(caught.value.failures) == 1


def test_a_worker_that_dies_is_replaced(
    flaky: Callable[[str], FlakyVolume], tmp_path: Path, clean: bytes
) -> None:
    found = tracer(flaky("die"), tmp_path / "s", executor=2, processes=True).run()
    assert found.path.read_bytes() == clean
    assert any(line["event"] == "retry" for line in log_of(tmp_path / "s"))


def test_a_task_that_kills_every_worker_fails_alone(
    flaky: Callable[[str], FlakyVolume], tmp_path: Path, clean: bytes
) -> None:
    volume, session = flaky("always die"), tmp_path / "s"
    with pytest.raises(BlockedTraceError, match="terminated abruptly") as caught:
        tracer(volume, session, executor=2, processes=True, retries=0).run()
    assert set(caught.value.failures) == {"000001", "000002"}  # both read the voxel
    assert {path.stem for path in (session / "blocks").glob("*.rec")} == {"000000"}
    Path(volume.fails).write_text("")
    assert tracer(volume, session).run().path.read_bytes() == clean


def test_a_volume_that_workers_cannot_import_is_named_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("only_here")
    module.Own = type("Own", (FlakyVolume,), {"__module__": "only_here"})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "only_here", module)
    np.save(tmp_path / "voxels.npy", volumes.fork_voxels())
    (tmp_path / "fails.txt").write_text("")
    volume = module.Own(str(tmp_path / "voxels.npy"), str(tmp_path / "fails.txt"), MIDDLE)
    with pytest.raises(BlockedTraceError, match="cannot rebuild its task: No module named"):
        tracer(volume, tmp_path / "s", executor=1, processes=True).run()
    assert {line["event"] for line in log_of(tmp_path / "s")} == {"failed"}


def test_a_pool_that_is_handed_over_and_broken_is_given_up_at_once(
    flaky: Callable[[str], FlakyVolume], tmp_path: Path
) -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        with pytest.raises(BlockedTraceError, match="terminated abruptly") as caught:
            tracer(flaky("die"), tmp_path / "s", executor=pool).run()
        assert len(caught.value.failures) == 1
    assert not [line for line in log_of(tmp_path / "s") if line["event"] == "retry"]


def test_what_is_transient() -> None:
    class KilledWorker(Exception):  # noqa: N818 (the name that distributed gives it)
        pass

    assert is_transient(TimeoutError())
    assert is_transient(ConnectionResetError())
    assert is_transient(KilledWorker())
    assert not is_transient(ValueError())
    assert not is_transient(UnreadableChunkError("a", (0, 0, 0), (1, 1, 1), "b"))


@pytest.mark.parametrize("executor", [None, 2])
def test_a_cancelled_run_stops_and_is_resumed(
    executor: Any, store: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    stop, reported = threading.Event(), []

    def progress(stage: str, done: int, total: int | None) -> None:
        reported.append((stage, done, total))
        if stage == "blocks" and done == 1:
            stop.set()

    with pytest.raises(ZCancellationException):
        volumes.run(store, tmp_path / "s", executor=executor, progress=progress, cancel=stop)
    count = len(reported)
    assert ("blocks", 3, 3) not in reported
    volumes.run(store, tmp_path / "s")
    assert len(reported) == count
    assert volumes.files_of(tmp_path / "s") == expected


def test_progress_rises_from_zero_to_the_total_of_every_stage(store: Path, tmp_path: Path) -> None:
    reported: list[tuple[str, int, int | None]] = []
    thread = []

    def progress(stage: str, done: int, total: int | None) -> None:
        reported.append((stage, done, total))
        thread.append(threading.current_thread())

    volumes.run(store, tmp_path / "s", executor=2, progress=progress)
    assert {t is threading.main_thread() for t in thread} == {True}
    for stage in {entry[0] for entry in reported}:
        steps = [entry[1] for entry in reported if entry[0] == stage]
        assert steps == sorted(steps)
        assert steps[0] == 0
        totals = {entry[2] for entry in reported if entry[0] == stage}
        assert len(totals) == 1
        total = totals.pop()
        assert total is None or steps[-1] == total
    assert {"statistics", "blocks", "stitch", "build tree"} <= {entry[0] for entry in reported}
