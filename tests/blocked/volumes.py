"""Small volumes that are cut by blocks, and runs on them."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from zimg.arbour import Arbour
from zimg.blocked import BlockedResult, BlockedTracer
from zimg.swc import ZSwc

CORE, HALO = 64, 32


@lru_cache(maxsize=1)
def fork() -> Arbour:
    """A fibre along x with a branch, across two faces at x = 64 and 128."""
    x = np.arange(12.0, 180.0, 4.0)
    trunk = np.stack([x, 24 + 5 * np.sin(x / 20), 18 + 3 * np.cos(x / 25)], axis=1)
    y = np.arange(4.0, 28.0, 4.0)
    branch = np.stack([trunk[20, 0] + y, trunk[20, 1] + y * 0.9, trunk[20, 2] + y * 0], axis=1)
    xyz = np.concatenate([trunk, branch])
    parent = np.arange(len(xyz)) - 1
    parent[len(trunk)] = 20
    tree = ZSwc.from_arrays(xyz, np.full(len(xyz), 3.0), parent)
    return Arbour((36, 56, 192), tree)


@lru_cache(maxsize=1)
def fork_voxels() -> np.ndarray:
    return fork().volume()


def run(source: Any, session: Path, **options: Any) -> BlockedResult:
    """Run with small blocks."""
    return tracer(source, session, **options).run()


def tracer(source: Any, session: Path, **options: Any) -> BlockedTracer:
    """Create a tracer with small blocks, in reference mode by default."""
    given = {"core": CORE, "halo": HALO, "mode": "reference", **options}
    return BlockedTracer(source, session, **given)


def files_of(session: Path) -> dict[str, bytes]:
    """Read the result and the records of a session, which must not depend on its execution."""
    kept = [session / "result.swc", *session.rglob("*.rec")]
    return {str(path.relative_to(session)): path.read_bytes() for path in kept}


def files_of_records(session: Path) -> dict[str, bytes]:
    """The records of a session."""
    return {str(p.relative_to(session)): p.read_bytes() for p in session.rglob("*.rec")}
