"""Scores of trees whose agreement is known in closed form."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zimg.swc import ZSwc
from zimg.swc.comparing import compare


def line(length: float, *, y: float = 0.0, radius: float = 1.0) -> ZSwc:
    return ZSwc.from_arrays([[0, y, 0], [length, y, 0]], radius, [-1, 0])


def test_a_tree_agrees_with_itself() -> None:
    same = compare(line(10), line(10))
    assert (same.precision, same.recall, same.f1, same.length_ratio) == (1, 1, 1, 1)
    assert (same.esa, same.a_to_b.max, same.radius.mean_abs) == (0, 0, 0)
    assert (same.ends_matched_a, same.ends_matched_b) == (1, 1)


def test_a_half_has_full_precision_and_the_share_of_samples_as_recall() -> None:
    half = compare(line(5), line(10), tolerance=2.0)
    assert half.precision == 1.0
    assert half.recall == 8 / 11  # samples at 0, 1, ..., 10; those up to 7 are near
    assert half.f1 == 2 * (8 / 11) / (1 + 8 / 11)
    assert half.length_ratio == 0.5
    assert half.b_to_a.mean == pytest.approx((1 + 2 + 3 + 4 + 5) / 11)
    assert half.b_to_a.max == 5.0
    assert half.esa == pytest.approx(15 / 11 / 2)
    assert half.dsa == (3 + 4 + 5) / 3 / 2
    assert half.pds == pytest.approx((0 + 3 / 11) / 2)
    assert half.b_to_a.p95 == 4.5
    assert (half.ends_matched_a, half.ends_matched_b) == (0.5, 0.5)


@pytest.mark.parametrize(("offset", "share"), [(2.0, 1.0), (2.001, 0.0)])
def test_the_tolerance_itself_counts(offset: float, share: float) -> None:
    assert compare(line(9), line(9, y=offset)).f1 == share


def test_edges_are_cut_into_equal_parts_not_longer_than_the_step() -> None:
    # 3 units in steps of 2: two parts of 1.5, so the sample at 1.5 is 1.5 from the only node
    found = compare(line(3), ZSwc.from_arrays([[0, 0, 0]], 1, [-1]), step=2.0)
    assert found.a_to_b.mean == pytest.approx((0 + 1.5 + 3) / 3)
    assert found.length_ratio == math.inf


def test_positions_are_scaled_by_the_spacing_and_zero_projects() -> None:
    a = ZSwc.from_arrays([[0, 0, 0], [0, 0, 4]], 1, [-1, 0])
    b = ZSwc.from_arrays([[0, 0, 0], [0, 0, 2]], 1, [-1, 0])
    assert compare(a, b, voxel_size=(1, 1, 3)).a.length == 12
    assert compare(a, b, voxel_size=(1, 1, 0)).f1 == 1
    assert compare(a, b, voxel_size=(1, 1, 0)).length_ratio == 1


def test_radii_are_compared_where_samples_match_and_unknown_ones_never() -> None:
    found = compare(line(8, radius=3), line(8, radius=2)).radius
    assert (found.mean_abs, found.bias, found.mean_relative) == (1, 1, 0.5)
    # A negative radius is unknown: it is no radius of 0 that would be too small by 2.
    assert math.isnan(compare(line(8, radius=-3), line(8, radius=2)).radius.bias)
    half = line(8, radius=3)
    half.radius[0] = -1
    assert compare(half, line(8, radius=2)).radius.bias == 1
    assert math.isnan(compare(line(8), line(8, y=50)).radius.mean_abs)


def test_topology_counts_tips_ends_branch_points_and_forks() -> None:
    #  0 - 1 - (2, 3), a root 4 with two children, and 7 alone
    tree = ZSwc.from_arrays(np.arange(24).reshape(8, 3), 1, [-1, 0, 1, 1, -1, 4, 4, -1])
    found = compare(tree, tree).a
    assert (found.nodes, found.trees, found.tips) == (8, 3, 4)
    assert (found.ends, found.branch_points, found.forks) == (6, 2, 1)


def test_empty_forests_agree_with_each_other_only() -> None:
    assert compare(ZSwc(), ZSwc()).f1 == 1.0
    assert compare(ZSwc(), ZSwc()).length_ratio == 1.0
    for a, b in ((ZSwc(), line(3)), (line(3), ZSwc())):
        assert compare(a, b).f1 == 0.0
        assert math.isnan(compare(a, b).esa)
        assert math.isnan(compare(a, b).ends_matched_a)


@given(st.lists(st.tuples(*[st.floats(-50, 50)] * 3), min_size=1, max_size=12))
def test_exchanging_the_trees_exchanges_precision_and_recall(
    points: list[tuple[float, ...]],
) -> None:
    a = ZSwc.from_arrays(points, 1, np.arange(len(points)) - 1)
    b = line(20)
    there, back = compare(a, b), compare(b, a)
    assert (there.precision, there.recall) == (back.recall, back.precision)
    assert there.a_to_b == back.b_to_a


@pytest.mark.parametrize(
    "options", [{"step": 0}, {"tolerance": -1}, {"voxel_size": (1, 1)}, {"voxel_size": (1, 1, -1)}]
)
def test_wrong_options_are_refused(options) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        compare(line(1), line(1), **options)
