"""Checks of a signal, its background and its reduction."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zimg.ops import upload
from zimg.testing import bring_home
from zimg.tracing.preprocess import check_signal, common_bin, downsample, subtract_background

DATA = Path(__file__).parents[1] / "data" / "neuroseg"
VECTORS = json.loads((DATA / "preprocess.json").read_text())["volumes"]

pytestmark = pytest.mark.usefixtures("visible_reads")


@pytest.mark.parametrize("name", VECTORS)
def test_the_background_is_that_of_the_reference(xp, device, name):
    volume = np.load(DATA / f"{name}.npy")
    signal, level = subtract_background(upload(volume, on=device, xp=xp))
    assert level == VECTORS[name]["background"]
    got = bring_home(signal)
    assert got.dtype == volume.dtype
    np.testing.assert_array_equal(got, np.maximum(volume.astype(int) - int(level), 0))


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "float32"])
def test_the_background_does_not_depend_on_how_intensities_are_stored(xp, device, dtype):
    volume = np.load(DATA / "tiny8.npy")[:8] // 2
    signal, level = subtract_background(upload(volume.astype(dtype), on=device, xp=xp))
    expected, expected_level = subtract_background(volume)
    assert level == expected_level > 0
    got = bring_home(signal)
    assert got.dtype == dtype
    np.testing.assert_array_equal(np.maximum(got, 0), expected)


def test_fractions_are_binned_finely(xp, device):
    rng = np.random.default_rng(0)
    volume = np.where(rng.random((6, 20, 20)) < 0.7, 0.25, rng.random((6, 20, 20)))
    signal, level = subtract_background(upload(volume.astype(np.float32), on=device, xp=xp))
    assert level == pytest.approx(0.25, abs=2e-5)
    np.testing.assert_allclose(bring_home(signal), volume - level, atol=1e-6)


def test_subtraction_saturates_at_both_ends_of_a_type(xp, device):
    volume = np.full((4, 6, 10), -20, np.int8)
    volume[0, 0, :3] = -128, 127, 0
    signal, level = subtract_background(upload(volume, on=device, xp=xp))
    assert level == -20
    assert bring_home(signal)[0, 0, :4].tolist() == [-108, 127, 20, 0]


def test_wide_integers_are_binned_without_overflow(xp, device):
    volume = np.full((4, 6, 10), 1_000_000, np.int32)
    volume[0, 0, :2] = -2_000_000_000, 2_000_000_000
    _, level = subtract_background(upload(volume, on=device, xp=xp))
    width = 4_000_000_000 // 65536 + 1
    assert level == 1_000_000 // width * width


@pytest.mark.parametrize(
    ("counts", "common"),
    [
        ([95, 1, 4], 0),  # almost everything is 0 already
        ([10, 50, 30, 10, 0], 1),  # 40 % lie above the mode
        ([10, 30, 15, 25, 20, 0], 3),  # too many do: the next mode
        ([1, 10, 9, 8, 70, 2, 0], 4),
        ([0, 1, 99], 0),  # the last bin is no background
        ([1, 9, 8, 7, 60, 0], 4),
    ],
)
def test_the_common_intensity_has_less_than_half_the_voxels_above_it(counts, common):
    assert common_bin(np.asarray(counts)) == common


@pytest.mark.parametrize(
    ("counts", "common"),
    [
        ([40, 30, 15, 10, 5, 0], 1),  # 60 % lie above bin 0: the next mode
        ([60, 20, 15, 5, 0], 0),
        ([0, 60, 20, 15, 5, 0], 1),  # an offset moves the mode
        ([3, 97], 0),
    ],
)
def test_the_lowest_intensity_is_a_candidate_on_request(counts, common):
    assert common_bin(np.asarray(counts), lowest=True) == common


@pytest.mark.parametrize("offset", [0, 1, 40])
def test_a_background_at_the_lowest_intensity_follows_an_offset(xp, device, offset):
    rng = np.random.default_rng(1)
    volume = np.where(rng.random((5, 12, 14)) < 0.6, 0, rng.integers(1, 90, (5, 12, 14)))
    shifted = upload((volume + offset).astype(np.uint8), on=device, xp=xp)
    signal, level = subtract_background(shifted, lowest=True)
    assert level == offset
    np.testing.assert_array_equal(bring_home(signal), volume)


@given(counts=st.lists(st.integers(0, 50), min_size=1, max_size=12))
def test_the_common_intensity_is_a_bin_before_the_last(counts):
    histogram = np.asarray([*counts, 1])
    common = common_bin(histogram)
    assert 0 <= common < histogram.size - 1
    assert common == 0 or histogram[common] == histogram[common:].max()


def test_signals_that_cannot_be_traced_are_refused_with_what_is_wrong(xp, device):
    def signal(dtype, shape=(2, 3, 4)):
        return upload(np.ones(shape, dtype), on=device, xp=xp)

    check_signal(signal("uint8"))
    check_signal(signal("float32"))
    with pytest.raises(TypeError, match=r"integer or float voxels, got .*bool"):
        check_signal(signal("bool"))
    with pytest.raises(TypeError, match=r"integer or float voxels, got .*complex64"):
        check_signal(signal("complex64"))
    with pytest.raises(ValueError, match=r"must be \(Z, Y, X\) and not empty, got shape \(3, 4\)"):
        check_signal(signal("uint8", (3, 4)))
    with pytest.raises(ValueError, match=r"not empty, got shape \(2, 0, 4\)"):
        check_signal(signal("uint8", (2, 0, 4)))
    broken = np.zeros((2, 3, 4), np.float32)
    broken[0, 0, :3] = np.nan, np.inf, -np.inf
    with pytest.raises(ValueError, match="finite, got 3 NaN or infinite voxels"):
        check_signal(upload(broken, on=device, xp=xp))


def test_ratios_are_given_in_the_order_x_y_z(xp, device):
    volume = upload(np.zeros((4, 9, 10), np.uint8), on=device, xp=xp)
    assert downsample(volume, (5, 3, 2)).shape == (2, 3, 2)


def test_reduced_voxels_are_those_that_the_reference_reads(xp, device):
    volume = (np.arange(5 * 6 * 7).reshape(5, 6, 7) * 97 % 251).astype(np.uint8)
    small = bring_home(downsample(upload(volume, on=device, xp=xp), (2, 3, 2)))
    assert small.tolist() == [
        [[103, 111, 136, 123], [121, 139, 133, 123]],
        [[129, 124, 107, 119], [139, 124, 125, 134]],
        [[116, 114, 131, 127], [119, 141, 144, 122]],
    ]
