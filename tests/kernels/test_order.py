"""Order statistics against NumPy and SciPy."""

import numpy as np
import pytest
from scipy import ndimage

from zimg.kernels.order import median, median_box, ranked
from zimg.ops import upload
from zimg.testing import bring_home


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32"])
@pytest.mark.parametrize("rank", [0, 5, 59])
def test_the_value_of_a_rank_is_that_of_the_sorted_values(xp, device, dtype, rank):
    host = np.random.default_rng(rank).integers(0, 9, (3, 4, 5)).astype(dtype)
    found = bring_home(ranked(upload(host, on=device, xp=xp), rank))
    assert found == np.sort(host, axis=None)[rank]
    assert found.dtype == host.dtype


@pytest.mark.parametrize("size", [1, 2, 7, 8])
def test_the_median_is_the_lower_of_two_in_the_middle(xp, device, size):
    host = np.random.default_rng(size).random(size).astype(np.float32)
    expected = np.sort(host)[(size - 1) // 2]
    assert bring_home(median(upload(host, on=device, xp=xp))) == expected


@pytest.mark.parametrize("sizes", [(1, 3, 3), (3, 1, 5), (1, 1, 1)])
def test_medians_of_boxes_are_those_of_scipy(xp, device, sizes):
    host = np.random.default_rng(3).random((3, 6, 7)).astype(np.float32)
    expected = ndimage.median_filter(host, size=sizes, mode="nearest")
    found = bring_home(median_box(upload(host, on=device, xp=xp), sizes))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("values", [2, 256, 60000])
def test_medians_of_few_and_of_many_values_are_those_of_scipy(xp, device, values):
    host = np.random.default_rng(values).integers(0, values, (4, 30, 40)).astype(np.float32)
    expected = ndimage.median_filter(host, size=(3, 9, 9), mode="nearest")
    found = bring_home(median_box(upload(host, on=device, xp=xp), (3, 9, 9)))
    np.testing.assert_array_equal(found, expected)
