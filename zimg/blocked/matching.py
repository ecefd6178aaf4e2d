"""Which cut ends on the two sides of a face belong together."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from zimg.blocked.pieces import HEAD, Piece
from zimg.blocked.samples import Line
from zimg.tracing.segments import Rows

SMALLEST_REACH = 2.0
"""Stubs this near, in voxels, may match whatever their radius."""
LARGEST_ANGLE = 45.0
"""Degrees between the directions of two stubs, at most."""
THICK = 6.0
"""Stubs that are both thicker than this lie in a soma, where directions say nothing."""
FORBIDDEN = 1e6


@dataclass(frozen=True)
class Stub:
    """An end of a piece that lies on a face.

    Attributes
    ----------
    piece, end
        Which piece, and its `HEAD` or `TAIL`.
    axis, plane
        The face.
    upwards
        Whether the piece lies below the face, so that the chain leaves upwards.
    position, direction
        ``(3,)`` in trace space; the direction points out of the piece.
    radius
        Of the circle with the area of the section.
    """

    piece: int
    end: int
    axis: int
    plane: float
    upwards: bool
    position: Rows
    direction: Rows
    radius: float


def stubs_of(pieces: Sequence[Piece], lines: Sequence[Line]) -> list[Stub]:
    """The cut ends of pieces that lie inside their cores."""
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
                Stub(number, end, cut.axis, cut.plane, upwards, point, direction,
                     float(line.radius[place]))
            )
    return found


def _side(line: Line, axis: int, plane: float, end: int) -> bool:
    """Whether the line lies below the plane next to its cut end."""
    along = line.points[:, axis] if end == HEAD else line.points[::-1, axis]
    off = np.flatnonzero(np.abs(along - plane) > 1e-9)
    return bool(along[off[0]] < plane) if len(off) else False


def matched(stubs: Sequence[Stub]) -> list[tuple[int, int]]:
    """Pairs of stubs that continue each other, as indices into `stubs`, in their order."""
    faces: dict[tuple[int, float], list[int]] = defaultdict(list)
    for index, stub in enumerate(stubs):
        faces[stub.axis, stub.plane].append(index)
    pairs: list[tuple[int, int]] = []
    for _, members in sorted(faces.items()):
        lower = [i for i in members if stubs[i].upwards]
        upper = [i for i in members if not stubs[i].upwards]
        if lower and upper:
            pairs += _matched_on_face(stubs, lower, upper)
    return sorted(pairs)


def _matched_on_face(
    stubs: Sequence[Stub], lower: list[int], upper: list[int]
) -> list[tuple[int, int]]:
    one, other, cost = _candidates(stubs, lower, upper)
    if not len(one):
        return []
    count = len(lower) + len(upper)
    graph = coo_matrix((np.ones(len(one)), (one, other + len(lower))), shape=(count, count))
    _, group = connected_components(graph, directed=False)
    pairs = []
    for number in np.unique(group[one]):
        mine = group[one] == number
        pairs += _assigned(one[mine], other[mine], cost[mine])
    return [(lower[a], upper[b]) for a, b in pairs]


def _candidates(
    stubs: Sequence[Stub], lower: list[int], upper: list[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64], Rows]:
    """Allowed pairs of stubs and what they cost."""
    radius = [np.array([stubs[i].radius for i in side]) for side in (lower, upper)]
    points = [np.array([stubs[i].position for i in side]) for side in (lower, upper)]
    ways = [np.array([stubs[i].direction for i in side]) for side in (lower, upper)]
    reach = max(SMALLEST_REACH, min(radius[0].max(), radius[1].max()))
    near = cKDTree(points[0]).query_ball_tree(cKDTree(points[1]), reach)
    one = np.repeat(np.arange(len(lower)), [len(n) for n in near]).astype(np.int64)
    other = np.array([j for n in near for j in sorted(n)], np.int64)
    apart = np.linalg.norm(points[0][one] - points[1][other], axis=1)
    cosine = -(ways[0][one] * ways[1][other]).sum(1)
    angle = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
    a, b = radius[0][one], radius[1][other]
    thick = (a > THICK) & (b > THICK)
    allowed = (apart <= np.maximum(SMALLEST_REACH, np.minimum(a, b))) & (
        (angle <= LARGEST_ANGLE) | thick
    )
    cost = apart / np.maximum(0.5 * (a + b), 0.5) + angle / LARGEST_ANGLE
    return one[allowed], other[allowed], cost[allowed]


def _assigned(
    one: NDArray[np.int64], other: NDArray[np.int64], cost: Rows
) -> list[tuple[int, int]]:
    """The cheapest set of pairs of one connected group that matches as many as possible."""
    rows, row = np.unique(one, return_inverse=True)
    columns, column = np.unique(other, return_inverse=True)
    table = np.full((len(rows), len(columns)), FORBIDDEN)
    table[row, column] = cost
    chosen = zip(*linear_sum_assignment(table), strict=True)
    return [(int(rows[i]), int(columns[j])) for i, j in chosen if table[i, j] < FORBIDDEN]
