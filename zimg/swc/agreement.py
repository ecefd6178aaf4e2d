"""What a comparison of two trees says: nearness, radii, topology."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Topology:
    """What a forest is made of.

    Attributes
    ----------
    nodes, trees
        Numbers of nodes and of roots.
    tips
        Nodes without child that are not roots.
    ends
        Nodes with one neighbour at most.
    branch_points
        Nodes with two children or more.
    forks
        Nodes with three neighbours or more.
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
        Share of the samples at the tolerance or nearer.
    far_mean
        Mean distance of the others, 0 if there is none.
    """

    mean: float
    p95: float
    max: float
    within: float
    far_mean: float


@dataclass(frozen=True)
class Radii:
    """Differences of radii, first minus second forest, where samples match; NaN where none do.

    Attributes
    ----------
    mean_abs, bias
        Mean of the absolute values, and of the signed ones.
    mean_relative
        Mean of the absolute values divided by the radius in the second forest.
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
        Topology of the two, lengths in units of `voxel_size`.
    a_to_b, b_to_a
        Distances of the samples of one from the other.
    radius
        Differences of radii at samples that match within the tolerance, in both directions.
    ends_matched_a, ends_matched_b
        Share of the ends of one that have an end of the other within twice the tolerance; NaN if
        one has no ends.
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
        """Share of `a` that is near `b`."""
        return self.a_to_b.within

    @property
    def recall(self) -> float:
        """Share of `b` that is near `a`."""
        return self.b_to_a.within

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0 if both are."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both > 0 else 0.0

    @property
    def esa(self) -> float:
        """Entire structure average: mean of the mean distances in both directions."""
        return (self.a_to_b.mean + self.b_to_a.mean) / 2

    @property
    def dsa(self) -> float:
        """Different structure average: as `esa`, of the samples beyond the tolerance only."""
        return (self.a_to_b.far_mean + self.b_to_a.far_mean) / 2

    @property
    def pds(self) -> float:
        """Share of different structure: mean share of the samples beyond the tolerance."""
        return 1 - (self.precision + self.recall) / 2

    @property
    def length_ratio(self) -> float:
        """Length of `a` over that of `b`; 1 if both are 0, infinite if only that of `b` is."""
        if self.b.length > 0:
            return self.a.length / self.b.length
        return 1.0 if self.a.length == 0 else float("inf")
