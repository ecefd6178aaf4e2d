"""Reads along the first axis: inside, outside, and in the dtypes of microscopes."""

import pytest
from array_api_extra.testing import lazy_xp_function

from zimg.ops import gather
from zimg.testing import bring_home

lazy_xp_function(gather)


@pytest.mark.parametrize("name", ["uint8", "uint16", "int32", "float32"])
def test_an_index_outside_reads_the_fill(xp, device, name):
    x = xp.asarray([5, 6, 7], dtype=getattr(xp, name), device=device)
    index = xp.asarray([0, -1, 2, 3, 1], dtype=xp.int32, device=device)
    got = gather(x, index, fill=9)
    assert got.dtype == x.dtype
    assert bring_home(got).tolist() == [5, 9, 7, 9, 6]


def test_uint16_keeps_values_above_the_signed_range(xp, device):
    x = xp.asarray([65535, 1], dtype=xp.uint16, device=device)
    index = xp.asarray([0, 4, 1], dtype=xp.int32, device=device)
    assert bring_home(gather(x, index, fill=40000)).tolist() == [65535, 40000, 1]


def test_the_shape_is_that_of_the_index_and_of_a_row(xp, device):
    x = xp.reshape(xp.arange(6, dtype=xp.float32, device=device), (3, 2))
    index = xp.asarray([[2, 0], [1, 1]], dtype=xp.int32, device=device)
    assert bring_home(gather(x, index)).tolist() == [[[4, 5], [0, 1]], [[2, 3], [2, 3]]]
