"""Files that cannot be read: one line that names the file and the cause, never made-up pixels."""

import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile

import zimg
from zimg import FileFormat, ZException, ZImg, ZImgRegion

VOLUME = np.random.default_rng(1).integers(0, 60000, (6, 40, 50)).astype(np.uint16)


def written(path: Path, data: np.ndarray = VOLUME, **options) -> Path:
    tifffile.imwrite(path, data, photometric="minisblack", **options)
    return path


def refused(path: Path, match: str, **options) -> None:
    with pytest.raises(ZException, match=match) as caught:
        zimg.read(path, **options)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_reported_first_and_is_a_file_not_found_error(tmp_path):
    refused(tmp_path / "no.tif", "does not exist")
    for read in (zimg.read, ZImg, zimg.ZImgSource):
        with pytest.raises(FileNotFoundError, match=r"no\.tif does not exist"):
            read(str(tmp_path / "no.tif"))


def test_a_folder_and_an_empty_file_are_no_images(tmp_path):
    refused(tmp_path, "folder")
    (tmp_path / "empty.tif").touch()
    refused(tmp_path / "empty.tif", "not a TIFF")


def test_text_named_tif_is_identified_by_its_first_bytes(tmp_path):
    path = tmp_path / "notes.tif"
    path.write_text("hello world")
    refused(path, "as TIFF: the file is not a TIFF file: it starts with b'hello wo'")


def test_an_unknown_file_is_refused_with_what_is_accepted(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("hello world")
    refused(path, r"accepted: TIFF \(.tif")


def test_a_chain_of_pages_in_a_circle_is_refused(tmp_path):
    data = bytearray(written(tmp_path / "a.tif").read_bytes())
    first = struct.unpack("<I", data[4:8])[0]
    entries = struct.unpack("<H", data[first : first + 2])[0]
    link = first + 2 + 12 * entries
    data[link : link + 4] = struct.pack("<I", first)
    (tmp_path / "a.tif").write_bytes(data)
    refused(tmp_path / "a.tif", "page 1 repeats that of an earlier page")


def test_a_page_whose_blocks_are_missing_is_not_filled_with_zeros(tmp_path):
    path = written(tmp_path / "a.tif", VOLUME[0], tile=(16, 16), compression="zlib")
    with tifffile.TiffFile(path, mode="r+") as file:
        counts = list(file.pages.first.databytecounts)
        file.pages.first.tags["TileByteCounts"].overwrite([*counts[:5], 0, *counts[6:]])
    refused(path, "missing: page 0, strip or tile 5")
    region = ZImgRegion((0, 0, 0, 0, 0), (16, 16, 1, 1, 1))
    np.testing.assert_array_equal(zimg.read(path, region=region).data[0][0, 0], VOLUME[0, :16, :16])


def test_a_damaged_block_is_named(tmp_path):
    path = written(tmp_path / "a.tif", compression="zlib")
    with tifffile.TiffFile(path) as file:
        offset = file.pages[2].dataoffsets[0]
    data = bytearray(path.read_bytes())
    data[offset : offset + 40] = b"\xff" * 40
    path.write_bytes(data)
    refused(path, "page 2, strip or tile 0 cannot be decoded")


def test_a_region_that_leaves_the_image_is_refused(tmp_path):
    refused(
        written(tmp_path / "a.tif"),
        r"Invalid image region: .* \(50, 40, 6, 1, 1\)",
        region=ZImgRegion((0, 0, 0, 0, 0), (51, -1, -1, -1, -1)),
    )


def test_a_scene_that_is_not_there_is_refused(tmp_path):
    refused(written(tmp_path / "a.tif"), "no scene 1: it has 1", scene=1)
    with pytest.raises(
        TypeError, match="scene of ZImgSource takes an integer of at least 0, got -1"
    ):
        zimg.read(tmp_path / "a.tif", scene=-1)


def test_complex_pixels_are_refused_with_what_is_accepted(tmp_path):
    refused(written(tmp_path / "a.tif", VOLUME.astype(np.complex64)), "accepted are integers")


def test_an_unfinished_ome_description_is_an_error_not_a_plain_stack(tmp_path):
    xml = '<?xml version="1.0"?><OME><Image><Pixels SizeX="50"'
    path = written(tmp_path / "a.ome.tif", description=xml, metadata=None)
    refused(path, "OME-XML is broken")
    assert zimg.read(path, format=FileFormat.Tiff).shape == (1, 1, 6, 40, 50)


def test_imagej_numbers_that_do_not_fit_the_pages_are_an_error(tmp_path):
    text = "ImageJ=1.54\nimages=6\nchannels=2\nslices=2\nhyperstack=true\n"
    path = written(tmp_path / "a.tif", description=text, metadata=None)
    refused(path, "2 channels, 2 slices and 1 frames, but the file has 6 planes")


def test_an_empty_source_is_refused():
    with pytest.raises(ZException, match="invalid image source"):
        ZImg(zimg.ZImgSource())


def test_a_file_that_ends_inside_its_table_of_strips_is_refused(tmp_path):
    path = written(tmp_path / "a.tif", VOLUME[0], rowsperstrip=1, compression="zlib")
    with tifffile.TiffFile(path) as file:
        tag = file.pages.first.tags["StripOffsets"]
        table = tag.valueoffset, tag.count
    data = path.read_bytes()
    first = struct.unpack("<I", data[4:8])[0]
    head = data[: first + 2 + 12 * struct.unpack("<H", data[first : first + 2])[0] + 4]
    assert len(head) <= table[0]
    path.write_bytes(data[: table[0] + 2 * table[1]])
    refused(path, "cannot read")
