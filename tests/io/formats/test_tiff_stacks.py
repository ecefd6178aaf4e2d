"""Stacks with one directory for all planes, LSM above 4 GiB, palettes, and empty tiles."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import zimg
from tests.io.fuzzing import refusals
from tests.io.making import lsm, stk
from zimg import ZException, ZImgRegion

RNG = np.random.default_rng(3)
STACK = RNG.integers(0, 60000, (4, 20, 30)).astype(np.uint16)


def same(path: Path, expected: np.ndarray) -> zimg.ZImg:
    """The image of a file, which is `expected` (T, C, Z, Y, X), in whole and in part."""
    image = zimg.read(path)
    np.testing.assert_array_equal(np.stack(image.data), expected)
    t, _, z, _, _ = (n - 1 for n in expected.shape)
    region = ZImgRegion((3, 2, z, 0, t), (9, 8, z + 1, 1, t + 1))
    part = zimg.read(path, region=region).data[0]
    np.testing.assert_array_equal(part, expected[t, :1, z : z + 1, 2:8, 3:9])
    return image


def imagej(path: Path, text: str, data: np.ndarray, **options) -> zimg.ZImgInfo:
    """What is read of a stack with a description by ImageJ."""
    described = f"ImageJ=1.53t\n{text}"
    told: dict[str, Any] = {
        "photometric": "minisblack",
        "metadata": None,
        "description": described,
        **options,
    }
    tifffile.imwrite(path, data, **told)
    return zimg.ZImg.readImgInfo(path)


@pytest.mark.parametrize("suffix", [".stk", ".tif"])
def test_a_metamorph_stack_has_its_planes_along_z(suffix, tmp_path):
    image = same(stk(tmp_path / f"a{suffix}", STACK), STACK[None, None])
    assert image.info.voxelSizeZ == pytest.approx(0.5)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / f"a{suffix}"), STACK)


def test_planes_of_metamorph_without_distances_follow_in_time(tmp_path):
    path = stk(tmp_path / "a.stk", STACK, distance=0, times=[1000, 1500, 2500, 4000])
    image = same(path, STACK[:, None, None])
    assert image.info.timeStamps == [0.0, 0.5, 1.5, 3.0]


def test_a_truncated_metamorph_stack_is_refused(tmp_path):
    path = stk(tmp_path / "a.stk", STACK)
    whole = path.read_bytes()
    path.write_bytes(whole.replace(STACK.tobytes(), STACK[:3].tobytes()))
    with pytest.raises(ZException):
        zimg.read(path)
    assert refusals(tmp_path / "b.stk", whole, count=300, cuts=0.3) > 50


@pytest.mark.parametrize("axes", ["ZYX", "TYX", "CYX", None])
def test_planes_behind_a_directory_of_tifffile(axes, tmp_path):
    data = STACK if axes is None else STACK[:3]
    metadata = {} if axes is None else {"axes": axes}
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(data, photometric="minisblack", truncate=True, metadata=metadata)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert len(file.pages) == 1
    letter = (axes or "ZYX")[0]
    order = {"Z": np.s_[None, None], "T": np.s_[:, None, None], "C": np.s_[None, :, None]}
    same(tmp_path / "a.tif", data[order[letter]])


def test_several_images_of_planes_behind_a_directory(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for part in (STACK, STACK[::-1]):
            options: dict[str, Any] = {"photometric": "minisblack", "metadata": {"axes": "ZYX"}}
            file.write(part, truncate=True, **options)
    assert len(zimg.ZImg.readImgInfos(tmp_path / "a.tif")) == 2
    np.testing.assert_array_equal(zimg.read(tmp_path / "a.tif", scene=1).data[0][0], STACK[::-1])


def test_planes_that_are_described_and_not_there_are_refused(tmp_path):
    text = json.dumps({"shape": [9, 20, 30], "axes": "ZYX", "truncated": True})
    options: dict[str, Any] = {"photometric": "minisblack", "metadata": None, "description": text}
    tifffile.imwrite(tmp_path / "a.tif", STACK[0], **options)
    with pytest.raises(ZException, match="a stack of 9 planes takes bytes"):
        zimg.read(tmp_path / "a.tif")
    tifffile.imwrite(tmp_path / "b.tif", STACK[0], compression="deflate", **options)
    with pytest.raises(ZException, match="9 planes behind the directory of page 0, but its pixels"):
        zimg.read(tmp_path / "b.tif")


def test_an_lsm_above_4_gib_has_the_pixels_of_a_small_one(tmp_path):
    if shutil.disk_usage(tmp_path).free < 2**20:
        pytest.skip("no space")
    data = RNG.integers(0, 255, (4, 3, 24, 32)).astype(np.uint8)
    expected = data.transpose(1, 0, 2, 3)[None]
    small = same(lsm(tmp_path / "a.lsm", data), expected).info
    assert [small.voxelSizeX, small.voxelSizeY, small.voxelSizeZ] == pytest.approx([0.1, 0.2, 0.5])
    large = lsm(tmp_path / "b.lsm", data, first=3_900_000_000, step=200_000_000)
    if large.stat().st_blocks * 512 > 2**24:
        large.unlink()
        pytest.skip("no sparse files here")
    same(large, expected)
    large.unlink()


@pytest.mark.parametrize(
    ("interval", "unit", "step"),
    [(5, "min", 300), (250, "ms", 0.25), (1, "hour", 3600), (2, "", 2), (-3, "sec", 3)],
)
def test_the_interval_of_imagej_counts_in_its_unit(interval, unit, step, tmp_path):
    text = f"images=3\nframes=3\nfinterval={interval}\ntunit={unit}\n"
    info = imagej(tmp_path / "a.tif", text, STACK[:3])
    assert info.timeStamps == pytest.approx([0, step, 2 * step])


@pytest.mark.parametrize(
    ("text", "resolution", "unit", "sizes"),
    [
        ("unit=um\nyunit=nm\nzunit=nm\nspacing=500", (4, 0.004), "um", (0.25, 0.25, 0.5)),
        ("unit=um\nspacing=-0.5", (4, 4), "um", (0.25, 0.25, 0.5)),
        ("unit=micron\nspacing=0", (4, 2), "um", (0.25, 0.5, 0.25)),
        ("unit=pixel\nspacing=3", (1, 1), "none", (1, 1, 3)),
        ("unit=\\u00B5m\nspacing=2", (1, 1), "um", (1, 1, 2)),
        ("unit=millimeter\nspacing=2", (1, 1), "um", (1e3, 1e3, 2e3)),
    ],
)
def test_sizes_of_imagej_count_in_their_units(text, resolution, unit, sizes, tmp_path):
    text = f"images=3\nslices=3\n{text}\n"
    info = imagej(tmp_path / "a.tif", text, STACK[:3], resolution=resolution)
    assert info.voxelSizeUnit.name == unit
    assert (info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ) == pytest.approx(sizes)


def test_without_a_unit_imagej_means_that_of_the_resolution(tmp_path):
    text = "images=3\nslices=3\nspacing=0.002\n"
    cm: dict[str, Any] = {"resolutionunit": "CENTIMETER"}
    info = imagej(tmp_path / "a.tif", text, STACK[:3], resolution=(1e3, 1e3), **cm)
    sizes = info.voxelSizeXInUm(), info.voxelSizeYInUm(), info.voxelSizeZInUm()
    assert sizes == pytest.approx((10.0, 10.0, 20.0))
    inch: dict[str, Any] = {"resolution": (72, 72), "resolutionunit": "INCH"}  # what says nothing
    assert imagej(tmp_path / "b.tif", text, STACK[:3], **inch).voxelSizeUnit.name == "none"


def test_counts_of_imagej_are_integers(tmp_path):
    assert imagej(tmp_path / "a.tif", "images=3\nslices=3.0\n", STACK[:3]).depth == 3
    with pytest.raises(ZException, match="ImageJ describes slices as 'three'"):
        imagej(tmp_path / "a.tif", "images=3\nslices=three\n", STACK[:3])


@pytest.mark.parametrize("scale", [1, 256, 257])
def test_a_palette_of_8_bits_has_its_colours(scale, tmp_path):
    colors = RNG.integers(0, 256, (3, 256)).astype(np.uint16)
    indices = RNG.integers(0, 256, (20, 30)).astype(np.uint8)
    options: dict[str, Any] = {
        "photometric": "palette",
        "colormap": colors * scale,
        "metadata": None,
    }
    tifffile.imwrite(tmp_path / "a.tif", indices, **options)
    (found,) = zimg.read(tmp_path / "a.tif").data
    np.testing.assert_array_equal(found[:3, 0], colors.astype(np.uint8)[:, indices])
    assert (found[3] == 255).all()


def test_a_palette_of_one_bit_has_its_colours(tmp_path):
    bits = RNG.integers(0, 2, (20, 30)).astype(np.uint8)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, bits.astype(bool), photometric="minisblack", metadata=None)
    with tifffile.TiffFile(path, mode="r+") as file:
        tags = file.pages.first.tags
        tags["PhotometricInterpretation"].overwrite(3)
        tags["Software"].overwrite("")
        at = path.stat().st_size
        entry = tags["Software"].offset
    data = bytearray(path.read_bytes())
    colors = np.array([[10, 200], [20, 210], [30, 220]], "<u2") * 256
    data[entry : entry + 12] = (
        np.array([320, 3], "<u2").tobytes() + np.array([6, at], "<u4").tobytes()
    )
    path.write_bytes(bytes(data) + colors.tobytes())
    (found,) = zimg.read(path).data
    np.testing.assert_array_equal(found[:3, 0], (colors // 256).astype(np.uint8)[:, bits])


def test_empty_tiles_are_zeros_on_request(tmp_path):
    data = np.zeros((64, 64), np.uint8)
    data[:32, :32] = RNG.integers(1, 255, (32, 32))
    tiles = (part for part in (data[:32, :32], None, None, None))
    options: dict[str, Any] = {
        "shape": data.shape,
        "dtype": "u1",
        "tile": (32, 32),
        "metadata": None,
    }
    tifffile.imwrite(tmp_path / "a.tif", tiles, **options)
    with pytest.raises(ZException, match="are empty; missing: page 0, strip or tile 1"):
        zimg.read(tmp_path / "a.tif")
    with pytest.warns(UserWarning, match="3 planes are missing"):
        image = zimg.read(tmp_path / "a.tif", errors="fill")
    np.testing.assert_array_equal(image.data[0][0, 0], data)
    region = ZImgRegion((0, 0, 0, 0, 0), (32, 32, 1, 1, 1))
    np.testing.assert_array_equal(
        zimg.read(tmp_path / "a.tif", region=region).data[0][0, 0], data[:32, :32]
    )
