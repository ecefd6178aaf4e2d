"""Cutting of chains where they leave the core of their block: pieces inside, tails outside.

Every cut lies on a face of the core, half a voxel before its first or behind its last voxel; there
both sides get a segment of unit length that carries their last knot.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from zimg.blocked.pieces import HEAD, TAIL, Cut, Index, Piece, joined, taken, unread_at, within
from zimg.tracing.chains import BACKWARD, BOTH, FORWARD, Chain, End, knots
from zimg.tracing.contrast import ContrastChain
from zimg.tracing.segments import LENGTH, POSITION, RADIUS, SCALE, Rows, point_at

DIP = 3.0
"""A chain that leaves its core by no more than this, in voxels, and comes back is not cut."""


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
        read = np.flatnonzero(within(points[first:last], roi)) + first
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
    stubs: list[tuple[int, Chain]] = []
    cuts: list[Cut | None] = [None, None]
    faces: list[float | None] = [None, None]
    for side, (knot, beyond) in enumerate([(first, first - 1), (last, last + 1)]):
        if ends[side]:
            stub, cuts[side], faces[side] = _stub(
                chain, index, fraction, (knot, beyond), core, side
            )
            stubs.append((side, stub))
    knots_here = index[first : last + 1], fraction[first : last + 1]
    body = between(chain, *knots_here, faces=(faces[0], faces[1]))
    heads, tails = ([stub for end, stub in stubs if end == side] for side in (HEAD, TAIL))
    found = joined([*heads, body, *tails])
    head = End.OPEN if ends[0] else body.head
    tail = End.OPEN if ends[1] else body.tail
    return replace(found, head=head, tail=tail), (cuts[0], cuts[1])


def between(
    chain: Chain,
    index: Index,
    fraction: Rows,
    *,
    faces: tuple[float | None, float | None] = (None, None),
) -> Chain:
    """Extract consecutive knots of a chain, each carried by its own segment.

    Parameters
    ----------
    chain
        Any chain.
    index, fraction
        Consecutive knots of the chain.
    faces
        Fractions of the first and the last segment at which a face cuts them; None where the
        segment is cut at its knot.
    """
    body = taken(chain, slice(int(index[0]), int(index[-1]) + 1))
    rows, fix, direction = body.segments.copy(), np.full(len(body), np.nan), body.direction.copy()
    fix[index - index[0]] = fraction
    if len(index) > 1 and index[-1] == index[-2] and index[-1] > 0:
        fix[-1] = fraction[-2]  # the other knot of a last segment is its top
    start, stop = 0.0, 1.0
    if (index[0], fraction[0]) != (0, 0.0):
        start = float(fraction[0]) if faces[0] is None else faces[0]
        rows[0] = _above(rows[0], start)
        fix[0] = (float(fraction[0]) - start) / (1.0 - start) if start < 1.0 else 0.0
    if (index[-1], fraction[-1]) != (len(chain) - 1, 1.0):
        share = float(fraction[-1]) if len(index) > 1 else 0.0  # the head is cut to the knot above
        stop = share if faces[1] is None else faces[1]
        rows[-1] = _below(rows[-1], stop)
        fix[-1] = min(share / stop, 1.0) if stop > 0.0 else 0.0
    carried = ~np.isnan(fix)
    direction[carried & (direction == BOTH)] = FORWARD
    direction[~carried] = BOTH
    found = replace(body, segments=rows, fix=fix, direction=direction)
    return _with_bright(found, chain, (int(index[0]), int(index[-1])), (start, stop))


def _with_bright(
    part: Chain, chain: Chain, span: tuple[int, int], cut: tuple[float, float]
) -> Chain:
    """Shorten the bright part of an end segment that was cut at its inner end.

    Parameters
    ----------
    part, chain
        The extracted part and its chain.
    span
        First and last segment of the part.
    cut
        Fractions at which these segments were cut.
    """
    if not isinstance(part, ContrastChain):
        return part
    bright = part.bright.copy()
    first, last = chain.segments[span[0], LENGTH] - 1.0, chain.segments[span[1], LENGTH] - 1.0
    if span[0] == len(chain) - 1:  # the bright part of a tail begins at the bottom
        bright[0] = max(bright[0] - first * cut[0], 1.0)
    if span[1] == 0:  # that of a head begins at the top
        bright[-1] = max(bright[-1] - last * (1.0 - cut[1]), 1.0)
    return replace(part, bright=bright)


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
) -> tuple[Chain, Cut, float | None]:
    """Create a segment of unit length where the line between two knots crosses a face.

    Also returns the fraction at which the face cuts the segment of the first knot, if this is an
    end segment of the chain.
    """
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
    stub = replace(
        one,
        segments=row[None, :],
        direction=np.array([BACKWARD if side == TAIL else FORWARD], chain.direction.dtype),
        fix=np.array([1.0 if side == TAIL else 0.0]),
    )
    if index[pair[0]] not in (0, len(chain) - 1):
        return stub, face, None
    bottom, axis = point_at(rows[:1], 0.0)[0], point_at(rows[:1], 1.0)[0]
    axis = axis - bottom
    along = float((row[POSITION] - bottom) @ axis) / max(float(axis @ axis), 1e-12)
    return stub, face, min(max(along, 0.0), 1.0)


def _crossing(inner: Rows, outer: Rows, core: tuple[Rows, Rows]) -> tuple[float, Cut]:
    """Find where the line between two points crosses a face of the core."""
    found = []
    for axis in range(3):
        for plane in (core[0][axis], core[1][axis]):
            a, b = inner[axis] - plane, outer[axis] - plane
            if (a < 0) != (b < 0):
                share = float(a / (a - b))
                found.append((share, Cut(axis, float(plane))))
    within_first = bool(within(inner[None, :], core)[0])
    # The first face met when leaving; when entering, the last one, behind which the line is inside.
    return min(found, key=lambda f: f[0]) if within_first else max(found, key=lambda f: f[0])


def _with_dips(points: Rows, core: tuple[Rows, Rows]) -> NDArray[np.bool_]:
    """Whether points lie in the core, or in a run that leaves it by at most `DIP`.

    Otherwise a fibre along a face would be cut at every knot. Its copy in the block on the other
    side is removed later.
    """
    inside = within(points, core)
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
