"""OIF and OIB files built here, compared with what oiffile reads, and damaged ones."""

import os
import struct
from pathlib import Path

import numpy as np
import pytest

import zimg
from tests.io.fuzzing import refusals
from tests.io.making_olympus import compound, oib, oif, plane, settings
from zimg import VoxelSizeUnit, ZException, ZImgRegion
from zimg.io.disk.compound import CompoundFile

SAMPLE = "ZIMG_OIB_SAMPLE"
"""Variable that names a file of a microscope: ``test.oib`` in the sdist of oiffile on PyPI."""

RNG = np.random.default_rng(0)
MAKERS = {"oib": oib, "oif": oif}


def voxels(shape: tuple[int, ...], dtype: str = "uint16") -> np.ndarray:
    return RNG.integers(0, 4096 if dtype == "uint16" else 256, shape).astype(dtype)


@pytest.mark.parametrize("suffix", MAKERS)
@pytest.mark.parametrize("shape", [(1, 1, 1, 50, 60), (1, 2, 3, 20, 30), (3, 2, 2, 5, 7)])
def test_planes_are_at_their_time_channel_and_z(suffix, shape, tmp_path):
    data = voxels(shape)
    path = MAKERS[suffix](tmp_path / f"a.{suffix}", data)
    image = zimg.read(path)
    np.testing.assert_array_equal(np.stack(image.data), data)
    _, c, z, y, x = shape
    box = ZImgRegion((2, 1, z - 1, c - 1, 0), (x - 1, y, z, c, 1))
    part = zimg.read(path, region=box)
    np.testing.assert_array_equal(part.data[0], data[0, -1:, -1:, 1:, 2:-1])


@pytest.mark.parametrize("suffix", MAKERS)
def test_oiffile_reads_the_same(suffix, tmp_path):
    oiffile = pytest.importorskip("oiffile")
    data = voxels((2, 2, 3, 20, 30))
    path = MAKERS[suffix](tmp_path / f"a.{suffix}", data)
    with oiffile.OifFile(path) as file:
        assert file.axes == "TZCYX"
        theirs = file.asarray()
        assert file.series[0].dims == ("C", "Z", "T")
    ours = np.stack(zimg.read(path).data)
    np.testing.assert_array_equal(ours, theirs.transpose(2, 0, 1, 3, 4))


@pytest.mark.parametrize("suffix", MAKERS)
def test_what_the_settings_state_is_in_the_metadata(suffix, tmp_path):
    info = zimg.ZImg.readImgInfo(MAKERS[suffix](tmp_path / f"a.{suffix}", voxels((2, 2, 3, 4, 5))))
    assert info.voxelSizeUnit == VoxelSizeUnit.um
    sizes = [info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ]
    assert sizes == pytest.approx([0.5, 0.5, 2.0])
    assert info.timeStamps == pytest.approx([0.0, 3.0])
    assert info.channelNames == ["Dye0", "Dye1"]
    assert tuple(info.channelColors[0]) == (255, 128, 0, 255)
    assert info.validBitCount == 12


def test_a_plane_that_is_not_there_is_reported_and_others_are_read(tmp_path):
    data = voxels((1, 2, 3, 20, 30))
    path = oif(tmp_path / "a.oif", data)
    (tmp_path / "a.oif.files" / "s_C001Z002.tif").unlink()
    with pytest.raises(ZException, match="missing: z=1 c=0 t=0"):
        zimg.read(path)
    second = zimg.read(path, region=ZImgRegion((0, 0, 0, 1, 0), (-1, -1, -1, 2, -1)))
    np.testing.assert_array_equal(second.data[0], data[0, 1:])


def test_a_folder_that_is_not_there_is_reported(tmp_path):
    (tmp_path / "a.oif").write_bytes(settings({}))
    with pytest.raises(ZException, match=r"the folder a\.oif\.files beside it does not exist"):
        zimg.read(tmp_path / "a.oif")


