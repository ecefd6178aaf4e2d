"""TIFF and OME-TIFF: what is written comes back, here and elsewhere, and what cannot be is told."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from zimg import (
    Compression,
    FileFormat,
    VoxelSizeUnit,
    ZException,
    ZImg,
    ZImgInfo,
    ZImgWriteParameters,
    col4,
)
from zimg.image import read, write
from zimg.io.formats.tiff.annotation import read_annotation
from zimg.io.formats.tiff.describe import SCHEMA, description
from zimg.io.formats.tiff.packing import TYPES
from zimg.testing import bring_home

LOSSLESS = [
    *(Compression.NONE, Compression.LZW, Compression.DEFLATE, Compression.ADOBE_DEFLATE),
    *(Compression.ZSTD, Compression.LZMA, Compression.PACKBITS),
]
TAGS = {
    Compression.NONE: 1,
    Compression.AUTO: 5,
    Compression.LZW: 5,
    Compression.JPEG: 7,
    Compression.ADOBE_DEFLATE: 8,
    Compression.PACKBITS: 32773,
    Compression.DEFLATE: 32946,
    Compression.JP2000: 34712,
    Compression.LZMA: 34925,
    Compression.ZSTD: 50000,
    Compression.WEBP: 50001,
}
NAMES = ["a.tif", "a.ome.tif"]


def smooth(*shape: int, dtype: Any = "uint16") -> np.ndarray:
    """Values that differ from place to place, up to 250."""
    return (np.arange(np.prod(shape)) % 251).reshape(shape).astype(dtype)


def described(channels: int = 2, times: int = 2) -> ZImgInfo:
    info = ZImgInfo(1, 1, 1, channels, times)
    info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ = 0.1, 0.2, 0.5
    info.voxelSizeUnit, info.validBitCount = VoxelSizeUnit.um, 12
    info.channelNames = [f"µ & <{channel}>" for channel in range(channels)]
    info.channelColors = [col4(200, channel, 7) for channel in range(channels)]
    info.timeStamps = [2.5 * time for time in range(times)]
    return info


@pytest.fixture
def image() -> ZImg:
    return ZImg(smooth(2, 2, 3, 40, 50), described(), layout="TCZYX")


def assert_same(got: ZImg, want: ZImg) -> None:
    for one, other in zip(got.data, want.data, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "name", ["a.ome.tif", "a.ome.tiff", "a.ome.tf2", "a.ome.btf", "a.tif", "ä µ.TIFF", "a.tf8"]
)
def test_pixels_and_metadata_come_back(tmp_path, image, name):
    write(tmp_path / name, image)
    again = read(tmp_path / name)
    assert again.info == image.info
    assert_same(again, image)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", TYPES)
def test_types_come_back(tmp_path, dtype, name):
    data = (np.random.default_rng(0).random((3, 20, 30)) * 100).astype(dtype)
    write(tmp_path / name, ZImg(data, layout="ZYX"))
    assert_same(read(tmp_path / name), ZImg(data, layout="ZYX"))


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_image_comes_back_and_another_reader_agrees(data, tmp_path_factory):
    size = data.draw(st.tuples(*[st.integers(1, 3)] * 3, *[st.integers(1, 40)] * 2))
    t, c, *_ = size
    text = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=8)
    number = st.integers(1, 10**6).map(lambda value: value / 64)
    info = ZImgInfo(1, 1, 1, c, t)
    info.channelNames = [data.draw(text) for _ in range(c)]
    info.channelColors = [col4(*data.draw(st.tuples(*[st.integers(0, 255)] * 4))) for _ in range(c)]
    info.timeStamps = [data.draw(number) for _ in range(t)]
    if data.draw(st.booleans()):
        info.voxelSizeUnit = VoxelSizeUnit.um
        info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ = (data.draw(number) for _ in range(3))
    dtype = data.draw(st.sampled_from(TYPES))
    info.lastChannelIsAlphaChannel = data.draw(st.booleans())
    info.position = data.draw(st.lists(number, max_size=3))
    voxels = np.random.default_rng(0).integers(0, 120, size).astype(dtype)
    image = ZImg(voxels, info, layout="TCZYX")
    compression = data.draw(st.sampled_from(LOSSLESS))
    path = tmp_path_factory.mktemp("any") / data.draw(st.sampled_from(NAMES))
    write(path, image, parameters=ZImgWriteParameters(compression=compression))
    again = read(path)
    assert_same(again, image)
    expected = image.info.copy()
    expected.validBitCount = 8 * expected.bytesPerVoxel
    alpha = info.lastChannelIsAlphaChannel
    samples_last = path.name == "a.tif" and c in ((2, 4) if alpha else (3,))
    assert again.info == expected
    elsewhere = tifffile.imread(path)
    ours = voxels.transpose(0, 2, 3, 4, 1) if samples_last else voxels.transpose(0, 2, 1, 3, 4)
    np.testing.assert_array_equal(elsewhere.ravel(), ours.ravel())


@pytest.mark.parametrize("compression", TAGS)
def test_each_compression_is_used_and_loses_nothing_but_in_jpeg(compression, tmp_path):
    data = smooth(3, 1, 60, 70, dtype="uint8")
    write(tmp_path / "a.tif", ZImg(data), parameters=ZImgWriteParameters(compression=compression))
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert int(file.pages.first.compression) == TAGS[compression]
        assert file.pages.first.shape == (60, 70, 3)
    allowed = 8 if compression == Compression.JPEG else 0
    again = read(tmp_path / "a.tif").data[0]
    assert np.abs(again.astype(int) - data).max() <= allowed


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("compression", [c for c in Compression if c not in TAGS])
def test_compressions_that_tiff_has_not_are_refused(compression, name, tmp_path):
    with pytest.raises(ZException, match=rf"TIFF supports .*, not {compression.name}$"):
        write(
            tmp_path / name,
            ZImg(smooth(1, 1, 5, 5)),
            parameters=ZImgWriteParameters(compression=compression),
        )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"compression": Compression.JPEG}, "JPEG compresses uint8 .* not uint16 with 1"),
        ({"compression": Compression.WEBP}, "WEBP compresses uint8 with 3 or 4 samples"),
        ({"compression": Compression.DEFLATE, "zlibCompressionLevel": 10}, "10 is not 0 to 9"),
        ({"compression": Compression.ZSTD, "zstdCompressionLevel": 23}, "23 is not -7 to 22"),
    ],
)
def test_options_that_cannot_be_honoured_are_refused(options, told, tmp_path):
    with pytest.raises(ZException, match=told):
        write(
            tmp_path / "a.tif",
            ZImg(smooth(1, 1, 5, 5)),
            parameters=ZImgWriteParameters(**options),
        )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("compression", "option", "low", "high"),
    [
        (Compression.ADOBE_DEFLATE, "zlibCompressionLevel", 0, 9),
        (Compression.ZSTD, "zstdCompressionLevel", -7, 22),
        (Compression.JPEG, "jpegQuality", 10, 100),
    ],
)
def test_levels_change_the_size(compression, option, low, high, tmp_path):
    numbers = np.arange(40000).reshape(1, 1, 200, 200)
    data = (numbers % 251 * (numbers // 777) % 256).astype(np.uint8)
    sizes = []
    for level in (low, high):
        options = ZImgWriteParameters(compression=compression, **{option: level})
        write(tmp_path / "a.tif", ZImg(data), parameters=options)
        sizes.append((tmp_path / "a.tif").stat().st_size)
    assert (sizes[0] < sizes[1]) == (compression == Compression.JPEG)


@pytest.mark.parametrize(
    ("dtype", "predictor"), [("uint8", 1), ("int16", 2), ("uint32", 2), ("uint64", 1), ("f8", 3)]
)
def test_predictors_are_those_of_the_reference(dtype, predictor, tmp_path):
    write(tmp_path / "a.tif", ZImg(smooth(1, 1, 9, 9, dtype=dtype)))
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert int(file.pages.first.predictor) == predictor


@pytest.mark.parametrize(
    ("channels", "alpha", "pages", "shape"),
    [
        (1, False, 2, (8, 9)),
        (2, False, 4, (8, 9)),
        (2, True, 2, (8, 9, 2)),
        (3, False, 2, (8, 9, 3)),
        (3, True, 6, (8, 9)),
        (4, False, 8, (8, 9)),
        (4, True, 2, (8, 9, 4)),
        (5, False, 10, (8, 9)),
    ],
)
def test_colours_share_a_page_of_a_plain_file_and_other_channels_do_not(
    channels, alpha, pages, shape, tmp_path
):
    info = ZImgInfo(1, 1, 1, channels)
    info.lastChannelIsAlphaChannel = alpha
    image = ZImg(smooth(channels, 2, 8, 9), info)
    write(tmp_path / "a.tif", image)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert len(file.pages) == pages
        assert file.pages.first.shape == shape
        assert file.pages.first.extrasamples == ((2,) if alpha and len(shape) == 3 else ())
    assert_same(read(tmp_path / "a.tif"), image)


def test_small_planes_are_not_padded_to_a_tile(tmp_path):
    none = ZImgWriteParameters(compression=Compression.NONE)
    for name in NAMES:
        write(tmp_path / name, ZImg(smooth(1, 1, 20, 30)), parameters=none)
        assert (tmp_path / name).stat().st_size < 1200 + 3000


@pytest.mark.parametrize("size", [(512, 512), (513, 40), (1300, 1025), (1, 2049)])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint64", "float32"])
def test_levels_are_means_of_four_pixels_down_to_one_tile(size, dtype, tmp_path):
    data = (np.random.default_rng(1).random(size) * 200 - 100 * (dtype == "int16")).astype(dtype)
    write(tmp_path / "a.ome.tif", ZImg(data[None, None]))
    with tifffile.TiffFile(tmp_path / "a.ome.tif") as file:
        levels = [level.asarray() for level in file.series[0].levels]
        assert [page.is_reduced for page in file.pages.first.pages or ()] == [True] * (
            len(levels) - 1
        )
    np.testing.assert_array_equal(levels[0], data)
    assert max(levels[-1].shape) <= 512
    for larger, smaller in pairwise(levels):
        padded = np.pad(larger, [(0, n % 2) for n in larger.shape], mode="edge").astype(float)
        means = padded.reshape(padded.shape[0] // 2, 2, -1, 2).mean(axis=(1, 3))
        expected = means if dtype == "float32" else np.floor(means + 0.5)
        np.testing.assert_allclose(smaller, expected, rtol=1e-6)


@pytest.mark.parametrize("dtype", TYPES)
def test_levels_do_not_overflow(dtype, tmp_path):
    largest = np.finfo(dtype).max if dtype[0] == "f" else np.iinfo(dtype).max
    write(tmp_path / "a.ome.tif", ZImg(np.full((1, 1, 2, 600), largest, dtype)))
    with tifffile.TiffFile(tmp_path / "a.ome.tif") as file:
        assert (file.series[0].levels[1].asarray() == largest).all()


def test_large_pages_are_tiled(tmp_path):
    for name in NAMES:
        write(tmp_path / name, ZImg(smooth(1, 1, 600, 700)))
        with tifffile.TiffFile(tmp_path / name) as file:
            assert file.pages.first.tile == (512, 512)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stamps", [[0.0, 2.5, 5.0], [0.0, 1.0, 7.5], [3.0, 4.0, 5.0], [0.0] * 3])
def test_time_stamps_even_or_not_come_back(name, stamps, tmp_path):
    info = ZImgInfo(1, 1, 1, 1, 3)
    info.timeStamps = stamps
    write(tmp_path / name, ZImg(smooth(3, 1, 1, 4, 5), info, layout="TCZYX"))
    assert read(tmp_path / name).info.timeStamps == stamps


def test_time_stamps_that_nobody_gave_are_not_told(tmp_path):
    write(tmp_path / "a.tif", ZImg(smooth(3, 1, 1, 4, 5), layout="TCZYX"))
    told = tifffile.tiffcomment(tmp_path / "a.tif")
    assert "Time" not in told
    assert "Delta" not in told


def test_another_reader_finds_axes_sizes_colours_and_resolution(tmp_path, image):
    write(tmp_path / "a.ome.tif", image)
    with tifffile.TiffFile(tmp_path / "a.ome.tif") as file:
        assert file.series[0].axes == "TZCYX"
        assert file.series[0].shape == (2, 3, 2, 40, 50)
        text = file.pages.first.description
        per_cm, one = file.pages.first.tags["XResolution"].value
        assert per_cm / one == pytest.approx(1e5)
    assert 'PhysicalSizeZ="0.5"' in text
    assert 'SignificantBits="12"' in text
    (color,) = re.findall(r'ID="Channel:0:1"[^/]*Color="(-?\d+)"', text)
    assert (int(color) & 0xFFFFFFFF).to_bytes(4, "big") == bytes([200, 1, 7, 255])


def test_arrays_of_any_framework_are_written(tmp_path, xp, device):
    data = xp.reshape(xp.arange(60, dtype=xp.uint8, device=device), (1, 3, 4, 5))
    write(tmp_path / "a.tif", ZImg(data))
    np.testing.assert_array_equal(read(tmp_path / "a.tif").data[0], bring_home(data))


def test_a_named_format_takes_any_suffix(tmp_path):
    data = smooth(1, 1, 600, 10)
    for format, levels in ((FileFormat.OmeTiff, 2), (FileFormat.Tiff, 1)):
        write(tmp_path / "a.dat", ZImg(data), format=format)
        with tifffile.TiffFile(tmp_path / "a.dat") as file:
            assert len(file.series[0].levels) == levels
        assert_same(read(tmp_path / "a.dat"), ZImg(data))


@pytest.mark.parametrize("together", [True, False])
def test_what_ome_has_no_place_for_is_in_an_annotation(together):
    info = described(channels=4, times=1)
    info.lastChannelIsAlphaChannel = True
    text = description(info, together=together).decode()
    root = ET.fromstring(text.replace(f'xmlns="{SCHEMA}"', ""))
    read_back = ZImgInfo(1, 1, 1, 4)
    read_annotation(root, read_back)
    assert read_back.lastChannelIsAlphaChannel != together  # the page tells it when together
    assert (read_back.channelNames == info.channelNames) == together
    assert (read_back.channelColors == info.channelColors) == together


def test_annotations_of_others_are_left_alone():
    root = ET.fromstring(
        '<OME><MapAnnotation Namespace=""><Value><M K="channelName 0">a</M></Value></MapAnnotation>'
        '<MapAnnotation Namespace="zimg-xp"><Value><M K="channelName 9">a</M><M K="b">c</M>'
        '<M K="channelColor 0">red</M></Value></MapAnnotation></OME>'
    )
    info = ZImgInfo(1, 1)
    read_annotation(root, info)
    assert info == ZImgInfo(1, 1)


def test_a_position_is_that_of_the_first_plane():
    info = ZImgInfo(1, 1, 1, 2, 2)
    info.position = [1.5, -2.0, 3.0]
    text = description(info, together=False).decode()
    assert text.count("PositionX") == 1
    assert 'TheZ="0" TheT="0" TheC="0" PositionX="1.5" PositionY="-2.0" PositionZ="3.0"' in text


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"channelNames": ["a\0"]}, r"cannot store the character '\\x00'"),
        ({"voxelSizeUnit": VoxelSizeUnit.um, "voxelSizeZ": 0.0}, "voxelSizeZ of 0.0 um"),
        ({"timeStamps": [float("nan")]}, "not finite"),
        ({"position": [1.0, 2.0, 3.0, 4.0]}, "3 numbers, got 4"),
    ],
)
def test_metadata_that_cannot_be_written_are_reported(name, change, told, tmp_path):
    info = ZImgInfo(1, 1)
    for key, value in change.items():
        setattr(info, key, value)
    with pytest.raises(ZException, match=told):
        write(tmp_path / name, ZImg(smooth(1, 1, 4, 5), info))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_types_that_cannot_be_held_and_empty_images_leave_no_file(name, tmp_path):
    for value in (ZImg(), ZImg(np.zeros((1, 1, 2, 2), np.float16))):
        with pytest.raises(ZException, match=r"tif: (the image is empty|.*TIFF stores)"):
            write(tmp_path / name, value)
    assert not list(Path(tmp_path).iterdir())


@pytest.mark.parametrize(("kind", "worth"), [("smooth", True), ("noise", False)])
def test_a_level_of_deflate_is_used_where_it_packs_better(kind, worth, tmp_path):
    y, x = np.mgrid[:600, :600]
    smooth = (1000 + 200 * np.sin(x / 40) * np.sin(y / 50)).astype(np.uint16)
    noise = np.random.default_rng(0).poisson(300, (600, 600)).astype(np.uint16)
    image = ZImg({"smooth": smooth, "noise": noise}[kind][None, None])
    sizes = {}
    for level in (4, 6):
        options = ZImgWriteParameters(
            compression=Compression.ADOBE_DEFLATE, zlibCompressionLevel=level
        )
        path = tmp_path / f"{level}.tif"
        write(path, image, parameters=options)
        sizes[level] = path.stat().st_size
        np.testing.assert_array_equal(read(path).data[0], image.data[0])
    assert (sizes[6] < 0.95 * sizes[4]) is worth
    assert sizes[6] <= sizes[4]


@pytest.mark.parametrize("name", ["a.tif", "a.ome.tif"])
def test_the_ratio_of_voxel_sizes_without_a_unit_is_kept(name, tmp_path):
    image = ZImg(np.zeros((1, 2, 4, 5), np.uint8))
    info = image.info
    info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ = 0.25, 0.25, 2.0
    image.info = info
    write(tmp_path / name, image)
    again = read(tmp_path / name).info
    assert [again.voxelSizeX, again.voxelSizeY, again.voxelSizeZ] == [0.25, 0.25, 2.0]
    assert again.voxelSizeUnit.name == "none"
