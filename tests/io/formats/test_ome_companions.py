"""OME-TIFF in several files: metadata beside the pixels, planes in other files, planes nowhere."""

import os
import warnings

import numpy as np
import pytest

import zimg
import zimg.io
from tests.io.making import OME, SIZES, block, described, pages
from zimg import ZException, ZImgRegion

VOLUME = np.random.default_rng(5).integers(0, 60000, (2, 3, 20, 30)).astype(np.uint16)
TWO = block("a.ome.tif", 0, "1") + block("b.ome.tif", 1, "2")


@pytest.fixture
def folder(tmp_path):
    """Two channels in two files, each with the whole description."""
    pages(tmp_path / "a.ome.tif", VOLUME[0], described(TWO, "1"))
    pages(tmp_path / "b.ome.tif", VOLUME[1], described(TWO, "2"))
    return tmp_path


@pytest.mark.parametrize("name", ["a.ome.tif", "b.ome.tif"])
def test_planes_are_found_in_the_files_beside_it(folder, name):
    np.testing.assert_array_equal(zimg.read(folder / name).data[0], VOLUME)
    region = ZImgRegion((5, 2, 1, 1, 0), (9, 8, 2, 2, 1))
    (part,) = zimg.read(folder / name, region=region).data
    np.testing.assert_array_equal(part[0], VOLUME[1, 1:2, 2:8, 5:9])


def test_a_renamed_file_is_known_by_its_identifier(folder):
    (folder / "a.ome.tif").rename(folder / "other.tif")
    np.testing.assert_array_equal(zimg.read(folder / "other.tif").data[0], VOLUME)


def test_a_single_file_that_was_renamed_has_its_own_pages(tmp_path, caplog):
    blocks = block("before.ome.tif", 0, "7") + block("before.ome.tif", 1, "7")
    text = described(blocks.replace('IFD="0" FirstC="1"', 'IFD="3" FirstC="1"'))
    path = pages(tmp_path / "after.ome.tif", VOLUME.reshape(6, 20, 30), text)
    np.testing.assert_array_equal(zimg.read(path).data[0], VOLUME)
    assert "after.ome.tif is called before.ome.tif in its OME-XML" in caplog.text


def test_a_renamed_file_of_several_keeps_its_planes(folder):
    for name, number in (("a", "1"), ("b", "2")):
        described_in = described(TWO.replace("urn:uuid:1", "urn:uuid:3"), number)
        pages(folder / f"{name}.ome.tif", VOLUME[int(number) - 1], described_in)
    (folder / "a.ome.tif").rename(folder / "other.ome.tif")
    np.testing.assert_array_equal(zimg.read(folder / "other.ome.tif").data[0], VOLUME)


def test_a_file_with_another_number_of_pages_is_not_taken_for_a_renamed_one(tmp_path):
    text = described(block("before.ome.tif", 0, "7"))
    path = pages(tmp_path / "after.ome.tif", VOLUME.reshape(6, 20, 30), text)
    with pytest.raises(ZException, match=r"before\.ome\.tif, which is missing"):
        zimg.read(path)


