"""Images written and read again, by this library and by another."""

import numpy as np
import pytest
import tifffile

from zimg import VoxelSizeUnit, ZException, ZImg, ZImgInfo, col4
from zimg.io import read, write_tiff
from zimg.io.formats.tiff.write import TYPES
from zimg.testing import bring_home


@pytest.fixture
def image():
    """Two times, two channels, with all metadata that the format carries."""
    data = np.random.default_rng(0).integers(0, 60000, (2, 2, 3, 40, 50)).astype(np.uint16)
    info = ZImgInfo(1, 1, 1, 2, 2)
    info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ = 0.1, 0.2, 0.5
    info.voxelSizeUnit, info.validBitCount = VoxelSizeUnit.um, 16
    info.channelNames, info.timeStamps = ["DAPI", "µ & GFP"], [0.0, 2.5]
    info.channelColors = [col4(1, 2, 3), col4(200, 100, 0)]
    return ZImg(data, info, layout="TCZYX")


@pytest.mark.parametrize("name", ["a.ome.tif", "a.tif", "ä.TIFF"])
def test_pixels_and_metadata_come_back(tmp_path, image, name):
    write_tiff(image, tmp_path / name)
    again = read(tmp_path / name)
    assert again.info == image.info
    for got, want in zip(again.data, image.data, strict=True):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("dtype", TYPES)
def test_types_come_back(tmp_path, dtype):
    data = (np.random.default_rng(0).random((3, 20, 30)) * 100).astype(dtype)
    write_tiff(ZImg(data, layout="ZYX"), tmp_path / "a.tif")
    again = read(tmp_path / "a.tif")
    assert again.dtype == data.dtype
    np.testing.assert_array_equal(again.data[0][0], data)


@pytest.mark.parametrize("shape", [(1, 1, 20, 30), (3, 1, 20, 30), (1, 3, 20, 30), (4, 2, 1, 1)])
def test_shapes_come_back_and_three_planes_are_no_colours(tmp_path, shape):
    data = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    write_tiff(ZImg(data), tmp_path / "a.tif")
    np.testing.assert_array_equal(read(tmp_path / "a.tif").data[0], data)


def test_another_reader_finds_axes_sizes_and_resolution(tmp_path, image):
    write_tiff(image, tmp_path / "a.ome.tif")
    with tifffile.TiffFile(tmp_path / "a.ome.tif") as file:
        assert file.series[0].axes == "TZCYX"
        assert file.series[0].shape == (2, 3, 2, 40, 50)
        assert 'PhysicalSizeZ="0.5"' in file.pages.first.description
        per_cm, one = file.pages.first.tags["XResolution"].value
        assert per_cm / one == pytest.approx(1e5)


def test_arrays_of_any_framework_are_written(tmp_path, xp, device):
    data = xp.reshape(xp.arange(60, dtype=xp.uint8, device=device), (1, 3, 4, 5))
    write_tiff(ZImg(data), tmp_path / "a.tif")
    np.testing.assert_array_equal(read(tmp_path / "a.tif").data[0], bring_home(data))


@pytest.mark.parametrize("value", [ZImg(), ZImg(np.zeros((1, 1, 2, 2), np.float16))])
def test_what_the_format_cannot_hold_leaves_no_file(tmp_path, value):
    with pytest.raises(ZException, match=r"a.tif: (the image is empty|OME-TIFF holds)"):
        write_tiff(value, tmp_path / "a.tif")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path, image):
    with pytest.raises(ZException, match=r"cannot write .*no/a.tif: No such file or directory"):
        write_tiff(image, tmp_path / "no" / "a.tif")
