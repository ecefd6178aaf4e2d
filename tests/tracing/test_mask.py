"""Thresholds and masks against the recorded figures, and the rules read from their definition."""

import json
from pathlib import Path

import numpy as np
import pytest

from zimg.testing import bring_home
from zimg.tracing.mask import above, foreground, make_mask
from zimg.tracing.preprocess import subtract_background
from zimg.tracing.threshold import (
    Levels,
    count_levels,
    locmax_level,
    locmax_threshold,
    refined_level,
    triangle_level,
)

DATA = Path(__file__).parents[1] / "data" / "neuroseg"
VECTORS = json.loads((DATA / "preprocess.json").read_text())["volumes"]


def signal_of(name):
    return subtract_background(np.load(DATA / f"{name}.npy"))[0]


def levels(voxels, maxima):
    return Levels(np.asarray(voxels), np.asarray(maxima), 1, True)


@pytest.mark.parametrize("name", VECTORS)
def test_thresholds_and_masks_are_those_of_the_reference(on_lane, name):
    expected, signal = VECTORS[name], on_lane(signal_of(name))
    counted = count_levels(signal)
    assert counted.maxima.sum() == expected["locmax_plateaus"]
    used = np.flatnonzero(counted.maxima)
    first = triangle_level(counted.maxima, int(used[0]), int(used[-1]) - 1)
    assert first == expected["threshold_before_refine"]
    assert locmax_threshold(signal) == expected["threshold"]
    bright = bring_home(above(signal, expected["threshold"]))
    assert bright.sum() == expected["foreground_after_threshold"]
    found = bring_home(make_mask(signal))
    assert found.sum() == expected["foreground_after_majority"]
    assert not (found & ~bright).any()


@pytest.mark.parametrize("dtype", ["int16", "int32", "float32"])
def test_a_mask_does_not_depend_on_how_intensities_are_stored(on_lane, dtype):
    signal = signal_of("tiny8")[:16] // 2
    found = bring_home(make_mask(on_lane(signal.astype(dtype))))
    np.testing.assert_array_equal(found, make_mask(signal))
    assert found.any()


@pytest.mark.parametrize("factor", [2.0**-9, 2.0**-20])
def test_a_float_signal_between_0_and_1_may_be_scaled(on_lane, factor):
    rng = np.random.default_rng(0)
    signal = (signal_of("tiny8") * 0.5 + rng.random((32, 64, 64))).astype(np.float32) * 2.0**-9
    expected = make_mask(signal)
    scaled = signal * np.float32(factor)
    assert expected.any()
    np.testing.assert_array_equal(bring_home(make_mask(on_lane(scaled))), expected)


def test_wide_integers_are_counted_in_wide_levels(on_lane):
    signal = signal_of("tiny16").astype(np.int32) * 1000
    counted = count_levels(on_lane(signal))
    assert counted.voxels.size <= 65536
    assert counted.voxels.sum() == signal.size
    limit = locmax_threshold(on_lane(signal))
    level = (limit + 1) / counted.width - 1
    assert counted.share_above(int(level)) == (signal > limit).mean()


@pytest.mark.parametrize("value", [0, 7])
def test_a_constant_volume_has_no_mask(on_lane, value):
    assert make_mask(on_lane(np.full((3, 5, 6), value, np.uint8))) is None


def test_two_intensities_are_split_between_them(on_lane):
    signal = np.full((5, 6, 7), 3, np.uint16)
    signal[1:4, 1:4, 1:4] = 9
    assert locmax_threshold(on_lane(signal)) == 3
    np.testing.assert_array_equal(bring_home(make_mask(on_lane(signal))), signal == 9)


def test_maxima_of_one_intensity_give_no_mask(on_lane):
    signal = np.zeros((5, 9, 9), np.uint8)
    signal[2, 2:7, 2:7] = 10
    signal[2, 4, 4] = signal[2, 2, 2] = 20
    assert make_mask(on_lane(signal)) is None


def test_a_single_plane_is_masked_like_a_volume(on_lane):
    signal = signal_of("tiny8").max(axis=0)[None]
    found = bring_home(make_mask(on_lane(signal)))
    assert found.shape == signal.shape
    assert found.any()


def test_the_foreground_is_above_the_threshold_and_supported(on_lane):
    signal = np.zeros((5, 7, 7), np.uint8)
    signal[1:4, 1:4, 1:4] = 12
    signal[2, 5, 5] = 200
    found = bring_home(foreground(on_lane(signal), 11.7))
    np.testing.assert_array_equal(found, signal == 12)
    assert not bring_home(foreground(on_lane(signal), 12)).any()


@pytest.mark.parametrize(
    ("counts", "low", "high", "level"),
    [
        ([0, 8, 4, 2, 1, 1, 1, 1], 1, 7, 3),  # the bend of a falling curve
        ([0, 0, 5, 0, 0], 2, 4, 1),  # the mode is the rarest bin
        ([0, 2, 0, 2, 0], 1, 4, 1),  # as rare as the mode: the mode
        ([9, 0, 0, 0], 1, 3, 0),  # nothing to see in the range
        ([9, 3, 1], 2, 1, 1),  # no range
        ([1, 9, 0, 1, 1], 0, 4, 3),  # empty bins are skipped
    ],
)
def test_the_triangle_bends_where_a_histogram_does(counts, low, high, level):
    assert triangle_level(np.asarray(counts), low, high) == level


def test_rare_maxima_leave_the_choice_to_the_commonest_intensity():
    voxels = np.zeros(50, int)
    voxels[[0, 3, 20]] = 100_000, 400_000, 1
    maxima = np.zeros(50, int)
    maxima[[3, 20]] = 1, 1
    assert locmax_level(levels(voxels, maxima)) == 3


def test_a_threshold_with_little_above_it_is_kept():
    counted = levels([990, 4, 3, 2, 1], [0, 8, 4, 2, 1])
    assert refined_level(counted, 1, 4) == 1


def test_a_threshold_with_much_above_it_rises_only_for_a_large_gain():
    maxima = [0, 64, 16, 4, 2, 1, 1, 1]
    dense = levels([500, 300, 120, 60, 10, 5, 4, 1], maxima)
    assert dense.share_above(2) == pytest.approx(0.08)
    assert refined_level(dense, 2, 7) > 2
    flat = levels([500, 20, 20, 20, 110, 110, 110, 110], maxima)
    assert refined_level(flat, 2, 7) == 2
