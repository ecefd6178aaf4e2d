"""NIfTI: round trips, nibabel and SimpleITK, scaled values, pairs of files and damage."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zimg
from zimg import Compression, VoxelSizeUnit, ZException, ZImg, ZImgInfo, ZImgRegion
from zimg.image import write
from zimg.io.formats.nifti.header import header_type
from zimg.io.parameters import ZImgWriteParameters

TYPES = (
    *("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"),
    *("float32", "float64"),
)
SUFFIXES = (".nii", ".nii.gz")


def volume(dtype: str = "int16", shape: tuple[int, ...] = (2, 3, 5, 7)) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 120, shape).astype(dtype)


def image(
    times: int,
    dtype: str = "int16",
    shape: tuple[int, ...] = (2, 3, 5, 7),
    unit: VoxelSizeUnit = VoxelSizeUnit.um,
) -> ZImg:
    info = ZImgInfo(1, 1, 1, 1, times)
    info.voxelSizeUnit = unit
    info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ = 0.25, 0.5, 2.0
    info.timeStamps = [1.0 + 2.5 * time for time in range(times)]
    return ZImg([volume(dtype, shape) + time for time in range(times)], info)


def changed(path: Path, name: str, value: object) -> Path:
    """A copy with one field of the header changed."""
    data = bytearray(path.read_bytes())
    header = np.frombuffer(data, header_type(1), 1).copy()
    header[name] = value
    data[:348] = header.tobytes()
    copy = path.with_name("changed.nii")
    copy.write_bytes(data)
    return copy


def refused(path: Path, match: str) -> None:
    with pytest.raises(ZException, match=match) as caught:
        zimg.read(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(
    times=st.integers(1, 3),
    shape=st.tuples(*[st.integers(1, 4)] * 2, st.integers(1, 9), st.integers(1, 9)),
    dtype=st.sampled_from(TYPES),
    unit=st.sampled_from(list(VoxelSizeUnit)),
)
@settings(max_examples=40, deadline=None)
def test_an_image_comes_back_as_it_was(suffix, times, shape, dtype, unit, tmp_path_factory):
    path = tmp_path_factory.mktemp("nifti") / f"volume{suffix}"
    written = image(times, dtype, shape, unit)
    write(path, written)
    back = zimg.read(path)
    for time in range(times):
        np.testing.assert_array_equal(back.data[time], volume(dtype, shape) + time, strict=True)
    if times > 1:
        assert back.info.timeStamps == written.info.timeStamps
    if unit == VoxelSizeUnit.none:
        assert (back.info.voxelSizeUnit, back.info.voxelSizeX) == (unit, 1.0)
    else:
        kept = unit in (VoxelSizeUnit.um, VoxelSizeUnit.mm, VoxelSizeUnit.m)
        assert back.info.voxelSizeUnit == (unit if kept else VoxelSizeUnit.um)
        size = written.info.voxelSizeZInUm()
        assert back.info.voxelSizeZInUm() == pytest.approx(size, rel=1e-7)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("slope", [1, 0.5])
def test_a_region_is_the_same_part_of_the_image(tmp_path, suffix, slope):
    write(tmp_path / "a.nii", image(3))
    path = changed(tmp_path / "a.nii", "scl_slope", slope)
    if suffix == ".nii.gz":
        packed = gzip.compress(path.read_bytes())
        path = tmp_path / "a.nii.gz"
        path.write_bytes(packed)
    part = zimg.read(path, region=ZImgRegion((2, 1, 1, 1, 1), (6, 4, 3, 2, 3)))
    for time in (1, 2):
        expected = (volume()[1:2, 1:3, 1:4, 2:6] + time) * slope
        np.testing.assert_array_equal(part.data[time - 1], expected)
    assert part.info.timeStamps == [3.5, 6.0]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("dtype", TYPES)
def test_nibabel_and_simpleitk_read_ours(tmp_path, suffix, dtype):
    nibabel, sitk = pytest.importorskip("nibabel"), pytest.importorskip("SimpleITK")
    path = tmp_path / f"ours{suffix}"
    write(path, image(2, dtype))
    read = nibabel.load(path)
    assert read.header.get_xyzt_units() == ("micron", "sec")
    assert read.header.get_zooms()[:4] == (0.25, 0.5, 2.0, 2.5)
    stored = np.asarray(read.dataobj).T.swapaxes(0, 1)
    np.testing.assert_array_equal(stored[0], volume(dtype), strict=True)
    np.testing.assert_array_equal(stored[1], volume(dtype) + 1)
    again = np.moveaxis(sitk.GetArrayFromImage(sitk.ReadImage(str(path))), -1, 1)
    np.testing.assert_array_equal(again, stored, strict=True)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kind", ["Nifti1Image", "Nifti2Image"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_files_of_nibabel_are_read(tmp_path, suffix, kind, order):
    nibabel = pytest.importorskip("nibabel")
    data = np.arange(2 * 3 * 4 * 5, dtype=np.int16).reshape(2, 3, 4, 5)
    make = getattr(nibabel, kind)
    header = make.header_class(endianness=order)
    header.set_data_dtype(np.int16)
    header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"of any length"))
    written = make(data.T, np.diag([0.5, 2, 3, 1]), header)
    written.header.set_xyzt_units("micron", "msec")
    written.header.set_zooms((0.5, 2, 3, 40))
    nibabel.save(written, tmp_path / f"its{suffix}")
    back = zimg.read(tmp_path / f"its{suffix}")
    for time in range(2):
        np.testing.assert_array_equal(back.data[time][0], data[time], strict=True)
    info = back.info
    assert (info.voxelSizeUnit, info.voxelSizeX, info.voxelSizeZ) == (VoxelSizeUnit.um, 0.5, 3)
    assert info.timeStamps == pytest.approx([0, 0.04])


@pytest.mark.parametrize("opened", ["a.hdr", "a.img"])
def test_a_pair_of_files_is_read_by_either_name(tmp_path, opened):
    nibabel = pytest.importorskip("nibabel")
    data = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
    nibabel.save(nibabel.Nifti1Pair(data.T, np.eye(4)), tmp_path / "a.img")
    np.testing.assert_array_equal(zimg.read(tmp_path / opened).data[0][0], data, strict=True)
    other = tmp_path / ("a.img" if opened == "a.hdr" else "a.hdr")
    other.unlink()
    refused(tmp_path / opened, f"the companion file a{other.suffix} does not exist")


@pytest.mark.parametrize(("code", "colors"), [(128, 3), (2304, 4)])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_colours_that_lie_together_are_channels(tmp_path, code, colors, suffix):
    data = np.arange(2 * 3 * 4 * colors, dtype=np.uint8).reshape(2, 3, 4, colors)
    header = np.zeros((), header_type(1))
    dim = [3, 4, 3, 2, 1, 1, 1, 1]
    values = {"sizeof_hdr": 348, "dim": dim, "datatype": code, "vox_offset": 352, "magic": b"n+1"}
    for name, value in values.items():
        header[name] = value
    content = header.tobytes() + bytes(4) + data.tobytes()
    path = tmp_path / f"a{suffix}"
    path.write_bytes(gzip.compress(content) if suffix == ".nii.gz" else content)
    np.testing.assert_array_equal(zimg.read(path).data[0], np.moveaxis(data, -1, 0))


@pytest.mark.parametrize(
    ("stored", "found"),
    [
        *(("uint8", "float32"), ("int16", "float32"), ("float32", "float32")),
        *(("int32", "float64"), ("uint64", "float64"), ("float64", "float64")),
    ],
)
def test_scaled_values_are_floats_that_hold_what_is_stored(tmp_path, stored, found):
    write(tmp_path / "a.nii", ZImg(volume(stored)))
    path = changed(tmp_path / "a.nii", "scl_slope", 0.1)
    path = changed(path, "scl_inter", -3.0)
    back = zimg.read(path)
    expected = volume(stored).astype(np.float64) * float(np.float32(0.1)) - 3.0
    np.testing.assert_array_equal(back.data[0], expected.astype(found), strict=True)
    assert back.info.dataTypeString() == found


@pytest.mark.parametrize("slope", [0, 1, np.nan, np.inf])
def test_a_slope_that_says_nothing_leaves_the_type(tmp_path, slope):
    write(tmp_path / "a.nii", ZImg(volume()))
    back = zimg.read(changed(tmp_path / "a.nii", "scl_slope", slope))
    np.testing.assert_array_equal(back.data[0], volume(), strict=True)


@pytest.mark.parametrize(
    ("units", "sizes", "unit", "found"),
    [
        (0, (1, 1, 1), "none", (1, 1, 1)),
        (0, (2, 1, 0.5), "mm", (2, 1, 0.5)),
        (2, (1, 1, 1), "mm", (1, 1, 1)),
        # z was 1 before: a size that the file does not state, and in its unit
        (3, (0.5, -2, 0), "um", (0.5, 2, 0.5)),
        (1, (1, 1, np.nan), "m", (1, 1, 1)),
    ],
)
def test_voxel_sizes_have_the_unit_that_is_stated(tmp_path, units, sizes, unit, found):
    write(tmp_path / "a.nii", ZImg(volume()))
    path = changed(tmp_path / "a.nii", "pixdim", [1, *sizes, 1, 1, 1, 1])
    info = zimg.read(changed(path, "xyzt_units", units)).info
    assert info.voxelSizeUnit.name == unit
    assert (info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ) == found


@pytest.mark.parametrize(
    ("name", "value", "match"),
    [
        ("sizeof_hdr", 5, "no NIfTI header"),
        ("magic", b"", "Analyze"),
        ("datatype", 32, "datatype 32 is not supported: expected one of"),
        ("datatype", 1, "datatype 1 is not supported"),
        ("dim", [0] * 8, "NIfTI dim"),
        ("dim", [3, 7, 5, 0, 1, 1, 1, 1], "each must be at least 1"),
        ("dim", [3, 7, 5, -3, 1, 1, 1, 1], "each must be at least 1"),
        ("dim", [3, 7, 5, 300, 1, 1, 1, 1], "truncated"),
        ("dim", [6, 7, 5, 1, 1, 1, 6, 1], "expected axes x, y, z, time and channels"),
        ("vox_offset", -1, "vox_offset -1.0 is not"),
        ("vox_offset", np.nan, "vox_offset nan is not"),
        ("vox_offset", 1e30, "truncated"),
    ],
)
def test_a_header_that_cannot_be_followed_is_refused(tmp_path, name, value, match):
    write(tmp_path / "a.nii", ZImg(volume()))
    refused(changed(tmp_path / "a.nii", name, value), match)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_truncation_is_an_error(tmp_path, suffix):
    write(tmp_path / f"w{suffix}", image(2))
    whole = (tmp_path / f"w{suffix}").read_bytes()
    for length in {*range(0, len(whole), 13), *range(len(whole) - 9, len(whole))}:
        (tmp_path / f"cut{suffix}").write_bytes(whole[:length])
        refused(tmp_path / f"cut{suffix}", "cannot read")


def test_a_wrong_checksum_is_an_error(tmp_path):
    write(tmp_path / "a.nii.gz", image(2))
    data = bytearray((tmp_path / "a.nii.gz").read_bytes())
    data[-6] ^= 1
    (tmp_path / "a.nii.gz").write_bytes(data)
    refused(tmp_path / "a.nii.gz", "damaged")


def test_a_packed_region_is_unpacked_up_to_its_last_voxel_only(tmp_path):
    data = np.random.default_rng(1).integers(0, 255, (1, 200, 64, 64)).astype(np.uint8)
    write(tmp_path / "a.nii.gz", ZImg(data))
    whole = bytearray((tmp_path / "a.nii.gz").read_bytes())
    whole[-1000:] = bytes(1000)
    (tmp_path / "a.nii.gz").write_bytes(whole)
    region = ZImgRegion((0, 0, 3, 0, 0), (-1, -1, 5, 1, 1))
    part = zimg.read(tmp_path / "a.nii.gz", region=region)
    np.testing.assert_array_equal(part.data[0], data[:, 3:5])
    refused(tmp_path / "a.nii.gz", "damaged|truncated")


def test_what_it_cannot_hold_is_refused(tmp_path):
    uneven = image(3).info
    uneven.timeStamps = [0.0, 1.0, 5.0]
    long = ZImg(np.zeros((1, 1, 1, 40000), np.uint8))
    for name, held, match, compression in (
        ("a.nii", ZImg([volume()] * 3, uneven), "evenly spaced", Compression.AUTO),
        ("a.nii", ZImg(volume("float16")), "not float16", Compression.AUTO),
        ("a.nii", long, "at most 32767 voxels", Compression.AUTO),
        ("a.nii", ZImg(volume()), "not LZW", Compression.LZW),
        ("a.nii", ZImg(volume()), "DEFLATE does not match the suffix", Compression.DEFLATE),
        ("a.nii.gz", ZImg(volume()), "NONE does not match the suffix", Compression.NONE),
    ):
        with pytest.raises(ZException, match=match):
            write(tmp_path / name, held, parameters=ZImgWriteParameters(compression))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.nrrd"])
@given(
    names=st.lists(st.text(max_size=9), min_size=2, max_size=2),
    colors=st.lists(st.tuples(*[st.integers(0, 255)] * 4), min_size=2, max_size=2),
    bits=st.integers(0, 16),
    alpha=st.booleans(),
    position=st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=3),
)
@settings(max_examples=20, deadline=None)
def test_channels_bits_and_place_are_kept(
    name, names, colors, bits, alpha, position, tmp_path_factory
):
    info = ZImgInfo(1, 1, 1, 2)
    info.channelNames, info.channelColors, info.validBitCount = names, colors, bits
    info.lastChannelIsAlphaChannel, info.position = alpha, position
    written = ZImg(volume(), info)
    path = tmp_path_factory.mktemp("kept") / name
    write(path, written)
    back = zimg.read(path)
    assert back.info == written.info
    np.testing.assert_array_equal(back.data[0], volume(), strict=True)


def test_what_is_kept_is_left_out_when_it_does_not_fit(tmp_path):
    info = ZImgInfo(1, 1, 1, 2)
    info.channelNames = ["one", "two"]
    write(tmp_path / "a.nii", ZImg(volume(), info))
    data = (tmp_path / "a.nii").read_bytes()
    for other in (b'["one", 1234]', b'["one"]      ', b"[[[[[[[[[[[[["):
        (tmp_path / "b.nii").write_bytes(data.replace(b'["one", "two"]', other.ljust(14)))
        assert zimg.read(tmp_path / "b.nii").info.channelNames == ["", ""]


def test_the_readers_of_others_pass_over_what_is_kept(tmp_path):
    nibabel, sitk = pytest.importorskip("nibabel"), pytest.importorskip("SimpleITK")
    nrrd = pytest.importorskip("nrrd")
    info = ZImgInfo(1, 1, 1, 2)
    info.channelNames = ["DAPI µ\n", 'quoted "GFP" \\']
    for name in ("a.nii.gz", "a.nrrd"):
        write(tmp_path / name, ZImg(volume(), info))
        read = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / name)))
        np.testing.assert_array_equal(np.moveaxis(read, -1, 0), volume(), strict=True)
    stored = np.asarray(nibabel.load(tmp_path / "a.nii.gz").dataobj).T[:, 0]
    np.testing.assert_array_equal(stored, volume(), strict=True)
    stored, _ = nrrd.read(str(tmp_path / "a.nrrd"), index_order="C")
    np.testing.assert_array_equal(np.moveaxis(stored, -1, 0), volume(), strict=True)


def test_a_format_that_two_share_is_distinguished_by_the_file(tmp_path):
    data = np.arange(24, dtype=np.uint8).reshape(1, 2, 3, 4)
    for name in ("a.nii", "a.nrrd"):
        ZImg(data).save(tmp_path / name, zimg.FileFormat.ITKImage)
        back = zimg.read(tmp_path / name, format=zimg.FileFormat.ITKImage)
        np.testing.assert_array_equal(back.data[0], data)
    assert (tmp_path / "a.nii").read_bytes()[344:348] == b"n+1\0"
