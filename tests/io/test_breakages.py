"""The sixteen ways in which files of the field break, and what is read or told of each.

Where errors are told, they name the file and the cause in one line; nothing is dropped, guessed or
filled with zeros, unless that was asked for.
"""

import json
import logging
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import zimg
from tests.io import fuzzing
from tests.io.making import block, described, lif, pages
from zimg import FileFormat, VoxelSizeUnit, ZException, ZImg, ZImgInfo, ZImgRegion
from zimg.image import ZImgSliceProvider
from zimg.io import decoding_limit
from zimg.io.formats.tiff import paging

RNG = np.random.default_rng(16)
VOLUME = RNG.integers(1, 60000, (2, 3, 20, 30)).astype(np.uint16)
STACK = RNG.integers(1, 60000, (6, 40, 50)).astype(np.uint16)
FIRST_CHANNEL = ZImgRegion((0, 0, 0, 0, 0), (-1, -1, -1, 1, -1))


def refused(path: Path, match: str, **options: Any) -> None:
    with pytest.raises(ZException, match=match) as caught:
        zimg.read(path, **options)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def same(path: Path, expected: np.ndarray, **options: Any) -> None:
    (found,) = zimg.read(path, **options).data
    np.testing.assert_array_equal(found, expected)


def written(path: Path, data: np.ndarray = STACK, **options: Any) -> Path:
    tifffile.imwrite(path, data, photometric="minisblack", **options)
    return path


def overwritten(path: Path, value: int, *names: str) -> Path:
    """Let tags of the first page have another value."""
    with tifffile.TiffFile(path, mode="r+") as file:
        for name in names:
            tag = file.pages.first.tags[name]
            tag.overwrite(value, dtype="I")
    return path


# 1. OME-XML maps planes that do not exist.
def test_planes_that_no_page_holds_are_counted_and_named(tmp_path):
    path = pages(tmp_path / "a.ome.tif", VOLUME[0], described("<TiffData/>"))
    refused(
        path,
        r"the OME-XML maps 6 planes, but the file has 3 pages; "
        r"missing: z=0 c=1 t=0, z=1 c=1 t=0, z=2 c=1 t=0$",
    )
    same(path, VOLUME[:1], region=FIRST_CHANNEL)
    with pytest.warns(UserWarning, match="3 planes are missing .* z=0 c=1 t=0"):
        filled = zimg.read(path, errors="fill")
    np.testing.assert_array_equal(filled.data[0], VOLUME * [[[[1]]], [[[0]]]])


# 2. A file of several is renamed, or not there.
def test_of_files_that_belong_together_those_are_read_that_are_there(tmp_path):
    both = block("a.ome.tif", 0, "1") + block("b.ome.tif", 1, "2")
    pages(tmp_path / "a.ome.tif", VOLUME[0], described(both, "1"))
    pages(tmp_path / "b.ome.tif", VOLUME[1], described(both, "2"))
    renamed = (tmp_path / "a.ome.tif").rename(tmp_path / "renamed.tif")
    same(renamed, VOLUME)
    (tmp_path / "b.ome.tif").unlink()
    assert zimg.ZImg.readImgInfo(renamed).numChannels == 2
    same(renamed, VOLUME[:1], region=FIRST_CHANNEL)
    refused(renamed, r"refers to b\.ome\.tif, which is missing; missing: z=0 c=1 t=0, z=1")


# 3. ImageJ writes stacks above 4 GB with a single page.
def test_all_planes_behind_the_single_page_of_imagej_are_read(tmp_path):
    text = "ImageJ=1.54f\nimages=6\nslices=6\n"
    path = written(tmp_path / "a.tif", STACK[0], description=text, metadata=None)
    with path.open("ab") as file:
        file.write(STACK[1:].tobytes())
    same(path, STACK[None])
    path.write_bytes(path.read_bytes()[:-10])
    refused(path, r"a stack of 6 planes takes bytes .* but the file ends at .*: it is truncated")


