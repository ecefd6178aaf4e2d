"""TIFF files written here, read by the reference, which runs in a process of its own.

`ZIMG_REFERENCE_PYTHON` names an interpreter that has it installed.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zimg import Compression, VoxelSizeUnit, ZImg, ZImgInfo, ZImgWriteParameters, col4
from zimg.image import write
from zimg.io.formats.tiff.packing import TYPES

INTERPRETER = "ZIMG_REFERENCE_PYTHON"
# It is imported before NumPy: an error of it would be a segmentation fault otherwise.
SCRIPT = """
import sys, json, zimg
import numpy as np
image = zimg.ZImg(sys.argv[1])
np.save(sys.argv[1] + ".npy", np.stack(image.data))
info = image.info
print("\\n" + json.dumps({
    "size": [info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ],
    "unit": int(info.voxelSizeUnit), "names": info.channelNames, "stamps": info.timeStamps,
    "bits": info.validBitCount, "alpha": info.lastChannelIsAlphaChannel,
}))
"""

pytestmark = pytest.mark.skipif(INTERPRETER not in os.environ, reason=f"{INTERPRETER} is not set")


def by_reference(path: Path) -> tuple[np.ndarray, dict[str, Any]]:
    done = subprocess.run(  # in another folder than ours, whose package has its name
        [os.environ[INTERPRETER], "-c", SCRIPT, path],
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    return np.load(f"{path}.npy"), json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("dtype", TYPES)
def test_planes_tiles_and_metadata_of_ome_tiff_are_read(dtype, tmp_path):
    data = (np.arange(2 * 2 * 2 * 30 * 600) % 113).reshape(2, 2, 2, 30, 600).astype(dtype)
    info = ZImgInfo(1, 1, 1, 2, 2)
    info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ = 0.1, 0.2, 0.5
    info.voxelSizeUnit, info.channelNames = VoxelSizeUnit.um, ["µ", "<b>"]
    info.channelColors, info.timeStamps = [col4(1, 2, 3), col4(4, 5, 6)], [0.0, 2.5]
    write(tmp_path / "a.ome.tif", ZImg(data, info, layout="TCZYX"))
    pixels, told = by_reference(tmp_path / "a.ome.tif")
    np.testing.assert_array_equal(pixels, data)
    assert pixels.dtype == data.dtype
    assert told["size"] == [0.1, 0.2, 0.5]
    assert told["unit"] == int(VoxelSizeUnit.um)
    assert told["names"] == ["µ", "<b>"]
    assert told["stamps"] == [0.0, 2.5]


@pytest.mark.parametrize(
    "compression",
    [Compression[n] for n in ("NONE", "LZW", "DEFLATE", "ADOBE_DEFLATE", "ZSTD", "LZMA")],
)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("size", [(40, 50), (530, 600)])
def test_compressions_and_predictors_are_read(compression, dtype, size, tmp_path):
    data = (np.arange(2 * np.prod(size)) % 113).reshape(1, 2, *size).astype(dtype)
    parameters = ZImgWriteParameters(compression=compression)
    for name in ("a.tif", "a.ome.tif"):
        write(tmp_path / name, ZImg(data), parameters=parameters)
        np.testing.assert_array_equal(by_reference(tmp_path / name)[0][0], data)


@pytest.mark.parametrize("compression", [Compression.JPEG, Compression.WEBP, Compression.PACKBITS])
def test_colours_are_read(compression, tmp_path):
    y, x = np.mgrid[:60, :70]
    data = np.stack([x * 3, y * 4, x + y])[:, None].astype(np.uint8)
    write(tmp_path / "a.tif", ZImg(data), parameters=ZImgWriteParameters(compression=compression))
    pixels, _ = by_reference(tmp_path / "a.tif")
    allowed = 3 if compression == Compression.JPEG else 0
    assert np.abs(pixels[0].astype(int) - data).max() <= allowed


@pytest.mark.parametrize(("channels", "alpha"), [(2, True), (3, False), (4, True)])
def test_samples_and_opacity_of_plain_tiff_are_read(channels, alpha, tmp_path):
    data = (np.arange(channels * 3 * 200) % 251).reshape(channels, 3, 10, 20).astype(np.uint16)
    info = ZImgInfo(1, 1, 1, channels)
    info.lastChannelIsAlphaChannel = alpha
    write(tmp_path / "a.tif", ZImg(data, info))
    pixels, told = by_reference(tmp_path / "a.tif")
    np.testing.assert_array_equal(pixels[0], data)
    assert told["alpha"] == alpha


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_times_and_other_channels_of_plain_tiff_are_read_as_planes(channels, tmp_path):
    data = (np.arange(2 * channels * 3 * 200) % 251).reshape(2, channels, 3, 10, 20)
    image = ZImg(data.astype(np.uint8), layout="TCZYX")
    write(tmp_path / "a.tif", image)
    pixels, _ = by_reference(tmp_path / "a.tif")
    planes = data.transpose(0, 2, 1, 3, 4).reshape(1, 1, -1, 10, 20)
    np.testing.assert_array_equal(pixels, planes)