def test_links_that_leave_the_folder_are_not_followed(tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    pages(tmp_path / "b.ome.tif", VOLUME[1], described(TWO, "2"))
    (inside / "b.ome.tif").symlink_to(tmp_path / "b.ome.tif")
    path = pages(inside / "a.ome.tif", VOLUME[0], described(TWO, "1"))
    with pytest.raises(ZException, match="outside its folder"):
        zimg.read(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "b.ome.tif")
    path = pages(tmp_path / "a.ome.tif", VOLUME[0], described(TWO, "1"))
    with pytest.raises(ZException, match="not a regular file"):
        zimg.read(path)


def test_missing_planes_are_zeros_only_on_request_and_with_a_warning(folder):
    (folder / "b.ome.tif").unlink()
    with pytest.warns(UserWarning, match=r"a\.ome\.tif: 3 planes are missing .* z=2 c=1 t=0"):
        image = zimg.read(folder / "a.ome.tif", errors="fill")
    np.testing.assert_array_equal(
        image.data[0], VOLUME * np.array([1, 0], "u2")[:, None, None, None]
    )
    with pytest.raises(ValueError, match="'raise' or 'fill', got 'zero'"):
        zimg.read(folder / "a.ome.tif", errors="zero")


def test_a_whole_file_is_filled_without_a_warning(folder):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image = zimg.read(folder / "a.ome.tif", errors="fill")
    np.testing.assert_array_equal(image.data[0], VOLUME)


@pytest.mark.parametrize("images", [1, 2])
def test_a_description_beside_the_file_is_followed(folder, images):
    (folder / "x.companion.ome").write_text(described(TWO, "9", images), encoding="utf-8")
    pointer = '<BinaryOnly MetadataFile="x.companion.ome" UUID="urn:uuid:9"/>'
    pages(folder / "b.ome.tif", VOLUME[1], OME.format(pointer, uuid="2"))
    assert len(zimg.io.read_infos(folder / "b.ome.tif")) == images
    np.testing.assert_array_equal(zimg.read(folder / "b.ome.tif").data[0], VOLUME)


def test_a_description_in_another_tiff_is_followed(folder):
    pointer = '<BinaryOnly MetadataFile="a.ome.tif" UUID="urn:uuid:1"/>'
    there = '<TiffData IFD="0" PlaneCount="3"/>' + block("b.ome.tif", 1, "2")
    pages(folder / "a.ome.tif", VOLUME[0], described(there, "1"))
    pages(folder / "b.ome.tif", VOLUME[1], OME.format(pointer, uuid="2"))
    np.testing.assert_array_equal(zimg.read(folder / "b.ome.tif").data[0], VOLUME)


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("gone.ome", "refers to gone.ome, which is missing"),
        ("../a.ome.tif", "outside its folder"),
        ("/etc/hostname", "outside its folder"),
        (r"C:\a.ome", "outside its folder"),
        (r"..\a.ome", "outside its folder"),
        ("c.ome.tif", "after following 8 references"),
    ],
)
def test_a_description_that_cannot_be_followed_is_reported(tmp_path, target, told):
    pointer = OME.format(f'<BinaryOnly MetadataFile="{target}"/>', uuid="1")
    with pytest.raises(ZException, match=told):
        zimg.read(pages(tmp_path / "c.ome.tif", VOLUME[0], pointer))


def test_planes_outside_of_the_folder_are_not_read(tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    pages(tmp_path / "b.ome.tif", VOLUME[1], "")
    blocks = TWO.replace("b.ome.tif", "../b.ome.tif")
    path = pages(inside / "a.ome.tif", VOLUME[0], described(blocks, "1"))
    with pytest.raises(ZException, match="outside its folder"):
        zimg.read(path)


def test_an_image_without_a_page_here_does_not_stop_the_others(folder):
    first = f"<Image><Pixels {SIZES}>{TWO}</Pixels></Image>"
    second = block("c.ome.tif", 0, "3") + block("c.ome.tif", 1, "3")
    text = OME.format(first + f"<Image><Pixels {SIZES}>{second}</Pixels></Image>", uuid="1")
    path = pages(folder / "a.ome.tif", VOLUME[0], text)
    assert [info.dataTypeString() for info in zimg.io.read_infos(path)] == ["uint16", "uint16"]
    np.testing.assert_array_equal(zimg.read(path).data[0], VOLUME)
    with pytest.raises(ZException, match=r"c\.ome\.tif, which is missing"):
        zimg.read(path, scene=1)
    pages(folder / "c.ome.tif", VOLUME[1], "")
    region = ZImgRegion((0, 0, 0, 0, 0), (-1, -1, -1, 1, -1))
    np.testing.assert_array_equal(zimg.read(path, scene=1, region=region).data[0][0], VOLUME[1])


def test_a_page_that_is_not_in_the_other_file_is_reported(folder):
    pages(folder / "b.ome.tif", VOLUME[1, :1], described(TWO, "2"))
    with pytest.raises(ZException, match=r"b\.ome\.tif has 1 pages, but page 1 is needed"):
        zimg.read(folder / "a.ome.tif")