# 4. Descriptions that contradict each other.
def test_of_several_descriptions_ome_comes_first_then_imagej_then_tifffile(tmp_path, caplog):
    ome, path = described('<TiffData PlaneCount="6"/>'), tmp_path / "a.tif"
    imagej = "ImageJ=1.54f\nimages=6\nchannels=3\nslices=2\nhyperstack=true\n"
    shaped = json.dumps({"shape": [6, 20, 30], "axes": "TYX"})
    shapes = {(ome, imagej): (1, 2, 3), (imagej, ome): (1, 2, 3), (imagej, shaped): (1, 3, 2)}
    flat = VOLUME.reshape(6, 20, 30)
    for (first, second), shape in {**shapes, (shaped, ""): (6, 1, 1)}.items():
        tags = [(65000, 2, 0, second.encode(), True)] if second else []
        with tifffile.TiffWriter(path) as file:
            for number, page in enumerate(flat):
                more: dict[str, Any] = (
                    {} if number else {"description": first.encode(), "extratags": tags}
                )
                file.write(page, photometric="minisblack", metadata=None, **more)
        data = bytearray(path.read_bytes())
        if second:  # tifffile writes one only
            struct.pack_into("<H", data, data.index(struct.pack("<HH", 65000, 2)), 270)
        path.write_bytes(data)
        with caplog.at_level(logging.INFO, "zimg"):
            assert zimg.read(path).shape == (*shape, 20, 30)
        assert zimg.read(path, format=FileFormat.Tiff).shape == (1, 1, 6, 20, 30)
    assert "the description of ImageJ is ignored in favour of OME-XML" in caplog.text


# 5. Pages of different sizes and types, and pages that share their pixels.
def test_pages_that_differ_are_scenes_and_none_is_dropped(tmp_path):
    path = tmp_path / "a.tif"
    different = (STACK[0], STACK[1], STACK[0, :30], STACK[2], STACK[3].astype(np.uint8))
    with tifffile.TiffWriter(path) as file:
        for page in different:
            file.write(page, photometric="minisblack")
        file.write(STACK[0, ::2, ::2], photometric="minisblack", subfiletype=1)  # a small copy
    sizes = [(info.width, info.height, info.depth) for info in zimg.ZImg.readImgInfos(path)]
    assert sizes == [(50, 40, 3), (50, 30, 1), (50, 40, 1)]
    same(path, STACK[None, :3])
    same(path, STACK[None, :1, :30], scene=1)
    same(path, STACK[None, 3:4].astype(np.uint8), scene=2)


def test_pages_that_share_their_pixels_are_all_read(tmp_path):
    path = written(tmp_path / "a.tif", STACK, metadata=None)
    with tifffile.TiffFile(path, mode="r+") as file:
        file.pages[4].tags["StripOffsets"].overwrite(file.pages[1].dataoffsets[0])
    same(path, STACK[None, [0, 1, 2, 3, 1, 5]])


# 6. Metadata of ImageJ with thousands of labels, in any script, or damaged.
def test_labels_of_imagej_are_no_trouble_for_the_pixels(tmp_path):
    planes = np.arange(5000 * 4, dtype=np.uint8).reshape(5000, 2, 2)
    metadata = {"axes": "ZYX", "Labels": [f"плоскость 日本 {number}" for number in range(5000)]}
    tifffile.imwrite(tmp_path / "a.tif", planes, imagej=True, metadata=metadata)
    same(tmp_path / "a.tif", planes[None])


@pytest.mark.parametrize("damage", ["count", "place", "content"])
def test_damaged_settings_of_imagej_are_left_out_with_a_warning(tmp_path, damage):
    metadata = {"axes": "ZYX", "Labels": [f"日本 {number}" for number in range(6)]}
    path = written(tmp_path / "a.tif", imagej=True, metadata=metadata)
    with tifffile.TiffFile(path) as file:
        tags = file.pages.first.tags
        counts, settings = tags["IJMetadataByteCounts"], tags["IJMetadata"]
    places = {"count": counts.valueoffset, "place": settings.offset + 8}
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, places.get(damage, settings.valueoffset), 2**31 - 1)
    path.write_bytes(data)
    with pytest.warns(UserWarning, match=r"a\.tif: labels and settings of ImageJ are damaged"):
        same(path, STACK[None])


