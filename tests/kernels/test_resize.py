"""Smoothing reduction: weights of the reference, identities, and integer rounding."""

import numpy as np
import pytest

from zimg.kernels.resize import reduced
from zimg.ops import upload
from zimg.testing import bring_home

# What the reference's reader gives for single bright voxels in a row; columns are their places.
HALF_OF_EIGHT = [
    [0.5, 0.43359375, 0.11328125, -0.03515625, -0.01171875, 0, 0, 0],
    [-0.046875, 0.11328125, 0.43359375, 0.43359375, 0.11328125, -0.03515625, -0.01171875, 0],
]
THIRD_OF_NINE = [
    [0.3333, 0.3333, 0.2593, 0.1111, 0, -0.0247, -0.0123, 0, 0],
    [-0.0370, 0, 0.1111, 0.2593, 0.3333, 0.2593, 0.1111, 0, -0.0370],
]
HALF_OF_SEVEN = [[0.5792, 0.4306, 0.0261, -0.0359, 0, 0, 0]]


@pytest.mark.parametrize(
    ("ratio", "rows"), [(2, HALF_OF_EIGHT), (3, THIRD_OF_NINE), (2, HALF_OF_SEVEN)]
)
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_weights_are_those_of_the_reference(xp, device, ratio, rows, axis):
    length = len(rows[0])
    impulses = np.eye(length, dtype=np.float32)[:, :, None]  # one bright voxel per column
    volume = np.moveaxis(impulses, 0, axis)
    ratios = tuple(ratio if a == axis else 1 for a in range(3))
    small = bring_home(reduced(upload(volume, on=device, xp=xp), ratios))
    got = np.moveaxis(small, axis, 0)[: len(rows), :, 0]
    np.testing.assert_allclose(got, rows, atol=6e-5)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
def test_a_constant_stays_and_sizes_round_up(xp, device, dtype):
    volume = upload(np.full((5, 7, 9), 200, dtype), on=device, xp=xp)
    small = reduced(volume, (2, 3, 100))
    assert small.shape == (3, 3, 1)
    assert small.dtype == volume.dtype
    np.testing.assert_allclose(bring_home(small), 200, rtol=1e-6)


def test_a_ratio_of_one_changes_nothing(xp, device):
    volume = upload(np.arange(24, dtype=np.uint16).reshape(2, 3, 4), on=device, xp=xp)
    assert reduced(volume, (1, 1, 1)) is volume


def test_integers_are_clipped_where_the_kernel_overshoots(xp, device):
    edge = np.repeat(np.asarray([0, 255], np.uint8), 8)[None, None]
    small = bring_home(reduced(upload(edge, on=device, xp=xp), (1, 1, 2)))
    assert small.tolist() == [[[0, 0, 0, 17, 238, 255, 255, 255]]]


def test_reduction_follows_a_permutation_of_the_axes(xp, device):
    volume = np.random.default_rng(0).normal(size=(6, 7, 8)).astype(np.float32)
    small = bring_home(reduced(upload(volume, on=device, xp=xp), (2, 3, 1)))
    turned = np.ascontiguousarray(volume.transpose(2, 0, 1))
    small_turned = bring_home(reduced(upload(turned, on=device, xp=xp), (1, 2, 3)))
    np.testing.assert_allclose(small_turned, small.transpose(2, 0, 1), atol=1e-6)


@pytest.mark.parametrize("ratios", [(0, 1, 1), (1, -2, 1), (1, 1, 1.5)])
def test_ratios_below_one_or_broken_are_refused(ratios):
    with pytest.raises(ValueError, match="whole numbers of at least 1"):
        reduced(np.zeros((2, 2, 2), np.uint8), ratios)
