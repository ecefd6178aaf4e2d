"""Metadata: defaults, units, and what an image takes over or refuses."""

import copy
import pickle

import numpy as np
import pytest

from zimg import VoxelFormat, VoxelSizeUnit, ZException, ZImg, ZImgInfo, col4


def test_an_info_without_sizes_is_empty():
    info = ZImgInfo()
    assert (info.width, info.height, info.depth, info.numChannels, info.numTimes) == (0,) * 5
    assert (info.timeStamps, info.channelNames, info.channelColors) == ([], [], [])
    assert info.bytesPerVoxel == 1


def test_sizes_bring_default_names_times_and_colours():
    info = ZImgInfo(5, 4, 3, 2, 2, bytePerVox=2)
    assert info.timeStamps == [0.0, 1.0]
    assert info.channelNames == ["", ""]
    assert info.channelColors == [col4(255, 0, 0), col4(0, 255, 0)]
    assert ZImgInfo(1, 1).channelColors == [col4(255, 255, 255)]
    assert info.dataTypeString() == "uint16"


def test_default_colours_beyond_the_sixth_are_the_same_every_time_and_differ():
    first, again = (ZImgInfo(1, 1, 1, 12).channelColors for _ in range(2))
    assert first == again
    assert len({tuple(color) for color in first}) == 12


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        *(("inch", 25400), ("cm", 1e4), ("mm", 1e3), ("um", 1), ("nm", 1e-3)),
        *(("m", 1e6), ("hm", 1e8), ("km", 1e9)),
    ],
)
def test_voxel_sizes_are_told_in_micrometres(unit, factor):
    info = ZImgInfo(1, 1)
    info.voxelSizeUnit = VoxelSizeUnit[unit]
    info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ = 2.0, 3.0, 4.0
    sizes = info.voxelSizeXInUm(), info.voxelSizeYInUm(), info.voxelSizeZInUm()
    assert sizes == pytest.approx((2 * factor, 3 * factor, 4 * factor))


def test_a_size_without_unit_is_not_told():
    with pytest.raises(ZException, match="no resolution info"):
        ZImgInfo(1, 1).voxelSizeXInUm()


@pytest.mark.parametrize(
    ("format", "width", "name"),
    [(VoxelFormat.Signed, 4, "int32"), (VoxelFormat.Float, 8, "float64")],
)
def test_types_have_their_names(format, width, name):
    assert ZImgInfo(1, 1, 1, 1, 1, width, format).dataTypeString() == name


def test_an_info_compares_copies_and_pickles():
    info = ZImgInfo(5, 4, 3, 2)
    twin = pickle.loads(pickle.dumps(copy.deepcopy(info)))
    assert twin == info
    twin.channelNames[0] = "changed"
    assert twin != info


def test_an_image_hands_out_a_copy_of_its_info():
    image = ZImg(np.zeros((1, 2, 3, 4), np.uint8))
    image.info.channelNames[0] = "lost"
    assert image.info.channelNames == [""]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("width", 400), ("bytesPerVoxel", 2), ("voxelFormat", VoxelFormat.Float)),
        *(("numTimes", 2), ("channelNames", ["a", "b"]), ("timeStamps", [])),
    ],
)
def test_an_info_that_does_not_fit_the_pixels_is_refused(name, value):
    image = ZImg(np.zeros((1, 2, 3, 4), np.uint8))
    info = image.info
    setattr(info, name, value)
    with pytest.raises(ValueError, match=r"size and type|needs 1 values"):
        image.info = info


def test_metadata_of_an_info_is_taken_over_and_lists_are_cut_or_filled():
    given = ZImgInfo(99, 99, 99, 3, 4)
    given.voxelSizeUnit, given.voxelSizeZ = VoxelSizeUnit.um, 2.5
    given.channelNames, given.timeStamps = ["a", "b", "c"], [0.5]
    given.channelColors = [col4(9, 9, 9)]
    info = ZImg(np.zeros((2, 2, 3, 4, 5), np.uint16), given, layout="TCZYX").info
    assert (info.width, info.height, info.depth, info.numChannels, info.numTimes) == (5, 4, 3, 2, 2)
    assert (info.voxelSizeZ, info.voxelSizeUnit) == (2.5, VoxelSizeUnit.um)
    assert info.channelNames == ["a", "b"]
    assert info.timeStamps == [0.5, 1.0]
    assert info.channelColors == [col4(9, 9, 9), col4(0, 255, 0)]


@pytest.mark.parametrize("sizes", [(-1, 2), (2.5, 2)])
def test_sizes_are_whole_and_not_negative(sizes):
    with pytest.raises(TypeError, match="integers from 0 up"):
        ZImgInfo(*sizes)
