"""TIFF files by another writer: types, codecs, axes, regions and metadata."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

import zimg
import zimg.io
from zimg import FileFormat, VoxelSizeUnit, ZImg, ZImgRegion, col4

RNG = np.random.default_rng(3)
VOLUME = RNG.integers(0, 60000, (5, 100, 150)).astype(np.uint16)


def written(path: Path, data: np.ndarray, **options) -> Path:
    tifffile.imwrite(path, data, photometric=options.pop("photometric", "minisblack"), **options)
    return path


@pytest.mark.parametrize("kind", ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_types_are_kept_in_native_byte_order(tmp_path, kind, order):
    data = (RNG.random((2, 20, 30)) * 100).astype(kind)
    image = zimg.read(written(tmp_path / "a.tif", data, byteorder=order))
    assert image.dtype == np.dtype(kind)
    assert image.data[0].dtype.isnative
    np.testing.assert_array_equal(image.data[0][0], data)


STORAGES = [
    {},
    {"rowsperstrip": 7},
    {"byteorder": ">", "rowsperstrip": 7},
    {"bigtiff": True},
    {"tile": (32, 64)},
    {"tile": (32, 64), "compression": "lzw", "predictor": True},
    {"compression": "zlib", "predictor": True, "byteorder": ">"},
    {"compression": "zstd", "rowsperstrip": 9},
    {"compression": "lzma"},
    {"compression": "packbits"},
]


@pytest.mark.parametrize("storage", STORAGES, ids=str)
def test_every_storage_gives_the_same_pixels_whole_and_in_part(tmp_path, storage):
    path = written(tmp_path / "a.tif", VOLUME, **storage)
    np.testing.assert_array_equal(zimg.read(path).data[0][0], VOLUME)
    region = ZImgRegion((50, 33, 1, 0, 0), (131, 70, 4, -1, -1))
    (part,) = zimg.read(path, region=region).data
    np.testing.assert_array_equal(part[0], VOLUME[1:4, 33:70, 50:131])


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("storage", [{}, {"tile": (32, 32), "compression": "zlib"}], ids=str)
def test_samples_are_channels_and_a_region_may_take_some(tmp_path, planar, storage):
    data = RNG.integers(0, 255, (3, 40, 60)).astype(np.uint8)
    stored = data if planar == "separate" else np.moveaxis(data, 0, -1)
    path = written(tmp_path / "a.tif", stored, photometric="rgb", planarconfig=planar, **storage)
    image = zimg.read(path)
    np.testing.assert_array_equal(image.data[0][:, 0], data)
    assert [tuple(c)[:3] for c in image.info.channelColors] == [
        (255, 0, 0),
        (0, 255, 0),
        (0, 0, 255),
    ]
    part = zimg.read(path, region=ZImgRegion((9, 8, 0, 1, 0), (50, 39, 1, 3, 1)))
    np.testing.assert_array_equal(part.data[0][:, 0], data[1:, 8:39, 9:50])


def test_colour_jpeg_is_decoded_to_red_green_blue(tmp_path):
    data = np.zeros((64, 64, 3), np.uint8)
    data[..., 0] = 200
    path = written(tmp_path / "a.tif", data, photometric="rgb", compression="jpeg", tile=(32, 32))
    means = zimg.read(path).data[0].mean(axis=(1, 2, 3))
    assert means == pytest.approx([200, 0, 0], abs=3)


def test_alpha_is_flagged_and_black(tmp_path):
    data = RNG.integers(0, 255, (20, 30, 4)).astype(np.uint8)
    path = written(tmp_path / "a.tif", data, photometric="rgb", extrasamples=["unassalpha"])
    info = zimg.io.read_info(path)
    assert info.lastChannelIsAlphaChannel
    assert info.channelColors[3] == col4()


def test_dark_is_small_and_bits_are_numbers(tmp_path):
    gray = RNG.integers(0, 255, (20, 30)).astype(np.uint8)
    white = written(tmp_path / "white.tif", gray, photometric="miniswhite")
    np.testing.assert_array_equal(zimg.read(white).data[0][0, 0], 255 - gray)
    bits = zimg.read(written(tmp_path / "bits.tif", gray > 99))
    np.testing.assert_array_equal(bits.data[0][0, 0], (gray > 99).astype(np.uint8))
    assert (bits.dtype, bits.info.validBitCount) == (np.uint8, 1)


@pytest.mark.parametrize(
    ("axes", "shape"), [("ZYX", (5,)), ("CYX", (2,)), ("TYX", (3,)), ("TZCYX", (3, 4, 2))]
)
def test_imagej_stacks_have_their_axes(tmp_path, axes, shape):
    data = RNG.integers(0, 255, (*shape, 20, 30)).astype(np.uint8)
    path = written(tmp_path / "a.tif", data, imagej=True, metadata={"axes": axes})
    image, expected = zimg.read(path), ZImg(data, layout=axes)
    assert image.shape == expected.shape
    for got, want in zip(image.data, expected.data, strict=True):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize(
    ("unit", "factor"), [("micron", 1), ("um", 1), ("\\u00B5m", 1), ("nm", 1e-3), ("mm", 1e3)]
)
def test_imagej_voxel_sizes_come_in_micrometres(tmp_path, unit, factor):
    path = written(
        tmp_path / "a.tif",
        VOLUME,
        imagej=True,
        resolution=(10, 5),
        metadata={"axes": "ZYX", "spacing": 0.5, "unit": unit, "finterval": 2.5},
    )
    info = zimg.io.read_info(path)
    assert info.voxelSizeUnit == VoxelSizeUnit.um
    sizes = info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ
    assert sizes == pytest.approx((0.1 * factor, 0.2 * factor, 0.5 * factor))


def test_a_unit_that_is_no_length_leaves_the_size_without_meaning(tmp_path):
    path = written(
        tmp_path / "a.tif", VOLUME, imagej=True, metadata={"axes": "ZYX", "unit": "pixel"}
    )
    info = zimg.io.read_info(path)
    assert (info.voxelSizeUnit, info.voxelSizeX, info.voxelSizeZ) == (VoxelSizeUnit.none, 1.0, 1.0)


def test_a_resolution_is_the_voxel_size_and_depth_is_taken_to_be_like_width(tmp_path):
    path = written(tmp_path / "a.tif", VOLUME, resolution=(5000, 2500), resolutionunit="CENTIMETER")
    info = zimg.io.read_info(path)
    assert info.voxelSizeUnit == VoxelSizeUnit.cm
    assert (info.voxelSizeXInUm(), info.voxelSizeYInUm()) == pytest.approx((2.0, 4.0))
    assert info.voxelSizeZ == info.voxelSizeX


@pytest.mark.parametrize("axes", ["TZCYX", "TCZYX", "CTZYX", "ZCTYX", "CZTYX", "ZTCYX"])
def test_ome_planes_of_any_order_find_their_place(tmp_path, axes):
    sizes = {"T": 2, "C": 3, "Z": 4, "Y": 10, "X": 12}
    data = RNG.integers(0, 60000, [sizes[a] for a in axes]).astype(np.uint16)
    path = written(tmp_path / "a.ome.tif", data, metadata={"axes": axes})
    expected = ZImg(data, layout=axes)
    image = zimg.read(path)
    assert image.shape == (2, 3, 4, 10, 12)
    for got, want in zip(image.data, expected.data, strict=True):
        np.testing.assert_array_equal(got, want)
    part = zimg.read(path, region=ZImgRegion((2, 1, 1, 1, 1), (-1, 9, 3, 2, 2)))
    np.testing.assert_array_equal(part.data[0], expected.data[1][1:2, 1:3, 1:9, 2:])


def test_content_decides_and_a_format_overrides(tmp_path):
    data = RNG.integers(0, 255, (2, 3, 20, 30)).astype(np.uint8)
    path = written(tmp_path / "ome.png", data, ome=True, metadata={"axes": "CZYX"})
    assert zimg.read(path).shape == (1, 2, 3, 20, 30)
    assert zimg.read(path, format=FileFormat.Tiff).shape == (1, 1, 6, 20, 30)
    assert ZImg(path, format=FileFormat.Tiff).shape == (1, 1, 6, 20, 30)


def test_what_an_array_reads_a_source_and_the_image_read_too(tmp_path):
    path = written(tmp_path / "ä ö.tif", VOLUME)
    region = ZImgRegion((1, 1, 1, 0, 0))
    expected = zimg.read(path, region=region)
    source = zimg.ZImgSource(path, region)
    for image in (ZImg(path, region), ZImg(str(path), region=region), ZImg(source)):
        np.testing.assert_array_equal(image.data[0], expected.data[0])
        assert image.info == expected.info
    assert ZImg.readImgInfo(source) == expected.info
    assert ZImg.readImgInfos(path) == [ZImg.readImgInfo(path)] == [zimg.io.read_info(path)]
    with pytest.raises(ValueError, match="at least 1"):
        ZImg(path, xRatio=0)


def test_pixels_arrive_in_the_framework_that_is_requested(tmp_path, lane, xp, device):
    path = written(tmp_path / "a.tif", VOLUME, compression="zlib")
    image = zimg.read(path, framework=lane.framework, device=device)
    (array,) = image.data
    assert array.device == device
    assert array.dtype == xp.uint16
    assert tuple(array.shape) == (1, *VOLUME.shape)


def test_the_buffer_of_the_reader_is_shared_with_jax_and_torch(tmp_path):
    path = written(tmp_path / "a.tif", VOLUME)
    (host,) = zimg.read(path).data
    assert host.ctypes.data % 64 == 0
    for name in ("jax", "torch"):
        pytest.importorskip(name)
        (array,) = ZImg(host).to_arrays(name, copy=False)
        assert np.asarray(array).ctypes.data == host.ctypes.data
