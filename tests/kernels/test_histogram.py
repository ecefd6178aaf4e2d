"""Counts and extremes against NumPy."""

import inspect

import numpy as np
import pytest

from zimg.kernels.histogram import extremes, histogram
from zimg.ops import upload
from zimg.testing import bring_home


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32"])
def test_counts_are_those_of_numpy(xp, device, dtype):
    host = np.random.default_rng(0).integers(0, 200, (5, 6, 7)).astype(dtype)
    counts = bring_home(histogram(upload(host, on=device, xp=xp), 150))
    np.testing.assert_array_equal(counts, np.bincount(host.reshape(-1), minlength=150)[:150])


def test_only_chosen_voxels_count(xp, device):
    host = np.random.default_rng(1).integers(0, 9, (4, 5, 6)).astype(np.uint8)
    chosen = host % 2 == 0
    x, where = (upload(each, on=device, xp=xp) for each in (host, chosen))
    counts = bring_home(histogram(x, 9, where=where))
    assert counts.sum() == chosen.sum()
    assert not counts[1::2].any()


def test_every_byte_of_a_large_odd_image_counts_once(xp, device):
    host = np.random.default_rng(2).integers(0, 256, (3, 211, 211)).astype(np.uint8)
    counts = bring_home(histogram(upload(host, on=device, xp=xp), 256))
    np.testing.assert_array_equal(counts, np.bincount(host.reshape(-1), minlength=256))


@pytest.mark.usefixtures("small_slabs")
def test_slabs_add_up(xp, device):
    host = np.random.default_rng(3).integers(0, 9, (4, 5, 6)).astype(np.uint8)
    chosen = host > 3
    x, where = (upload(each, on=device, xp=xp) for each in (host, chosen))
    counts = bring_home(inspect.unwrap(histogram)(x, 9, where=where))
    np.testing.assert_array_equal(counts, np.bincount(host[chosen], minlength=9))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
def test_extremes_are_the_lowest_and_highest_value(xp, device, dtype):
    host = np.asarray([[[3, 200], [7, 41]]], dtype=dtype)
    assert bring_home(extremes(upload(host, on=device, xp=xp))).tolist() == [3, 200]
