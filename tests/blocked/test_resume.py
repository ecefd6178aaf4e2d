"""Kills at any moment, damaged records, sessions of other runs."""

import dataclasses
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.blocked import volumes
from zimg import ZException
from zimg.blocked import records
from zimg.blocked.session import (
    SessionLockedError,
    SessionMismatchError,
    SessionVersionError,
    compare_manifests,
    flat,
    locked,
)
from zimg.blocked.tasks import BlockedTraceError

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import sys
from tests.blocked import volumes
volumes.run(sys.argv[1], sys.argv[2])
"""


class KilledError(BaseException):
    """Exception in place of a kill, which the library does not handle."""


def started(store: Path, session: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", SCRIPT, str(store), str(session)], cwd=ROOT)


KILLS = int(os.environ.get("ZIMG_KILLS", "3"))
"""Kills of one session; more are asked for by the variable."""


def test_a_run_killed_again_and_again_is_resumed_to_the_same_files(
    store: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    session, moments = tmp_path / "s", random.Random(1)
    for kill in range(KILLS):
        process = started(store, session)
        (session / "lock").unlink(missing_ok=True)
        while not (session / "lock").exists() and process.poll() is None:
            time.sleep(0.01)
        # Later kills come later, so that some hit every stage of what is left.
        time.sleep(moments.uniform(0.0, 0.4 + 1.6 * kill / KILLS))
        process.send_signal(signal.SIGKILL)
        process.wait()
    volumes.run(store, session)
    assert volumes.files_of(session) == expected
    assert not list(session.rglob("*.tmp-*"))


STEPS: dict[str, tuple[Any, str]] = {
    "before the sync": (os, "fsync"),
    "before the name": (Path, "replace"),
    "after the name": (records, "flush_folder"),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_every_write_is_resumed_to_the_same_files(
    step: str,
    store: Path,
    expected: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owner, name = STEPS[step]
    session, kills = tmp_path / "s", 0
    while True:
        countdown = _dies_at_call(getattr(owner, name), kills + 1)
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, countdown)
            try:
                volumes.run(store, session)
                break
            except KilledError:
                kills += 1
    assert kills >= 3
    assert volumes.files_of(session) == expected


def _dies_at_call(function: Callable[..., Any], number: int) -> Callable[..., Any]:
    """`function`, which kills the run at its call of this number, before it does anything."""
    left = [number]

    def call(*args: Any, **kwargs: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            raise KilledError
        return function(*args, **kwargs)

    return call


def _truncate(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _flip_payload(data: bytes) -> bytes:
    return data[:-5] + bytes([data[-5] ^ 1]) + data[-4:]


def _flip_header(data: bytes) -> bytes:
    place = data.index(b'"values"') + 12
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


@pytest.mark.parametrize("record", ["blocks/000001.rec", "stats.rec", "statistics/whole.rec"])
@pytest.mark.parametrize("damage", [_truncate, _flip_payload, _flip_header, lambda _: b"", None])
def test_a_damaged_record_is_kept_aside_and_computed_again(
    record: str,
    damage: Callable[[bytes], bytes] | None,
    store: Path,
    expected: dict[str, bytes],
    tmp_path: Path,
) -> None:
    session = tmp_path / "s"
    for name, content in expected.items():
        (session / name).parent.mkdir(parents=True, exist_ok=True)
        (session / name).write_bytes(content)
    manifest = volumes.tracer(store, session).manifest()
    (session / "manifest.json").write_text(json.dumps(manifest))
    if record == "statistics/whole.rec":
        (session / "stats.rec").unlink()
    if damage is None:
        (session / record).unlink()
    else:
        (session / record).write_bytes(damage((session / record).read_bytes()))
    volumes.run(store, session)
    assert volumes.files_of(session) == expected
    assert len(list(session.rglob("*.bad-1"))) == (damage is not None)


@pytest.mark.parametrize("damage", [_truncate, lambda data: bytes(len(data))])
def test_a_damaged_chunk_of_a_store_is_named_and_the_rest_is_done(
    damage: Callable[[bytes], bytes], store: Path, tmp_path: Path
) -> None:
    path, session = tmp_path / "a.ome.zarr", tmp_path / "s"
    shutil.copytree(store, path)
    fixed = {"threshold_mode": "fixed", "background": 12, "threshold": 45}
    clean = volumes.run(path, tmp_path / "clean", **fixed).path.read_bytes()
    chunk = min((path / "0").rglob("5"))  # x from 160 to 192: the last block alone
    whole = chunk.read_bytes()
    chunk.write_bytes(damage(whole))
    with pytest.raises(BlockedTraceError, match=r"000002: cannot read x 96:192.*chunk '0/[^']*5'"):
        volumes.run(path, session, **fixed)
    assert sorted(p.stem for p in (session / "blocks").glob("*.rec")) == ["000000", "000001"]
    chunk.write_bytes(whole)
    assert volumes.run(path, session, **fixed).path.read_bytes() == clean


CHANGES: dict[str, dict[str, Any]] = {
    "plan.core": {"core": 80},
    "plan.halo": {"halo": 33, "core": 66},
    "config.minAutoScore": {"overrides": {"minAutoScore": 0.31}},
    "z_to_xy": {"z_to_xy": 1.01},
    "resample": {"resample": False},
    "orphan": {"orphan": 3.0},
    "threshold_mode": {"threshold_mode": "auto"},
    "dtype": {"dtype": "float64"},
    "max_rounds": {"max_rounds": 3},
    "on_unreadable": {"on_unreadable": "skip"},
    "dataset_id": {"dataset_id": "mine"},
}
NOT_COMPARED = {"library", "blocks", "source.files"}


def test_every_field_of_a_manifest_is_compared_and_named(store: Path, tmp_path: Path) -> None:
    manifest = json.loads(json.dumps(volumes.tracer(store, tmp_path / "s").manifest()))
    leaves = dict(flat(manifest))
    assert len(leaves) > 40
    assert leaves.keys() >= NOT_COMPARED
    for name in leaves:
        other = json.loads(json.dumps(manifest))
        *above, last = name.split(".")
        place = other
        for key in above:
            place = place[key]
        place[last] = -7  # what no field has
        if name in NOT_COMPARED:
            compare_manifests(tmp_path, manifest, other)
            continue
        with pytest.raises(SessionMismatchError, match=re.escape(name)) as caught:
            compare_manifests(tmp_path, manifest, other)
        assert caught.value.fields == {name: (leaves[name], -7)}


@pytest.mark.parametrize("field", CHANGES)
def test_a_session_of_other_options_is_refused_by_the_name_of_the_option(
    field: str, store: Path, tmp_path: Path
) -> None:
    session = tmp_path / "s"
    first = volumes.tracer(store, session, z_to_xy=1.0)
    session.mkdir()
    (session / "manifest.json").write_text(json.dumps(first.manifest()))
    with pytest.raises(SessionMismatchError) as caught:
        volumes.run(store, session, **{"z_to_xy": 1.0, **CHANGES[field]})
    wanted = {"plan.core", "plan.halo"} if field == "plan.halo" else {field}
    if field == "z_to_xy":
        assert wanted <= set(caught.value.fields)
    else:
        assert set(caught.value.fields) == wanted
    assert field in str(caught.value)


def test_a_session_of_a_volume_that_has_changed_is_refused(
    expected: dict[str, bytes], tmp_path: Path
) -> None:
    del expected
    path, session = tmp_path / "a.ome.zarr", tmp_path / "s"
    small = dataclasses.replace(volumes.fork(), shape=(36, 56, 100))
    small.write(path)
    manifest = volumes.tracer(path, session).manifest()
    session.mkdir()
    (session / "manifest.json").write_text(json.dumps(manifest))
    dataclasses.replace(small, shape=(36, 56, 101)).write(path)
    with pytest.raises(SessionMismatchError, match=r"fingerprint\.shape: the session has"):
        volumes.run(path, session)


def test_a_moved_source_is_the_same_session(
    store: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    session, moved = tmp_path / "s", tmp_path / "moved.ome.zarr"
    volumes.run(store, session)
    moved.symlink_to(store)
    volumes.run(moved, session)
    assert volumes.files_of(session) == expected


def test_an_array_with_other_voxels_is_another_source(tmp_path: Path) -> None:
    voxels = np.zeros((40, 40, 40), np.uint8)
    volumes.run(voxels, tmp_path / "s")
    voxels[3, 3, 3] = 1
    with pytest.raises(SessionMismatchError, match=r"fingerprint\.sha256"):
        volumes.run(voxels, tmp_path / "s")


def test_a_second_run_of_a_session_in_use_fails_at_once(store: Path, tmp_path: Path) -> None:
    session = tmp_path / "s"
    session.mkdir()
    began = time.perf_counter()
    with (
        locked(session / "lock"),
        pytest.raises(SessionLockedError, match=f"is in use by process {os.getpid()}"),
    ):
        volumes.run(store, session)
    assert time.perf_counter() - began < 5


def test_a_session_of_a_newer_version_is_refused(store: Path, tmp_path: Path) -> None:
    session = tmp_path / "s"
    session.mkdir()
    manifest = volumes.tracer(store, session).manifest() | {"schema": 99}
    (session / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(SessionVersionError, match="schema 99"):
        volumes.run(store, session)


def test_a_session_of_the_reference_is_refused_by_name(store: Path, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"format_version": 2, "dataset_id": "x"}))
    with pytest.raises(ZException, match="session of neuTube's C\\+\\+ library"):
        volumes.run(store, tmp_path)


def test_a_folder_of_something_else_is_not_taken_for_a_session(store: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ZException, match=r"is not a session and not empty.*thesis\.txt"):
        volumes.run(store, tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_a_full_disk_is_named_and_the_session_resumed(
    store: Path, expected: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        path.write_bytes(data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    session = tmp_path / "s"
    with monkeypatch.context() as patched:
        real = records.write_through
        patched.setattr(
            records,
            "write_through",
            lambda path, data: full(path, data) if "000001" in path.name else real(path, data),
        )
        with pytest.raises(ZException, match=r"000001\.rec: the disk is full"):
            volumes.run(store, session)
    assert not list(session.rglob("*.tmp-*"))
    volumes.run(store, session)
    assert volumes.files_of(session) == expected


def test_a_result_that_differs_from_its_record_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.rec"
    one = records.encoded(records.Record({"a": np.arange(3)}), "blocks", "a", "m")
    other = records.encoded(records.Record({"a": np.arange(4)}), "blocks", "a", "m")
    records.store(path, one)
    records.store(path, one)
    with pytest.raises(records.NonDeterminismError, match=r"a\.rec was computed twice"):
        records.store(path, other)
    assert path.read_bytes() == one


def test_a_finished_session_is_only_written_again(
    store: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    session, seen = tmp_path / "s", []
    volumes.run(store, session)
    before = {p: p.stat().st_mtime_ns for p in session.rglob("*.rec")}
    volumes.run(store, session, progress=lambda *reported: seen.append(reported))
    assert {p: p.stat().st_mtime_ns for p in session.rglob("*.rec")} == before
    assert volumes.files_of(session) == expected
    assert ("blocks", 3, 3) in seen
