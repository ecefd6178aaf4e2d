"""The squared distance transform against brute force and closed forms."""

import numpy as np
import pytest
from array_api_extra.testing import lazy_xp_function
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from zimg.kernels.distance import squared_distance
from zimg.ops import upload
from zimg.testing import bring_home

lazy_xp_function(squared_distance)

# Few shapes, for a compiled loop is compiled once for each.
masks = arrays(np.bool_, st.sampled_from([(4, 5, 6), (1, 7, 3)]))
few = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def brute_force(mask):
    padded = np.pad(mask, 1)
    background = np.argwhere(~padded)
    squared = np.zeros(padded.shape, int)
    for voxel in np.argwhere(padded):
        squared[tuple(voxel)] = ((background - voxel) ** 2).sum(axis=1).min()
    return squared[1:-1, 1:-1, 1:-1]


def transform(mask, xp, device):
    return bring_home(squared_distance(upload(mask, on=device, xp=xp)))


@few
@given(mask=masks)
def test_distances_are_those_to_the_nearest_background_voxel(xp, device, mask):
    np.testing.assert_array_equal(transform(mask, xp, device), brute_force(mask))


@given(mask=arrays(np.bool_, array_shapes(min_dims=3, max_dims=3, max_side=7)))
@settings(max_examples=60, deadline=None)
def test_distances_are_exact_in_volumes_of_any_shape(mask):
    np.testing.assert_array_equal(squared_distance(mask), brute_force(mask))


def test_everything_outside_is_background(xp, device):
    squared = transform(np.ones((5, 7, 9), bool), xp, device)
    z, y, x = (np.minimum(np.arange(n) + 1, n - np.arange(n)) for n in squared.shape)
    nearest = np.minimum(np.minimum(z[:, None, None], y[:, None]), x)
    np.testing.assert_array_equal(squared, nearest**2)
    assert squared.dtype == np.int32


def test_a_ball_is_as_deep_as_its_radius(xp, device):
    z, y, x = np.ogrid[-7:8, -7:8, -7:8]
    squared = transform(z**2 + y**2 + x**2 < 36, xp, device)
    assert squared[7, 7, 7] == squared.max() == 36


def test_distances_follow_a_permutation_of_the_axes(xp, device):
    mask = np.random.default_rng(0).random((6, 7, 8)) < 0.9
    turned = transform(np.ascontiguousarray(mask.transpose(1, 2, 0)), xp, device)
    np.testing.assert_array_equal(turned, transform(mask, xp, device).transpose(1, 2, 0))


def test_large_distances_agree_with_scipy():
    ndimage = pytest.importorskip("scipy.ndimage")
    mask = np.random.default_rng(1).random((24, 60, 70)) > 2e-4
    distance = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1, 1:-1]
    np.testing.assert_array_equal(squared_distance(mask), np.rint(distance**2))
