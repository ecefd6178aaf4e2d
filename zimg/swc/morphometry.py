"""Measures of a forest's shape: branches, Strahler orders, Sholl crossings, asymmetry, sizes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zimg.swc.columns import points
from zimg.swc.table import NodeTable

Rows = NDArray[np.int64]
Floats = NDArray[np.float64]

SHELLS = 20
"""Spheres of a Sholl analysis unless a step is given."""


class Branches(NamedTuple):
    """Table of the unbranched paths between roots, forks and tips, one row for each.

    ``pandas.DataFrame(branches._asdict())`` is the table in pandas.

    Attributes
    ----------
    start, end
        ``(b,)`` rows of the nodes at the ends; the start is nearer to the root.
    length
        ``(b,)`` length along the branch.
    distance
        ``(b,)`` straight distance of its ends.
    tortuosity
        ``(b,)`` `length` over `distance`, at least 1; NaN for ends in one place.
    radius
        ``(b,)`` mean radius along the branch; NaN where a radius is unknown.
    order
        ``(b,)`` number of forks between the branch and the root.
    strahler
        ``(b,)`` Strahler order of its lower end.
    path_length
        ``(b,)`` length of the path from the root to the lower end.
    """

    start: Rows
    end: Rows
    length: Floats
    distance: Floats
    tortuosity: Floats
    radius: Floats
    order: Rows
    strahler: Rows
    path_length: Floats


class Sholl(NamedTuple):
    """Crossings of spheres.

    Attributes
    ----------
    radii
        ``(s,)`` radii of the spheres.
    crossings
        ``(s,)`` number of edges with one end inside and one outside of each.
    """

    radii: Floats
    crossings: Rows


@dataclass(frozen=True)
class Morphometry:
    """Shape of a forest; lengths are in its unit times the spacing.

    Attributes
    ----------
    trees, tips, forks
        Numbers of roots, of nodes without child that are not roots, and of nodes with two children
        or more.
    length, surface, volume
        Sums over the edges, which count as truncated cones for surface and volume; NaN for the
        latter two where a radius is unknown.
    extent
        Sizes of the bounding box along x, y, z.
    path_length, reach
        Longest path from a root, and largest straight distance from a root to a node of its tree.
    tortuosity
        Mean over the branches.
    asymmetry
        Mean partition asymmetry over the forks with two children, ``|a - b| / (a + b - 2)`` for
        `a` and `b` tips below the children, 0 for one tip each (van Pelt et al. 1992,
        doi:10.1007/BF02459929); NaN without such a fork.
    strahler
        ``(n,)`` Strahler order of each node: 1 at tips; the largest among the children, or one
        more if two children have it.
    branches
        Table of the unbranched paths.
    sholl
        Crossings of spheres.
    """

    trees: int
    tips: int
    forks: int
    length: float
    surface: float
    volume: float
    extent: tuple[float, float, float]
    path_length: float
    reach: float
    tortuosity: float
    asymmetry: float
    strahler: Rows
    branches: Branches
    sholl: Sholl

    def summary(self) -> dict[str, float]:
        """Single numbers by name, with the largest Strahler order and the number of branches."""
        numbers = {
            field.name: value
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), int | float)
        }
        order = int(self.strahler.max(initial=0))
        return numbers | {"branches": len(self.branches.start), "strahler_order": order}


def measured(
    tree: NodeTable,
    spacing: Sequence[float],
    sholl_step: float | None,
    center: ArrayLike | None,
) -> Morphometry:
    """Measure a forest; see `zimg.swc.pictures.TreePictures.morphometry`."""
    size = np.asarray(spacing, dtype=np.float64)
    if size.shape != (3,) or not (np.isfinite(size) & (size > 0)).all():
        raise ValueError(f"spacing must be three numbers above 0 for x, y, z, got {spacing!r}")
    xyz, lengths = tree.xyz * size, tree.edge_lengths(tuple(size))
    radius = np.where(tree.radius < 0, np.nan, tree.radius) * math.sqrt(size[0] * size[1])
    children = np.bincount(tree.parent[tree.parent >= 0], minlength=len(tree))
    strahler, path, root = strahler_orders(tree.parent), _paths(tree, lengths), _roots(tree)
    branches = _branches(tree, xyz, lengths, radius, children, strahler, path)
    surface, volume = _cones(tree, lengths, radius)
    middle = xyz[:1].reshape(-1, 3) if center is None else points(np.asarray(center)[None]) * size
    away = np.linalg.norm(xyz - xyz[root], axis=1)
    known = branches.tortuosity[np.isfinite(branches.tortuosity)]
    return Morphometry(
        trees=len(tree.roots),
        tips=int(((children == 0) & (tree.parent >= 0)).sum()),
        forks=int((children >= 2).sum()),
        length=float(lengths.sum()),
        surface=surface,
        volume=volume,
        extent=tuple(np.ptp(xyz, axis=0).tolist()) if len(xyz) else (0.0, 0.0, 0.0),
        path_length=float(path.max(initial=0.0)),
        reach=float(away.max(initial=0.0)),
        tortuosity=float(known.mean()) if known.size else math.nan,
        asymmetry=_asymmetry(tree.parent, children),
        strahler=strahler,
        branches=branches,
        sholl=_sholl(tree.parent, xyz, middle, sholl_step),
    )


def strahler_orders(parent: Rows) -> Rows:
    """Strahler order of every node, from the rows of the parents, which come first."""
    order, twice = [0] * len(parent), [False] * len(parent)
    for row in range(len(parent) - 1, -1, -1):
        order[row] = order[row] + twice[row] if order[row] else 1
        above = int(parent[row])
        if above >= 0:
            twice[above] = order[row] == order[above] or (
                twice[above] and order[row] < order[above]
            )
            order[above] = max(order[above], order[row])
    return np.array(order, dtype=np.int64)


def _paths(tree: NodeTable, lengths: Floats) -> Floats:
    """Length of the path from the root to every node."""
    path = lengths.tolist()
    for row, above in enumerate(tree.parent.tolist()):
        if above >= 0:
            path[row] += path[above]
    return np.array(path, dtype=np.float64)


def _roots(tree: NodeTable) -> Rows:
    """Row of the root of every node; the rows of a tree lie together."""
    return tree.roots[np.cumsum(tree.parent < 0) - 1]


def _branches(
    tree: NodeTable,
    xyz: Floats,
    lengths: Floats,
    radius: Floats,
    children: Rows,
    strahler: Rows,
    path: Floats,
) -> Branches:
    ends = np.flatnonzero((children != 1) | (tree.parent < 0))
    firsts = np.append(0, ends[:-1] + 1)[: len(ends)]  # the rows of a branch lie together
    above = np.maximum(tree.parent, 0)
    weighted = lengths * (radius + radius[above]) / 2
    sums = [np.add.reduceat(each, firsts) if len(firsts) else each for each in (lengths, weighted)]
    chosen = tree.parent[ends] >= 0
    length, weight = (each[chosen] for each in sums)
    start, end = tree.parent[firsts[chosen]], ends[chosen]
    distance = np.linalg.norm(xyz[end] - xyz[start], axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        tortuosity = np.where(distance > 0, length / distance, np.nan)
        mean = np.where(length > 0, weight / length, radius[end])
    order = _orders(tree.parent, start, end)
    return Branches(start, end, length, distance, tortuosity, mean, order, strahler[end], path[end])


def _orders(parent: Rows, start: Rows, end: Rows) -> Rows:
    """Forks above every branch; branches come after that from which they leave."""
    order_at: dict[int, int] = {}
    orders = []
    for first, last in zip(start.tolist(), end.tolist(), strict=True):
        orders.append(0 if parent[first] < 0 else order_at[first] + 1)
        order_at[last] = orders[-1]
    return np.array(orders, dtype=np.int64)


def _cones(tree: NodeTable, lengths: Floats, radius: Floats) -> tuple[float, float]:
    """Surface and volume of the edges as truncated cones."""
    linked = np.flatnonzero(tree.parent >= 0)
    height, one, other = lengths[linked], radius[linked], radius[tree.parent[linked]]
    surface = math.pi * (one + other) * np.hypot(height, one - other)
    volume = math.pi / 3 * height * (one * one + one * other + other * other)
    return float(surface.sum()), float(volume.sum())


def _asymmetry(parent: Rows, children: Rows) -> float:
    """Mean partition asymmetry of the forks with two children."""
    tips = (children == 0).astype(np.int64)
    largest = np.zeros_like(tips)
    for row in range(len(parent) - 1, -1, -1):
        above = parent[row]
        if above >= 0:
            tips[above] += tips[row]
            largest[above] = max(largest[above], tips[row])
    fork = children == 2
    if not fork.any():
        return math.nan
    a, b = largest[fork], (tips - largest)[fork]
    return float(((a - b) / np.maximum(a + b - 2, 1)).mean())


def _sholl(parent: Rows, xyz: Floats, center: Floats, step: float | None) -> Sholl:
    """Edges that cross spheres round a point, counted once each."""
    away = np.linalg.norm(xyz - center, axis=1) if len(xyz) else np.zeros(0)
    most = float(away.max(initial=0.0))
    if step is None:
        step = most / SHELLS or 1.0
    if not (step > 0 and math.isfinite(step)):
        raise ValueError(f"sholl_step must be a positive length, got {step}")
    radii = step * np.arange(1, math.floor(most / step * (1 - 1e-9)) + 1, dtype=np.float64)
    linked = np.flatnonzero(parent >= 0)
    ends = np.sort(np.stack([away[linked], away[parent[linked]]]), axis=0)
    near, far = (np.sort(each) for each in ends)
    begun = np.searchsorted(near, radii, side="right")
    crossings = begun - np.searchsorted(far, radii, side="right")
    return Sholl(radii, crossings)
