"""Sizes, weights and blocks of images of another size, against values of the reference."""

from pathlib import Path

import numpy as np
import pytest

from zimg import ImgMergeMode, Interpolant, ZException, ZImg
from zimg.ops import upload
from zimg.testing import bring_home

ROW = np.asarray([7, 2, 9, 4, 250, 6, 1], np.uint8).reshape(1, 1, 1, 7)
# What the reference gives for ROW by blocks of 2 and 3; Min is ours, it returns zeros.
BLOCKS = {
    "Max": ([7, 9, 250, 1], [9, 250, 1]),
    "Min": ([2, 4, 6, 1], [2, 4, 1]),
    "Mean": ([4, 6, 128, 1], [6, 86, 1]),
    "Median": ([4, 6, 128, 1], [7, 6, 1]),
    "First": ([7, 9, 250, 1], [7, 4, 1]),
    "Interpolation": ([5, 2, 143, 10], [0, 75, 52]),
}
# First row of weights of the reference from 7 voxels to 3, with antialiasing.
WEIGHTS = {
    "Nearest": [0.5, 0.5, 0, 0, 0, 0, 0],
    "Linear": [0.4375, 0.375, 0.1875, 0, 0, 0, 0],
    "Cubic": [0.42697, 0.40824, 0.1985, 0, -0.02996, -0.00375, 0],
    "Lanczos2": [0.42702, 0.40679, 0.20072, 0, -0.03212, -0.00241, 0],
    "Lanczos3": [0.42639, 0.41401, 0.21976, 0, -0.06224, -0.0153, 0.01739],
}


@pytest.mark.parametrize("mode", BLOCKS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_blocks_are_those_of_the_reference(xp, device, mode, dtype):
    image = ZImg(upload(ROW.astype(dtype), xp=xp, on=device))
    for side, expected in zip((2, 3), BLOCKS[mode], strict=True):
        result = image.blockDownsample(side, 1, 1, ImgMergeMode[mode])
        assert bring_home(result.data[0]).ravel().tolist() == expected
    assert image.info.width == 7


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_are_those_of_the_reference(xp, device, name):
    impulses = np.eye(7, dtype=np.float32)[None, None]
    image = ZImg(upload(impulses, xp=xp, on=device))
    result = image.resize(3, 7, 1, Interpolant[name], True, True)
    assert np.allclose(bring_home(result.data[0])[0, 0, :, 0], WEIGHTS[name], atol=1e-5)
    assert result.info.voxelSizeX == pytest.approx(7 / 3)


def test_a_constant_stays_and_zoom_rounds_sizes_up():
    result = ZImg(np.full((1, 2, 3, 8), 200, np.uint8)).zoom(0.3, 0.4, 0.1)
    assert result.shape == (1, 1, 1, 2, 3)
    assert (result.data[0] == 200).all()


def test_sizes_below_one_are_refused():
    image = ZImg(ROW)
    with pytest.raises(ValueError, match="at least 1"):
        image.resize(0, 1, 1)
    with pytest.raises(ValueError, match="at least 1"):
        image.blockDownsample(0, 1, 1, ImgMergeMode.Mean)
    with pytest.raises(ValueError, match="above 0"):
        image.zoom(0, 1)
    with pytest.raises(ValueError, match="empty"):
        ZImg().resize(1, 1, 1)


def test_halves_are_rounded_away_from_zero(xp, device):
    halves = np.asarray([-5, -4, 4, 5, -1, 0], np.int16).reshape(1, 1, 1, 6)
    image = ZImg(upload(halves, xp=xp, on=device))
    result = bring_home(image.resize(3, 1, 1, Interpolant.Nearest, True, True).data[0])
    assert result.ravel().tolist() == [-5, 5, -1]


RECORDED = np.load(Path(__file__).parents[1] / "data" / "geometry" / "reference.npz")


# Left out: the reference's largest of negative floats, which is above them all.
COMPARED = [name for name in RECORDED.files if "_" in name and "float32_Max" not in name]


@pytest.mark.parametrize("name", COMPARED)
def test_volumes_are_those_of_the_reference(name):
    call, dtype, how, *numbers = name.split("_")
    image = ZImg(RECORDED[dtype])
    *options, x, y, z = (int(n) for n in numbers)
    for_nearest = True
    if call == "block":
        result = image.blockDownsample(x, y, z, ImgMergeMode[how])
    else:
        antialiasing, for_nearest = map(bool, options)
        result = image.resize(x, y, z, Interpolant[how], antialiasing, for_nearest)
    ours, theirs = result.data[0].astype(float), RECORDED[name].astype(float)
    if how == "Nearest" and not for_nearest:
        assert (ours == theirs).all()
    elif dtype == "float32":
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)
    else:  # sums in another order tip a half the other way, in few voxels
        assert np.abs(ours - theirs).max() <= 1
        assert (ours != theirs).mean() <= 0.06


@pytest.mark.parametrize("sizes", [(2**31, 1, 1), (1, 2**40, 1), (2**20, 2**20, 2**20)])
def test_sizes_beyond_memory_are_refused_before_it_is_taken(sizes):
    with pytest.raises(ZException, match="exceed the limit"):
        ZImg(np.zeros((1, 1, 1, 6), np.uint8)).resize(*sizes)
