"""CZI files: written by the vendor's library, real ones, and damaged ones."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zimg
from tests.io.fuzzing import refusals
from tests.io.manifest import FOLDER
from tests.io.manifest import entries as recorded
from zimg import ZException, ZImgRegion
from zimg.io.formats.czi.directory import TILE
from zimg.io.formats.czi.metadata import czi_metadata
from zimg.io.formats.czi.mosaic import visible
from zimg.io.formats.czi.scene import CziScene

RNG = np.random.default_rng(0)
NO_FILE: Any = None  # for what is known before pixels are read
TILES = [(0, 0), (25, 0), (0, 15), (25, 15)]


def written(path: Path, tiles, compression: str = "uncompressed:", **metadata: Any) -> Path:
    """A file of tiles: pixels (Y, X, samples), their axes, scene, place."""
    czi = pytest.importorskip("pylibCZIrw.czi")
    with czi.create_czi(str(path)) as document:
        for pixels, plane, scene, place in tiles:
            extra = {} if scene is None else {"scene": scene}
            options = {"compression_options": compression, "location": place, **extra}
            document.write(pixels, plane={"T": 0, "Z": 0, "C": 0, **plane}, **options)
        if metadata:
            document.write_metadata(document_name="x", **metadata)
    return path


def plane(dtype: str = "uint16", samples: int = 1) -> np.ndarray:
    return RNG.integers(0, np.iinfo(dtype).max, (20, 30, samples), dtype)


@pytest.mark.parametrize("compression", ["uncompressed:", "zstd0:", "zstd1:"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_planes_come_back_as_they_were(tmp_path, compression, dtype):
    data = RNG.integers(0, np.iinfo(dtype).max, (2, 2, 3, 20, 30), dtype)
    tiles = [
        (data[t, c, z][..., None], {"T": t, "C": c, "Z": z}, None, (0, 0))
        for t, c, z in np.ndindex(2, 2, 3)
    ]
    img = zimg.read(written(tmp_path / "a.czi", tiles, compression))
    np.testing.assert_array_equal(np.stack(img.data), data)
    part = zimg.read(tmp_path / "a.czi", region=ZImgRegion((3, 4, 1, 1, 1), (9, 11, 3, 2, 2)))
    np.testing.assert_array_equal(part.data[0], data[1, 1:, 1:, 4:11, 3:9])


def test_planes_without_a_sub_block_are_zeros_on_request(tmp_path):
    data = np.zeros((3, 2, 1, 20, 30), np.uint16)
    tiles = []
    for t, c in ((0, 0), (1, 0), (2, 0), (0, 1), (2, 1)):  # the second channel at every other time
        pixels = plane()
        data[t, c, 0] = pixels[..., 0]
        tiles.append((pixels, {"T": t, "C": c}, None, (0, 0)))
    path = written(tmp_path / "a.czi", tiles)
    with pytest.warns(UserWarning, match="1 planes are missing and filled with zeros: z=0 c=1 t=1"):
        image = zimg.read(path, errors="fill")
    np.testing.assert_array_equal(np.stack(image.data), data)


@pytest.mark.parametrize("damage", ["cut", "character", "encoding"])
def test_broken_metadata_do_not_stop_the_pixels(tmp_path, damage, caplog):
    pixels = plane()
    size: dict[str, Any] = {"scale_x": 5e-7, "scale_y": 5e-7, "scale_z": 2e-6}
    path = written(tmp_path / "a.czi", [(pixels, {}, None, (0, 0))], **size)
    whole = path.read_bytes()
    at = whole.find(b"<Metadata>") + len(b"<Metadata>")
    assert at > len(b"<Metadata>")
    end = whole.find(b"</ImageDocument>")
    new = {
        "cut": whole[:end] + b" " * 16 + whole[end + 16 :],
        "character": whole[:end] + b"\1" * 16 + whole[end + 16 :],
        "encoding": whole[:at] + b"<\xff/> " + whole[at + 5 :],
    }
    path.write_bytes(new[damage])
    image = zimg.read(path)
    np.testing.assert_array_equal(image.data[0][0, 0], pixels[..., 0])
    assert image.info.voxelSizeUnit.name == "none"
    assert "the CZI metadata is broken" in caplog.text


def test_colours_come_red_first(tmp_path):
    blue_first = plane("uint8", 3)
    img = zimg.read(written(tmp_path / "a.czi", [(blue_first, {}, None, (5, 7))]))
    np.testing.assert_array_equal(img.data[0][:, 0], np.moveaxis(blue_first[..., ::-1], -1, 0))


def test_channels_of_unequal_type_are_scenes(tmp_path):
    kinds = [("uint8", 1), ("uint16", 1), ("uint8", 1), ("uint8", 3)]
    tiles = [(plane(*kind), {"C": c}, None, (0, 0)) for c, kind in enumerate(kinds)]
    infos = zimg.ZImg.readImgInfos(written(tmp_path / "a.czi", tiles))
    assert [info.numChannels for info in infos] == [1, 1, 1, 3]
    assert [info.dataTypeString() for info in infos] == ["uint8", "uint16", "uint8", "uint8"]


def test_overlapping_tiles_are_composed_in_the_box_of_their_scene(tmp_path):
    tiles: list[Any] = [(plane(), {}, s, (x + 100 * s, y + 3)) for s in (0, 1) for x, y in TILES]
    path = written(tmp_path / "a.czi", tiles)
    assert len(zimg.ZImg.readImgInfos(path)) == 2
    for scene in (0, 1):
        expected = np.zeros((35, 55), np.uint16)
        for (pixels, _, _, _), (x, y) in zip(tiles[4 * scene :], TILES, strict=False):
            expected[y : y + 20, x : x + 30] = pixels[..., 0]
        np.testing.assert_array_equal(zimg.read(path, scene=scene).data[0][0, 0], expected)


def test_a_missing_plane_is_an_error_where_it_is_wanted(tmp_path):
    tiles = [(plane(), {"C": c, "Z": z}, None, (0, 0)) for c, z in ((0, 0), (0, 1), (1, 0))]
    path = written(tmp_path / "a.czi", tiles)
    with pytest.raises(ZException, match="planes have no sub-block; missing: z=1 c=1 t=0"):
        zimg.read(path)
    assert zimg.read(path, region=ZImgRegion((0, 0, 0, 0, 0), (-1, -1, 1, 2, 1))).info.depth == 1


def test_what_is_visible_of_boxes_is_the_last_one_painted():
    boxes = RNG.integers(0, 20, (12, 2))
    boxes = np.concatenate([boxes, boxes + RNG.integers(1, 15, (12, 2))], axis=1)
    painted, parts = np.full((40, 40), -1), np.full((40, 40), -1)
    for number, (left, top, right, bottom) in enumerate(boxes):
        painted[top:bottom, left:right] = number
    for number, (left, top, right, bottom) in visible(boxes, (0, 0, 40, 40)):
        assert (parts[top:bottom, left:right] == -1).all()
        parts[top:bottom, left:right] = number
    np.testing.assert_array_equal(parts, painted)


def test_entities_in_metadata_are_refused():
    with pytest.raises(ZException, match="refused"):
        czi_metadata(b'<!DOCTYPE a [<!ENTITY b "c">]><ImageDocument/>')


@pytest.mark.parametrize("compression", ["uncompressed:", "zstd0:", "zstd1:"])
def test_damaged_files_give_errors_or_images_of_their_size(tmp_path, compression):
    tiles = [(plane(), {"Z": z}, None, (0, 0)) for z in (0, 1)]
    path = written(tmp_path / "a.czi", tiles, compression)
    data = path.read_bytes()
    assert refusals(tmp_path / "b.czi", data, count=150, cuts=0.5) > 20


def entries(*rows: tuple[int, int, int, int, int]) -> np.ndarray:
    """Sub-blocks of one plane: x, y, extent along both, and stored columns (as many rows)."""
    found = np.zeros(len(rows), TILE)
    for entry, (x, y, width, height, columns) in zip(found, rows, strict=True):
        entry["X"], entry["Y"], entry["width"], entry["height"] = x, y, width, height
        entry["columns"], entry["rows"] = columns, columns
    return found


def test_a_smaller_size_with_a_hole_is_not_offered():
    full = [(x, y, 40, 40, 40) for x in (0, 40) for y in (0, 40, 80)]
    half = [(x, y, 40, 40, 20) for x, y, *_ in full]
    assert [level.ratios[0] for level in CziScene(NO_FILE, entries(*full, *half)).levels] == [1, 2]
    holed = [tile for tile in half if tile[:2] != (40, 40)]
    assert [level.ratios[0] for level in CziScene(NO_FILE, entries(*full, *holed)).levels] == [1]


REAL = [entry for entry in recorded() if entry["file"].endswith(".czi")]


@pytest.mark.skipif(not REAL, reason="ZIMG_REFERENCE_DATA is not set")
@pytest.mark.parametrize("entry", REAL, ids=lambda entry: entry["file"])
def test_reference_files_have_the_recorded_pixels(entry):
    path = FOLDER / entry["file"]
    infos = zimg.ZImg.readImgInfos(path)
    truth = [entry.get("source_array"), *entry.get("pylibCZIrw", []), *entry["scenes"]]
    digests = next(t["sha256_per_time"] for t in truth if t and "sha256_per_time" in t)
    found = [hashlib.sha256(a.tobytes()).hexdigest() for a in zimg.read(path).data]
    assert found == digests
    assert infos[0].channelNames == entry["scenes"][0]["channel_names"]
    assert len(infos) == len(entry["scenes"])
