"""NRRD: round trips, independent readers and writers, every way of saying what the axes are."""

import bz2
import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zimg
from zimg import Compression, FileFormat, VoxelSizeUnit, ZException, ZImg, ZImgInfo, ZImgRegion
from zimg.image import write
from zimg.io.parameters import ZImgWriteParameters

TYPES = (
    *("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"),
    *("float32", "float64"),
)
PACKING = (Compression.AUTO, Compression.NONE, Compression.DEFLATE)
DATA = bytes(range(24))


def volume(dtype: str = "uint16", shape: tuple[int, ...] = (2, 3, 5, 7)) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 120, shape).astype(dtype)


def image(times: int, dtype: str, shape: tuple[int, ...], unit: VoxelSizeUnit) -> ZImg:
    info = ZImgInfo(1, 1, 1, 1, times)
    info.voxelSizeUnit = unit
    info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ = 0.25, 0.5, 2.0
    info.timeStamps = [2.5 * time for time in range(times)]
    return ZImg([volume(dtype, shape) + time for time in range(times)], info)


def nrrd_file(path: Path, data: bytes = DATA, **fields: str) -> Path:
    """A file of 2 x 3 x 4 bytes; `fields` change its header, an empty one is left out."""
    plain = {"type": "uint8", "dimension": "3", "sizes": "2 3 4", "encoding": "raw"}
    stated = {**plain, **{name.replace("_", " "): value for name, value in fields.items()}}
    lines = [f"{name}: {value}\n" for name, value in stated.items() if value]
    path.write_bytes(("NRRD0005\n# comment\nkey:=value\n" + "".join(lines) + "\n").encode() + data)
    return path


def shape_of(path: Path) -> tuple[int, ...]:
    return zimg.read(path).shape


def refused(path: Path, match: str) -> None:
    with pytest.raises(ZException, match=match) as caught:
        zimg.read(path)
    assert str(path) in str(caught.value)


@given(
    times=st.integers(1, 3),
    shape=st.tuples(*[st.integers(1, 4)] * 2, st.integers(1, 9), st.integers(1, 9)),
    dtype=st.sampled_from(TYPES),
    compression=st.sampled_from(PACKING),
    unit=st.sampled_from(list(VoxelSizeUnit)),
)
@settings(max_examples=60, deadline=None)
def test_an_image_comes_back_as_it_was(times, shape, dtype, compression, unit, tmp_path_factory):
    path = tmp_path_factory.mktemp("nrrd") / "volume.nrrd"
    written = image(times, dtype, shape, unit)
    write(path, written, parameters=ZImgWriteParameters(compression))
    back = zimg.read(path)
    for time in range(times):
        np.testing.assert_array_equal(back.data[time], volume(dtype, shape) + time, strict=True)
    assert back.info.timeStamps == written.info.timeStamps
    if unit == VoxelSizeUnit.none:
        assert (back.info.voxelSizeUnit, back.info.voxelSizeX) == (unit, 1.0)
    else:
        kept = unit not in (VoxelSizeUnit.hm, VoxelSizeUnit.km)
        assert back.info.voxelSizeUnit == (unit if kept else VoxelSizeUnit.um)
        assert back.info.voxelSizeZInUm() == pytest.approx(written.info.voxelSizeZInUm())


@pytest.mark.parametrize("compression", PACKING)
def test_a_region_is_the_same_part_of_the_image(tmp_path, compression):
    given_image = image(3, "uint16", (2, 3, 5, 7), VoxelSizeUnit.um)
    write(tmp_path / "a.nrrd", given_image, parameters=ZImgWriteParameters(compression))
    part = zimg.read(tmp_path / "a.nrrd", region=ZImgRegion((2, 1, 1, 1, 1), (6, 4, 3, 2, 3)))
    for time in (1, 2):
        expected = volume()[1:2, 1:3, 1:4, 2:6] + time
        np.testing.assert_array_equal(part.data[time - 1], expected)
    assert part.info.timeStamps == [2.5, 5.0]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("compression", PACKING[:2])
