"""Files of many formats, written by OpenImageIO or Pillow, and damaged ones."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import zimg
from zimg import ZException, ZImgRegion

oiio = pytest.importorskip("OpenImageIO")
RNG = np.random.default_rng(0)


def written(path: Path, *parts: np.ndarray, names: tuple[str, ...] = ()) -> Path:
    """A file of images (Y, X, C)."""
    kinds = {"float16": "half", "float32": "float"}
    specs = []
    for data in parts:
        height, width, channels = data.shape
        spec = oiio.ImageSpec(width, height, channels, kinds.get(str(data.dtype), str(data.dtype)))
        if names:
            spec.channelnames = names
        specs.append(spec)
    output = oiio.ImageOutput.create(str(path))
    opened = output.open(str(path), specs if len(specs) > 1 else specs[0])
    assert opened, output.geterror()
    for number, data in enumerate(parts):
        if number:
            mode = "AppendSubimage"
            assert output.open(str(path), specs[number], mode), output.geterror()
        assert output.write_image(data), output.geterror()
    output.close()
    return path


def pixels(channels: int, dtype: str) -> np.ndarray:
    if dtype.startswith("float"):
        return RNG.random((23, 31, channels)).astype(dtype)
    return RNG.integers(0, np.iinfo(dtype).max, (23, 31, channels), dtype)


@pytest.mark.parametrize(
    ("suffix", "channels", "dtype"),
    [
        ("bmp", 3, "uint8"),
        ("tga", 3, "uint8"),
        ("ppm", 3, "uint16"),
        ("pgm", 1, "uint8"),
        ("sgi", 3, "uint16"),
        ("dpx", 3, "uint16"),
        ("exr", 3, "float16"),
        ("exr", 1, "float32"),
        ("fits", 1, "float32"),
    ],
)
def test_what_is_stored_is_read(tmp_path, suffix, channels, dtype):
    data = pixels(channels, dtype)
    path = written(tmp_path / f"a.{suffix}", data)
    expected = np.moveaxis(data, -1, 0)[:, None]
    img = zimg.read(path)
    np.testing.assert_array_equal(img.data[0], expected)
    assert img.info.channelNames == (["R", "G", "B"] if channels == 3 else img.info.channelNames)
    part = zimg.read(path, region=ZImgRegion((3, 4, 0, 0, 0), (9, 11, 1, 1, 1)))
    np.testing.assert_array_equal(part.data[0], expected[:1, :, 4:11, 3:9])


def test_opacity_is_a_channel_of_its_own(tmp_path):
    names = ("R", "G", "B", "A")
    data = pixels(4, "float16")
    img = zimg.read(written(tmp_path / "a.exr", data, names=names))
    assert img.info.lastChannelIsAlphaChannel
    assert img.info.channelNames == list(names)
    np.testing.assert_array_equal(img.data[0], np.moveaxis(data, -1, 0)[:, None])


def test_images_of_a_file_are_scenes(tmp_path):
    parts = [pixels(3, "float16"), pixels(1, "float32")]
    path = written(tmp_path / "a.exr", *parts)
    assert len(zimg.ZImg.readImgInfos(path)) == 2
    for scene, data in enumerate(parts):
        np.testing.assert_array_equal(
            zimg.read(path, scene=scene).data[0], np.moveaxis(data, -1, 0)[:, None]
        )


def test_frames_of_a_movie_are_times(tmp_path):
    image = pytest.importorskip("PIL.Image")
    levels = [0, 100, 255]
    frames = [image.new("L", (8, 6), level) for level in levels]
    path = tmp_path / "a.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100)
    img = zimg.read(path)
    assert img.info.numTimes == 3
    assert [int(data[0, 0, 0, 0]) for data in img.data] == levels
    region = ZImgRegion((0, 0, 0, 0, 1), (8, 6, 1, 1, 2))
    assert int(zimg.read(path, region=region).data[0].max()) == 100


def test_claims_beyond_the_file_are_refused(tmp_path):
    (tmp_path / "a.ppm").write_bytes(b"P6\n60000 60000\n255\n" + bytes(100))
    with pytest.raises(ZException, match="claims"):
        zimg.ZImg.readImgInfos(tmp_path / "a.ppm")


def test_a_suffix_that_is_not_that_of_the_content_is_an_error(tmp_path):
    path = written(tmp_path / "a.bmp", pixels(3, "uint8"))
    with pytest.raises(ZException):
        zimg.read(path.rename(tmp_path / "a.tga"))


FUZZ = """
import random, sys, zimg
from pathlib import Path
path = Path(sys.argv[1])
data, rng, refused = path.read_bytes(), random.Random(0), 0
for _ in range(int(sys.argv[2])):
    damaged = bytearray(data)
    if rng.random() < 0.3:
        del damaged[rng.randrange(len(damaged)):]
    else:
        damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
    bad = path.with_stem("b")
    bad.write_bytes(damaged)
    try:
        img = zimg.read(bad)
    except zimg.ZException:
        refused += 1
    else:
        info = img.info
        assert img.data[0].shape == (info.numChannels, info.depth, info.height, info.width)
