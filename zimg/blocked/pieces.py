"""Pieces of chains inside and outside the cores of blocks, and basic operations on chains.

Coordinates are those of the whole tracing volume in trace space (x, y, z in xy voxels).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg.blocked.plan import Box
from zimg.tracing.chains import Chain
from zimg.tracing.segments import POSITION, Rows, flipped

Index = NDArray[np.int64]
Key = tuple[int, int, int]
HEAD, TAIL = 0, 1

OUTSIDE = 1e9
"""Position of faces of a core that are borders of the volume."""


@dataclass(frozen=True)
class Cut:
    """Crossing of a chain and a face.

    Attributes
    ----------
    axis
        0, 1, 2 for x, y, z.
    plane
        Coordinate of the face along the axis, in trace space.
    """

    axis: int
    plane: float


@dataclass(frozen=True)
class Piece:
    """A run of a chain on one side of the faces of its core.

    Attributes
    ----------
    key
        Block, chain and run, which orders all pieces of a volume.
    chain
        Its segments.
    inside
        Whether it lies in the core of its block; a tail otherwise.
    cuts
        Where it was cut at its head and at its tail, None at an end of the chain.
    open
        Whether the head and the tail ended at a border of the region of the block.
    """

    key: Key
    chain: Chain
    inside: bool
    cuts: tuple[Cut | None, Cut | None]
    open: tuple[bool, bool] = (False, False)


def records(chain: Chain) -> tuple[str, ...]:
    """Return the names of the per-segment arrays of a chain other than its segments."""
    kind: Any = type(chain)
    return _records_of(kind)


@cache
def _records_of(kind: type[Any]) -> tuple[str, ...]:
    named = (field.name for field in fields(kind))
    return tuple(name for name in named if name not in ("segments", "head", "tail"))


def taken(chain: Chain, index: Index | slice) -> Chain:
    """Select segments of a chain with their arrays."""
    parts: dict[str, Any] = {name: getattr(chain, name)[index] for name in records(chain)}
    return replace(chain, segments=chain.segments[index], **parts)


def joined(chains: Sequence[Chain]) -> Chain:
    """Concatenate chains; the ends are those of the first and the last one."""
    parts: dict[str, Any] = {
        name: np.concatenate([getattr(chain, name) for chain in chains])
        for name in records(chains[0])
    }
    rows = np.concatenate([chain.segments for chain in chains])
    return replace(chains[0], segments=rows, tail=chains[-1].tail, **parts)


def reversed_chain(chain: Chain) -> Chain:
    """Reverse a chain."""
    back = taken(chain, slice(None, None, -1))
    return replace(
        back,
        segments=flipped(back.segments),
        direction=(-back.direction).astype(back.direction.dtype),
        fix=1.0 - back.fix,
        head=chain.tail,
        tail=chain.head,
    )


def moved(chain: Chain, origin: Rows) -> Chain:
    """Move a chain from a block that starts at `origin` to coordinates of the volume."""
    rows = chain.segments.copy()
    rows[:, POSITION] += origin
    return replace(chain, segments=rows)


def within(points: Rows, box: tuple[Rows, Rows]) -> NDArray[np.bool_]:
    """Whether points lie in a half-open box."""
    inside: NDArray[np.bool_] = np.all((points >= box[0]) & (points < box[1]), axis=1)
    return inside


def unread_at(point: Rows, roi: tuple[Rows, Rows], reach: float = 11.0) -> bool:
    """Whether a point lies closer than a segment to a border of the region, or beyond it."""
    return bool(np.any(point < roi[0] + reach) or np.any(point > roi[1] - reach))


def limits(box: Box, shape: Sequence[int], z_to_xy: float) -> tuple[Rows, Rows]:
    """Return the faces of a box, x y z in trace space; borders of the volume are far away."""
    low = [-OUTSIDE if a == 0 else a - 0.5 for a in box.low]
    high = [OUTSIDE if b == n else b - 0.5 for b, n in zip(box.high, shape, strict=True)]
    scale = np.array([1.0, 1.0, z_to_xy])
    return np.array(low[::-1]) * scale, np.array(high[::-1]) * scale
