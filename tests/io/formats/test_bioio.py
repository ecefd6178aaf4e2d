"""bioio both ways: its plugins read for us where nothing else does, and ours reads for it."""

from pathlib import Path

import numpy as np
import pytest

import zimg
from zimg import FileFormat, VoxelSizeUnit, ZException, ZImg, ZImgRegion
from zimg.io.registry import format_to_read

bioio = pytest.importorskip("bioio", reason="bioio is not installed")
pytest.importorskip("bioio_tifffile", reason="the plugin bioio-tifffile is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")  # of packages that bioio imports


def stack(path: Path, name: str = "a.ome.tif") -> ZImg:
    """An image of two channels that was saved."""
    voxels = np.random.default_rng(0).integers(0, 999, (2, 3, 20, 30)).astype(np.uint16)
    image = ZImg(voxels)
    info = image.info
    info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ = 0.5, 0.25, 2.0
    info.voxelSizeUnit, info.channelNames = VoxelSizeUnit.um, ["red", "green"]
    image.info = info
    image.save(path / name)
    return image


def test_a_plugin_reads_what_it_is_requested(tmp_path):
    image = stack(tmp_path)
    found = zimg.read(tmp_path / "a.ome.tif", format=FileFormat.Bioio)
    np.testing.assert_array_equal(found.data[0], image.data[0])
    box = ZImgRegion((2, 1, 1, 1, 0), (20, 9, 3, 2, 1))
    part = zimg.read(tmp_path / "a.ome.tif", region=box, format=FileFormat.Bioio)
    np.testing.assert_array_equal(part.data[0], image.data[0][1:2, 1:3, 1:9, 2:20])


def test_ours_goes_first_and_a_plugin_reads_what_ours_do_not(tmp_path, monkeypatch):
    from zimg.io.formats.bioio import plugins

    image = stack(tmp_path)
    assert format_to_read(tmp_path / "a.ome.tif").name == "TIFF"
    other = tmp_path / "a.xyz"
    other.write_bytes(b"nothing that is known")
    with pytest.raises(ZException, match="neither content nor"):
        zimg.read(other)
    known = bioio.plugins.get_plugins(use_cache=True)
    added = {**known, ".xyz": known[".tiff"]}
    monkeypatch.setattr(plugins, "get_plugins", lambda **_: added)
    assert format_to_read(other).name == "bioio"
    with pytest.raises(ZException, match=r"cannot read .*a\.xyz as bioio: bioio-"):
        zimg.read(other)
    np.testing.assert_array_equal(zimg.read(tmp_path / "a.ome.tif").data[0], image.data[0])


def test_sizes_and_names_come_from_the_plugin(tmp_path):
    pytest.importorskip("bioio_ome_tiff")
    stack(tmp_path)
    info = zimg.read(tmp_path / "a.ome.tif", format=FileFormat.Bioio).info
    sizes = [info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ]
    assert sizes == pytest.approx([0.5, 0.25, 2.0])
    assert info.channelNames == ["red", "green"]


def test_bioio_lists_our_plugin_and_reads_by_it(tmp_path):
    from bioio.plugins import get_plugins

    entries = [each.entrypoint.name for each in get_plugins(use_cache=False)[".nrrd"]]
    if "zimg-xp" not in entries:
        pytest.skip("this installation was made before the plugin was: install it again")
    image = stack(tmp_path, "a.nrrd")
    found = bioio.BioImage(tmp_path / "a.nrrd")
    assert found.dims.order == "TCZYX"
    np.testing.assert_array_equal(found.data[0], image.data[0])
    np.testing.assert_array_equal(np.asarray(found.dask_data)[0], image.data[0])
    assert tuple(found.physical_pixel_sizes) == pytest.approx((2.0, 0.25, 0.5))
    assert list(found.channel_names) == ["red", "green"]


def test_our_reader_offers_scenes_and_levels(tmp_path):
    from zimg.bioio.reader import Reader
    from zimg.io.parameters import ZImgWriteParameters

    image = ZImg(np.random.default_rng(0).integers(0, 99, (1, 2, 600, 700)).astype(np.uint8))
    zimg.write(tmp_path / "a.ome.zarr", image, parameters=ZImgWriteParameters(chunks=(1, 64, 64)))
    found = bioio.BioImage(tmp_path / "a.ome.zarr", reader=Reader)
    assert len(found.resolution_levels) > 1
    with zimg.open(tmp_path / "a.ome.zarr") as handle:
        found.set_resolution_level(1)
        np.testing.assert_array_equal(found.data, np.asarray(handle.level(1)))


def test_our_reader_reports_why_a_file_cannot_be_read(tmp_path):
    from bioio_base.exceptions import UnsupportedFileFormatError

    from zimg.bioio.reader import Reader

    (tmp_path / "a.tif").write_bytes(b"II*\0")
    with pytest.raises(UnsupportedFileFormatError, match="as TIFF"):
        Reader(tmp_path / "a.tif")
