"""Screening by contrast: floors, clutter, and what must not be taken for clutter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zimg.tracing.screening import (
    otsu_threshold,
    screen_by_contrast,
    weighted_median,
)

FEW = st.integers(2, 12)


def screen(contrast, length, radius=1.0, signal=1.0, **options):
    given = {"noise": 1.0, "longest_side": 100.0} | options
    of_chains = np.broadcast_arrays(contrast, length, radius, signal)
    return screen_by_contrast(*(each.astype(float) for each in of_chains), **given)


def cluttered(dim=60, ratio=10.0):
    """Five bright chains and many dim ones."""
    contrast = [100.0] * 5 + [100.0 / ratio] * dim
    return contrast, [80.0] * 5 + [20.0] * dim


def test_short_and_dim_chains_are_dropped():
    found = screen([50.0, 50.0, 4.0, 9.0], [40.0, 10.0, 40.0, 40.0])
    assert found.keep.tolist() == [True, False, False, False]
    assert not found.split


def test_dim_chains_less_than_twice_as_long_as_wide_are_dropped():
    length, radius = [12.0, 39.0, 41.0, 12.0, 12.0], [3.5, 10.0, 10.0, 2.0, 9.0]
    found = screen([50.0] * 5, length, radius, signal=[40.0, 40.0, 40.0, 40.0, 90.0])
    assert found.keep.tolist() == [False, False, True, True, True]


def test_the_limit_is_that_of_the_noise_where_it_is_higher():
    assert screen([20.0, 20.0], [40.0, 40.0], noise=1.0).limit == 4.5
    assert screen([20.0, 20.0], [40.0, 40.0], noise=0.5).limit == 4.0


def test_many_dim_chains_beside_bright_ones_are_clutter():
    found = screen(*cluttered())
    assert found.split
    assert found.keep.sum() == 5
    assert (found.dim_chains, found.ratio) == (60, 10.0)
    assert 10.0 < found.threshold < 100.0


def test_what_the_split_alone_removes_is_reported():
    found = screen(*cluttered(ratio=4.5))
    assert found.split
    assert found.removed_by_split == 60 * 20.0
    kept = screen(*cluttered(ratio=4.5), clutter="keep")
    assert not kept.split
    assert kept.keep.all()
    assert kept.removed_by_split == 0.0


@pytest.mark.parametrize(
    "chains",
    [
        cluttered(dim=49, ratio=4.5),  # a dim arbor is few
        cluttered(ratio=3.5),  # two halves of one arbor
        ([100.0] + [20.0] * 60, [70.0] + [20.0] * 60),  # a soma and its stubs
    ],
)
def test_what_is_no_clutter_is_kept(chains):
    found = screen(*chains)
    assert not found.split
    assert found.keep.all()


@given(
    arrays(np.float64, 8, elements=st.floats(0.5, 200.0)),
    st.floats(0.01, 100.0),
)
def test_the_choice_does_not_depend_on_the_gain(contrast, gain):
    length = np.linspace(12.0, 60.0, 8)
    first = screen(contrast, length, noise=0.0)
    second = screen(contrast * gain, length, noise=0.0)
    borderline = np.isclose(contrast, first.limit, rtol=1e-9)
    np.testing.assert_array_equal(first.keep[~borderline], second.keep[~borderline])


def test_no_chains_are_no_problem():
    found = screen([], [])
    assert found.keep.shape == (0,)
    assert (found.split, found.limit) == (False, 4.5)


@given(FEW.flatmap(lambda n: arrays(np.float64, n, elements=st.floats(-5.0, 5.0))))
def test_otsu_is_the_best_of_all_cuts(values):
    weights = np.linspace(1.0, 2.0, len(values))
    found = otsu_threshold(values, weights)
    levels = np.unique(values)
    if len(levels) == 1:
        assert found is None
        return

    def between(cut):
        low = values < cut
        masses = weights[low].sum(), weights[~low].sum()
        means = [np.average(values[part], weights=weights[part]) for part in (low, ~low)]
        return masses[0] * masses[1] * (means[0] - means[1]) ** 2

    best = max(between(high) for high in levels[1:])
    assert between(found) == pytest.approx(best, rel=1e-6, abs=1e-9)


def test_the_weighted_median_is_where_half_of_the_weight_is_reached():
    assert weighted_median(np.array([1.0, 2.0, 30.0]), np.array([1.0, 1.0, 5.0])) == 30.0
    assert weighted_median(np.array([3.0, 1.0, 2.0]), np.ones(3)) == 2.0
    assert weighted_median(np.zeros(0), np.zeros(0)) == 0.0
