"""Resampling: weights of the reference, identities and properties, and integer rounding."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zimg.kernels import resample
from zimg.kernels.interpolation import taps
from zimg.kernels.resample import reduced, resampled
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


# Old voxels that the reference reads, and places right between two; recorded from its resize.
NEAREST = {
    (2, 3): [0, 0.5, 1],
    (6, 9): [0, 0.5, 1, 2, 3, 3, 4, 4, 5],
    (7, 11): [0, 0, 1, 2, 2, 3, 4, 4, 5, 6, 6],
    (6, 17): [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4, 5, 5, 5],
    (9, 6): [0, 2, 3, 5, 6, 8],
    (10, 4): [1, 3, 6, 8],
}
SMOOTH_KERNELS = ("Linear", "Cubic", "Lanczos2", "Lanczos3")
KERNELS = ("Nearest", *SMOOTH_KERNELS)
SIZES = st.tuples(*[st.integers(1, 12)] * 3)
FLOATS = SIZES.flatmap(lambda shape: arrays(np.float64, shape, elements=st.floats(-9, 9, width=32)))
few = settings(deadline=None, max_examples=40)


@pytest.mark.parametrize(("old", "new"), NEAREST)
def test_the_nearest_voxel_is_the_one_that_the_reference_takes(xp, device, old, new):
    row = upload(np.arange(old, dtype=np.float32)[None, None], on=device, xp=xp)
    got = resampled(row, (1, 1, new), "Nearest", smooth=False)
    assert bring_home(got).ravel().tolist() == NEAREST[old, new]


@pytest.mark.parametrize("dtype", ["bool", "uint8", "uint16", "int32", "uint32", "float32"])
def test_voxels_that_are_copied_keep_their_bits(xp, device, dtype):
    limits = [1] if dtype == "bool" else [0, 3, 2 if dtype == "float32" else np.iinfo(dtype).max]
    volume = np.resize(np.array(limits, dtype), (4, 3, 5))
    got = resampled(upload(volume, on=device, xp=xp), (8, 3, 1), "Nearest", smooth=False)
    assert (bring_home(got) == volume.repeat(2, axis=0)[:, :, 2:3]).all()


@given(length=st.integers(1, 60), size=st.integers(1, 60), kernel=st.sampled_from(KERNELS))
def test_weights_sum_to_one_and_mirror_each_other(length, size, kernel):
    for smooth in (False, True):
        rows = taps(length, size, kernel, smooth=smooth)
        assert [sum(row.values()) for row in rows] == pytest.approx([1.0] * size)
        if kernel != "Nearest":  # where rounding chooses between neighbours
            for row, mirrored in zip(rows, reversed(rows), strict=True):
                turned = {length - 1 - i: weight for i, weight in mirrored.items()}
                both = row.keys() | turned.keys()
                assert all(abs(row.get(i, 0) - turned.get(i, 0)) < 1e-9 for i in both)


@few
@given(
    shape=SIZES, sizes=SIZES, kernel=st.sampled_from(KERNELS), smooth=st.booleans(), data=st.data()
)
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint32, np.int64, np.float32])
def test_a_constant_stays_what_it_is(dtype, shape, sizes, kernel, smooth, data):
    integers = np.issubdtype(dtype, np.integer)
    low, high = (np.iinfo(dtype).min, np.iinfo(dtype).max) if integers else (-1000, 1000)
    value = data.draw(st.integers(max(low, -(2**50)), min(high, 2**50)))
    volume = np.full(shape, value, dtype)
    got = resampled(volume, sizes, kernel, smooth=smooth)
    assert got.shape == sizes
    assert got.dtype == dtype
    np.testing.assert_allclose(got, value, rtol=0 if integers else 1e-6)


@few
@given(volume=FLOATS, sizes=SIZES, kernel=st.sampled_from(SMOOTH_KERNELS), smooth=st.booleans())
def test_flips_and_permutations_of_axes_commute_with_it(volume, sizes, kernel, smooth):
    plain = resampled(volume, sizes, kernel, smooth=smooth)
    for axis in range(3):
        flipped = resampled(np.flip(volume, axis), sizes, kernel, smooth=smooth)
        np.testing.assert_allclose(flipped, np.flip(plain, axis), atol=1e-9)
    turned = resampled(
        np.ascontiguousarray(volume.transpose(2, 0, 1)),
        (sizes[2], sizes[0], sizes[1]),
        kernel,
        smooth=smooth,
    )
    np.testing.assert_allclose(turned, plain.transpose(2, 0, 1), atol=1e-9)


@few
@given(volume=FLOATS, sizes=SIZES, kernel=st.sampled_from(KERNELS), smooth=st.booleans())
def test_axes_may_be_resampled_one_after_another(volume, sizes, kernel, smooth):
    at_once = resampled(volume, sizes, kernel, smooth=smooth)
    z, y, _ = volume.shape
    for shape in ((z, y, sizes[2]), (z, *sizes[1:]), sizes):
        volume = resampled(volume, shape, kernel, smooth=smooth)
    np.testing.assert_allclose(volume, at_once, atol=1e-9)


@few
@given(length=st.integers(2, 20), size=st.integers(1, 40), slope=st.floats(-5, 5))
def test_a_ramp_stays_a_ramp_between_its_ends(length, size, slope):
    ramp = slope * np.arange(length, dtype=np.float64)[None, :, None]
    got = resampled(ramp, (1, size, 1), "Linear", smooth=False).ravel()
    place = np.clip((np.arange(size) + 0.5) * length / size - 0.5, 0, length - 1)
    np.testing.assert_allclose(got, slope * place, atol=1e-9)


@few
@given(volume=FLOATS, sizes=SIZES, kernel=st.sampled_from(SMOOTH_KERNELS))
def test_integers_are_rounded_once_at_the_end(volume, sizes, kernel):
    whole = np.round(volume).astype(np.int16)
    exact = resampled(whole.astype(np.float64), sizes, kernel, smooth=True)
    rounded = np.sign(exact) * np.floor(np.abs(exact) + 0.5)
    assert (resampled(whole, sizes, kernel, smooth=True) == rounded).all()


@pytest.mark.parametrize("sizes", [(5, 4, 9), (20, 11, 3), (9, 30, 40)])
def test_slabs_and_runs_change_nothing(xp, device, monkeypatch, sizes):
    drawn = np.random.default_rng(4).normal(size=(13, 10, 17)).astype(np.float32)
    volume = upload(drawn, on=device, xp=xp)
    at_once = bring_home(resampled(volume, sizes, "Cubic", smooth=True))
    monkeypatch.setattr(resample, "VOXELS", 1)
    monkeypatch.setattr(resample, "RUN", 3)
    in_slabs = bring_home(resampled(volume, sizes, "Cubic", smooth=True))
    np.testing.assert_allclose(in_slabs, at_once, atol=1e-5)


@pytest.mark.parametrize("dtype", ["int64", "uint64"])
def test_the_limits_of_64_bits_stay(dtype):
    for limit in (np.iinfo(dtype).max, np.iinfo(dtype).min):
        volume = np.full((2, 4, 4), limit, dtype)
        assert (resampled(volume, (1, 2, 2), "Linear", smooth=True) == limit).all()


def test_a_mask_counts_as_zeros_and_ones(xp, device):
    mask = upload(np.array([[[True, False, True, True, False, False]]]), on=device, xp=xp)
    got = resampled(mask, (1, 1, 3), "Linear", smooth=False)
    assert bring_home(got).tolist() == [[[True, True, False]]]


@few
@given(shape=SIZES, sizes=SIZES, kernel=st.sampled_from(KERNELS), smooth=st.booleans())
def test_sums_of_bytes_in_float32_are_those_of_float64(shape, sizes, kernel, smooth):
    volume = np.random.default_rng(sum(shape)).integers(0, 256, shape).astype(np.uint8)
    wide = resampled(volume.astype(np.uint16), sizes, kernel, smooth=smooth)
    assert (resampled(volume, sizes, kernel, smooth=smooth) == np.minimum(wide, 255)).all()