def test_pynrrd_and_simpleitk_read_ours_and_we_read_their_files(tmp_path, dtype, compression):
    nrrd, sitk = pytest.importorskip("nrrd"), pytest.importorskip("SimpleITK")
    path = tmp_path / "ours.nrrd"
    ours = image(1, dtype, (2, 3, 5, 7), VoxelSizeUnit.um)
    write(path, ours, parameters=ZImgWriteParameters(compression))
    data, header = nrrd.read(str(path), index_order="C")
    np.testing.assert_array_equal(np.moveaxis(data, -1, 0), volume(dtype), strict=True)
    assert header["space units"] == ["um"] * 3
    read = sitk.ReadImage(str(path))
    assert read.GetSpacing() == (0.25, 0.5, 2.0)
    sitk.WriteImage(read, str(tmp_path / "its.nrrd"), compression != Compression.NONE)
    np.testing.assert_array_equal(
        zimg.read(tmp_path / "its.nrrd").data[0], volume(dtype), strict=True
    )
    for encoding in ("raw", "gzip", "bzip2"):
        told = {"encoding": encoding, "kinds": ["vector", *["domain"] * 3]}
        nrrd.write(str(tmp_path / "other.nrrd"), data, told, index_order="C")
        back = zimg.read(tmp_path / "other.nrrd")
        np.testing.assert_array_equal(back.data[0], volume(dtype), strict=True)


@pytest.mark.parametrize(
    ("fields", "shape"),
    [
        ({}, (1, 1, 4, 3, 2)),
        ({"dimension": "1", "sizes": "24"}, (1, 1, 1, 1, 24)),
        ({"dimension": "4", "sizes": "2 3 2 2"}, (2, 1, 2, 3, 2)),
        ({"kinds": "vector domain domain"}, (1, 2, 1, 4, 3)),
        ({"kinds": "domain domain list"}, (1, 4, 1, 3, 2)),
        ({"kinds": "domain RGB-color domain"}, (1, 3, 1, 4, 2)),
        ({"kinds": "domain domain time"}, (4, 1, 1, 3, 2)),
        ({"space_directions": "none (1,0) (0,1)", "space_dimension": "2"}, (1, 2, 1, 4, 3)),
    ],
    ids=str,
)
def test_axes_are_what_their_kinds_and_directions_say(tmp_path, fields, shape):
    path = nrrd_file(tmp_path / "a.nrrd", **fields)
    assert shape_of(path) == shape
    values = np.concatenate([array.reshape(-1) for array in zimg.read(path).data])
    assert sorted(values.tolist()) == list(range(24))


def test_channels_between_rows_and_planes_are_put_in_their_place(tmp_path):
    path = nrrd_file(tmp_path / "a.nrrd", kinds="domain list domain")
    stored = np.arange(24, dtype=np.uint8).reshape(4, 3, 2)
    np.testing.assert_array_equal(zimg.read(path).data[0][:, 0], stored.transpose(1, 0, 2))


@pytest.mark.parametrize(
    ("fields", "unit", "sizes"),
    [
        ({}, "none", (1, 1, 1)),
        ({"spacings": "0.5 1 2"}, "mm", (0.5, 1, 2)),
        # y was 1 before: a size that the file does not state, and in its unit
        ({"spacings": "0.5 nan 2"}, "mm", (0.5, 0.5, 2)),
        ({"spacings": "-0.5 1 -2"}, "mm", (0.5, 1, 2)),
        ({"spacings": "0.5 1 2", "units": '"um" "um" "um"'}, "um", (0.5, 1, 2)),
        ({"spacings": "0.5 1 2", "units": '"um" "um" "mm"'}, "um", (0.5, 1, 2000)),
        # the sizes were 1, 1, 1 before: their ratio was lost
        ({"spacings": "0.5 1 2", "units": '"pixel" "pixel" "pixel"'}, "none", (0.5, 1, 2)),
        ({"space_directions": "(3,4,0) (0,1,0) (0,0,-2)"}, "mm", (5, 1, 2)),
        (
            {
                "space_directions": "(0,0,0.5) (0,1,0) (2,0,0)",
                "space_units": '"nm" "nm" "nm"',
            },
            "nm",
            (0.5, 1, 2),
        ),
    ],
    ids=str,
)
def test_voxel_sizes_have_the_unit_that_is_stated(tmp_path, fields, unit, sizes):
    info = zimg.read(nrrd_file(tmp_path / "a.nrrd", **fields)).info
    assert info.voxelSizeUnit.name == unit
    assert (info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ) == sizes


