"""Branch points: where they snap, what is inserted, and that the chain keeps its shape."""

import numpy as np
import pytest

from zimg.tracing.chains import BOTH, knot_points, length
from zimg.tracing.insert import knot_line, with_branch_point
from zimg.tracing.segments import point_at

ACROSS = np.array([0.0, 1.0, 0.0])


def meet(chain, position, orientation=ACROSS):
    return with_branch_point(chain, knot_line(chain), np.asarray(position, float), orientation)


def test_a_hook_from_the_side_inserts_the_nearest_point_of_the_axis(tube):
    chain = tube([0, 0, 0], [60, 0, 0])
    point = meet(chain, [32.0, 2.0, 0.0])
    assert point.position == pytest.approx([32.0, 0.0, 0.0])
    assert len(point.chain) == len(chain) + 1
    assert point.chain.segments[point.index, 5:] == pytest.approx([32.0, 0.0, 0.0])
    assert list(point.new) == [point.index]


def test_the_inserted_point_is_a_knot_and_the_others_stay(tube):
    chain = tube([0, 0, 0], [60, 0, 0])
    point = meet(chain, [32.0, 2.0, 0.0])
    expected = np.insert(knot_points(chain), 6, [32.0, 0.0, 0.0], axis=0)
    expected = expected[np.argsort(expected[:, 0])]
    assert knot_points(point.chain) == pytest.approx(expected, abs=1e-9)
    assert length(point.chain) == pytest.approx(60.0)


@pytest.mark.parametrize("seed", [0, 4, 10])
def test_every_position_of_the_seed_gives_a_knot_at_the_branch_point(tube, seed):
    chain = tube([0, 0, 0], [60, 0, 0], seed=seed)
    for x in (7.0, 22.0, 33.0, 53.0):
        point = meet(chain, [x, 2.0, 0.0])
        apart = np.linalg.norm(knot_points(point.chain) - [x, 0.0, 0.0], axis=1)
        assert apart.min() < 1e-9


@pytest.mark.parametrize(("x", "knot"), [(30.8, 30.0), (34.2, 35.0), (2.9, 0.0), (57.2, 60.0)])
def test_a_point_near_a_knot_moves_there_and_inserts_nothing(tube, x, knot):
    chain = tube([0, 0, 0], [60, 0, 0])
    point = meet(chain, [x, 2.0, 0.0])
    assert point.position == pytest.approx([knot, 0.0, 0.0])
    assert point.index is None
    assert point.chain is chain


def test_a_chain_of_one_segment_is_cut_in_two_parts_that_cover_it(tube):
    chain = tube([0, 0, 0], [10, 0, 0])
    assert chain.direction.tolist() == [BOTH]
    point = meet(chain, [4.0, 2.0, 0.0])
    assert point.chain.segments[:, 4].tolist() == pytest.approx([5.0, 7.0])
    assert point_at(point.chain.segments[0], 1.0) == pytest.approx([4.0, 0.0, 0.0])
    assert point_at(point.chain.segments[1], 1.0) == pytest.approx([10.0, 0.0, 0.0])
    assert knot_points(point.chain)[:, 0] == pytest.approx([0.0, 4.0, 10.0])


def test_an_end_segment_is_cut_where_both_knots_are_its_own(tube):
    chain = tube([0, 0, 0], [60, 0, 0])
    point = meet(chain, [5.0, 2.0, 0.0])
    assert list(point.new) == [0, 1]
    assert point.index == 1
    assert point.chain.segments[:2, 4].tolist() == pytest.approx([6.0, 6.0])


def test_the_radius_of_the_inserted_segment_lies_between_those_of_the_two_knots(tube):
    chain = tube([0, 0, 0], [60, 0, 0])
    chain.segments[:, 0] = np.linspace(1.0, 5.0, len(chain))
    line = knot_line(chain)
    expected = np.interp(22.0, line.points[:, 0], chain.segments[line.index, 0])
    point = meet(chain, [22.0, 2.0, 0.0])
    assert point.chain.segments[point.index, 0] == pytest.approx(expected)


def test_without_orientation_the_point_itself_is_projected(tube):
    point = meet(tube([0, 0, 0], [60, 0, 0]), [32.0, 7.0, 3.0], None)
    assert point.position == pytest.approx([32.0, 0.0, 0.0])


def test_the_chain_that_was_given_is_not_changed(tube):
    chain = tube([0, 0, 0], [60, 0, 0])
    before = chain.segments.copy(), chain.fix.copy(), chain.direction.copy()
    for x in (5.0, 32.0):
        meet(chain, [x, 2.0, 0.0])
    assert np.array_equal(before[0], chain.segments)
    assert np.array_equal(before[1], chain.fix, equal_nan=True)
    assert np.array_equal(before[2], chain.direction)


def test_knots_and_lengths_of_recorded_chains_are_those_of_the_reference(recorded_chains):
    for chain, recorded in recorded_chains:
        line = knot_line(chain)
        pairs = [list(pair) for pair in zip(line.index, line.fraction, strict=True)]
        assert pairs == recorded["knots"]
        assert length(chain) == pytest.approx(recorded["length"], abs=1e-9)
