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
def test_voxel_sizes_are_reported_in_micrometres(unit, factor):
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
    with pytest.raises(ValueError, match=r"size and type|must have length 1"):
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


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        *(("width", np.uint8(4), 4), ("numTimes", True, 1), ("bytesPerVoxel", 3, 3)),
        *(("voxelFormat", 2, VoxelFormat.Signed), ("voxelSizeUnit", 4, VoxelSizeUnit.um)),
        *(("voxelSizeX", 2, 2.0), ("voxelSizeX", np.float32(1.5), 1.5), ("voxelSizeY", -1, -1.0)),
        *(("timeStamps", (1, 2), [1.0, 2.0]), ("timeStamps", np.array([1, 2]), [1.0, 2.0])),
        *(("timeStamps", range(2), [0.0, 1.0]), ("position", np.arange(3.0), [0.0, 1.0, 2.0])),
        *(("channelNames", ("a", "b"), ["a", "b"]), ("validBitCount", 12, 12)),
        *(("channelColors", ((1, 2, 3, 4),), [col4(1, 2, 3, 4)]), ("channelNames", [], [])),
        ("lastChannelIsAlphaChannel", True, True),
    ],
)
def test_fields_convert_what_the_reference_converts(name, value, kept):
    info = ZImgInfo(3, 4)
    setattr(info, name, value)
    assert getattr(info, name) == kept
    assert type(getattr(info, name)) is type(kept)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("width", -1), ("width", 1.5), ("depth", "3"), ("bytesPerVoxel", -3), ("numTimes", None)),
        *(("voxelFormat", 9), ("voxelFormat", "Float"), ("voxelSizeUnit", None)),
        *(("voxelFormat", VoxelSizeUnit.inch), ("voxelSizeX", "1"), ("voxelSizeX", None)),
        *(("timeStamps", [1, "a"]), ("timeStamps", (t for t in (1, 2))), ("timeStamps", 1.0)),
        *(("channelNames", "ab"), ("channelNames", [1]), ("channelColors", ((1, 2, 3),))),
        *(("lastChannelIsAlphaChannel", 1), ("position", np.zeros((2, 2)))),
    ],
)
def test_fields_refuse_what_the_reference_refuses_and_keep_their_value(name, value):
    info = ZImgInfo(3, 4)
    with pytest.raises(TypeError, match=f"{name} of ZImgInfo takes") as caught:
        setattr(info, name, value)
    assert "\n" not in str(caught.value)
    assert info == ZImgInfo(3, 4)


def test_an_unknown_field_cannot_be_assigned():
    with pytest.raises(AttributeError, match=r"no field 'widht'.*width"):
        ZImgInfo().widht = 3  # type: ignore[attr-defined]


def test_assigned_lists_and_colours_are_copied():
    colour, names = col4(1, 2, 3), ["a"]
    info = ZImgInfo(3, 4)
    info.channelColors, info.channelNames = [colour], names
    colour.r, names[0] = 9, "b"
    assert (info.channelColors, info.channelNames) == ([col4(1, 2, 3)], ["a"])


def test_a_copy_shares_nothing_and_an_info_prints_in_one_line_and_has_no_hash():
    info = ZImgInfo(3, 4, 5, 2)
    for twin in (info.copy(), copy.copy(info), copy.deepcopy(info)):
        assert twin == info
        twin.channelColors[0].r = 7
        assert twin != info
    assert "numChannels=2" in repr(info)
    assert "\n" not in repr(info)
    with pytest.raises(TypeError, match="unhashable"):
        hash(info)


def test_default_colours_of_one_info_are_not_those_of_another():
    ZImgInfo(1, 1, 1, 8).channelColors[7].r = 1
    ZImgInfo(1, 1).channelColors[0].r = 1
    assert ZImgInfo(1, 1).channelColors == [col4(255, 255, 255)]
    assert ZImgInfo(1, 1, 1, 8).channelColors == ZImgInfo(1, 1, 1, 8).channelColors


@pytest.mark.parametrize("args", [(3,), (3, None), (None, 3)])
def test_width_and_height_are_given_together(args):
    with pytest.raises(TypeError, match="got None"):
        ZImgInfo(*args)


@pytest.mark.parametrize("sizes", [(-1, 2), (2.5, 2)])
def test_sizes_are_whole_and_not_negative(sizes):
    with pytest.raises(TypeError, match="takes an integer of at least 0, got"):
        ZImgInfo(*sizes)
