"""Maxima against their definitions, read voxel by voxel."""

from itertools import product

import numpy as np
import pytest
from array_api_extra.testing import lazy_xp_function
from scipy import ndimage

from zimg.kernels.distance import squared_distance
from zimg.kernels.extrema import local_maxima, regional_maxima, ridge_maxima
from zimg.ops import upload
from zimg.testing import bring_home

lazy_xp_function(regional_maxima)
lazy_xp_function(local_maxima)

EDGES = ndimage.generate_binary_structure(3, 2)


def plateaus_above_their_surroundings(volume):
    """First voxel of each 18-connected plateau above 0 without a higher neighbour."""
    first = np.zeros(volume.shape, bool)
    for value in np.unique(volume[volume > 0]):
        objects, count = ndimage.label(volume == value, EDGES)
        for label in range(1, count + 1):
            plateau = objects == label
            around = ndimage.binary_dilation(plateau, EDGES)
            if not (volume[around] > value).any():
                first.reshape(-1)[np.flatnonzero(plateau)[0]] = True
    return first


def peaks_in_raster_order(distance):
    found = np.zeros(distance.shape, bool)
    padded = np.pad(distance, 1)
    for z, y, x in np.argwhere(distance > 0):
        box = padded[z : z + 3, y : y + 3, x : x + 3].reshape(-1)
        found[z, y, x] = (box[13] > box[:13]).all() and (box[13] >= box[14:]).all()
    return found


@pytest.mark.parametrize(
    ("dtype", "levels"), [("uint8", 3), ("uint8", 40), ("uint16", 9), ("float32", 9)]
)
def test_every_plateau_without_a_way_up_gives_its_first_voxel(xp, device, dtype, levels):
    host = np.random.default_rng(levels).integers(0, levels, (5, 8, 9)).astype(dtype)
    got = bring_home(regional_maxima(upload(host, on=device, xp=xp)))
    np.testing.assert_array_equal(got, plateaus_above_their_surroundings(host))


def test_a_long_plateau_that_touches_a_higher_voxel_is_no_maximum(xp, device):
    ramp = np.zeros((3, 3, 12), np.uint8)
    ramp[1, 1, :] = 5
    ramp[0, 0, 10] = 6  # beside the plateau's end, over an edge
    assert np.argwhere(bring_home(regional_maxima(upload(ramp, on=device, xp=xp)))).tolist() == [
        [0, 0, 10]
    ]


def test_corners_do_not_connect_plateaus(xp, device):
    host = np.zeros((2, 2, 2), np.uint8)
    host[0, 0, 0] = host[1, 1, 1] = 7
    assert bring_home(regional_maxima(upload(host, on=device, xp=xp))).sum() == 2


def test_a_constant_volume_is_one_plateau_and_an_empty_one_none(xp, device):
    full = upload(np.full((3, 4, 5), 9, np.uint8), on=device, xp=xp)
    assert np.flatnonzero(bring_home(regional_maxima(full))).tolist() == [0]
    assert not bring_home(regional_maxima(full - full)).any()


@pytest.mark.parametrize("levels", [2, 4, 30])
def test_peaks_beat_the_voxels_before_and_match_those_after(xp, device, levels):
    host = np.random.default_rng(levels).integers(0, levels, (5, 6, 7)).astype(np.int32)
    got = bring_home(local_maxima(upload(host, on=device, xp=xp)))
    np.testing.assert_array_equal(got, peaks_in_raster_order(host))


def test_ties_in_a_row_fall_as_raster_order_says(xp, device):
    for row in product((1, 2), repeat=4):
        host = np.asarray(row, np.int32).reshape(1, 1, 4)
        got = bring_home(local_maxima(upload(host, on=device, xp=xp)))
        np.testing.assert_array_equal(got, peaks_in_raster_order(host))


@pytest.mark.parametrize("levels", [2, 5])
def test_ridges_are_the_peaks_within_planes(xp, device, levels):
    host = np.random.default_rng(levels).integers(0, levels, (5, 6, 7)).astype(np.int32)
    expected = np.zeros(host.shape, bool)
    for axis in range(3):
        planes = np.moveaxis(host, axis, 0)[:, None]
        found = np.stack([peaks_in_raster_order(plane)[0] for plane in planes])
        expected |= np.moveaxis(found, 0, axis)
    got = bring_home(ridge_maxima(upload(host, on=device, xp=xp)))
    np.testing.assert_array_equal(got, expected)


def test_the_ridge_of_a_bar_is_its_middle_line(xp, device):
    mask = np.zeros((9, 9, 20), bool)
    mask[2:7, 2:7, 2:18] = True
    squared = upload(squared_distance(mask), on=device, xp=xp)
    ridge = bring_home(ridge_maxima(squared))
    assert ridge[4, 4, 5:15].all()
    assert not ridge[~mask].any()
    assert not ridge[2, 2, 4:16].any()


@pytest.mark.parametrize("seed", [0, 1])
def test_nearly_every_strict_maximum_is_on_the_ridge(seed):
    mask = ndimage.binary_opening(np.random.default_rng(seed).random((12, 20, 20)) > 0.3)
    squared = squared_distance(mask)
    peaks = local_maxima(squared)
    assert (peaks & ~ridge_maxima(squared)).sum() == 0
