"""PNG, JPEG and JPEG XR: what is written is read, what cannot be held is refused."""

import struct
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import zimg
from zimg import Compression, ZException, ZImg, ZImgInfo
from zimg.image import write
from zimg.io.parameters import ZImgWriteParameters

LOSSLESS = {
    ".png": ZImgWriteParameters(),
    ".jxr": ZImgWriteParameters(jpegXRQuality=1.0),
}


def plane(channels: int = 1, dtype: str = "uint8", size: tuple[int, int] = (12, 17)) -> np.ndarray:
    rng = np.random.default_rng(channels)
    return rng.integers(0, np.iinfo(dtype).max, (channels, 1, *size), dtype, endpoint=True)


def image(data: np.ndarray, *, alpha: bool = False) -> ZImg:
    info = ZImgInfo(1, 1)
    info.lastChannelIsAlphaChannel = alpha
    return ZImg(data, info)


def refused(path: Path, img: ZImg, match: str, **options) -> None:
    with pytest.raises(ZException, match=match) as caught:
        write(path, img, parameters=ZImgWriteParameters(**options))
    assert str(path) in str(caught.value)
    assert not path.exists()


@pytest.mark.parametrize("suffix", LOSSLESS)
@given(
    data=st.sampled_from(["uint8", "uint16"]).flatmap(
        lambda dtype: arrays(
            dtype,
            st.tuples(st.sampled_from([1, 3]), st.just(1), st.integers(1, 20), st.integers(1, 20)),
        )
    )
)
@settings(max_examples=30, deadline=None)
def test_a_plane_without_loss_comes_back_as_it_was(suffix, data, tmp_path_factory):
    path = tmp_path_factory.mktemp("planar") / f"plane{suffix}"
    write(path, ZImg(data), parameters=LOSSLESS[suffix])
    np.testing.assert_array_equal(zimg.read(path).data[0], data)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_jpeg_xr_keeps_opacity(dtype, tmp_path):
    path = tmp_path / "opacity.jxr"
    options = ZImgWriteParameters(jpegXRQuality=1.0)
    write(path, image(plane(4, dtype), alpha=True), parameters=options)
    back = zimg.read(path)
    assert back.info.lastChannelIsAlphaChannel
    np.testing.assert_array_equal(back.data[0], plane(4, dtype))


@pytest.mark.parametrize("channels", [2, 4])
def test_png_keeps_opacity(channels, tmp_path):
    path = tmp_path / "opacity.png"
    write(path, image(plane(channels), alpha=True))
    back = zimg.read(path)
    assert back.info.lastChannelIsAlphaChannel
    np.testing.assert_array_equal(back.data[0], plane(channels))


def test_png_keeps_the_pixel_size_to_a_pixel_per_metre(tmp_path):
    info = ZImgInfo(1, 1)
    info.voxelSizeX, info.voxelSizeY, info.voxelSizeUnit = 0.25, 0.5, zimg.VoxelSizeUnit.um
    write(tmp_path / "size.png", ZImg(plane(), info))
    back = zimg.read(tmp_path / "size.png").info
    assert (back.voxelSizeX, back.voxelSizeY) == pytest.approx((0.25, 0.5), rel=1e-6)


def test_sixteen_bits_of_grey_are_jpeg_without_loss(tmp_path):
    data = plane(dtype="uint16")
    write(tmp_path / "grey.jpg", ZImg(data))
    back = zimg.read(tmp_path / "grey.jpg")
    assert back.info.validBitCount == 16
    np.testing.assert_array_equal(back.data[0], data)


def test_jpeg_of_a_smooth_plane_is_near(tmp_path):
    y, x = np.mgrid[:64, :64]
    data = np.stack([2 * x + y, x + 2 * y, 255 - x - y]).astype(np.uint8)[:, None]
    write(tmp_path / "smooth.jpg", ZImg(data))
    back = zimg.read(tmp_path / "smooth.jpg").data[0]
    assert np.abs(back.astype(int) - data).max() <= 4


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_grey_of_few_bits_is_read_as_it_is_stored(bits, tmp_path):
    values = np.arange(2**bits, dtype=np.uint8).repeat(8 // bits)[: 8 // bits * 2**bits]
    packed = np.packbits(
        np.unpackbits(values[:, None], axis=1, count=8)[:, 8 - bits :].reshape(-1)
    ).tobytes()
    header = struct.pack(">IIBBBBB", len(values), 1, bits, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" + packed)), (b"IEND", b"")]
    path = tmp_path / "few.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(len(c).to_bytes(4) + k + c + zlib.crc32(k + c).to_bytes(4) for k, c in chunks)
    )
    back = zimg.read(path)
    np.testing.assert_array_equal(back.data[0].reshape(-1), values)
    assert back.info.validBitCount == bits


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".jxr"])
def test_every_truncation_is_an_error(suffix, tmp_path):
    write(tmp_path / f"whole{suffix}", ZImg(plane()))
    data = (tmp_path / f"whole{suffix}").read_bytes()
    path = tmp_path / f"cut{suffix}"
    for length in (len(data) - 1, len(data) - 5, len(data) // 2, 40, 10):
        path.write_bytes(data[:length])
        with pytest.raises(ZException):
            zimg.read(path)


def test_a_damaged_chunk_of_png_is_an_error(tmp_path):
    data = bytearray(imagecodecs.png_encode(plane()[0, 0]))
    data[-20] ^= 1
    (tmp_path / "damaged.png").write_bytes(data)
    with pytest.raises(ZException, match="damaged or truncated"):
        zimg.read(tmp_path / "damaged.png")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".jxr"])