# 7. Voxel sizes that are absent, impossible, or in units that are no length. An absent size is that
# of x, or of the axis that has one: 1.0, the default of a fresh image, was written out as one
# micrometre although no file said so. Sizes without a length keep their ratio under no unit.
@pytest.mark.parametrize(
    ("attributes", "sizes"),
    [
        ("", (1.0, 1.0, 1.0)),
        ('PhysicalSizeX="2" PhysicalSizeZ="5" PhysicalSizeXUnit="pixel"', (2.0, 2.0, 5.0)),
        ('PhysicalSizeX="2" PhysicalSizeXUnit="reference frame"', (2.0, 2.0, 2.0)),
        ('PhysicalSizeX="0" PhysicalSizeY="NaN"', (1.0, 1.0, 1.0)),
        ('PhysicalSizeX="0.1"', (0.1, 0.1, 0.1)),
        ('PhysicalSizeX="100" PhysicalSizeXUnit="nm" PhysicalSizeZ="500"', (0.1, 0.1, 0.5)),
        (
            'PhysicalSizeX="1" PhysicalSizeXUnit="mm" PhysicalSizeY="2" PhysicalSizeYUnit="µm"',
            (1000.0, 2.0, 1000.0),
        ),
        ('PhysicalSizeX="0" PhysicalSizeY="INF" PhysicalSizeZ="-2"', (2.0, 2.0, 2.0)),
    ],
)
def test_voxel_sizes_are_lengths_or_ratios(attributes, sizes, tmp_path):
    text = described("<TiffData/>").replace("<Pixels", f"<Pixels {attributes}")
    info = ZImg(pages(tmp_path / "a.ome.tif", VOLUME.reshape(6, 20, 30), text)).info
    found = info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ
    assert found == pytest.approx(sizes)
    length = sizes != (1.0, 1.0, 1.0) and not any(word in attributes for word in ("pixel", "frame"))
    assert info.voxelSizeUnit == (VoxelSizeUnit.um if length else VoxelSizeUnit.none)


