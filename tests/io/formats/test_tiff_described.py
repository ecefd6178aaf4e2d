"""Axes, sizes and names of TIFF files that tifffile and Micro-Manager describe in their own way."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile

import zimg
from tests.io.fuzzing import refusals
from zimg import FileFormat, VoxelSizeUnit, ZException, ZImg

RNG = np.random.default_rng(7)


def shaped(path: Path, data: np.ndarray, axes: str, **options) -> Path:
    metadata = {"axes": axes, **options.pop("metadata", {})}
    options = {"photometric": "minisblack", **options}
    tifffile.imwrite(path, data, metadata=metadata, **options)
    return path


@pytest.mark.parametrize("axes", ["TZCYX", "CZYX", "ZTYX", "TCYX", "ZYX"])
def test_axes_that_tifffile_wrote_are_followed(axes, tmp_path):
    sizes = {"T": 2, "Z": 3, "C": 4, "Y": 10, "X": 12}
    data = RNG.integers(0, 60000, [sizes[axis] for axis in axes]).astype(np.uint16)
    path = shaped(tmp_path / "a.tif", data, axes)
    image, expected = zimg.read(path), ZImg(data, layout=axes)
    assert image.shape == expected.shape
    for found, wanted in zip(image.data, expected.data, strict=True):
        np.testing.assert_array_equal(found, wanted)
    pages = zimg.read(path, format=FileFormat.Tiff)
    assert pages.shape == (1, 1, data.size // 120, 10, 12)


def test_descriptions_of_older_releases_are_followed(tmp_path):
    """Before 2026.3.3, the axes came before the shape."""
    data = np.arange(2 * 3 * 4 * 5, dtype=np.uint8).reshape(2, 3, 4, 5)
    description = '{"axes": "TZYX", "shape": [2, 3, 4, 5]}'
    tifffile.imwrite(
        tmp_path / "a.tif", data, photometric=1, metadata=None, description=description
    )
    image = zimg.read(tmp_path / "a.tif")
    assert image.shape == (2, 1, 3, 4, 5)
    np.testing.assert_array_equal(np.stack([each[0] for each in image.data]), data)


@pytest.mark.parametrize(
    ("axes", "options"),
    [
        ("ZYXS", {"photometric": "rgb"}),
        ("ZSYX", {"photometric": "rgb", "planarconfig": "separate"}),
        ("ZCYX", {"photometric": "rgb", "planarconfig": "separate"}),
    ],
)
def test_samples_of_described_pages_are_channels(axes, options, tmp_path):
    sizes = {"Z": 2, "C": 3, "S": 3, "Y": 10, "X": 12}
    data = RNG.integers(0, 255, [sizes[axis] for axis in axes]).astype(np.uint8)
    image = zimg.read(shaped(tmp_path / "a.tif", data, axes, **options))
    channels = data if axes[1] != "Y" else np.moveaxis(data, -1, 1)
    np.testing.assert_array_equal(image.data[0], channels.swapaxes(0, 1))


def test_images_that_tifffile_wrote_one_after_the_other_are_scenes(tmp_path):
    path, data = tmp_path / "a.tif", RNG.integers(0, 255, (2, 3, 10, 12)).astype(np.uint8)
    with tifffile.TiffWriter(path) as file:
        for number, axes in enumerate(("CZYX", "ZCYX")):
            file.write(data + number, photometric="minisblack", metadata={"axes": axes})
    np.testing.assert_array_equal(zimg.read(path).data[0], data)
    np.testing.assert_array_equal(zimg.read(path, scene=1).data[0], data.swapaxes(0, 1) + 1)


def test_single_pages_that_were_appended_are_planes(tmp_path):
    data = RNG.integers(0, 255, (4, 10, 12)).astype(np.uint8)
    for page in data:
        tifffile.imwrite(tmp_path / "a.tif", page, append=True, metadata={"axes": "YX"})
    np.testing.assert_array_equal(zimg.read(tmp_path / "a.tif").data[0][0], data)


@pytest.mark.parametrize("axes", [None, "QYX", "IYX"])
def test_axes_that_say_nothing_leave_pages_as_planes(axes, tmp_path):
    data = RNG.integers(0, 255, (4, 10, 12)).astype(np.uint8)
    metadata = {"axes": axes} if axes else {}
    tifffile.imwrite(tmp_path / "a.tif", data, photometric="minisblack", metadata=metadata)
    np.testing.assert_array_equal(zimg.read(tmp_path / "a.tif").data[0][0], data)


def test_voxel_size_and_times_that_tifffile_wrote_are_read(tmp_path):
    data = RNG.integers(0, 255, (2, 3, 10, 12)).astype(np.uint8)
    metadata = {"spacing": 0.5, "unit": "um", "finterval": 2.0, "Labels": ["not", "of channels"]}
    path = shaped(tmp_path / "a.tif", data, "TZYX", metadata=metadata, resolution=(10, 5))
    info = zimg.ZImg.readImgInfo(path)
    sizes = info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ
    assert (sizes, info.voxelSizeUnit) == (pytest.approx((0.1, 0.2, 0.5)), VoxelSizeUnit.um)
    assert info.timeStamps == [0.0, 2.0]
    told = {"resolution": (5000, 5000), "resolutionunit": "CENTIMETER"}
    info = zimg.ZImg.readImgInfo(shaped(tmp_path / "b.tif", data, "TZYX", **told))
    assert (info.voxelSizeXInUm(), info.voxelSizeZInUm()) == pytest.approx((2.0, 2.0))


@pytest.mark.parametrize(
    "description",
    ['{"shape": [3, 10, 12]', '{"shape": [9, 10, 12], "axes": "CYX"}', '{"shape": 3, "axes": ""}'],
)
def test_descriptions_that_do_not_fit_are_passed_over(description, tmp_path):
    data = RNG.integers(0, 255, (3, 10, 12)).astype(np.uint8)
    options = {"photometric": "minisblack", "metadata": None, "description": description}
    tifffile.imwrite(tmp_path / "a.tif", data, **options)
    np.testing.assert_array_equal(zimg.read(tmp_path / "a.tif").data[0][0], data)


SUMMARY = {
    "Channels": 2,
    "Slices": 3,
    "Frames": 9,  # the acquisition was ended early
    "ChNames": ["DAPI", "Cy5"],
    "PixelSize_um": 0.25,
    "z-step_um": 1.5,
    "Interval_ms": 500.0,
}


def micromanager(path: Path, planes: dict[tuple[int, int, int, int], np.ndarray]) -> Path:
    """A stack as Micro-Manager lays it out; planes by channel, z, time and position."""
    summary = json.dumps(SUMMARY).encode()
    out, index, link = bytearray(40 + len(summary)), [], 4
    out[40:] = summary
    for place, plane in planes.items():
        index.append((*place, len(out)))
        struct.pack_into("<I", out, link, len(out))
        data = len(out) + 2 + 12 * 9 + 4
        height, width = plane.shape
        tags = [(256, width), (257, height), (258, 16), (259, 1), (262, 1), (273, data)]
        tags += [(277, 1), (278, height), (279, plane.nbytes)]
        out += struct.pack("<H", len(tags))
        out += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
        link = len(out)
        out += bytes(4) + plane.tobytes()
    head = (b"II", 42, index[0][4], 54773648, len(out), 0, 0, 0, 0, 2355492, len(summary))
    struct.pack_into("<2sHIIIIIIIII", out, 0, *head)
    out += struct.pack("<II", 3453623, len(index))
    path.write_bytes(out + b"".join(struct.pack("<5I", *row) for row in index))
    return path


@pytest.fixture
def planes() -> dict[tuple[int, int, int, int], np.ndarray]:
    """Planes in the order in which they were taken: positions, times, z, channels."""
    return {
        (c, z, t, p): RNG.integers(0, 60000, (6, 8)).astype(np.uint16)
        for p, t, z, c in np.ndindex(2, 2, 3, 2)
    }


def test_planes_of_micromanager_are_where_its_index_says(planes, tmp_path):
    path = micromanager(tmp_path / "a_MMStack.tif", planes)
    assert len(ZImg.readImgInfos(path)) == 2
    for position in (0, 1):
        image = zimg.read(path, scene=position)
        assert image.shape == (2, 2, 3, 6, 8)
        for (c, z, t, p), plane in planes.items():
            if p == position:
                np.testing.assert_array_equal(image.data[t][c, z], plane)


def test_what_micromanager_reports_is_in_the_metadata(planes, tmp_path):
    info = ZImg.readImgInfo(micromanager(tmp_path / "a.tif", planes))
    assert info.channelNames == ["DAPI", "Cy5"]
    assert (info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ) == (0.25, 0.25, 1.5)
    assert (info.voxelSizeUnit, info.timeStamps) == (VoxelSizeUnit.um, [0.0, 0.5])


def test_a_plane_that_micromanager_did_not_store_is_named(planes, tmp_path):
    del planes[1, 2, 1, 0]
    path = micromanager(tmp_path / "a.tif", planes)
    told = r"Micro-Manager describes 12 planes, the index lists 11; missing: z=2 c=1 t=1$"
    with pytest.raises(ZException, match=told):
        zimg.read(path)
    np.testing.assert_array_equal(zimg.read(path, scene=1).data[0][0, 0], planes[0, 0, 0, 1])


def test_damaged_stacks_of_micromanager_give_errors_or_images_of_their_size(planes, tmp_path):
    data = micromanager(tmp_path / "a.tif", planes).read_bytes()
    assert refusals(tmp_path / "b.tif", data, count=300, cuts=0.3) > 50


def test_damaged_descriptions_of_tifffile_give_errors_or_images_of_their_size(tmp_path):
    data = RNG.integers(0, 255, (2, 3, 4, 5)).astype(np.uint8)
    whole = shaped(tmp_path / "a.tif", data, "CZYX").read_bytes()
    assert refusals(tmp_path / "b.tif", whole, count=300, cuts=0.3) > 50
