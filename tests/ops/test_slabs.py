"""Functions applied in slabs against the same functions of the whole volume."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from zimg.ops import cut, in_slabs, parts_of, slabs_of, upload
from zimg.testing import bring_home

pytestmark = pytest.mark.usefixtures("small_slabs")


def _sum_of_three(volume):
    """Sum of each plane and those before and after it; planes outside are zero."""
    padded = np.pad(volume, ((1, 1), (0, 0), (0, 0)))
    return padded[:-2] + padded[1:-1] + padded[2:]


@given(shape=st.tuples(*[st.integers(1, 9)] * 3), axis=st.integers(0, 2), reach=st.integers(0, 4))
def test_slabs_cover_every_plane_once_with_its_surroundings(shape, axis, reach):
    volume = np.zeros(shape)
    slabs = list(slabs_of(volume, axis=axis, reach=reach))
    planes = [z for slab in slabs for z in range(slab.first, slab.last)]
    assert planes == list(range(shape[axis]))
    for slab in slabs:
        assert slab.low == max(0, slab.first - reach)
        assert slab.high == min(shape[axis], slab.last + reach)
        assert slab.inner(slab.around(volume)).shape[axis] == slab.last - slab.first


@pytest.mark.parametrize("shape", [(1, 4, 5), (2, 3, 3), (11, 4, 5), (7, 9, 9)])
def test_local_functions_give_the_same_in_slabs(shape):
    volume = np.random.default_rng(0).integers(0, 99, shape)
    assert len(list(slabs_of(volume, reach=1))) == (1 if shape[0] < 3 else -(-shape[0] // 2))
    found = in_slabs(_sum_of_three, volume, reach=1)
    np.testing.assert_array_equal(found, _sum_of_three(volume))


def test_slabs_of_several_arrays_along_another_axis(xp, device):
    hosts = [np.arange(60).reshape(3, 10, 2).astype(np.int32) % k for k in (7, 5)]
    first, second = (upload(host, on=device, xp=xp) for host in hosts)
    found = in_slabs(lambda a, b: a - b, first, second, axis=1)
    assert bool(xp.all(found == first - second))


def test_parts_hold_every_value_once(xp, device):
    host = np.arange(140).reshape(7, 4, 5).astype(np.int32)
    x = upload(host, on=device, xp=xp)
    parts = list(parts_of(x, -x, xp=xp))
    assert [part.shape for part, _ in parts] == [(12,)] * 11 + [(8,)]
    assert bool(xp.all(xp.concat([part for part, _ in parts]) == xp.reshape(x, (-1,))))
    assert all(bool(xp.all(part == -other)) for part, other in parts)


def test_a_small_array_is_one_part_as_it_is(xp, device):
    x = upload(np.asarray(3, np.int32), on=device, xp=xp)
    assert next(parts_of(x, xp=xp))[0] is x


def test_cutting_everything_copies_nothing(xp, device):
    x = upload(np.zeros((2, 3, 4), np.int32), on=device, xp=xp)
    assert cut(x, 1, 0, 3) is x
    assert cut(x, 1, 1, 3).shape == (2, 2, 4)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "uint16", "float32"])
def test_parts_of_every_type_are_cut_along_any_axis(xp, device, dtype):
    host = np.arange(24).reshape(2, 3, 4).astype(dtype)
    x = upload(host, on=device, xp=xp)
    np.testing.assert_array_equal(bring_home(cut(x, 1, 1, 3)), host[:, 1:3])
    np.testing.assert_array_equal(bring_home(cut(x, 2, 0, 1)), host[..., :1])
