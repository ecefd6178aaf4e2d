"""Blocks of voxels merged: exact for every integer type, and their properties."""

from fractions import Fraction
from itertools import product
from math import ceil, trunc
from statistics import mean, median

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from zimg.kernels import blocks
from zimg.kernels.blocks import merged
from zimg.ops import upload
from zimg.testing import bring_home

MODES = ("Max", "Min", "Mean", "Median", "First")
INTEGERS = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
SIDES = st.tuples(*[st.integers(1, 4)] * 3)
SHAPES = array_shapes(min_dims=3, max_dims=3, max_side=6)
few = settings(deadline=None, max_examples=25)

OF_MODE = {
    "Max": max,
    "Min": min,
    "Mean": lambda values: mean(map(Fraction, values)),
    "Median": lambda values: median(map(Fraction, values)),
    "First": lambda values: values[0],
}


def expected(volume, block, mode):
    """Block by block in whole numbers without limits, cut toward zero."""
    shape = [ceil(n / side) for n, side in zip(volume.shape, block, strict=True)]
    found = np.zeros(shape, volume.dtype)
    for place in product(*map(range, shape)):
        corner = zip(place, block, strict=True)
        part = volume[tuple(slice(i * side, (i + 1) * side) for i, side in corner)]
        found[place] = trunc(OF_MODE[mode](part.ravel().tolist()))
    return found


def extremes(dtype, shape, seed):
    """Small, large and limiting values of a type, mixed."""
    limits = np.iinfo(dtype)
    random = np.random.default_rng(seed)
    known = [limits.min, limits.min + 1, limits.max, limits.max - 1, 0, 1, 2, 3]
    drawn = random.integers(limits.min, limits.max, 6, dtype, endpoint=True)
    return random.choice(np.concatenate([np.array(known, dtype), drawn]), shape)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", ["int8", "uint16", "uint32", "int64", "uint64"])
def test_integers_are_exact_on_every_lane(xp, device, dtype, mode):
    if dtype not in xp.__array_namespace_info__().dtypes(device=device):
        pytest.skip(f"this device has no {dtype}")
    volume = extremes(dtype, (4, 6, 7), 3)
    for block in ((2, 3, 2), (1, 2, 4)):
        got = merged(upload(volume, on=device, xp=xp), block, mode)
        assert got.dtype == getattr(xp, dtype)
        assert (bring_home(got) == expected(volume, block, mode)).all()


@few
@given(shape=SHAPES, block=SIDES, seed=st.integers(0, 999), data=st.data())
@pytest.mark.parametrize("mode", ["Mean", "Median"])
def test_integers_are_exact_for_every_shape(mode, shape, block, seed, data):
    volume = extremes(data.draw(st.sampled_from(INTEGERS)), shape, seed)
    assert (merged(volume, block, mode) == expected(volume, block, mode)).all()


@few
@given(volume=arrays(np.float32, SHAPES, elements=st.floats(-9, 9, width=32)), block=SIDES)
@pytest.mark.parametrize("mode", MODES)
def test_floats_are_those_of_numpy(mode, volume, block):
    got = merged(volume, block, mode)
    function = {"Max": np.max, "Min": np.min, "Mean": np.mean, "Median": np.median}.get(mode)
    for place in np.ndindex(got.shape):
        corner = zip(place, block, strict=True)
        part = volume[tuple(slice(i * side, (i + 1) * side) for i, side in corner)]
        value = part[0, 0, 0] if function is None else function(part.astype(np.float64))
        assert got[place] == pytest.approx(value, rel=1e-6, abs=1e-6)


@few
@given(shape=SHAPES, block=SIDES, value=st.integers(-(2**63), 2**63 - 1))
@pytest.mark.parametrize("mode", MODES)
def test_a_constant_stays_what_it_is(mode, shape, block, value):
    assert (merged(np.full(shape, value, np.int64), block, mode) == value).all()


@few
@given(blocks_along=SIDES, block=SIDES, seed=st.integers(0, 99))
def test_whole_blocks_keep_the_mean(blocks_along, block, seed):
    shape = [n * side for n, side in zip(blocks_along, block, strict=True)]
    volume = np.random.default_rng(seed).normal(size=shape)
    assert merged(volume, block, "Mean").mean() == pytest.approx(volume.mean(), abs=1e-12)


@few
@given(blocks_along=SIDES, block=SIDES, seed=st.integers(0, 99))
@pytest.mark.parametrize("mode", ["Max", "Min", "Mean", "Median"])
def test_whole_blocks_commute_with_flips_and_permutations(mode, blocks_along, block, seed):
    shape = [n * side for n, side in zip(blocks_along, block, strict=True)]
    volume = extremes("int64", shape, seed)
    plain = merged(volume, block, mode)
    for axis in range(3):
        assert (merged(np.flip(volume, axis), block, mode) == np.flip(plain, axis)).all()
    turned = merged(volume.transpose(2, 0, 1), (block[2], block[0], block[1]), mode)
    assert (turned == plain.transpose(2, 0, 1)).all()


@pytest.mark.parametrize("mode", MODES)
def test_slabs_change_nothing(monkeypatch, mode):
    volume = extremes("uint16", (11, 6, 7), 5)
    at_once = merged(volume, (2, 3, 2), mode)
    monkeypatch.setattr(blocks, "VOXELS", 1)
    assert (merged(volume, (2, 3, 2), mode) == at_once).all()


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32"])
def test_medians_of_large_and_small_blocks_are_found_alike(monkeypatch, dtype):
    volume = np.random.default_rng(1).integers(0, 250, (6, 8, 9)).astype(dtype)
    compared = merged(volume, (3, 4, 3), "Median")
    monkeypatch.setattr(blocks, "SORTED", 0)
    assert (merged(volume, (3, 4, 3), "Median") == compared).all()


def test_a_mask_counts_as_zeros_and_ones(xp, device):
    mask = np.array([[[True, False, True, True, False, False, True]]])
    found = {
        mode: bring_home(merged(upload(mask, on=device, xp=xp), (1, 1, 2), mode)).ravel().tolist()
        for mode in ("Max", "Min", "Mean", "Median")
    }
    assert found["Max"] == [True, True, False, True]
    assert found["Min"] == found["Mean"] == found["Median"] == [False, True, False, True]
