"""Knots and lengths of chains: recorded ones, and straight tubes."""

import numpy as np
import pytest

from zimg.tracing.chains import End, knot_points, knots, length


def test_knots_and_lengths_are_the_recorded_ones(recorded_chains):
    assert len(recorded_chains) == 4
    for chain, recorded in recorded_chains:
        index, fraction = knots(chain)
        expected = np.array(recorded["knots"])
        np.testing.assert_array_equal(index, expected[:, 0])
        np.testing.assert_allclose(fraction, expected[:, 1], atol=1e-12)
        assert length(chain) == pytest.approx(recorded["length"], abs=1e-9)


def test_a_straight_chain_is_as_long_as_its_axis(tube):
    for seed in (0, 3, 8):
        chain = tube([3.0, 4.0, 5.0], [51.0, 20.0, 29.0], seed=seed)
        expected = np.linalg.norm([48.0, 16.0, 24.0])
        assert length(chain) == pytest.approx(expected)
        points = knot_points(chain)
        np.testing.assert_allclose(points[[0, -1]], [[3, 4, 5], [51, 20, 29]], atol=1e-9)


def test_the_knots_of_one_segment_are_its_ends(tube, chain_of):
    chain = chain_of(tube([0.0, 0.0, 0.0], [50.0, 0.0, 0.0]).segments[:1], [0])
    index, fraction = knots(chain)
    assert (index.tolist(), fraction.tolist()) == ([0, 0], [0.0, 1.0])
    assert length(chain) == pytest.approx(chain.segments[0, 4] - 1.0)


def test_knots_at_one_place_count_once(tube, chain_of):
    row = tube([0.0, 0.0, 0.0], [50.0, 0.0, 0.0]).segments[2]
    chain = chain_of([row, row, row, row], [0, 1, 1, 1])
    index, fraction = knots(chain)
    assert list(zip(index.tolist(), fraction.tolist(), strict=True)) == [
        (0, 0.0),
        (1, 0.0),
        (3, 1.0),
    ]


def test_a_chain_counts_its_segments_and_its_ends_are_open(tube):
    chain = tube([0.0, 0.0, 0.0], [60.0, 0.0, 0.0])
    assert len(chain) == len(chain.segments) == 11
    assert (chain.head, chain.tail) == (End.OPEN, End.OPEN)
