"""Ctrl-C while bodies are shared by processes: what is done stays, and nothing else does."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import tifffile

from zimg import ZSwc

BODIES = 80


def segmentation(path: Path) -> None:
    """Bodies that take a while each, in no order that workers could guess."""
    labels = np.zeros((40, 600, 300), np.uint16)
    for label in range(1, BODIES + 1):
        y, x = divmod(label - 1, 8)
        labels[2:38, 60 * y + 1 : 60 * y + 58, 37 * x + 1 : 37 * x + 36] = label
    tifffile.imwrite(path, labels)


def status_of(process: int | str) -> tuple[str, int]:
    """State and parent of a process; none of a process that is gone."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "gone", -1
    return fields[0], int(fields[1])


def lives(process: int) -> bool:
    return status_of(process)[0] not in ("gone", "Z")


def own_children(process: int) -> list[int]:
    """Processes started by one of ours."""
    every = [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]
    return [each for each in every if status_of(each)[1] == process]


@contextmanager
def heeded() -> Iterator[None]:
    """Let processes started here be interrupted, although a run in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see processes")
def test_an_interrupt_stops_workers_and_leaves_the_bodies_that_are_done(tmp_path: Path) -> None:
    volume, folder = tmp_path / "labels.tif", tmp_path / "bodies"
    segmentation(volume)
    command = [sys.executable, "-m", "zimg", "skeletonize", str(volume), "-o", str(folder)]
    with heeded():
        process = subprocess.Popen(
            [*command, "--label", "all", "--workers", "2", "--quiet"],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "ZIMG_COMPILED": "0"},  # slow enough to be interrupted
        )
    until = time.monotonic() + 120
    while not list(folder.glob("*.swc")) and time.monotonic() < until:
        assert process.poll() is None, "ended before it was interrupted"
        time.sleep(0.02)
    children = own_children(process.pid)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert time.monotonic() - began < 20.0  # the bodies that are left take longer
    assert process.returncode not in (0, None)
    assert "Traceback" not in errors
    written = sorted(folder.iterdir())
    assert 0 < len(written) < BODIES
    assert all(path.suffix == ".swc" and len(ZSwc(path)) > 0 for path in written)
    until = time.monotonic() + 20
    while any(map(lives, children)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(lives, children))
