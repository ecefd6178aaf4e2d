"""Results of a comparison of two trees: distances, radii, topology."""

from dataclasses import dataclass


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
