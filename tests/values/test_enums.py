"""Enumerations, coordinates and colours: the numbers and refusals of the reference."""

import copy
import pickle

import numpy as np
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


def test_formats_keep_the_values_of_the_reference_and_add_seven():
    first = "Unknown HDF5Img OmeTiff Tiff Vaa3DRaw ZeissLsm Jpeg JpegXR Png"
    second = "MetaImage ZeissCZI ITKImage Leica OpenImageIO BioFormats OmeZarr Vaa3DPBD"
    third = "NikonND2 Mrc Olympus Imaris Bioio"
    assert " ".join(m.name for m in FileFormat) == f"{first} {second} {third}"
    assert [m.value for m in FileFormat] == [*range(9), *range(10, 23)]
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


@pytest.mark.parametrize("kind", [tuple, list, np.asarray])
def test_a_sequence_of_all_components_is_one_argument(kind):
    assert ZVoxelCoordinate(kind((1, 2, 3, 4, 5))) == ZVoxelCoordinate(1, 2, 3, 4, 5)
    assert col4(kind((1, 2, 3, 4))) == col4(1, 2, 3, 4)


def test_what_is_left_out_is_zero_and_names_can_be_given():
    assert tuple(ZVoxelCoordinate()) == (0,) * 5
    assert tuple(ZVoxelCoordinate(x=1, y=2, t=4)) == (1, 2, 0, 0, 4)
    assert tuple(ZVoxelCoordinate(np.int32(1), np.uint8(2))) == (1, 2, 0, 0, 0)


@pytest.mark.parametrize("args", [(1,), (None, 2), (1.0, 2), (2**63, 0), ((1, 2, 3, 4, 5.0),)])
def test_a_coordinate_needs_two_whole_numbers_of_64_bits(args):
    with pytest.raises(TypeError, match="takes"):
        ZVoxelCoordinate(*args)


def test_a_component_is_checked_on_assignment_and_keeps_its_value():
    place = ZVoxelCoordinate()
    with pytest.raises(TypeError, match="x of ZVoxelCoordinate takes a 64-bit integer"):
        place.x = 1.5  # type: ignore[assignment]
    assert place.x == 0


def test_a_tuple_of_another_length_is_refused():
    with pytest.raises(ZException, match="ZVoxelCoordinate needs tuple with 5 values"):
        ZVoxelCoordinate((1, 2))
    with pytest.raises(ZException, match="col4 needs tuple with 4 values"):
        col4((1, 2, 3))


def test_colours_are_opaque_black_by_default():
    assert tuple(col4()) == (0, 0, 0, 255)
    assert tuple(col4(1, 2, 3)) == (1, 2, 3, 255)


@pytest.mark.parametrize("args", [(1,), (1, 2), (256, 0, 0), (0, -1, 0), ((0, 0, 0, 300),)])
def test_a_colour_needs_three_numbers_from_0_to_255(args):
    with pytest.raises(TypeError, match="takes"):
        col4(*args)


@pytest.mark.parametrize("value", [ZVoxelCoordinate(), col4()])
def test_value_types_take_no_new_attributes_and_have_no_hash(value):
    with pytest.raises(AttributeError, match="has no field 'q'"):
        value.q = 1
    with pytest.raises(TypeError, match="unhashable"):
        hash(value)


def test_a_plain_subclass_may_add_attributes_and_copies_with_them():
    class Named(ZVoxelCoordinate):
        name: str

    place = Named(1, 2)
    place.name = "soma"
    twin = copy.deepcopy(place)
    assert (type(twin), twin.name, twin) == (Named, "soma", place)


@pytest.mark.parametrize("value", [ZVoxelCoordinate(1, 2, 3, 4, 5), col4(1, 2, 3, 4)])
def test_values_compare_copy_and_pickle(value):
    for twin in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert twin == value
        assert twin is not value
    assert value != type(value)()
    assert eval(repr(value)) == value
