"""The leftover of a mask against the rules of its growth in z, read voxel by voxel."""

import numpy as np
import pytest

from zimg.ops import upload
from zimg.testing import bring_home
from zimg.tracing.leftover import leftover, traced_voxels


def swollen(signal, traced):
    """`traced` and what the reference adds to it before and behind, read from its definition."""
    grown, signal = traced.copy(), signal.astype(float)
    depth = signal.shape[0]
    for z, y, x in np.argwhere(traced):
        if 3 <= z <= depth - 6 and not traced[z + 1, y, x]:
            mean = signal[z - 2 : z + 1, y, x].sum() / 3
            grown[z + 1 : z + 6, y, x] |= mean >= signal[z + 1 : z + 6, y, x]
        if 5 <= z <= depth - 4 and not traced[z - 1, y, x]:
            mean = signal[z : z + 3, y, x].sum() / 3
            grown[z - 5 : z, y, x] |= mean >= signal[z - 5 : z, y, x]
    return grown


def random_case(depth, dtype):
    rng = np.random.default_rng(depth)
    shape = (depth, 8, 9)
    signal = rng.integers(0, 30, shape).astype(dtype)
    trace = (rng.random(shape) < 0.02).astype(np.uint8)
    base = (rng.random(shape) < 0.02) * rng.integers(1, 3, shape).astype(np.uint8)
    return signal, np.ones(shape, bool), trace, base


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int32", "float32"])
@pytest.mark.parametrize("depth", [8, 9, 14])
def test_traces_grow_in_z_as_far_as_they_are_brighter(xp, device, dtype, depth):
    signal, mask, trace, base = random_case(depth, dtype)
    traced = traced_voxels(trace, base)
    left = leftover(*(upload(each, on=device, xp=xp) for each in (signal, mask, traced)))
    expected = mask & ~swollen(signal, (trace > 0) | (base == 1))
    assert expected.sum() > 27
    np.testing.assert_array_equal(bring_home(left), expected)


def test_only_label_1_of_the_base_mask_counts(xp, device):
    mask = np.ones((4, 5, 6), bool)
    around = np.full(mask.shape, 2, np.uint8)
    arrays = (mask.astype(np.uint8), mask, traced_voxels(np.zeros_like(around), around))
    assert bring_home(leftover(*(upload(each, on=device, xp=xp) for each in arrays))).all()


def test_small_leftovers_are_dropped(xp, device):
    mask = np.zeros((6, 9, 20), bool)
    mask[1:4, 1:4, 1:4] = True  # 27 voxels
    mask[1:4, 1:4, 8:11] = True
    mask[2, 2, 9] = False  # 26 voxels
    arrays = (np.zeros(mask.shape, np.uint8), mask, np.zeros(mask.shape, np.bool_))
    left = bring_home(leftover(*(upload(each, on=device, xp=xp) for each in arrays)))
    assert np.argwhere(left).max(axis=0).tolist() == [3, 3, 3]
    assert left.sum() == 27
