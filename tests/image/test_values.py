"""Enumerations, coordinates and colours: the numbers and refusals of the reference."""

import copy
import pickle

import pytest

from zimg import (
    Compression,
    Dimension,
    FileFormat,
    VoxelFormat,
    VoxelSizeUnit,
    ZException,
    ZVoxelCoordinate,
    col4,
)


@pytest.mark.parametrize(
    ("enumeration", "names"),
    [
        (Dimension, "X Y Z C T"),
        (VoxelSizeUnit, "none inch cm mm um nm m hm km"),
        (
            Compression,
            "AUTO NONE LZW JPEG T85 T43 PACKBITS DEFLATE ADOBE_DEFLATE DCS JP2000 LZMA ZSTD WEBP "
            "JPEGXR",
        ),
    ],
)
def test_members_count_from_zero(enumeration, names):
    assert {m.name: m.value for m in enumeration} == {n: i for i, n in enumerate(names.split())}


def test_formats_keep_the_values_of_the_reference_and_add_two():
    first = "Unknown HDF5Img OmeTiff Tiff Vaa3DRaw ZeissLsm Jpeg JpegXR Png"
    second = "MetaImage ZeissCZI ITKImage Leica OpenImageIO BioFormats OmeZarr Vaa3DPBD"
    assert " ".join(m.name for m in FileFormat) == f"{first} {second}"
    assert [m.value for m in FileFormat] == [*range(9), *range(10, 18)]
    assert [(m.name, m.value) for m in VoxelFormat] == [
        ("Unsigned", 1),
        ("Signed", 2),
        ("Float", 3),
    ]


def test_members_print_as_they_are_written():
    assert str(FileFormat.Tiff) == repr(FileFormat.Tiff) == "FileFormat.Tiff"
    assert FileFormat.Tiff == 3


@pytest.mark.parametrize("make", [ZVoxelCoordinate, lambda *a: ZVoxelCoordinate(a)])
def test_coordinates_are_made_of_numbers_or_of_a_tuple(make):
    place = make(1, 2, 3, 4, 5)
    assert (place.x, place.y, place.z, place.c, place.t) == (1, 2, 3, 4, 5)


def test_a_coordinate_needs_whole_numbers_and_five_of_them():
    with pytest.raises(ZException, match="5 values"):
        ZVoxelCoordinate((1, 2))
    place = ZVoxelCoordinate()
    with pytest.raises(TypeError):
        place.x = 1.5  # type: ignore[assignment]


def test_colours_are_opaque_black_by_default_and_stay_in_range():
    assert tuple(col4()) == (0, 0, 0, 255)
    assert tuple(col4((1, 2, 3, 4))) == (1, 2, 3, 4)
    with pytest.raises(ZException, match="4 values"):
        col4((1, 2, 3))
    with pytest.raises(TypeError, match="0 to 255"):
        col4(256)


@pytest.mark.parametrize("value", [ZVoxelCoordinate(1, 2, 3, 4, 5), col4(1, 2, 3, 4)])
def test_values_compare_copy_and_pickle(value):
    for twin in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert twin == value
        assert twin is not value
    assert value != type(value)()
    assert eval(repr(value)) == value
