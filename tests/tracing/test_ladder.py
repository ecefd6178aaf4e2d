"""Thresholds: their top, their steps and their lower end."""

import numpy as np
import pytest

from zimg.tracing.ladder import STEP, separating, spread, thresholds, top_value


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_the_top_is_the_value_that_fifty_voxels_reach(on_lane, dtype):
    volume = np.zeros((5, 20, 20), dtype)
    volume.reshape(-1)[:200] = np.arange(1, 201)
    assert top_value(on_lane(volume)) == 151.0


def test_few_bright_voxels_give_the_lowest_of_them(on_lane):
    volume = np.zeros((5, 20, 20), np.uint8)
    volume[2, 3:5, 4:8] = 9
    assert top_value(on_lane(volume)) == 9.0
    assert top_value(on_lane(np.zeros((3, 4, 5), np.uint8))) == 0.0


def test_one_hot_voxel_does_not_move_the_top():
    volume = np.random.default_rng(0).random((6, 30, 30)).astype(np.float32)
    hot = volume.copy()
    hot[3, 4, 5] = 1e4
    assert top_value(hot) == pytest.approx(top_value(volume), rel=1e-3)


def test_thresholds_fall_to_the_noise_and_no_further():
    levels = thresholds(200.0, 5.0, step=1.0)
    assert levels[0] == pytest.approx(200.0 * STEP)
    assert min(levels) >= 20.0
    assert min(levels) * STEP < 20.0
    np.testing.assert_allclose(np.divide(levels[1:], levels[:-1]), STEP)


def test_without_noise_there_are_fourteen_and_over_the_top_one():
    assert len(thresholds(200.0, 0.0, step=0.0)) == 14
    assert min(thresholds(200.0, 0.0, step=1.0)) >= 1.0
    assert thresholds(10.0, 5.0, step=1.0) == [5.0]


def test_a_threshold_below_a_quarter_of_the_voxels_ends_the_ladder(on_lane):
    volume = np.zeros((4, 10, 10), np.uint8)
    volume[0, :5] = 100
    volume[1:3] = 50
    assert list(separating(on_lane(volume), [80.0, 60.0, 40.0])) == [80.0, 60.0]
    assert list(separating(on_lane(volume), [40.0, 20.0])) == [40.0]


def test_the_spread_of_half_a_normal_distribution_is_its_sigma(on_lane):
    values = np.abs(np.random.default_rng(0).normal(0.0, 3.0, (8, 30, 30)))
    values[:4] = 0.0
    assert spread(on_lane(values.astype(np.float32))) == pytest.approx(3.0, rel=0.05)
    assert spread(on_lane(np.zeros((3, 4, 5), np.float32))) == 0.0
