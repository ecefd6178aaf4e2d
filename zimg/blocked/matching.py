"""Cut ends on the two sides of a face that belong together, and the chains that they make."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from zimg.blocked.lines import Line
from zimg.blocked.pieces import HEAD, TAIL, Piece, joined, taken
from zimg.tracing.chains import Chain
from zimg.tracing.segments import POSITION, RADIUS, SCALE, Rows

Index = NDArray[np.int64]

SMALLEST_REACH = 2.0
"""Stubs closer than this, in voxels, may match regardless of their radius."""
LARGEST_ANGLE = 45.0
"""Largest angle between the directions of two stubs, in degrees."""
THICK = 6.0
"""Two stubs thicker than this lie in a soma, where directions are meaningless."""
FORBIDDEN = 1e6


@dataclass(frozen=True)
class Stub:
    """An end of a piece that lies on a face.

    Attributes
    ----------
    piece, end
        Index of the piece, and `HEAD` or `TAIL`.
    block
        Number of the block of the piece.
    axis, plane
        Axis and position of the face.
    upwards
        Whether the piece lies below the face, so that the chain leaves upwards.
    position, direction
        ``(3,)`` in trace space; the direction points out of the piece.
    radius
        Radius of the circle with the area of the section.
    """

    piece: int
    end: int
    block: int
    axis: int
    plane: float
    upwards: bool
    position: Rows
    direction: Rows
    radius: float


def stubs_of(pieces: Sequence[Piece], lines: Sequence[Line]) -> list[Stub]:
    """Collect the cut ends of pieces that lie inside their cores."""
    found = []
    for number, (piece, line) in enumerate(zip(pieces, lines, strict=True)):
        for end, cut in enumerate(piece.cuts):
            if cut is None or not piece.inside:
                continue
            place = 0 if end == HEAD else len(line.points) - 1
            inner = line.points[1 if end == HEAD else -2]
            point = line.points[place]
            step = point - inner
            length = float(np.linalg.norm(step))
            direction = step / length if length > 0 else np.zeros(3)
            upwards = bool(_side(line, cut.axis, cut.plane, end))
            found.append(
                Stub(
                    number,
                    end,
                    piece.key[0],
                    cut.axis,
                    cut.plane,
                    upwards,
                    point,
                    direction,
                    float(line.radius[place]),
                )
            )
    return found


def _side(line: Line, axis: int, plane: float, end: int) -> bool:
    """Whether the line lies below the plane next to its cut end."""
    along = line.points[:, axis] if end == HEAD else line.points[::-1, axis]
    off = np.flatnonzero(np.abs(along - plane) > 1e-9)
    return bool(along[off[0]] < plane) if len(off) else False


def matched(stubs: Sequence[Stub]) -> list[tuple[int, int]]:
    """Match stubs that continue each other; return sorted pairs of indices into `stubs`."""
    faces: dict[tuple[int, float], list[int]] = defaultdict(list)
    for index, stub in enumerate(stubs):
        faces[stub.axis, stub.plane].append(index)
    pairs: list[tuple[int, int]] = []
    for _, members in sorted(faces.items()):
        lower = [i for i in members if stubs[i].upwards]
        upper = [i for i in members if not stubs[i].upwards]
        if lower and upper:
            pairs += _matched_on_face(stubs, lower, upper)
    taken = {index for pair in pairs for index in pair}
    left = [index for index in range(len(stubs)) if index not in taken]
    return sorted(pairs + _matched_at_edges(stubs, left))


def _matched_at_edges(stubs: Sequence[Stub], left: list[int]) -> list[tuple[int, int]]:
    """Match stubs on different faces, where a fibre crosses an edge or a corner."""
    if len(left) < 2:
        return []
    one, other, cost = _allowed(stubs, *_close_pairs(stubs, left))
    keep = [
        stubs[i].block != stubs[j].block and (stubs[i].axis, stubs[i].plane) != _face(stubs[j])
        for i, j in zip(one.tolist(), other.tolist(), strict=True)
    ]
    order = np.lexsort((other, one, cost))
    pairs: list[tuple[int, int]] = []
    taken: set[int] = set()
    for place in order[np.array(keep, np.bool_)[order]].tolist():
        pair = int(one[place]), int(other[place])
        if not taken & set(pair):
            pairs.append(pair)
            taken |= set(pair)
    return pairs


def _close_pairs(stubs: Sequence[Stub], left: list[int]) -> tuple[Index, Index]:
    """Find candidate pairs among given stubs, the smaller index first."""
    reach = max(SMALLEST_REACH, max(stubs[i].radius for i in left))
    tree = cKDTree(np.array([stubs[i].position for i in left]))
    pairs = np.array(sorted(tree.query_pairs(reach)), np.int64).reshape(-1, 2)
    index = np.array(left, np.int64)
    return index[pairs[:, 0]], index[pairs[:, 1]]


def _face(stub: Stub) -> tuple[int, float]:
    return stub.axis, stub.plane


def _matched_on_face(
    stubs: Sequence[Stub], lower: list[int], upper: list[int]
) -> list[tuple[int, int]]:
    one, other = _candidates(stubs, lower, upper)
    one, other, cost = _allowed(stubs, one, other)
    if not len(one):
        return []
    graph = coo_matrix((np.ones(len(one)), (one, other)), shape=(len(stubs), len(stubs)))
    _, group = connected_components(graph, directed=False)
    order = np.argsort(group[one], kind="stable")
    cuts = np.flatnonzero(np.diff(group[one][order])) + 1
    pairs = []
    for mine in np.split(order, cuts):
        pairs += _assigned(one[mine], other[mine], cost[mine])
    return pairs


def _candidates(stubs: Sequence[Stub], lower: list[int], upper: list[int]) -> tuple[Index, Index]:
    """Find candidate pairs of stubs on the two sides of a face."""
    radius = [max(stubs[i].radius for i in side) for side in (lower, upper)]
    points = [np.array([stubs[i].position for i in side]) for side in (lower, upper)]
    near = cKDTree(points[0]).query_ball_tree(cKDTree(points[1]), max(SMALLEST_REACH, min(radius)))
    one = np.repeat(lower, [len(n) for n in near]).astype(np.int64)
    return one, np.array([upper[j] for n in near for j in sorted(n)], np.int64)


def _allowed(stubs: Sequence[Stub], one: Index, other: Index) -> tuple[Index, Index, Rows]:
    """Select the pairs that may match and compute their costs."""
    if not len(one):
        return one, other, np.zeros(0)
    points, ways = (
        [np.array([getattr(stubs[i], name) for i in side]) for side in (one, other)]
        for name in ("position", "direction")
    )
    a, b = (np.array([stubs[i].radius for i in side]) for side in (one, other))
    apart = np.linalg.norm(points[0] - points[1], axis=1)
    angle = np.degrees(np.arccos(np.clip(-(ways[0] * ways[1]).sum(1), -1.0, 1.0)))
    allowed = apart <= np.maximum(SMALLEST_REACH, np.minimum(a, b))
    allowed &= (angle <= LARGEST_ANGLE) | ((a > THICK) & (b > THICK))
    cost = apart / np.maximum(0.5 * (a + b), 0.5) + angle / LARGEST_ANGLE
    return one[allowed], other[allowed], cost[allowed]


def _assigned(one: Index, other: Index, cost: Rows) -> list[tuple[int, int]]:
    """Find the cheapest of the largest matchings in one connected group."""
    if len(one) == 1:
        return [(int(one[0]), int(other[0]))]
    rows, row = np.unique(one, return_inverse=True)
    columns, column = np.unique(other, return_inverse=True)
    table = np.full((len(rows), len(columns)), FORBIDDEN)
    table[row, column] = cost
    chosen = zip(*linear_sum_assignment(table), strict=True)
    return [(int(rows[i]), int(columns[j])) for i, j in chosen if table[i, j] < FORBIDDEN]


End = tuple[int, int]


def walks_of(count: int, partner: dict[End, End]) -> list[list[tuple[int, bool]]]:
    """Order parts into walks; each part comes with whether it is reversed."""
    seen: set[int] = set()
    walks = []
    free = [n for n in range(count) if (n, HEAD) not in partner or (n, TAIL) not in partner]
    for start in [*free, *range(count)]:  # parts that remain after the free ones form circles
        if start in seen:
            continue
        back = (start, HEAD) in partner and (start, TAIL) not in partner
        walk, at = [], start
        while at not in seen:
            seen.add(at)
            walk.append((at, back))
            leaving = (at, HEAD if back else TAIL)
            if leaving not in partner:
                break
            at, entered = partner[leaving]
            back = entered == TAIL
        walks.append(walk)
    return walks


def concatenated(chains: list[Chain]) -> Chain:
    """Join chains at their stubs; the joint is the mean of both stubs."""
    if len(chains) == 1:
        return chains[0]
    whole = joined([chains[0], *(taken(chain, slice(1, None)) for chain in chains[1:])])
    place = -1
    for chain, other in pairwise(chains):
        place += len(chain) - (place >= 0)
        row, second = whole.segments[place], other.segments[0]
        row[POSITION] = 0.5 * (row[POSITION] + second[POSITION])
        row[RADIUS] = 0.5 * (row[RADIUS] + second[RADIUS])
        row[SCALE] = 0.5 * (row[SCALE] + second[SCALE])
    return whole
