"""Chains cut where they leave the core of their block: pieces inside, tails outside.

Coordinates are those of the whole tracing volume in trace space (x, y, z in xy voxels). Every cut
lies on a face of the core, half a voxel before its first or behind its last voxel; there both sides
get a segment of unit length that carries their last knot.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg.blocked.plan import Box
from zimg.tracing.chains import BACKWARD, BOTH, FORWARD, Chain, End, knots
from zimg.tracing.segments import LENGTH, POSITION, RADIUS, SCALE, Rows, flipped, point_at

Index = NDArray[np.int64]
Key = tuple[int, int, int]
HEAD, TAIL = 0, 1

OUTSIDE = 1e9
"""Position of faces of a core that are borders of the volume."""
DIP = 3.0
"""A chain that leaves its core by no more than this, in voxels, and comes back is not cut."""


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


def cut_chain(
    chain: Chain, number: tuple[int, int], core: tuple[Rows, Rows], roi: tuple[Rows, Rows]
) -> list[Piece]:
    """Cut a chain at the faces of a core.

    Parameters
    ----------
    chain
        In coordinates of the volume.
    number
        Its block and its index in that block.
    core, roi
        Lowest and highest coordinates x, y, z of the core and of the region, in trace space;
        borders of the volume are far away.

    Returns
    -------
    list of Piece
        From head to tail. A chain that stays inside is one piece and unchanged. Knots beyond the
        region are dropped.
    """
    index, fraction = knots(chain)
    points = point_at(chain.segments[index], fraction)
    inside = _with_dips(points, core)
    open_ends = (unread_at(points[0], roi), unread_at(points[-1], roi))
    if inside.all():
        return [Piece((*number, 0), chain, True, (None, None), open_ends)]
    runs = list(_runs(inside))
    pieces = []
    for run, (first, last) in enumerate(runs):
        read = np.flatnonzero(_within(points[first:last], roi)) + first
        if not inside[first] and not len(read):
            continue
        a, b = (first, last - 1) if inside[first] else (int(read[0]), int(read[-1]))
        ends = (a > 0 and a == first, b < len(points) - 1 and b == last - 1)
        parts, cuts = _run(chain, index, fraction, (a, b), ends, core)
        borders = (
            not ends[0] and unread_at(points[a], roi),
            not ends[1] and unread_at(points[b], roi),
        )
        pieces.append(Piece((*number, run), parts, bool(inside[first]), cuts, borders))
    return pieces


def _run(
    chain: Chain,
    index: Index,
    fraction: Rows,
    span: tuple[int, int],
    ends: tuple[bool, bool],
    core: tuple[Rows, Rows],
) -> tuple[Chain, tuple[Cut | None, Cut | None]]:
    """Extract the segments of a run of knots, closed at the faces where it was cut."""
    first, last = span
    body = between(chain, index[first : last + 1], fraction[first : last + 1])
    parts, cuts = [body], [None, None]
    for side, (cut, knot, beyond) in enumerate(
        [(ends[0], first, first - 1), (ends[1], last, last + 1)]
    ):
        if not cut:
            continue
        stub, face = _stub(chain, index, fraction, (knot, beyond), core, side)
        parts = [stub, *parts] if side == HEAD else [*parts, stub]
        cuts[side] = face  # type: ignore[call-overload]
    found = joined(parts)
    head = End.OPEN if ends[0] else body.head
    tail = End.OPEN if ends[1] else body.tail
    return replace(found, head=head, tail=tail), (cuts[0], cuts[1])


def between(chain: Chain, index: Index, fraction: Rows) -> Chain:
    """Extract consecutive knots of a chain, each carried by its own segment.

    Parameters
    ----------
    chain
        Any chain.
    index, fraction
        Consecutive knots of the chain.
    """
    body = taken(chain, slice(int(index[0]), int(index[-1]) + 1))
    rows, fix, direction = body.segments.copy(), np.full(len(body), np.nan), body.direction.copy()
    fix[index - index[0]] = fraction
    if len(index) > 1 and index[-1] == index[-2] and index[-1] > 0:
        fix[-1] = fraction[-2]  # the other knot of a last segment is its top
    if (index[0], fraction[0]) != (0, 0.0):
        rows[0], fix[0] = _above(rows[0], float(fraction[0])), 0.0
    if (index[-1], fraction[-1]) != (len(chain) - 1, 1.0):
        share = float(fraction[-1]) if len(index) > 1 else 0.0  # the head is cut to the knot above
        rows[-1], fix[-1] = _below(rows[-1], share), 1.0
    carried = ~np.isnan(fix)
    direction[carried & (direction == BOTH)] = FORWARD
    direction[~carried] = BOTH
    return replace(body, segments=rows, fix=fix, direction=direction)


def _above(row: Rows, fraction: float) -> Rows:
    """Cut a segment to the part above a fraction of its axis."""
    out = row.copy()
    out[POSITION] = point_at(row, fraction)
    out[LENGTH] = (row[LENGTH] - 1.0) * (1.0 - fraction) + 1.0
    return out


def _below(row: Rows, fraction: float) -> Rows:
    """Cut a segment to the part below a fraction of its axis."""
    out = row.copy()
    out[LENGTH] = (row[LENGTH] - 1.0) * fraction + 1.0
    return out


def _stub(
    chain: Chain,
    index: Index,
    fraction: Rows,
    pair: tuple[int, int],
    core: tuple[Rows, Rows],
    side: int,
) -> tuple[Chain, Cut]:
    """Create a segment of unit length where the line between two knots crosses a face."""
    rows = chain.segments[index[list(pair)]]
    points = point_at(rows, fraction[list(pair)])
    share, face = _crossing(points[0], points[1], core)
    row = rows[0].copy()
    row[RADIUS] = (1.0 - share) * rows[0, RADIUS] + share * rows[1, RADIUS]
    row[SCALE] = (1.0 - share) * rows[0, SCALE] + share * rows[1, SCALE]
    row[LENGTH] = 1.0
    row[POSITION] = (1.0 - share) * points[0] + share * points[1]
    row[POSITION][face.axis] = face.plane
    one = taken(chain, slice(int(index[pair[0]]), int(index[pair[0]]) + 1))
    return replace(
        one,
        segments=row[None, :],
        direction=np.array([BACKWARD if side == TAIL else FORWARD], chain.direction.dtype),
        fix=np.array([1.0 if side == TAIL else 0.0]),
    ), face


def _crossing(inner: Rows, outer: Rows, core: tuple[Rows, Rows]) -> tuple[float, Cut]:
    """Find where the line between two points crosses a face of the core."""
    found = []
    for axis in range(3):
        for plane in (core[0][axis], core[1][axis]):
            a, b = inner[axis] - plane, outer[axis] - plane
            if (a < 0) != (b < 0):
                share = float(a / (a - b))
                found.append((share, Cut(axis, float(plane))))
    within_first = bool(_within(inner[None, :], core)[0])
    # The first face met when leaving; when entering, the last one, behind which the line is inside.
    return min(found, key=lambda f: f[0]) if within_first else max(found, key=lambda f: f[0])


def _within(points: Rows, box: tuple[Rows, Rows]) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = np.all((points >= box[0]) & (points < box[1]), axis=1)
    return inside


def unread_at(point: Rows, roi: tuple[Rows, Rows], reach: float = 11.0) -> bool:
    """Whether a point lies closer than a segment to a border of the region, or beyond it."""
    return bool(np.any(point < roi[0] + reach) or np.any(point > roi[1] - reach))


def _with_dips(points: Rows, core: tuple[Rows, Rows]) -> NDArray[np.bool_]:
    """Whether points lie in the core, or in a run that leaves it by at most `DIP`.

    Otherwise a fibre along a face would be cut at every knot. Its copy in the block on the other
    side is removed later.
    """
    inside = _within(points, core)
    beyond = np.maximum(core[0] - points, points - core[1]).max(axis=1)
    for first, last in _runs(inside):
        if not inside[first] and beyond[first:last].max() <= DIP:
            inside[first:last] = True
    return inside


def _runs(inside: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield half-open runs of equal flags."""
    changes = np.flatnonzero(inside[1:] != inside[:-1]) + 1
    bounds = [0, *changes.tolist(), len(inside)]
    yield from pairwise(bounds)


def limits(box: Box, shape: Sequence[int], z_to_xy: float) -> tuple[Rows, Rows]:
    """Return the faces of a box, x y z in trace space; borders of the volume are far away."""
    low = [-OUTSIDE if a == 0 else a - 0.5 for a in box.low]
    high = [OUTSIDE if b == n else b - 0.5 for b, n in zip(box.high, shape, strict=True)]
    scale = np.array([1.0, 1.0, z_to_xy])
    return np.array(low[::-1]) * scale, np.array(high[::-1]) * scale
