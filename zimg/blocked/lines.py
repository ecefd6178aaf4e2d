"""Polylines of chains, and search for accepted edges near points."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from zimg.tracing.chains import BACKWARD, BOTH, KNOT_DISTANCE, Chain, knots
from zimg.tracing.segments import RADIUS, SCALE, Rows, point_at

Index = NDArray[np.int64]

SAME_FRACTION = 1e-5
"""Knots of a segment closer than this fraction of its length coincide, as in `knots`."""

LEVELS = 2
"""A search tree is at least this many times larger than those merged into it."""


@dataclass(frozen=True)
class Line:
    """The polyline through the knots of a chain.

    Attributes
    ----------
    points
        ``(m, 3)`` knots in trace space.
    radius
        ``(m,)`` radius of the circle with the area of the section.
    segment
        ``(m,)`` the segment that carries each knot.
    """

    points: Rows
    radius: Rows
    segment: Index


def line_of(chain: Chain) -> Line:
    """Return the polyline of a chain."""
    index, fraction = knots(chain)
    rows = chain.segments[index]
    radius = rows[:, RADIUS] * np.sqrt(rows[:, SCALE])
    return Line(point_at(rows, fraction), radius, index)


def lines_of(chains: Sequence[Chain]) -> list[Line]:
    """Return the polylines of many chains; chains of the usual form are processed together.

    The usual form has several segments and distinct knots: one at the head, one at the tail, and
    those that the segments carry. `zimg.tracing.chains.knots` handles all forms.
    """
    if not chains:
        return []
    counts = np.array([len(chain) for chain in chains])
    ends = np.cumsum(counts)
    rows, fix, direction = (
        np.concatenate([getattr(chain, name) for chain in chains])
        for name in ("segments", "fix", "direction")
    )
    owner = np.repeat(np.arange(len(chains)), counts)
    before = np.zeros(len(rows), np.bool_)
    before[1:] = (direction[:-1] == BACKWARD) & (owner[1:] == owner[:-1])
    fixed, back = ~np.isnan(fix), direction == BACKWARD
    carried = np.flatnonzero((direction != BOTH) & (fixed | back | ~before))
    share = np.where(fixed, fix, np.where(back, 1.0, 0.0))[carried]
    odd = counts == 1
    points = point_at(rows[carried], share)
    close = np.linalg.norm(np.diff(points, axis=0), axis=1) <= KNOT_DISTANCE
    odd[owner[carried][1:][close & (owner[carried][1:] == owner[carried][:-1])]] = True
    # A knot at the bottom of the first segment or at the top of the last one is an end itself.
    first, last = ends - counts, ends - 1
    end = (carried == first[owner[carried]]) & (np.abs(share) < SAME_FRACTION)
    end |= (carried == last[owner[carried]]) & (np.abs(share - 1.0) < SAME_FRACTION)
    segment = np.concatenate([first, carried[~end], last])
    fraction = np.concatenate([np.zeros(len(first)), share[~end], np.ones(len(last))])
    order = np.lexsort((fraction, segment))
    segment, fraction = segment[order], fraction[order]
    places = point_at(rows[segment], fraction)
    radius = rows[segment, RADIUS] * np.sqrt(rows[segment, SCALE])
    cuts = np.cumsum(np.bincount(owner[segment], minlength=len(chains)))[:-1]
    parts = (np.split(values, cuts) for values in (places, radius, segment - first[owner[segment]]))
    return [
        line_of(chain) if strange else Line(*part)
        for chain, strange, *part in zip(chains, odd.tolist(), *parts, strict=True)
    ]


def directions_of(points: Rows, counts: Index) -> Rows:
    """Return unit vectors along lines at their knots, ``(n, 3)``, for concatenated points."""
    ends = np.cumsum(counts)
    place = np.arange(len(points))
    first = np.maximum(place - 1, np.repeat(ends - counts, counts))
    last = np.minimum(place + 1, np.repeat(ends - 1, counts))
    step = points[last] - points[first]
    length = np.linalg.norm(step, axis=1, keepdims=True)
    return np.divide(step, length, out=step, where=length > 0)


def lengths_of(lines: Sequence[Line]) -> list[float]:
    """Return the lengths of lines, rounded so that equal lines of different blocks agree."""
    if not lines:
        return []
    counts = np.array([len(line.points) for line in lines])
    points = np.concatenate([line.points for line in lines])
    steps = np.linalg.norm(np.diff(points, axis=0, append=points[-1:]), axis=1)
    steps[np.cumsum(counts) - 1] = 0.0
    found: list[float] = np.round(np.add.reduceat(steps, np.cumsum(counts) - counts), 6).tolist()
    return found


@dataclass(frozen=True)
class Edges:
    """Edges of polylines, with a search tree over their middles.

    Attributes
    ----------
    start, step
        ``(n, 3)`` first end, and vector to the other end.
    radius
        ``(n, 2)`` at both ends.
    owner, knot
        ``(n,)`` owner of the line, and index of the knot at the first end.
    """

    start: Rows
    step: Rows
    radius: Rows
    owner: Index
    knot: Index
    tree: cKDTree
    reach: float

    @classmethod
    def of(cls, lines: Sequence[Line], owners: Sequence[int]) -> "Edges":
        """Collect the edges of lines."""
        counts = np.array([len(line.points) for line in lines])
        points = np.concatenate([line.points for line in lines])
        radius = np.concatenate([line.radius for line in lines])
        begins = np.ones(len(points), np.bool_)
        begins[np.cumsum(counts) - 1] = False
        first = np.flatnonzero(begins)
        return cls.made(
            points[first],
            points[first + 1] - points[first],
            np.stack([radius[first], radius[first + 1]], axis=1),
            np.repeat(owners, counts - 1).astype(np.int64),
            first - np.repeat(np.cumsum(counts) - counts, counts - 1),
        )

    @classmethod
    def made(cls, start: Rows, step: Rows, radius: Rows, owner: Index, knot: Index) -> "Edges":
        """Build the search tree and the reach of each edge for a point of radius 0."""
        half = 0.5 * np.linalg.norm(step, axis=1)
        reach = float((half + 0.5 * radius.max(axis=1)).max(initial=0.0))
        return cls(start, step, radius, owner, knot, cKDTree(start + 0.5 * step), reach)

    def __len__(self) -> int:
        return len(self.owner)

    def near(self, points: Rows, radius: Rows) -> "Near":
        """Find the edges within half the sum of both radii of given points."""
        balls = self.tree.query_ball_point(points, self.reach + 0.5 * radius)
        counts = [len(ball) for ball in balls]
        point = np.repeat(np.arange(len(points)), counts)
        found = [np.asarray(ball, np.int64) for ball in balls]
        edge = np.concatenate([np.zeros(0, np.int64), *found])
        start, step = self.start[edge], self.step[edge]
        length = np.maximum((step**2).sum(1), 1e-12)
        along = ((points[point] - start) * step).sum(1) / length
        share = np.clip(along, 0.0, 1.0)
        position = start + share[:, None] * step
        apart = np.linalg.norm(points[point] - position, axis=1)
        own = self.radius[edge, 0] * (1.0 - share) + self.radius[edge, 1] * share
        beyond = np.abs(along - share) * np.sqrt(length)
        direction = step / np.sqrt(length)[:, None]
        pairs = Near(point, self.owner[edge], self.knot[edge], position, apart, direction, beyond)
        return pairs.chosen(apart <= 0.5 * (radius[point] + own))


@dataclass
class Accepted:
    """Edges of accepted chains, to which more can be added.

    Search trees of similar size are merged, so that a search visits few trees.
    """

    parts: list[Edges] = field(default_factory=list)

    def add(self, lines: Sequence[Line], owners: Sequence[int]) -> None:
        """Add the lines of `owners` to the accepted edges."""
        if not lines:
            return
        self.parts.append(Edges.of(lines, owners))
        while len(self.parts) > 1 and len(self.parts[-2]) < LEVELS * len(self.parts[-1]):
            one, other = self.parts.pop(-2), self.parts.pop()
            columns = (
                np.concatenate([getattr(one, name), getattr(other, name)])
                for name in ("start", "step", "radius", "owner", "knot")
            )
            self.parts.append(Edges.made(*columns))

    def near(self, points: Rows, radius: Rows) -> "Near":
        """Find all accepted edges within half the sum of both radii of given points."""
        return Near.joined([part.near(points, radius) for part in self.parts])


@dataclass(frozen=True)
class Near:
    """Pairs of a point and an accepted edge that covers it.

    Attributes
    ----------
    point
        ``(n,)`` index of the point.
    owner, knot
        ``(n,)`` owner of the edge, and index of its first knot.
    position
        ``(n, 3)`` nearest point of the edge.
    distance
        ``(n,)`` distance to this point.
    direction
        ``(n, 3)`` direction of the edge.
    beyond
        ``(n,)`` distance by which the point lies beyond the ends of the edge, along it.
    """

    point: Index
    owner: Index
    knot: Index
    position: Rows
    distance: Rows
    direction: Rows
    beyond: Rows

    @classmethod
    def joined(cls, pairs: Sequence["Near"]) -> "Near":
        """Concatenate pairs."""
        if not pairs:
            index, rows = np.zeros(0, np.int64), np.zeros((0, 3))
            return cls(index, index, index, rows, np.zeros(0), rows, np.zeros(0))
        return cls(*(np.concatenate([getattr(p, f.name) for p in pairs]) for f in fields(cls)))

    def chosen(self, keep: NDArray[np.bool_]) -> "Near":
        """Select the pairs for which `keep` is true."""
        return Near(*(getattr(self, f.name)[keep] for f in fields(self)))

    def nearest(self, point: int) -> tuple[int, Rows] | None:
        """Return owner and position of the edge nearest to a point; ties are broken by both."""
        rows = np.flatnonzero(self.point == point)
        if not len(rows):
            return None
        keys = (*self.position[rows].T[::-1], self.owner[rows], self.distance[rows])
        best = rows[np.lexsort(keys)[0]]
        return int(self.owner[best]), self.position[best]
