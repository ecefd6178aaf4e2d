"""Removal of duplicates: fibres along a face that the blocks on both sides have traced."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from zimg.blocked.cutting import between
from zimg.blocked.lines import Edges, Line, directions_of, lengths_of, line_of
from zimg.blocked.pieces import HEAD, TAIL, Piece
from zimg.blocked.plan import Plan
from zimg.tracing.chains import Chain, knots
from zimg.tracing.segments import Rows

NARROWEST_BAND = 4.0
"""Smallest half width, in voxels, of the band around a face that is searched for copies; the
half width is two radii if that is more."""
SMALLEST_COSINE = float(np.cos(np.radians(45.0)))
"""Copies are parallel or antiparallel within 45 degrees."""
FEWEST_KNOTS = 2
"""Smallest number of consecutive knots of a copy."""
OVERHANG = 1.0
"""Voxels by which a knot may lie beyond the end of the nearby edge."""
BATCH = 4096
"""Knots searched together."""

Index = NDArray[np.int64]
Hook = tuple[int, int, int, Rows]


@dataclass(frozen=True)
class Part:
    """A piece, or a part that remains of it.

    Attributes
    ----------
    piece
        Index of the piece.
    chain, line
        Segments and polyline.
    whole
        Whether head and tail are those of the piece.
    """

    piece: int
    chain: Chain
    line: Line
    whole: tuple[bool, bool]


def without_duplicates(
    copies: "Copies", bound: set[tuple[int, int]]
) -> tuple[list[Part], list[Hook]]:
    """Keep the part of every piece that no longer piece of another block has traced.

    Parameters
    ----------
    copies
        Copies among the pieces inside their cores, sorted by key.
    bound
        Piece and end of matched stubs; these ends are kept.

    Returns
    -------
    list of Part
        Parts in the order of the pieces.
    list
        For every end created by a removal: part, end, part that covers it, position.
    """
    gone = copies.removed(bound)
    parts, spans = [], []
    for number, (piece, line) in enumerate(zip(copies.pieces, copies.lines, strict=True)):
        runs = _kept_runs(gone.get(number), len(line.points))
        for span in runs:
            parts.append(_part(number, piece.chain, line, span))
            spans.append((number, *span))
    return parts, _hooks(parts, spans, copies)


def without_copies(copies: "Copies") -> "Copies":
    """Drop the pieces that are complete copies of longer ones, up to one knot at each end.

    They are dropped before stubs are matched, so that no stub is matched to a copy.
    """
    gone = copies.removed(set())
    kept = [n for n in range(len(copies.pieces)) if n not in gone or not _is_copy(gone[n])]
    return copies if len(kept) == len(copies.pieces) else copies.chosen(kept)


def _is_copy(gone: NDArray[np.bool_]) -> bool:
    """Whether all knots are removed, except possibly one at each end of a longer piece."""
    return bool(gone.all() if len(gone) <= 2 else gone[1:-1].all())


def _part(number: int, chain: Chain, line: Line, span: tuple[int, int]) -> Part:
    first, last = span
    whole = (first == 0, last == len(line.points))
    if all(whole):
        return Part(number, chain, line, whole)
    index, fraction = knots(chain)
    part = between(chain, index[first:last], fraction[first:last])
    return Part(number, part, line_of(part), whole)


def _hooks(parts: list[Part], spans: list[tuple[int, int, int]], copies: "Copies") -> list[Hook]:
    """Find where the ends created by a removal continue in the copy that was kept."""
    at: dict[int, list[tuple[int, int, int]]] = {}
    for place, (number, first, last) in enumerate(spans):
        at.setdefault(number, []).append((first, last, place))
    hooks = []
    for place, (number, first, last) in enumerate(spans):
        for end, beyond in ((HEAD, first - 1), (TAIL, last)):
            if parts[place].whole[end]:
                continue
            for other, knot, position in copies.near(number, beyond):
                found = [p for a, b, p in at.get(other, ()) if a <= knot < b]
                if found:
                    hooks.append((place, end, found[0], position))
                    break
    return hooks


@dataclass
class Copies:
    """Knots of pieces that lie close to edges of pieces of other blocks.

    Attributes
    ----------
    pieces, lines
        Pieces inside their cores, sorted by key, and their polylines.
    pairs
        By piece: knot, other piece, preceding knot there, position; nearest first.
    """

    pieces: Sequence[Piece]
    lines: Sequence[Line]
    pairs: dict[int, list[tuple[int, int, int, Rows]]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, pieces: Sequence[Piece], lines: Sequence[Line], plan: Plan, z_to_xy: float
    ) -> "Copies":
        """Find the copies among pieces near the internal faces of a plan."""
        copies = cls(pieces, lines)
        if not pieces:
            return copies
        points = np.concatenate([line.points for line in lines])
        radius = np.concatenate([line.radius for line in lines])
        counts = np.array([len(line.points) for line in lines])
        band = _in_band(points, radius, plan, z_to_xy)
        starts = np.cumsum(counts) - counts
        members = np.flatnonzero(np.logical_or.reduceat(band, starts))
        blocks = np.array([piece.key[0] for piece in pieces])
        if len(set(blocks[members].tolist())) < 2:
            return copies
        edges = Edges.of([lines[n] for n in members.tolist()], members.tolist())
        owner, ahead = np.repeat(np.arange(len(lines)), counts), directions_of(points, counts)
        asked = np.flatnonzero(band)
        for first in range(0, len(asked), BATCH):
            at = asked[first : first + BATCH]
            knots_here = np.stack([owner[at], at - starts[owner[at]]], axis=1)
            copies._look_up(points[at], radius[at], ahead[at], knots_here, edges, blocks)
        return copies

    def _look_up(
        self, here: Rows, own: Rows, ahead: Rows, mine: Index, edges: Edges, blocks: Index
    ) -> None:
        """Find the edges close to knots; `mine` holds the piece and the number of each knot."""
        near = edges.near(here, own)
        keep = blocks[mine[near.point, 0]] != blocks[near.owner]
        keep &= near.beyond <= OVERHANG
        keep &= np.abs((ahead[near.point] * near.direction).sum(1)) > SMALLEST_COSINE
        near = near.chosen(keep)
        for place in np.lexsort((near.knot, near.owner, near.distance, near.point)).tolist():
            number, at = mine[near.point[place]].tolist()
            found = (at, int(near.owner[place]), int(near.knot[place]), near.position[place])
            self.pairs.setdefault(number, []).append(found)

    def chosen(self, kept: Sequence[int]) -> "Copies":
        """Restrict the copies to a subset of the pieces."""
        place = {number: rank for rank, number in enumerate(kept)}
        pairs = {}
        for number, found in self.pairs.items():
            if number in place:
                left = [(at, place[o], k, p) for at, o, k, p in found if o in place]
                if left:
                    pairs[place[number]] = left
        return Copies([self.pieces[n] for n in kept], [self.lines[n] for n in kept], pairs)

    def near(self, number: int, at: int) -> list[tuple[int, int, Rows]]:
        """List the pieces close to a knot, nearest first: piece, preceding knot, position."""
        return [(o, k, p) for a, o, k, p in self.pairs.get(number, ()) if a == at]

    def removed(self, bound: set[tuple[int, int]]) -> dict[int, NDArray[np.bool_]]:
        """Select the knots to remove, per piece; longer pieces are processed first."""
        gone: dict[int, NDArray[np.bool_]] = {}
        length = dict(zip(self.pairs, lengths_of([self.lines[n] for n in self.pairs]), strict=True))
        order = sorted(self.pairs, key=lambda n: (-length[n], self.pieces[n].key))
        rank = {number: place for place, number in enumerate(order)}
        for number in order:
            covered = np.zeros(len(self.lines[number].points), np.bool_)
            for at, other, knot, _ in self.pairs[number]:
                earlier = rank.get(other, -1) < rank[number]
                if earlier and not (other in gone and gone[other][knot : knot + 2].any()):
                    covered[at] = True
            for end, place in ((HEAD, slice(0, 2)), (TAIL, slice(-2, None))):
                if (number, end) in bound:
                    covered[place] = False
            if covered.any():
                gone[number] = _long_runs(covered)
        return gone


def _in_band(points: Rows, radius: Rows, plan: Plan, z_to_xy: float) -> NDArray[np.bool_]:
    """Whether each knot lies near an internal face."""
    width = np.maximum(NARROWEST_BAND, 2.0 * radius)
    inside = np.zeros(len(points), np.bool_)
    for axis, (faces, scale) in enumerate(zip(plan.planes[::-1], (1.0, 1.0, z_to_xy), strict=True)):
        if not faces:
            continue
        planes = np.array(faces) * scale
        after = np.searchsorted(planes, points[:, axis])
        for side in (np.maximum(after - 1, 0), np.minimum(after, len(planes) - 1)):
            inside |= np.abs(points[:, axis] - planes[side]) <= width
    return inside


def _long_runs(covered: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Clear runs of `covered` shorter than `FEWEST_KNOTS`, unless they span the piece."""
    gone = covered.copy()
    for first, last in _bounds(covered):
        if covered[first] and last - first < FEWEST_KNOTS:
            gone[first:last] = False
    return gone


def _kept_runs(gone: NDArray[np.bool_] | None, count: int) -> list[tuple[int, int]]:
    """Return the runs of knots that are kept; single knots between copies are dropped."""
    if gone is None:
        return [(0, count)]
    return [(a, b) for a, b in _bounds(gone) if not gone[a] and b - a > 1]


def _bounds(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Half-open runs of equal flags."""
    changes = np.flatnonzero(flags[1:] != flags[:-1]) + 1
    bounds = [0, *changes.tolist(), len(flags)]
    return list(pairwise(bounds))