@pytest.mark.parametrize(
    ("fields", "data"),
    [
        ({"byte_skip": "3"}, b"abc" + DATA),
        ({"byte_skip": "-1"}, b"abc" + DATA),
        ({"line_skip": "2"}, b"one\ntwo\n" + DATA),
        ({"line_skip": "1", "byte_skip": "2"}, b"one\nab" + DATA),
        ({"encoding": "gzip", "line_skip": "1"}, b"one\n" + gzip.compress(DATA)),
        ({"encoding": "gz", "byte_skip": "2"}, gzip.compress(b"ab" + DATA)),
        ({"encoding": "gzip"}, gzip.compress(DATA[:9]) + gzip.compress(DATA[9:]) + bytes(9)),
        ({"encoding": "bzip2"}, bz2.compress(DATA)),
        ({"encoding": "bz2"}, bz2.compress(DATA[:9]) + bz2.compress(DATA[9:])),
    ],
    ids=range(9),  # packed bytes tell the time: no names for tests
)
@pytest.mark.parametrize("detached", [False, True])
def test_voxels_are_found_where_they_are(tmp_path, fields, data, detached):
    if detached:
        (tmp_path / "voxels").write_bytes(data)
        path = nrrd_file(tmp_path / "a.nhdr", b"", data_file="voxels", **fields)
    else:
        path = nrrd_file(tmp_path / "a.nrrd", data, **fields)
    assert zimg.read(path).data[0].reshape(-1).tolist() == list(DATA)


def test_both_byte_orders_are_read(tmp_path):
    for order, name in (("<", "little"), (">", "big")):
        data = np.arange(24).astype(f"{order}i2").tobytes()
        path = nrrd_file(tmp_path / "a.nrrd", data, type="short", endian=name)
        assert zimg.read(path).data[0].reshape(-1).tolist() == list(range(24))


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"type": "block"}, "type 'block' is not supported"),
        ({"type": "short"}, "endian must be little or big, got None"),
        ({"dimension": "2"}, "dimension '2' does not match sizes '2 3 4'"),
        ({"sizes": "2 3 four"}, "sizes must be integers"),
        ({"sizes": "2 3 0"}, "each must be at least 1"),
        ({"sizes": "2 3 5"}, "truncated"),
        ({"sizes": "2 3 99999999", "encoding": "gzip"}, "compressed bytes cannot"),
        (
            {"encoding": "zlib"},
            "encoding 'zlib' is not supported: expected raw, gzip, bzip2, text and hex",
        ),
        ({"encoding": "ascii"}, "at least 47 bytes of text, but the file has 24"),
        ({"encoding": "hex"}, "at least 48 bytes of text, but the file has 24"),
        ({"kinds": "list vector domain"}, "do not form an image"),
        ({"kinds": "domain domain"}, "2 kinds for 3 axes"),
        ({"dimension": "5", "sizes": "2 3 2 2 1"}, "do not form an image"),
        ({"byte_skip": "-2"}, "byte skip must be an integer"),
        ({"line_skip": "9"}, "is not terminated"),
        ({"data_file": "LIST"}, "names 1 files, but 4 are needed"),
        ({"data_file": "a%d.raw 1 2 1"}, "names 2 files, but 4 are needed"),
        ({"data_file": "a%d.raw 1 4 1"}, "'a1.raw' does not exist"),
        ({"data_file": "a%d.raw 1 9 0"}, "step must not be 0"),
        ({"line_skip": "-1"}, "line skip must be at least 0, got -1"),
        ({"data_file": "../a.raw"}, "is outside the folder"),
        ({"data_file": "no.raw"}, "does not exist"),
    ],
    ids=str,
)
def test_a_header_that_cannot_be_followed_is_refused(tmp_path, fields, match):
    refused(nrrd_file(tmp_path / "a.nrrd", **fields), match)


@pytest.mark.parametrize("compression", PACKING)
def test_every_truncation_is_an_error(tmp_path, compression):
    write(tmp_path / "w.nrrd", ZImg(volume()), parameters=ZImgWriteParameters(compression))
    whole = (tmp_path / "w.nrrd").read_bytes()
    for length in {*range(0, len(whole), 13), len(whole) - 1, len(whole) - 4}:
        (tmp_path / "cut.nrrd").write_bytes(whole[:length])
        refused(tmp_path / "cut.nrrd", "cannot read")


def test_what_it_cannot_hold_is_refused(tmp_path):
    uneven = image(3, "uint8", (1, 1, 2, 2), VoxelSizeUnit.um).info
    uneven.timeStamps = [0.0, 1.0, 5.0]
    for held, match, options in (
        (ZImg([volume()] * 3, uneven), "evenly spaced", ZImgWriteParameters()),
        (ZImg(volume("float16")), "not float16", ZImgWriteParameters()),
        (ZImg(volume()), "not ZSTD", ZImgWriteParameters(compression=Compression.ZSTD)),
    ):
        with pytest.raises(ZException, match=match):
            write(tmp_path / "a.nrrd", held, parameters=options)
    assert list(tmp_path.iterdir()) == []


def test_the_first_bytes_report_whatever_the_name(tmp_path):
    path = nrrd_file(tmp_path / "a.tif")
    assert shape_of(path) == (1, 1, 4, 3, 2)
    assert zimg.read(path, format=FileFormat.ITKImage).shape == (1, 1, 4, 3, 2)