def test_what_one_plane_cannot_hold_is_refused(suffix, tmp_path):
    path = tmp_path / f"no{suffix}"
    refused(path, ZImg(plane(2)), "channels")
    refused(path, ZImg(np.zeros((1, 3, 4, 5), np.uint8)), "stores a single plane")
    refused(path, ZImg([plane(), plane()]), "stores a single plane")
    refused(path, ZImg(np.zeros((1, 1, 4, 5), np.float32)), "not float32")
    refused(path, ZImg(plane()), "compression", compression=Compression.LZW)


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        (".png", {"zlibCompressionLevel": 99}),
        (".jpg", {"jpegQuality": 0}),
        (".jpg", {"jpegQuality": 500}),
        (".jpg", {"jpegChrominanceSubsampling": 7}),
        (".jxr", {"jpegXRQuality": 0.0}),
        (".jxr", {"jpegXRQuality": 5.0}),
    ],
)
def test_an_option_outside_its_range_is_refused(suffix, options, tmp_path):
    name, value = next(iter(options.items()))
    refused(tmp_path / f"no{suffix}", ZImg(plane(3)), str(value), **options)
    assert getattr(ZImgWriteParameters(), name) != value


@pytest.mark.parametrize("tail", [b"", b"behind the image " * 300, b"\xff\xd8\xff" + b"x" * 5000])
def test_bytes_behind_a_jpeg_are_passed_over(tail, tmp_path):
    path = tmp_path / "a.jpg"
    write(path, ZImg(plane()))
    expected, whole = zimg.read(path).data[0], path.read_bytes()
    path.write_bytes(whole + tail)
    np.testing.assert_array_equal(zimg.read(path).data[0], expected)
    for cut in (2, 30):
        path.write_bytes(whole[:-cut])
        with pytest.raises(ZException, match="no end marker"):
            zimg.read(path)


def test_bytes_between_the_segments_of_a_jpeg_are_passed_over(tmp_path):
    path = tmp_path / "a.jpg"
    write(path, ZImg(plane()))
    expected, whole = zimg.read(path).data[0], path.read_bytes()
    end = 4 + int.from_bytes(whole[4:6])
    for filling in (b"\xff\xff", b"\0\0"):
        path.write_bytes(whole[:end] + filling + whole[end:])
        np.testing.assert_array_equal(zimg.read(path).data[0], expected)


@pytest.mark.parametrize("suffix", [".png", ".jxr", ".nim", ".tif", ".ome.tif"])
def test_a_mask_is_saved_as_zeros_and_ones(suffix, tmp_path):
    mask = np.eye(8, dtype=bool)
    path = tmp_path / f"mask{suffix}"
    if suffix == ".nim":
        pytest.importorskip("h5py")
    write(path, ZImg(mask[None, None]), parameters=LOSSLESS.get(suffix))
    (found,) = zimg.read(path).data
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found[0, 0], mask)


@pytest.mark.parametrize("suffix", [".tif", ".png", ".ome.zarr", ".nrrd"])
def test_bfloat16_is_named_where_it_is_refused(suffix, tmp_path):
    torch = pytest.importorskip("torch")
    image = ZImg(torch.zeros(1, 1, 8, 9, dtype=torch.bfloat16))
    refused(tmp_path / f"no{suffix}", image, "no format holds bfloat16")


@pytest.mark.parametrize(
    ("suffix", "size"),
    [(".jpg", (1, 70_000)), (".jpg", (70_000, 1)), (".png", (1, 2**20)), (".png", (2**20, 1))],
)
def test_a_side_that_is_too_long_is_refused(suffix, size, tmp_path):
    refused(tmp_path / f"no{suffix}", ZImg(np.zeros((1, 1, *size), np.uint8)), "pixels per side")
