"""Polylines of chains, and which points lie in what has been accepted already."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from zimg.tracing.chains import Chain, knots
from zimg.tracing.segments import RADIUS, SCALE, Rows, point_at

Index = NDArray[np.int64]

LEVELS = 2
"""How many times larger a tree is than those that are merged into it."""


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

    def direction_at(self, knot: int) -> Rows:
        """Unit vector along the line at a knot, ``(3,)``."""
        first, last = max(knot - 1, 0), min(knot + 1, len(self.points) - 1)
        step = self.points[last] - self.points[first]
        length = float(np.linalg.norm(step))
        return step / length if length > 0 else step


def line_of(chain: Chain) -> Line:
    """The polyline of a chain."""
    index, fraction = knots(chain)
    rows = chain.segments[index]
    radius = rows[:, RADIUS] * np.sqrt(rows[:, SCALE])
    return Line(point_at(rows, fraction), radius, index)


@dataclass(frozen=True)
class Edges:
    """Edges of polylines, with a search tree over their middles.

    Attributes
    ----------
    start, step
        ``(n, 3)`` first end, and the way to the other.
    radius
        ``(n, 2)`` at both ends.
    owner, knot
        ``(n,)`` whose line it is, and which of its knots is the first end.
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
        """The edges of lines."""
        counts = [len(line.points) - 1 for line in lines]
        return cls.made(
            np.concatenate([line.points[:-1] for line in lines]),
            np.concatenate([np.diff(line.points, axis=0) for line in lines]),
            np.concatenate([np.stack([x.radius[:-1], x.radius[1:]], axis=1) for x in lines]),
            np.repeat(owners, counts).astype(np.int64),
            np.concatenate([np.arange(count) for count in counts]),
        )

    @classmethod
    def made(cls, start: Rows, step: Rows, radius: Rows, owner: Index, knot: Index) -> "Edges":
        """With the tree, and how far from its middle an edge may cover a point of no width."""
        half = 0.5 * np.linalg.norm(step, axis=1)
        reach = float((half + 0.5 * radius.max(axis=1)).max(initial=0.0))
        return cls(start, step, radius, owner, knot, cKDTree(start + 0.5 * step), reach)

    def __len__(self) -> int:
        return len(self.owner)

    def near(self, points: Rows, radius: Rows) -> "Near":
        """The edges within half the sum of both radii of some points."""
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
    """Edges of accepted chains; more can be added at any time.

    Parts of similar size are merged, so that a search looks into a few trees only.
    """

    parts: list[Edges] = field(default_factory=list)

    def add(self, lines: Sequence[Line], owners: Sequence[int]) -> None:
        """Accept lines that belong to `owners`."""
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
        """All edges within half the sum of both radii of some points."""
        return Near.joined([part.near(points, radius) for part in self.parts])


@dataclass(frozen=True)
class Near:
    """Pairs of a point and an accepted edge that covers it.

    Attributes
    ----------
    point
        ``(n,)`` which point.
    owner, knot
        ``(n,)`` whose edge, and the knot before it.
    position
        ``(n, 3)`` the nearest point of the edge.
    distance
        ``(n,)`` to it.
    direction
        ``(n, 3)`` of the edge.
    beyond
        ``(n,)`` how far the point lies beyond the ends of the edge, along it.
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
        """Pairs one after the other."""
        if not pairs:
            index, rows = np.zeros(0, np.int64), np.zeros((0, 3))
            return cls(index, index, index, rows, np.zeros(0), rows, np.zeros(0))
        return cls(*(np.concatenate([getattr(p, f.name) for p in pairs]) for f in fields(cls)))

    def chosen(self, keep: NDArray[np.bool_]) -> "Near":
        """The pairs for which `keep` holds."""
        return Near(*(getattr(self, f.name)[keep] for f in fields(self)))

    def nearest(self, point: int) -> tuple[int, Rows] | None:
        """Owner and position of the edge nearest to a point; ties go by owner and position."""
        rows = np.flatnonzero(self.point == point)
        if not len(rows):
            return None
        keys = (*self.position[rows].T[::-1], self.owner[rows], self.distance[rows])
        best = rows[np.lexsort(keys)[0]]
        return int(self.owner[best]), self.position[best]
