"""Measure how well two trees agree, at samples along their edges: distances, radii, topology."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from zimg.swc.sampling import nearest, sampled
from zimg.swc.tree import ZSwc
from zimg.swc.units import require_one_unit

Floats = NDArray[np.float64]
SMALLEST_RADIUS = 1e-6  # keeps the relative radius finite


@dataclass(frozen=True)
class Topology:
    """Counts and length of a forest.

    Attributes
    ----------
    nodes, trees
        Numbers of nodes and of roots.
    tips
        Number of nodes without children that are not roots.
    ends
        Number of nodes with at most one neighbour.
    branch_points
        Number of nodes with two or more children.
    forks
        Number of nodes with three or more neighbours.
    length
        Sum of the lengths of all edges.
    """

    nodes: int
    trees: int
    tips: int
    ends: int
    branch_points: int
    forks: int
    length: float


@dataclass(frozen=True)
class Distances:
    """Distances from the samples of one forest to the nearest of the other.

    Attributes
    ----------
    mean, p95, max
        Mean, 95th percentile and largest; NaN if one of the forests is empty.
    within
        Share of the samples within the tolerance.
    far_mean
        Mean distance of the other samples, 0 if there are none.
    """

    mean: float
    p95: float
    max: float
    within: float
    far_mean: float


@dataclass(frozen=True)
class Radii:
    """Differences of radii, first minus second forest, at matching samples; NaN if none match.

    Attributes
    ----------
    mean_abs, bias
        Mean of the absolute differences, and of the signed differences.
    mean_relative
        Mean of the absolute differences over the radius in the second forest.
    """

    mean_abs: float
    bias: float
    mean_relative: float


@dataclass(frozen=True)
class Comparison:
    """Agreement of a forest `a` under test with an expected forest `b`.

    The distances `esa`, `dsa` and `pds` are those of Peng et al. (doi:10.1038/nbt.1612), with the
    tolerance of the comparison.

    Attributes
    ----------
    a, b
        Topology of the two forests, lengths in units of `voxel_size`.
    a_to_b, b_to_a
        Distances of the samples of one forest from the other.
    radius
        Differences of radii at samples that match, in both directions.
    ends_matched_a, ends_matched_b
        Share of the ends of one forest that have an end of the other within twice the tolerance;
        NaN if a forest has no ends.
    """

    a: Topology
    b: Topology
    a_to_b: Distances
    b_to_a: Distances
    radius: Radii
    ends_matched_a: float
    ends_matched_b: float

    @property
    def precision(self) -> float:
        """Share of the samples of `a` within the tolerance of `b`."""
        return self.a_to_b.within

    @property
    def recall(self) -> float:
        """Share of the samples of `b` within the tolerance of `a`."""
        return self.b_to_a.within

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 if both are 0."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both > 0 else 0.0

    @property
    def esa(self) -> float:
        """Entire structure average: mean of the mean distances in both directions."""
        return (self.a_to_b.mean + self.b_to_a.mean) / 2

    @property
    def dsa(self) -> float:
        """Different structure average: as `esa`, over the samples beyond the tolerance only."""
        return (self.a_to_b.far_mean + self.b_to_a.far_mean) / 2

    @property
    def pds(self) -> float:
        """Share of different structure: mean share of the samples beyond the tolerance."""
        return 1 - (self.precision + self.recall) / 2

    @property
    def length_ratio(self) -> float:
        """Length of `a` over that of `b`; 1 if both are 0, infinite if only that of `b` is 0."""
        if self.b.length > 0:
            return self.a.length / self.b.length
        return 1.0 if self.a.length == 0 else float("inf")


def compare(
    a: ZSwc,
    b: ZSwc,
    *,
    step: float = 1.0,
    tolerance: float = 2.0,
    voxel_size: Sequence[float] = (1.0, 1.0, 1.0),
) -> Comparison:
    """Compare a forest with an expected one.

    Both forests are sampled at all nodes and at points that cut each edge into equal parts of at
    most `step`, with interpolated radii. Each sample is matched with the nearest sample of the
    other forest.

    Parameters
    ----------
    a
        Forest under test. Radii are not compared where one is negative, that is unknown.
    b
        Expected forest.
    step
        Largest distance between samples on an edge.
    tolerance
        Largest distance of matching samples.
    voxel_size
        Size of a voxel along x, y, z; positions are multiplied by it, radii are not. With 0 for an
        axis, projections along that axis are compared.

    Returns
    -------
    Comparison
        Scores, distances, radii and topology. Two empty forests agree (precision and recall 1); an
        empty forest agrees with no other.

    Raises
    ------
    ValueError
        If the step is not positive, the tolerance or voxel size is negative, or the forests state
        different units.

    Examples
    --------
    >>> line = zimg.ZSwc.from_arrays([[0, 0, 0], [10, 0, 0]], [1, 1], [-1, 0])
    >>> half = zimg.ZSwc.from_arrays([[0, 0, 0], [5, 0, 0]], [1, 1], [-1, 0])
    >>> agreement = zimg.compare(half, line, tolerance=1.0)
    >>> agreement.precision, round(agreement.recall, 3), agreement.length_ratio
    (1.0, 0.636, 0.5)
    """
    require_one_unit([a, b])
    size = np.asarray(voxel_size, dtype=np.float64)
    if not step > 0 or not tolerance >= 0:
        raise ValueError(
            f"step must be above 0 and tolerance at least 0, got {step} and {tolerance}"
        )
    if size.shape != (3,) or not (size >= 0).all():
        raise ValueError(
            f"voxel_size must be three numbers of at least 0 for x, y, z, got {voxel_size!r}"
        )
    samples_a, samples_b = sampled(a, size, step), sampled(b, size, step)
    to_b, nearest_b = nearest(samples_a, samples_b)
    to_a, nearest_a = nearest(samples_b, samples_a)
    near_a, near_b = to_b <= tolerance, to_a <= tolerance
    own = np.concatenate([samples_a[near_a, 3], samples_a[nearest_a[near_b], 3]])
    expected = np.concatenate([samples_b[nearest_b[near_a], 3], samples_b[near_b, 3]])
    agree_empty = len(a) == len(b) == 0
    return Comparison(
        a=_topology(a, size),
        b=_topology(b, size),
        a_to_b=_distances(to_b, tolerance, agree_empty=agree_empty),
        b_to_a=_distances(to_a, tolerance, agree_empty=agree_empty),
        radius=_radii(own, expected),
        ends_matched_a=_share_near(_ends(a, size), _ends(b, size), 2 * tolerance),
        ends_matched_b=_share_near(_ends(b, size), _ends(a, size), 2 * tolerance),
    )


def without_counterpart(
    tree: ZSwc,
    other: ZSwc,
    *,
    step: float = 1.0,
    tolerance: float = 2.0,
    voxel_size: Sequence[float] = (1.0, 1.0, 1.0),
) -> tuple[ZSwc, NDArray[np.bool_]]:
    """Mark the parts of a tree that another one lacks.

    Parameters
    ----------
    tree
        Tree to mark.
    other
        Tree in which to look for a counterpart.
    step, tolerance, voxel_size
        As in `compare`.

    Returns
    -------
    tree
        The tree with nodes at most `step` apart.
    alone
        ``(n,)`` whether each of these nodes is farther than `tolerance` from `other`.
    """
    size = np.asarray(voxel_size, dtype=np.float64)
    nodes = tree.resampled(step, spacing=tuple(size))
    if not len(nodes) or not len(other):
        return nodes, np.ones(len(nodes), dtype=bool)
    distance, _ = nearest(sampled(nodes, size, step), sampled(other, size, step))
    return nodes, distance[: len(nodes)] > tolerance


def _distances(distance: Floats, tolerance: float, *, agree_empty: bool) -> Distances:
    if not len(distance):
        return Distances(np.nan, np.nan, np.nan, within=float(agree_empty), far_mean=np.nan)
    far = distance[distance > tolerance]
    return Distances(
        mean=float(distance.mean()),
        p95=float(np.percentile(distance, 95)),
        max=float(distance.max()),
        within=float((distance <= tolerance).mean()),
        far_mean=float(far.mean()) if far.size else 0.0,
    )


def _radii(own: Floats, expected: Floats) -> Radii:
    known = np.isfinite(own) & np.isfinite(expected)
    own, expected = own[known], expected[known]
    if not len(own):
        return Radii(np.nan, np.nan, np.nan)
    difference = own - expected
    relative = np.abs(difference) / np.maximum(expected, SMALLEST_RADIUS)
    return Radii(float(np.abs(difference).mean()), float(difference.mean()), float(relative.mean()))


def _degrees(tree: ZSwc) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers of children and of neighbours of each node."""
    linked = tree.parent >= 0
    children = np.bincount(tree.parent[linked], minlength=len(tree))
    return children, children + linked


def _topology(tree: ZSwc, size: Floats) -> Topology:
    children, neighbours = _degrees(tree)
    return Topology(
        nodes=len(tree),
        trees=len(tree.roots),
        tips=int(((children == 0) & (tree.parent >= 0)).sum()),
        ends=int((neighbours <= 1).sum()),
        branch_points=int((children >= 2).sum()),
        forks=int((neighbours >= 3).sum()),
        length=tree.total_length(tuple(size)),
    )


def _ends(tree: ZSwc, size: Floats) -> Floats:
    """Positions of the nodes with at most one neighbour."""
    positions: Floats = (tree.xyz * size)[_degrees(tree)[1] <= 1]
    return positions


def _share_near(points: Floats, others: Floats, limit: float) -> float:
    if not len(points) or not len(others):
        return float("nan")
    return float((cKDTree(others).query(points)[0] <= limit).mean())