@pytest.mark.parametrize("size", [-100, 40, 0])
def test_a_truncated_plane_is_refused(size, tmp_path):
    path = oif(tmp_path / "a.oif", voxels((1, 1, 2, 20, 30)))
    place = tmp_path / "a.oif.files" / "s_C001Z002.tif"
    place.write_bytes(place.read_bytes()[:size])
    with pytest.raises(ZException, match=r"cannot read .*a\.oif as Olympus"):
        zimg.read(path)


def test_planes_of_other_sizes_and_axes_are_refused(tmp_path):
    path = oif(tmp_path / "a.oif", voxels((1, 1, 2, 20, 30)))
    place = tmp_path / "a.oif.files" / "s_C001Z002.tif"
    place.write_bytes(plane(voxels((20, 31))))
    with pytest.raises(ZException, match=r"is \(20, 31\) uint16, others are"):
        zimg.read(path)
    place.rename(place.with_name("s_C001L002.tif"))
    with pytest.raises(ZException, match="axes that are not read"):
        zimg.read(path)


def test_every_cut_of_a_container_is_refused(tmp_path):
    path = oib(tmp_path / "a.oib", voxels((1, 1, 2, 20, 30)))
    whole = path.read_bytes()
    for size in range(0, len(whole) - 512, 397):
        path.write_bytes(whole[:size])
        with pytest.raises(ZException, match=r"cannot read .*a\.oib as Olympus"):
            zimg.read(path)


def test_streams_of_all_sizes_come_back_and_chains_in_a_circle_are_refused(tmp_path):
    sizes = (0, 1, 63, 64, 65, 4095, 4096, 5000, 300_000)
    streams = {f"a{n}": RNG.bytes(n) for n in sizes}
    streams["Storage00001/b"] = b"inside"
    path = tmp_path / "a.oib"
    path.write_bytes(compound(streams))
    file = CompoundFile(path)
    assert {name: file.read(name) for name in file.names} == streams
    file.close()
    table = struct.unpack_from("<I", path.read_bytes(), 76)[0]
    changed = bytearray(path.read_bytes())
    struct.pack_into("<128I", changed, (table + 1) * 512, *[0] * 128)
    path.write_bytes(changed)
    with pytest.raises(ZException):
        zimg.read(path)


def test_another_compound_file_is_refused(tmp_path):
    (tmp_path / "a.oib").write_bytes(compound({"Workbook": b"1"}))
    with pytest.raises(ZException, match=r"a compound file without OibInfo\.txt"):
        zimg.read(tmp_path / "a.oib")


@pytest.mark.parametrize("suffix", MAKERS)
def test_damaged_files_give_errors_or_images_of_their_size(suffix: str, tmp_path: Path):
    path = MAKERS[suffix](tmp_path / f"a.{suffix}", voxels((1, 2, 2, 5, 6)))
    refused = refusals(path, path.read_bytes(), count=500, cuts=0.3)
    assert refused > (20 if suffix == "oib" else 0)  # most of a text can be read whatever it says


@pytest.mark.skipif(SAMPLE not in os.environ, reason=f"{SAMPLE} names no file of a microscope")
def test_a_file_of_a_microscope_is_read_as_by_oiffile():
    oiffile = pytest.importorskip("oiffile")
    path = os.environ[SAMPLE]
    image = zimg.read(path)
    with oiffile.OifFile(path) as file:
        expected = file.asarray()
        size = file.mainfile["Reference Image Parameter"]
    np.testing.assert_array_equal(image.data[0].squeeze(), expected.squeeze())
    assert image.info.voxelSizeUnit == VoxelSizeUnit.um
    assert image.info.voxelSizeX == pytest.approx(size["WidthConvertValue"], rel=1e-2)
    part = zimg.read(path, region=ZImgRegion((3, 4, 0, 1, 0), (20, 30, 1, 2, 1)))
    np.testing.assert_array_equal(part.data[0], image.data[0][1:2, :1, 4:30, 3:20])
