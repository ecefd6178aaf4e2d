"""Fibres along a face that the blocks on both sides have traced: the later copy goes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zimg.blocked.pieces import HEAD, TAIL, Piece, between
from zimg.blocked.plan import Plan
from zimg.blocked.samples import SPACING, Line, Samples, line_of
from zimg.tracing.chains import Chain, knots
from zimg.tracing.segments import Rows

NARROWEST_BAND = 4.0
"""Voxels on either side of a face in which copies are looked for; two radii if that is more."""
SMALLEST_COSINE = float(np.cos(np.radians(45.0)))
"""Copies run in the same direction or against it within 45 degrees."""
FEWEST_KNOTS = 2
"""Consecutive knots that make a copy."""

Hook = tuple[int, int, int, Rows]


@dataclass(frozen=True)
class Part:
    """A piece, or what is left of it.

    Attributes
    ----------
    piece
        Index of the piece.
    chain, line
        Its segments and its polyline.
    whole
        Whether its head and its tail are those of the piece.
    """

    piece: int
    chain: Chain
    line: Line
    whole: tuple[bool, bool]


def without_duplicates(
    pieces: Sequence[Piece],
    lines: Sequence[Line],
    bound: set[tuple[int, int]],
    plan: Plan,
    z_to_xy: float,
) -> tuple[list[Part], list[Hook]]:
    """Keep of every piece what no piece of an earlier block has traced near a face.

    Parameters
    ----------
    pieces, lines
        Inside their cores, sorted by key.
    bound
        Piece and end of matched stubs; these ends stay.
    plan, z_to_xy
        Where the faces are.

    Returns
    -------
    list of Part
        Sorted as the pieces.
    list
        Of every end at which something was removed: part, end, the part that has it, and where.
    """
    planes = [np.array(p) for p in plan.planes[::-1]]
    planes[2] = planes[2] * z_to_xy
    accepted, parts, hooks = Samples(), [], []
    first = 0
    while first < len(pieces):
        last = first
        while last < len(pieces) and pieces[last].key[0] == pieces[first].key[0]:
            last += 1
        found = _block(pieces, lines, range(first, last), bound, planes, accepted, parts, hooks)
        near = [n for n in found if _in_band(parts[n].line, planes).any()]
        accepted.add([parts[n].line for n in near], near)
        first = last
    return parts, hooks


def _block(
    pieces: Sequence[Piece],
    lines: Sequence[Line],
    members: range,
    bound: set[tuple[int, int]],
    planes: list[Rows],
    accepted: Samples,
    parts: list[Part],
    hooks: list[Hook],
) -> range:
    """Split the pieces of one block; returns the numbers of the parts."""
    start = len(parts)
    for number in members:
        line = lines[number]
        covered = _in_band(line, planes)
        if covered.any() and accepted.parts:
            covered &= _covered(line, accepted)
        else:
            covered[:] = False
        for end, place in ((HEAD, slice(0, 2)), (TAIL, slice(-2, None))):
            if (number, end) in bound:
                covered[place] = False
        runs = _kept(covered)
        if runs == [(0, len(line.points))]:
            parts.append(Part(number, pieces[number].chain, line, (True, True)))
            continue
        for span in runs:
            _add_part(number, pieces[number].chain, line, span, accepted, parts, hooks)
    return range(start, len(parts))


def _add_part(
    number: int,
    chain: Chain,
    line: Line,
    span: tuple[int, int],
    accepted: Samples,
    parts: list[Part],
    hooks: list[Hook],
) -> None:
    """A run of knots that stays, hooked to what has the knots beyond its ends."""
    first, last = span
    index, fraction = knots(chain)
    part = between(chain, index[first:last], fraction[first:last])
    whole = (first == 0, last == len(line.points))
    parts.append(Part(number, part, line_of(part), whole))
    for end, beyond in ((HEAD, first - 1), (TAIL, last)):
        if whole[end]:
            continue
        found = accepted.near(line.points[beyond][None], line.radius[beyond][None]).nearest(0)
        if found is not None:
            hooks.append((len(parts) - 1, end, *found))


def _in_band(line: Line, planes: list[Rows]) -> NDArray[np.bool_]:
    """Which knots lie near an internal face."""
    width = np.maximum(NARROWEST_BAND, 2.0 * line.radius)
    inside = np.zeros(len(line.points), np.bool_)
    for axis, faces in enumerate(planes):
        if len(faces):
            apart = np.abs(line.points[:, axis, None] - faces).min(axis=1)
            inside |= apart <= width
    return inside


def _covered(line: Line, accepted: Samples) -> NDArray[np.bool_]:
    """Which knots lie beside an accepted sample that runs the same way."""
    near = accepted.near(line.points, line.radius)
    way = line.directions()[near.point]
    along = ((line.points[near.point] - near.position) * near.direction).sum(1)
    parallel = np.abs((way * near.direction).sum(1)) > SMALLEST_COSINE
    covered = np.zeros(len(line.points), np.bool_)
    covered[near.point[parallel & (np.abs(along) <= SPACING)]] = True
    return covered


def _kept(covered: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Runs of knots that stay: those without `FEWEST_KNOTS` covered ones in a row."""
    changes = np.flatnonzero(covered[1:] != covered[:-1]) + 1
    bounds = [0, *changes.tolist(), len(covered)]
    gone = covered.copy()
    for first, last in zip(bounds[:-1], bounds[1:], strict=True):
        if covered[first] and last - first < FEWEST_KNOTS:
            gone[first:last] = False
    changes = np.flatnonzero(gone[1:] != gone[:-1]) + 1
    bounds = [0, *changes.tolist(), len(gone)]
    runs = zip(bounds[:-1], bounds[1:], strict=True)
    # A single knot between two copies is no piece, unless it is all there is.
    return [(a, b) for a, b in runs if not gone[a] and (b - a > 1 or len(gone) == 1)]