# 8. Truncated files.
@pytest.mark.parametrize("suffix", [*fuzzing.suffixes(), ".czi", ".lif"])
def test_a_truncated_file_is_never_an_image(suffix, tmp_path):
    if suffix == ".czi":
        whole = czi(tmp_path / "whole.czi", (0, 0)).read_bytes()
    elif suffix == ".lif":
        pytest.importorskip("liffile")
        whole = lif(tmp_path / "whole.lif", STACK, "ZYX").read_bytes()
    else:
        whole = fuzzing.sample(tmp_path, suffix)
    path = tmp_path / f"cut{suffix}"
    padding = 100 if suffix == ".czi" else 1
    for kept in (20, len(whole) // 2, len(whole) * 9 // 10, len(whole) - padding):
        path.write_bytes(whole[:kept])
        refused(path, "^cannot read")


@pytest.mark.parametrize(
    "storage",
    [
        *({}, {"compression": "zlib"}, {"tile": (16, 16)}, {"bigtiff": True}, {"imagej": True}),
        *({"ome": True}, {"byteorder": ">", "compression": "lzw"}),
    ],
    ids=str,
)
@pytest.mark.parametrize("kept", [0.01, 0.2, 0.5, 0.66, 0.9, 0.999])
def test_a_truncated_tiff_is_never_an_image(tmp_path, storage, kept):
    whole = written(tmp_path / "a.tif", metadata={"axes": "ZYX"}, **storage).read_bytes()
    path = tmp_path / "cut.tif"
    path.write_bytes(whole[: int(len(whole) * kept)])
    refused(path, "^cannot read")


# 9. Classic TIFF ends at 4 GB.
class Planes(ZImgSliceProvider):
    """Gives empty planes of 200 by 200 bytes, which pack well: nobody knows before."""

    def __init__(self, depth: int) -> None:
        self.depth = depth

    def imgInfo(self) -> ZImgInfo:  # noqa: N802 (a method of the reference)
        return ZImgInfo(200, 200, self.depth)

    def slice(self, z: int, t: int) -> ZImg:  # noqa: ARG002
        return ZImg(np.zeros((1, 1, 200, 200), np.uint8))


@pytest.mark.parametrize("name", ["a.tif", "a.ome.tif"])
def test_bigtiff_is_decided_by_the_largest_that_the_file_can_become(name, tmp_path, monkeypatch):
    monkeypatch.setattr(paging, "BIG", 100_000)  # a plane takes 40,000 bytes, or 60,000 at worst
    for depth, big in ((1, False), (2, True)):
        ZImg.writeImg(tmp_path / name, Planes(depth))
        with tifffile.TiffFile(tmp_path / name) as file:
            assert file.is_bigtiff == big
        assert (tmp_path / name).stat().st_size < 20_000


# 10. OME-Zarr whose chunks have other names than their metadata say.
def zarr_store(path: Path, data: np.ndarray, axes: list[dict[str, str]], **options: Any) -> Path:
    """A store of version 0.4 as somebody else writes it."""
    zarr = pytest.importorskip("zarr")
    scale = [{"type": "scale", "scale": [1.0] * len(axes)}]
    datasets = [{"path": "0", "coordinateTransformations": scale}]
    group = zarr.create_group(path, zarr_format=2, overwrite=True)
    group.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": datasets}]
    group.create_array("0", data=data, **options)
    return path


Y, X = ({"name": axis, "type": "space", "unit": "micrometer"} for axis in "yx")


@pytest.mark.parametrize(("separator", "other"), [(".", "/"), ("/", ".")])
def test_chunks_under_other_names_are_not_taken_for_zeros(separator, other, tmp_path):
    encoding = {"name": "v2", "separator": separator}
    path = zarr_store(tmp_path / "a.zarr", STACK[0], [Y, X], chunk_key_encoding=encoding)
    same(path, STACK[None, :1])  # with either separator, as long as it is the array's own
    metadata = json.loads((path / "0/.zarray").read_text())
    (path / "0/.zarray").write_text(json.dumps(metadata | {"dimension_separator": other}))
    name = other.join("00")
    refused(path, rf"array '0' has no chunks: none has a name like '{name}'")


# 11. OME-Zarr with few axes, or with odd ones.
def test_axes_of_a_store_are_known_by_name_and_type(tmp_path):
    path, spectrum = tmp_path / "a.zarr", {"name": "lambda", "type": "spectrum"}
    same(zarr_store(path, STACK[0], [X, Y]), STACK[None, :1].swapaxes(2, 3))
    zarr_store(path, STACK, [spectrum, Y, X])
    refused(path, "axis 'lambda' of type 'spectrum'")
    zarr_store(path, STACK, [{"name": "t", "type": "space"}, Y, X])
    refused(path, "axis 't' of type 'space'")
    zarr_store(path, STACK[0], [{"name": "z", "type": "space"}, Y])
    refused(path, "axis 'x' is missing")


# 12. CZI with a sub-block far away from the others.
def czi(path: Path, *corners: tuple[int, int], compression: str = "uncompressed:") -> Path:
    """A file of one plane, with a tile of 50 by 40 at each corner."""
    module = pytest.importorskip("pylibCZIrw.czi")
    with module.create_czi(str(path)) as file:
        for corner in corners:
            place = {"plane": {"T": 0, "Z": 0, "C": 0}, "location": corner}
            file.write(STACK[0][..., None], compression_options=compression, **place)
    return path


def test_a_scene_of_far_tiles_is_refused_with_its_numbers_and_read_in_part(tmp_path):
    path = czi(tmp_path / "a.czi", (0, 0), (180_000, 90_000))
    info = zimg.ZImg.readImgInfo(path)
    assert (info.width, info.height) == (180_050, 90_040)
    with decoding_limit(2**30):
        refused(path, "32423404000 bytes of pixels exceed the limit of 1073741824; read a")
    with decoding_limit(2**40):
        refused(path, r"cover only 4000 of 180050x90040 voxels")
    same(path, STACK[None, :1], region=ZImgRegion((0, 0, 0, 0, 0), (50, 40, 1, 1, 1)))
    same(path, STACK[None, :1], region=ZImgRegion((180_000, 90_000, 0, 0, 0)))


def test_a_time_far_from_the_others_is_refused_before_all_between_are_listed(tmp_path):
    module = pytest.importorskip("pylibCZIrw.czi")
    path = tmp_path / "a.czi"
    with module.create_czi(str(path)) as file:
        for time in (0, 2_000_000_000):
            file.write(STACK[0][..., None], plane={"T": time, "Z": 0, "C": 0})
    refused(path, "2 sub-blocks lie at T from 0 to 2000000000: the file is damaged")


# 13. CZI packed by zstd or JPEG XR.
@pytest.mark.parametrize("compression", ["zstd0:", "zstd1:", "zstd1:ExplicitLevel=9"])
def test_tiles_packed_by_zstd_are_read(compression, tmp_path):
    same(czi(tmp_path / "a.czi", (0, 0), compression=compression), STACK[None, :1])


def test_tiles_packed_by_jpeg_xr_are_read(tmp_path):
    imagecodecs = pytest.importorskip("imagecodecs")
    smooth = np.add.outer(np.arange(40), np.arange(50)).astype(np.uint16)
    data = bytearray(czi(tmp_path / "a.czi", (0, 0)).read_bytes())
    place, packed = data.index(STACK[0].tobytes()), imagecodecs.jpegxr_encode(smooth, level=1.0)
    data[place : place + len(packed)] = packed
    head = data.rindex(b"ZISRAWSUBBLOCK", 0, place) + 32
    struct.pack_into("<Q", data, head + 8, len(packed))
    entry = b"DV" + struct.pack("<i", 1)  # two of them: one at the tile, one in the directory
    found = data.find(entry)
    while found >= 0:
        struct.pack_into("<i", data, found + 18, 4)
        found = data.find(entry, found + 1)
    (tmp_path / "b.czi").write_bytes(data)
    same(tmp_path / "b.czi", smooth[None, None])


# 14. LIF with any order of axes, further axes, and flips.
@pytest.mark.parametrize("axes", ["TCZYX", "TZCYX", "CZTYX", "TZYXC", "ZTCYX", "ZCTXY"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_axes_of_lif_are_where_their_distances_say(tmp_path, axes, dtype):
    pytest.importorskip("liffile")
    sizes = {"T": 2, "C": 3, "Z": 4, "Y": 5, "X": 6}
    data = RNG.integers(0, 250, [sizes[axis] for axis in axes]).astype(dtype)
    expected = data.transpose([axes.index(axis) for axis in "TCZYX"])
    path = lif(tmp_path / "a.lif", data, axes)
    np.testing.assert_array_equal(np.stack(zimg.read(path).data), expected)
    part = zimg.read(path, region=ZImgRegion((1, 2, 1, 1, 1), (5, 4, 3, 3, 2)))
    np.testing.assert_array_equal(part.data[0], expected[1, 1:3, 1:3, 2:4, 1:5])


def test_further_axes_of_lif_are_scenes_and_flips_are_reported_and_not_applied(tmp_path, caplog):
    pytest.importorskip("liffile")
    data = RNG.integers(0, 250, (2, 3, 2, 4, 5)).astype(np.uint16)
    flips = '<Attachment Name="TileScanInfo" FlipX="0" FlipY="1" SwapXY="1"/>'
    path = lif(tmp_path / "a.lif", data, "MλZYX", flips=flips)
    with caplog.at_level(logging.INFO, "zimg"):
        assert len(zimg.ZImg.readImgInfos(path)) == 6
    assert "tiles of 'a' are marked FlipY, SwapXY; they are read as stored" in (caplog.text)
    for scene, (m, wavelength) in enumerate(np.ndindex(2, 3)):
        same(path, data[m, wavelength][None], scene=scene)


# 15. Saving that is interrupted, fails, or meets a file that is in use.
FULL = """
import resource, signal, sys, numpy as np
from zimg import ZException, ZImg
data = np.random.default_rng(0).integers(0, 255, (2, 60, 200, 200), np.uint8)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
try:
    ZImg(data).save(sys.argv[1])
except ZException as error:
    print(error)
"""
SAVED = ["a.tif", "a.ome.tif", "a.v3draw", "a.mha", "a.mhd", "a.nrrd", "a.nii.gz"]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.skipif(os.name == "nt", reason="sizes of files cannot be limited there")
@pytest.mark.parametrize("name", SAVED)
def test_a_full_disk_leaves_the_old_file_and_nothing_else(name, tmp_path):
    path = tmp_path / name
    ZImg(VOLUME).save(path)
    before = contents(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", FULL, path], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("cannot write ")
    assert done.stdout.endswith(": File too large\n")
    assert contents(tmp_path) == before


class Interrupted(Planes):
    """Is stopped by the user at the third plane."""

    def slice(self, z: int, t: int) -> ZImg:
        if z == 2:
            raise KeyboardInterrupt
        return super().slice(z, t)


@pytest.mark.parametrize("name", ["a.tif", "a.ome.tif", "a.ome.zarr", "a.nim", "a.mhd", "a.nrrd"])
def test_a_save_that_is_interrupted_leaves_the_old_file_and_nothing_else(name, tmp_path):
    if name == "a.nim":
        pytest.importorskip("h5py")
    path = tmp_path / name
    ZImg(VOLUME).save(path)
    before = contents(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        ZImg.writeImg(path, Interrupted(5))
    assert contents(tmp_path) == before


@pytest.mark.skipif(os.name == "nt", reason="files in use cannot be replaced there")
def test_who_has_the_target_open_goes_on_reading_the_old_image(tmp_path):
    path = tmp_path / "a.tif"
    ZImg(VOLUME).save(path)
    with zimg.open(path) as opened:
        ZImg(VOLUME + 1).save(path)
        np.testing.assert_array_equal(opened[:].data[0], VOLUME)
    same(path, VOLUME + 1)


# 16. XML bombs, impossible claims, odd names, places that cannot be written, closed pipes.
def test_entities_in_xml_are_refused(tmp_path):
    bomb = '<?xml version="1.0"?><!DOCTYPE OME [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    path = pages(tmp_path / "a.ome.tif", STACK[:1], f'{bomb}<OME><Image Name="&b;"/></OME>')
    refused(path, "the OME-XML declares a document type or entities, which are refused")


@pytest.mark.parametrize("side", [60_000, 2**20, 2**31 - 16])
def test_pages_and_tiles_of_impossible_sizes_are_refused_before_allocating(side, tmp_path):
    told = r"claims [0-9]+ bytes of pixels, which a file of [0-9]+ bytes cannot hold"
    page = written(tmp_path / "a.tif", np.zeros((64, 64), np.uint8), compression="zlib")
    refused(overwritten(page, side, "ImageWidth", "ImageLength", "RowsPerStrip"), told)
    tiled = written(tmp_path / "b.tif", STACK[0], tile=(16, 16), compression="zlib")
    refused(overwritten(tiled, side, "TileWidth", "TileLength"), "claims [0-9]+ bytes of pixels")


def test_of_many_pages_only_those_are_parsed_that_are_wanted(tmp_path, monkeypatch):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        options: dict[str, Any] = {"photometric": "minisblack", "metadata": None}
        file.write(np.arange(20_000, dtype=np.uint16).reshape(-1, 1, 1), **options)
    parsed = []
    original = tifffile.TiffPage.__init__

    def counted(self, *args, **options):
        parsed.append(self)
        original(self, *args, **options)

    monkeypatch.setattr(tifffile.TiffPage, "__init__", counted)
    assert zimg.ZImg.readImgInfo(tmp_path / "a.tif").depth == 20_000
    same(
        tmp_path / "a.tif",
        np.array([[[[19_998]]]]),
        region=ZImgRegion((0, 0, 19_998, 0, 0), (1, 1, 19_999, 1, 1)),
    )
    assert len(parsed) < 20


@pytest.mark.parametrize("suffix", [".tif", ".ome.zarr", ".nrrd", ".mhd", ".png"])
@pytest.mark.parametrize("stem", ["µm 日本 ä", "a b  c", "#1 %41?.5 um [x]", "n" * 230, "神" * 70])
def test_names_of_any_length_and_script_are_written_and_read(stem, suffix, tmp_path):
    path = tmp_path / (stem + suffix)
    data = STACK[None, :1]
    ZImg(data).save(path)
    ZImg(data).save(path)
    same(path, data)


@pytest.mark.skipif(sys.platform != "linux", reason="a place where nobody can write is needed")
@pytest.mark.parametrize("name", ["a.tif", "a.ome.zarr", "a.png", "a.mhd"])
def test_places_that_cannot_be_written_are_reported(name):
    with pytest.raises(ZException, match=f"^cannot write /proc/{name}: [A-Z][a-z ]+$"):
        ZImg(STACK[None, :1]).save(f"/proc/{name}")


@pytest.mark.skipif(os.name == "nt", reason="pipes are closed otherwise there")
def test_a_pipe_that_is_closed_ends_the_command_without_a_word(tmp_path):
    path = written(tmp_path / "a.tif")
    main = "from zimg.cli import main; main()"
    command = [sys.executable, "-c", main, "info", *[str(path)] * 50]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
