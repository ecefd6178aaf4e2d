"""Saving: names, formats, folders and disks that do not play along, and nothing left in part."""

# ruff: noqa: N802 (methods are those of the reference)

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import zimg
from zimg import Compression, FileFormat, ZException, ZImg, ZImgInfo, ZImgWriteParameters
from zimg.image import ZImgSliceProvider

DATA = np.random.default_rng(3).integers(0, 2**16, (2, 3, 40, 50), np.uint16)
NAMES = ["a.tif", "a.ome.tif", "a.v3draw", "a.mha", "a.nrrd"]


class Slices(ZImgSliceProvider):
    """Gives the planes of `DATA`, or many empty ones."""

    def __init__(self, depth: int = DATA.shape[1]) -> None:
        self.depth = depth

    def imgInfo(self) -> ZImgInfo:
        return ZImgInfo(50, 40, self.depth, 2, 1, 2)

    def slice(self, z: int, t: int) -> ZImg:  # noqa: ARG002
        return ZImg(DATA[:, [z % 3]])


def test_arguments_stand_where_they_do_in_the_reference(tmp_path):
    image = ZImg(DATA)
    parameters = ZImgWriteParameters()
    parameters.compression = Compression.NONE
    image.save(str(tmp_path / "a.ome.tif"), FileFormat.OmeTiff, parameters)
    image.save(filename=tmp_path / "b.dat", format=FileFormat.Tiff, paras=parameters)
    ZImg.writeImg(str(tmp_path / "c.tif"), Slices(), FileFormat.Tiff, parameters)
    ZImg.writeImg(filename=tmp_path / "d.tif", sliceProvider=Slices(), paras=parameters)
    for path in tmp_path.iterdir():
        np.testing.assert_array_equal(zimg.read(path).data[0], DATA)


@pytest.mark.parametrize("name", NAMES)
def test_an_image_is_saved_onto_the_file_that_it_was_read_from(name, tmp_path):
    path = tmp_path / name
    ZImg(DATA).save(path)
    image = ZImg(path)
    (image + 0).save(path)
    image.save(path)
    np.testing.assert_array_equal(zimg.read(path).data[0], DATA)
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", NAMES)
def test_the_file_that_a_link_names_is_replaced(name, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / name).symlink_to(tmp_path / "real" / name)
    for _ in range(2):
        ZImg(DATA).save(tmp_path / name)
    assert (tmp_path / name).is_symlink()
    np.testing.assert_array_equal(zimg.read(tmp_path / "real" / name).data[0], DATA)


@pytest.mark.parametrize("name", NAMES)
def test_folders_that_are_not_there_are_named_before_pixels_are_requested(name, tmp_path):
    class Unasked(Slices):
        def slice(self, z: int, t: int) -> ZImg:
            raise AssertionError(f"slice({z}, {t}) was asked for")

    with pytest.raises(ZException, match=rf"cannot write .*{name}: the folder .*no does not exist"):
        ZImg.writeImg(tmp_path / "no" / name, Unasked())
    with pytest.raises(ZException, match="a folder"):
        ZImg.writeImg(tmp_path, Unasked(), FileFormat.Tiff)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the superuser may write anywhere")
@pytest.mark.parametrize("name", NAMES)
def test_folders_that_cannot_be_written_to_are_reported(name, tmp_path):
    folder = tmp_path / "fixed"
    folder.mkdir()
    folder.chmod(0o555)
    with pytest.raises(ZException, match=f"cannot write .*{name}: Permission denied"):
        ZImg(DATA).save(folder / name)
    assert not list(folder.iterdir())


# 2 GB of planes of 8 MB each, far more than may stay in memory.
LARGE = """
import resource, sys, numpy as np
from zimg import Compression, ZImg, ZImgInfo, ZImgWriteParameters
from zimg.image import ZImgSliceProvider

class Planes(ZImgSliceProvider):
    def imgInfo(self):
        return ZImgInfo(2048, 2048, int(sys.argv[2]), 1, 1, 2)

    def slice(self, z, t):
        return ZImg(np.full((1, 1, 2048, 2048), z, np.uint16))

ZImg.writeImg(sys.argv[1], Planes(), paras=ZImgWriteParameters(compression=Compression.ZSTD))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is told in units of the system")
@pytest.mark.parametrize("name", ["a.ome.tif", "a.tif"])
def test_memory_does_not_grow_with_the_number_of_planes(name, tmp_path):
    few, many = (
        int(
            subprocess.run(
                [sys.executable, "-c", LARGE, tmp_path / name, str(planes)],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for planes in (4, 40)
    )
    assert many - few < 4 * 8192  # kilobytes: four planes, where 36 were written


def test_what_interrupts_passes_and_leaves_no_file(tmp_path):
    class Interrupted(Slices):
        def slice(self, z: int, t: int) -> ZImg:
            if z == 2:
                raise KeyboardInterrupt
            return super().slice(z, t)

    for name in NAMES:
        with pytest.raises(KeyboardInterrupt):
            ZImg.writeImg(tmp_path / name, Interrupted())
    assert not list(tmp_path.iterdir())


def test_formats_that_are_only_read_are_reported(tmp_path: Path):
    for format in (FileFormat.ZeissLsm, FileFormat.Unknown):
        with pytest.raises(
            ZException,
            match=r"(ZeissLsm cannot be written|suffix '\.lsm' is not supported); accepted: TIFF",
        ):
            ZImg(DATA).save(tmp_path / "a.lsm", format)
    assert not list(tmp_path.iterdir())
