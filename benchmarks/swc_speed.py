"""Seconds that a forest of many nodes takes: load, save, check and edits, one line each."""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from zimg import ZSwc
from zimg.swc.check import check_file

Result = TypeVar("Result")
TWIG = 10


def arbour(count: int) -> ZSwc:
    """Twigs of ten steps of length 1, each from a random node of those before."""
    choose = np.random.default_rng(0)
    steps = choose.normal(size=(count, 3))
    steps /= np.linalg.norm(steps, axis=1)[:, None]
    parent = np.arange(count) - 1
    for start in range(TWIG, count, TWIG):
        parent[start] = choose.integers(start)
    xyz = np.zeros((count, 3))
    for start in range(0, count, TWIG):
        twig = slice(start, start + TWIG)
        xyz[twig] = xyz[parent[start]] + steps[twig].cumsum(axis=0)
    return ZSwc.from_arrays(xyz.round(3), choose.random(count).round(3), parent)


def timed(name: str, action: Callable[[], Result]) -> Result:
    """What `action` gives; says how long it took, and for how long a core was busy."""
    begin, busy = time.perf_counter(), time.process_time()
    result = action()
    wall, busy = time.perf_counter() - begin, time.process_time() - busy
    sys.stdout.write(f"{name:12} {wall:6.2f} s, busy {busy:6.2f} s\n")
    sys.stdout.flush()
    return result


def main(count: int = 2_000_000) -> None:
    """Time everything that must be linear in the number of nodes."""
    made = arbour(count)
    tree = timed(
        "from_arrays", lambda: ZSwc.from_arrays(made.xyz, made.radius, made.parent, id=made.id)
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tree.swc"
        timed("save", lambda: tree.save(path))
        sys.stdout.write(f"{'file':12} {path.stat().st_size / 1e6:6.1f} MB\n")
        loaded = timed("load", lambda: ZSwc(path))
        timed("check", lambda: check_file(path))
    if loaded != tree:
        raise SystemExit("the tree that was loaded is not the one that was saved")
    timed("rerooted", lambda: tree.rerooted(count // 2))
    timed("pruned", lambda: tree.pruned(5.0))
    timed("resampled", lambda: tree.resampled(2.0))
    timed("translated", lambda: tree.translated((1, 2, 3)))
    timed("to_um", lambda: tree.to_um((0.2, 0.2, 1)))
    timed("subtree", lambda: tree.subtree(count // 2))
    both = timed("concatenate", lambda: ZSwc.concatenate([tree, tree]))
    timed("trees", both.trees)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