assert refused
"""


@pytest.mark.parametrize("suffix", ["bmp", "tga", "sgi", "exr", "ppm"])
def test_damaged_files_do_not_end_the_process(tmp_path, suffix):
    kind = "float16" if suffix == "exr" else "uint8"
    path = written(tmp_path / f"a.{suffix}", pixels(3, kind))
    command = [sys.executable, "-c", FUZZ, str(path), "60"]
    done = subprocess.run(command, capture_output=True, timeout=120, text=True, check=False)
    assert done.returncode == 0, done.stderr[-500:]


@pytest.mark.parametrize("highest", [1, 2, 15, 100, 255, 256, 1000, 4095, 40_000, 65_534, 65_535])
@pytest.mark.parametrize("form", ["binary", "text"])
def test_grey_values_are_those_of_the_file_whatever_the_highest(highest, form, tmp_path):
    data = RNG.integers(0, highest + 1, (23, 31))
    data.flat[:2] = 0, highest
    path, kind = tmp_path / "a.pgm", "P5" if form == "binary" else "P2"
    stored = data.astype(np.uint8 if highest < 256 else ">u2").tobytes()
    text = " ".join(map(str, data.flat)).encode()
    head = f"{kind}\n# of a camera\n31 23\n{highest}\n".encode()
    path.write_bytes(head + (stored if form == "binary" else text))
    image = zimg.read(path)
    np.testing.assert_array_equal(image.data[0][0, 0], data)
    full = highest in (255, 65_535)
    assert image.info.validBitCount == (0 if full else highest.bit_length())


@pytest.mark.parametrize("form", ["binary", "text"])
def test_a_bit_map_has_zeros_and_ones(form, tmp_path):
    bits = RNG.integers(0, 2, (9, 13))  # 1 is black
    path = tmp_path / "a.pbm"
    packed = b"P4\n13 9\n" + np.packbits(bits, axis=1).tobytes()
    text = b"P1\n13 9\n" + " ".join(map(str, bits.flat)).encode()
    path.write_bytes(packed if form == "binary" else text)
    np.testing.assert_array_equal(zimg.read(path).data[0][0, 0], 1 - bits)


@pytest.mark.parametrize("bits", [4, 10, 12, 14, 16])
def test_values_of_few_bits_in_jpeg_2000_are_those_of_the_file(bits, tmp_path):
    imagecodecs = pytest.importorskip("imagecodecs")
    data = RNG.integers(0, 2**bits, (23, 31)).astype(np.uint8 if bits <= 8 else np.uint16)
    options = {"level": 0, "reversible": True, "codecformat": "jp2"}
    path = tmp_path / "a.jp2"
    path.write_bytes(imagecodecs.jpeg2k_encode(data, bitspersample=bits, **options))
    np.testing.assert_array_equal(zimg.read(path).data[0][0, 0], data)


@pytest.mark.parametrize("bits", [10, 12])
def test_values_of_few_bits_in_dpx_are_those_of_the_file(bits, tmp_path):
    data = RNG.integers(0, 2**bits, (23, 31, 3)).astype(np.uint16)
    spec = oiio.ImageSpec(31, 23, 3, "uint16")
    spec.attribute("oiio:BitsPerSample", bits)
    output = oiio.ImageOutput.create(str(tmp_path / "a.dpx"))
    assert output.open(str(tmp_path / "a.dpx"), spec), output.geterror()
    assert output.write_image(data << (16 - bits)), output.geterror()
    output.close()
    found = zimg.read(tmp_path / "a.dpx")
    np.testing.assert_array_equal(found.data[0][:, 0], data.transpose(2, 0, 1))
    assert found.info.validBitCount == bits


@pytest.mark.parametrize(
    ("version", "right"), [(30107, False), (30119, True), (30201, False), (30202, True)]
)
def test_releases_that_decode_16_bits_with_wrong_values_are_refused(
    version, right, tmp_path, monkeypatch
):
    (tmp_path / "a.pgm").write_bytes(b"P5 2 1 65535\n\x12\x34\xfe\xdc")
    monkeypatch.setattr("OpenImageIO.VERSION", version)
    if right:
        assert zimg.read(tmp_path / "a.pgm").data[0].ravel().tolist() == [0x1234, 0xFEDC]
    else:
        with pytest.raises(ZException, match=r"a\.pgm.*decodes 16-bit PNM with wrong values"):
            zimg.read(tmp_path / "a.pgm")
