"""Which format a file is read as: content, suffix, and suffixes of files inside of containers."""

import numpy as np
import pytest
import tifffile

import zimg
from zimg import ZException
from zimg.io.formats.table import FORMATS
from zimg.io.registry import format_to_read, stem_of


@pytest.mark.parametrize(
    ("suffix", "name"),
    [
        *((".tif", "TIFF"), (".stk", "TIFF"), (".lsm", "TIFF"), (".png", "TIFF"), ("", "TIFF")),
        *((".vsi", "Bio-Formats"), (".flex", "Bio-Formats"), (".VSI", "Bio-Formats")),
    ],
)
def test_a_tiff_is_one_unless_its_suffix_is_of_files_that_begin_so(suffix, name, tmp_path):
    path = tmp_path / f"a{suffix}"
    tifffile.imwrite(path, np.zeros((4, 5), np.uint8))
    assert format_to_read(path).name == name


def test_a_preview_is_not_taken_for_the_image(tmp_path):
    tifffile.imwrite(tmp_path / "a.vsi", np.zeros((4, 5), np.uint8))
    if next(each for each in FORMATS if each.name == "Bio-Formats").missing:
        with pytest.raises(ZException, match=r"pip install .*bioformats"):
            zimg.read(tmp_path / "a.vsi")
    image = zimg.read(tmp_path / "a.vsi", format=zimg.FileFormat.Tiff)  # where it is asked for
    assert image.info.size == (5, 4, 1, 1, 1)


@pytest.mark.parametrize("name", ["a\0b.tif", "a" * 300 + ".tif", "a\ud800.tif"])
def test_names_that_no_file_can_have_are_reported(name, tmp_path):
    path = str(tmp_path / name)
    with pytest.raises(ZException):
        zimg.read(path)
    with pytest.raises(ZException):
        zimg.write(path, zimg.ZImg(np.zeros((1, 1, 4, 5), np.uint8)))
    assert not list(tmp_path.iterdir())


def test_errors_about_names_that_are_no_text_can_be_printed(tmp_path):
    with pytest.raises(ZException) as caught:
        zimg.read(f"{tmp_path}/a\ud800.tif")
    assert str(caught.value).encode("utf-8").count(b"a\\ud800.tif") == 1


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        *(("a/cell.tif", "cell"), ("cell.ome.tif", "cell"), ("Cell.OME.BTF", "Cell")),
        *(("my cell.nii.gz", "my cell"), ("s3://lab/cell.ome.zarr/", "cell")),
        *(("a\\b.nd2", "b"), ("cell.v2.raw16", "cell.v2"), ("cell", "cell"), (".tif", ".tif")),
    ],
)
def test_the_stem_of_a_name_is_what_remains_without_folder_and_format(name, stem):
    assert stem_of(name) == stem
