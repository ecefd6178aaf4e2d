"""Points along chains, and which of them lie in what has been accepted already."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from zimg.tracing.chains import Chain, knots
from zimg.tracing.segments import RADIUS, SCALE, Rows, point_at

Index = NDArray[np.int64]

SPACING = 1.0
"""Largest distance of two samples, in voxels."""
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

    def directions(self) -> Rows:
        """Unit vectors along the line at the knots, ``(m, 3)``."""
        steps = np.diff(self.points, axis=0)
        around = np.concatenate([steps[:1], steps[:-1] + steps[1:], steps[-1:]])
        norm = np.linalg.norm(around, axis=1, keepdims=True)
        return around / np.where(norm > 0, norm, 1.0)

    def knots_before(self) -> Index:
        """The knot before every sample, ``(n,)``; the last sample is the last knot."""
        counts = self._counts()
        return np.append(np.repeat(np.arange(len(counts)), counts), len(counts) - 1)

    def _counts(self) -> Index:
        """Samples between each two knots."""
        lengths = np.linalg.norm(np.diff(self.points, axis=0), axis=1)
        return np.maximum(np.ceil(lengths / SPACING).astype(np.int64), 1)

    def sampled(self) -> tuple[Rows, Rows, Rows]:
        """Positions, radii and directions at most `SPACING` apart, both ends included."""
        steps = np.diff(self.points, axis=0)
        lengths, counts = np.linalg.norm(steps, axis=1), self._counts()
        owner = np.repeat(np.arange(len(counts)), counts)
        first = np.cumsum(counts) - counts
        share = (np.arange(len(owner)) - first[owner]) / counts[owner]
        unit = steps / np.where(lengths > 0, lengths, 1.0)[:, None]
        points = self.points[owner] + share[:, None] * steps[owner]
        radius = self.radius[owner] * (1 - share) + self.radius[owner + 1] * share
        return (
            np.concatenate([points, self.points[-1:]]),
            np.concatenate([radius, self.radius[-1:]]),
            np.concatenate([unit[owner], unit[-1:]]),
        )


def line_of(chain: Chain) -> Line:
    """The polyline of a chain."""
    index, fraction = knots(chain)
    rows = chain.segments[index]
    radius = rows[:, RADIUS] * np.sqrt(rows[:, SCALE])
    return Line(point_at(rows, fraction), radius, index)


@dataclass(frozen=True)
class _Part:
    """Samples with a search tree over them."""

    points: Rows
    radius: Rows
    direction: Rows
    owner: Index
    tree: cKDTree


@dataclass
class Samples:
    """Samples of accepted chains; more can be added at any time.

    Parts of similar size are merged, so that a search looks into a few trees only.
    """

    parts: list[_Part] = field(default_factory=list)
    largest: float = 0.0

    def add(self, lines: list[Line], owners: list[int]) -> None:
        """Accept lines that belong to `owners`."""
        if not lines:
            return
        found = [line.sampled() for line in lines]
        points, radius, direction = (np.concatenate(part) for part in zip(*found, strict=True))
        owner = np.repeat(owners, [len(part[0]) for part in found]).astype(np.int64)
        self.largest = max(self.largest, float(radius.max()))
        self.parts.append(_Part(points, radius, direction, owner, cKDTree(points)))
        while len(self.parts) > 1 and len(self.parts[-2].owner) < LEVELS * len(
            self.parts[-1].owner
        ):
            self._merge()

    def _merge(self) -> None:
        one, other = self.parts.pop(-2), self.parts.pop()
        points, radius, direction, owner = (
            np.concatenate([getattr(one, name), getattr(other, name)])
            for name in ("points", "radius", "direction", "owner")
        )
        self.parts.append(_Part(points, radius, direction, owner, cKDTree(points)))

    def near(self, points: Rows, radius: Rows) -> "Near":
        """All samples within half the sum of both radii of some points."""
        pieces = [self._near(part, points, radius) for part in self.parts]
        if not pieces:
            return Near(
                *(np.zeros(0, np.int64),) * 2, np.zeros((0, 3)), np.zeros(0), np.zeros((0, 3))
            )
        return Near(*(np.concatenate(found) for found in zip(*pieces, strict=True)))

    def _near(
        self, part: _Part, points: Rows, radius: Rows
    ) -> tuple[Index, Index, Rows, Rows, Rows]:
        balls = part.tree.query_ball_point(points, 0.5 * (radius + self.largest))
        counts = [len(ball) for ball in balls]
        point = np.repeat(np.arange(len(points)), counts)
        sample = (
            np.concatenate([np.asarray(b, np.int64) for b in balls])
            if sum(counts)
            else np.zeros(0, np.int64)
        )
        offset = points[point] - part.points[sample]
        apart = np.linalg.norm(offset, axis=1)
        close = apart <= 0.5 * (radius[point] + part.radius[sample])
        point, sample = point[close], sample[close]
        return point, part.owner[sample], part.points[sample], apart[close], part.direction[sample]


@dataclass(frozen=True)
class Near:
    """Pairs of a point and an accepted sample that covers it.

    Attributes
    ----------
    point
        ``(n,)`` which point.
    owner
        ``(n,)`` whose sample.
    position, direction
        ``(n, 3)`` of the sample.
    distance
        ``(n,)``.
    """

    point: Index
    owner: Index
    position: Rows
    distance: Rows
    direction: Rows

    def chosen(self, keep: NDArray[np.bool_]) -> "Near":
        """The pairs for which `keep` holds."""
        return Near(
            self.point[keep],
            self.owner[keep],
            self.position[keep],
            self.distance[keep],
            self.direction[keep],
        )

    def nearest(self, point: int) -> tuple[int, Rows] | None:
        """Owner and position of the sample nearest to a point; ties go by owner and position."""
        rows = np.flatnonzero(self.point == point)
        if not len(rows):
            return None
        keys = (*self.position[rows].T[::-1], self.owner[rows], self.distance[rows])
        best = rows[np.lexsort(keys)[0]]
        return int(self.owner[best]), self.position[best]
