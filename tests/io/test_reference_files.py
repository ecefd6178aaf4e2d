"""Files of many writers, against digests of their pixels and what the reference reports."""

import hashlib
from typing import Any

import pytest

import zimg
import zimg.io
from tests.io.manifest import FOLDER, WHERE, entries
from zimg import ZException

SUFFIXES = (".tif", ".tiff", ".btf", ".lsm")

# Where the file states more than the reference reads, or the reference misreads it.
BETTER: dict[str, dict[str, Any]] = {
    "tf_ij_zyx.tif": {"voxel_size_xyz": [0.1, 0.2, 0.5], "voxel_unit": "um"},
    "tf_ij_tzcyx.tif": {"time_stamps": [0.0, 2.5, 5.0]},
    # Only x has a size; 1.0 is stated nowhere.
    "tf_pyramid_subifd.ome.tif": {"voxel_size_xyz": [0.1, 0.1, 0.1]},
    "syn_tzc.lsm": {"channel_colors_rgba": [[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255]]},
    "ome_no_tiffdata.ome.tif": {"channel_colors_rgba": [[255, 0, 0, 255], [0, 255, 0, 255]]},
}
REFUSED = {
    "bad_truncated.tif": "truncated",
    "bad_notatiff.tif": "not a TIFF",
    "bad_ome_missing_planes.ome.tif": "maps 6 planes, but the file has 4 pages; missing: ",
}


def readable() -> list[Any]:
    found = [
        pytest.param(entry["file"], number, scene, id=f"{entry['file']}-{number}")
        for entry in entries()
        if entry["file"].endswith(SUFFIXES) and entry["file"] not in REFUSED
        for number, scene in enumerate(entry["scenes"])
    ]
    reason = "ZIMG_REFERENCE_DATA does not name a folder with formats/manifest.json"
    return found or [pytest.param("", 0, {}, marks=pytest.mark.skip(reason=reason))]


def described(image: zimg.ZImg) -> dict[str, Any]:
    info = image.info
    return {
        "shape_czyx": list(image.shape[1:]),
        "times": image.shape[0],
        "dtype": image.info.dataTypeString(),
        "voxel_size_xyz": pytest.approx([info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ]),
        "voxel_unit": info.voxelSizeUnit.name,
        "channel_names": info.channelNames,
        "channel_colors_rgba": [list(color) for color in info.channelColors],
        "time_stamps": info.timeStamps,
        "position": info.position,
        "valid_bits": info.validBitCount,
        "last_channel_is_alpha": info.lastChannelIsAlphaChannel,
    }


@pytest.mark.parametrize(("name", "number", "scene"), readable())
def test_pixels_and_metadata_are_those_of_the_reference_or_better(name, number, scene):
    image = zimg.read(FOLDER / name, scene=number)
    found = [hashlib.sha256(x.tobytes()).hexdigest() for x in image.data]
    assert found == scene["sha256_per_time"]
    expected = {key: scene[key] for key in described(image)} | BETTER.get(name, {})
    assert expected == described(image)


@pytest.mark.parametrize("name", REFUSED)
def test_files_that_cannot_be_read_whole_are_refused(name):
    if WHERE is None:
        pytest.skip("ZIMG_REFERENCE_DATA is not set")
    with pytest.raises(ZException, match=REFUSED[name]):
        zimg.read(FOLDER / name)
