"""OME-Zarr of every version is read; ours is read by zarr alone and keeps the rules of OME-NGFF."""

import http.server
import json
import os
import shutil
import threading
from functools import partial
from pathlib import Path
from typing import Any

import numcodecs  # type: ignore[import-untyped]
import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

import zimg
from zimg import Compression, VoxelSizeUnit, ZException, ZImg, ZImgInfo, ZImgRegion
from zimg.image import write
from zimg.io.formats.ome_zarr.pyramid import levels_of
from zimg.io.parameters import ZImgWriteParameters
from zimg.io.scenes.halving import halved
from zimg.io.writing import write_pixels

SPACE = [{"name": a, "type": "space", "unit": "micrometer"} for a in "zyx"]
TIME, CHANNEL = {"name": "t", "type": "time"}, {"name": "c", "type": "channel"}
TYPES = [f"{kind}{8 * n}" for n in (1, 2, 4, 8) for kind in ("uint", "int")]
VERSIONS = ("0.4", "0.5")


def volume(shape=(2, 5, 40, 50), dtype="uint16", seed=0) -> np.ndarray:
    return np.random.default_rng(seed).integers(1, 120, shape).astype(dtype)


def image(*arrays, **fields) -> ZImg:
    info = ZImg(list(arrays)).info
    for name, value in fields.items():
        setattr(info, name, value)
    return ZImg(list(arrays), info)


def store(path: Path, data: np.ndarray, attributes: dict[str, Any], **options) -> Any:
    """A store as somebody else writes it: one level, `data` with the axes it is described by."""
    group: Any = zarr.create_group(path, zarr_format=options.pop("zarr_format", 3), overwrite=True)
    group.attrs.update(attributes)
    group.create_array("0", data=data, **options)
    return group


def described(axes, *, paths=("0",), scale=None, **more) -> dict[str, Any]:
    change = [{"type": "scale", "scale": scale or [1.0] * len(axes)}]
    datasets = [{"path": path, "coordinateTransformations": change} for path in paths]
    return {"multiscales": [{"axes": axes, "datasets": datasets, **more}]}


def new(axes, **more) -> dict[str, Any]:
    return {"ome": {"version": "0.5", **described(axes, **more)}}


@pytest.mark.parametrize("version", VERSIONS)
@settings(max_examples=8, deadline=None)
@given(
    shape=st.tuples(*(st.integers(1, n) for n in (3, 4, 9, 9))),
    times=st.integers(1, 3),
    dtype=st.sampled_from([*TYPES, "float16", "float32", "float64"]),
    stamps=st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3),
    position=st.lists(st.floats(-1e6, 1e6), max_size=3),
    unit=st.sampled_from(list(VoxelSizeUnit)),
    name=st.text(max_size=5),
)
def test_pixels_and_metadata_come_back(
    version, shape, times, dtype, stamps, position, unit, name, tmp_path_factory
):
    path = tmp_path_factory.mktemp("trip") / "image.ome.zarr"
    given_image = image(
        *(volume(shape, dtype, seed) for seed in range(times)),
        timeStamps=stamps[:times],
        position=position,
        voxelSizeUnit=unit,
        channelNames=[name] * shape[0],
        validBitCount=7,
        lastChannelIsAlphaChannel=shape[0] == 2,
    )
    if unit != VoxelSizeUnit.none:
        info = given_image.info
        info.voxelSizeX, info.voxelSizeZ = 0.25, 0.75
        given_image = ZImg(given_image.data, info)
    write(path, given_image, parameters=ZImgWriteParameters(omeZarrVersion=version))
    back = zimg.read(path)
    assert back.info == given_image.info
    for ours, theirs in zip(back.data, given_image.data, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("version", VERSIONS)
def test_zarr_alone_reads_all_levels_and_the_metadata_keep_the_rules(version, tmp_path):
    data = volume((2, 3, 600, 300))
    path = tmp_path / "ours.ome.zarr"
    written = image(data, data + 1, voxelSizeUnit=VoxelSizeUnit.um, voxelSizeX=0.5)
    write(path, written, parameters=ZImgWriteParameters(omeZarrVersion=version))
    group: Any = zarr.open_group(path, mode="r")
    attributes: Any = dict(group.attrs)
    ome = attributes if version == "0.4" else attributes["ome"]
    (multiscale,) = ome["multiscales"]
    assert (multiscale if version == "0.4" else ome)["version"] == version
    assert [axis["name"] for axis in multiscale["axes"]] == list("tczyx")
    kinds = ["time", "channel", "space", "space", "space"]
    assert [axis["type"] for axis in multiscale["axes"]] == kinds
    sizes = []
    for dataset in multiscale["datasets"]:
        array = group[dataset["path"]]
        assert array.metadata.zarr_format == (2 if version == "0.4" else 3)
        if version == "0.5":
            assert array.metadata.dimension_names == tuple("tczyx")
        scale = dataset["coordinateTransformations"][0]
        assert scale["type"] == "scale"
        assert len(scale["scale"]) == array.ndim
        sizes.append(array.shape)
    assert sizes[0] == (2, 2, 3, 600, 300)
    assert sizes == sorted(sizes, reverse=True)
    assert max(sizes[-1][3:]) <= 256
    np.testing.assert_array_equal(group["0"][:], [data, data + 1])
    for channel in ome["omero"]["channels"]:
        assert len(bytes.fromhex(channel["color"])) == 3
        assert {"min", "max", "start", "end"} == set(channel["window"])


def test_levels_are_rounded_means_of_the_image(tmp_path):
    data = volume((1, 4, 300, 300), "uint8")
    path = tmp_path / "pyramid.ome.zarr"
    sizes = {f"voxelSize{a}": 0.1 for a in "XYZ"}
    chunks = ZImgWriteParameters(chunks=(1, 64, 64))
    write(path, image(data, voxelSizeUnit=VoxelSizeUnit.um, **sizes), parameters=chunks)
    mean = data.reshape(1, 2, 2, 150, 2, 150, 2).mean((2, 4, 6))
    shrunk = zimg.read(path, ratios=(2, 2, 2)).data[0]
    np.testing.assert_array_equal(shrunk, np.floor(mean + 0.5).astype(np.uint8))


@pytest.mark.parametrize("dtype", [*TYPES, "float16", "float64"])
def test_the_mean_of_the_largest_values_is_the_largest(dtype):
    kind = np.finfo(dtype) if dtype.startswith("f") else np.iinfo(dtype)
    for value in (kind.min, kind.max):
        planes = np.full((1, 3, 3, 3), value, dtype)
        np.testing.assert_array_equal(halved(planes, (1, 2, 3)), planes[:, :2, :2, :2])


def test_z_is_halved_only_when_its_voxels_are_finer():
    info = ZImgInfo(1024, 1024, 64)
    assert [level.size[0] for level in levels_of(info)] == [64, 64, 64]
    info.voxelSizeUnit, info.voxelSizeZ = VoxelSizeUnit.um, 3.0
    assert [level.size[0] for level in levels_of(info)] == [64, 64, 32]


def test_a_region_decodes_only_the_chunks_it_touches(tmp_path):
    path = tmp_path / "touched.ome.zarr"
    data = volume((1, 4, 64, 64))
    write(path, image(data), parameters=ZImgWriteParameters(chunks=(2, 32, 32)))
    for chunk in (path / "0/c").rglob("*"):
        if chunk.is_file() and chunk.relative_to(path).as_posix() != "0/c/0/0/1/0/1":
            chunk.write_bytes(b"damaged")
    part = zimg.read(path, region=ZImgRegion((33, 1, 2, 0, 0), (60, 30, 4, 1, 1)))
    np.testing.assert_array_equal(part.data[0], data[:, 2:4, 1:30, 33:60])
    with pytest.raises(ZException, match=r"touched\.ome\.zarr"):
        zimg.read(path)


@pytest.mark.parametrize("order", ["yx", "zyx", "cyx", "tyx", "tczyx", "xyzct"])
def test_axes_are_found_by_name(order, tmp_path):
    sizes = {"t": 2, "c": 3, "z": 4, "y": 5, "x": 6}
    data = volume([sizes[a] for a in order])
    axes = [axis for a in order for axis in (TIME, CHANNEL, *SPACE) if axis["name"] == a]
    store(tmp_path / "a.zarr", data, new(axes), chunks=(2,) * len(order))
    absent = [letter for letter in "tczyx" if letter not in order]
    full = data.reshape(*data.shape, *(1 for _ in absent))
    expected = full.transpose([[*order, *absent].index(a) for a in "tczyx"])
    np.testing.assert_array_equal(zimg.read(tmp_path / "a.zarr").data, expected)


def test_scales_of_the_multiscale_multiply_and_units_differ(tmp_path):
    axes = [{**SPACE[0], "unit": "nanometer"}, *SPACE[1:]]
    scales = [{"type": "scale", "scale": [2.0, 2.0, 2.0]}]
    attributes = new(axes, scale=[500.0, 0.25, 0.5], coordinateTransformations=scales)
    store(tmp_path / "a.zarr", volume((2, 3, 4)), attributes)
    info = zimg.read(tmp_path / "a.zarr").info
    assert (info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ) == (1.0, 0.5, 1.0)
    assert info.voxelSizeUnit == VoxelSizeUnit.um


@pytest.mark.parametrize("version", ["0.1", "0.3"])
def test_old_versions_have_five_axes_or_names(version, tmp_path):
    names = {"axes": list("czyx")} if version == "0.3" else {}
    attributes = {"multiscales": [{"version": version, "datasets": [{"path": "0"}], **names}]}
    data = volume((2, 3, 4, 5) if names else (1, 2, 3, 4, 5))
    options = {"chunk_key_encoding": {"name": "v2", "separator": "."}, "zarr_format": 2}
    store(tmp_path / "old.zarr", data, attributes, **options)
    np.testing.assert_array_equal(
        zimg.read(tmp_path / "old.zarr").data[0], data.reshape(2, 3, 4, 5)
    )


def test_an_array_without_description_is_read_by_rank(tmp_path):
    data = volume((3, 4, 5))
    zarr.create_array(tmp_path / "plain.zarr", data=data, shards=None)
    np.testing.assert_array_equal(zimg.read(tmp_path / "plain.zarr").data[0][0], data)


def test_further_multiscales_are_scenes(tmp_path):
    data, both = volume((4, 5)), new(SPACE[1:])
    both["ome"]["multiscales"] *= 2
    store(tmp_path / "a.zarr", data, both)
    assert len(ZImg.readImgInfos(tmp_path / "a.zarr")) == 2
    np.testing.assert_array_equal(zimg.read(tmp_path / "a.zarr", scene=1).data[0][0, 0], data)


def test_the_fields_of_a_plate_are_scenes(tmp_path):
    data = volume((4, 5))
    plate = {"plate": {"wells": [{"path": "A/1"}, {"path": "B/2"}]}}
    zarr.create_group(tmp_path / "plate.zarr", attributes={"ome": plate})
    for number, well in enumerate(("A/1", "B/2")):
        place = tmp_path / "plate.zarr" / well
        zarr.create_group(place, attributes={"ome": {"well": {"images": [{"path": "0"}]}}})
        both = new(SPACE[1:])
        both["ome"]["multiscales"] *= 2
        store(place / "0", data + number, both)
    # Each image of a field was a scene before, so that the number of a scene was not known before
    # every field was opened: thousands of requests. The others are read from the field itself.
    assert len(ZImg.readImgInfos(tmp_path / "plate.zarr")) == 2
    for scene in range(2):
        found = zimg.read(tmp_path / "plate.zarr", scene=scene).data[0][0, 0]
        np.testing.assert_array_equal(found, data + scene)
    assert len(ZImg.readImgInfos(tmp_path / "plate.zarr" / "A/1" / "0")) == 2


def refuse(path: Path, text: str) -> None:
    with pytest.raises(ZException, match=text) as caught:
        zimg.read(path)
    assert path.name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_absent_chunks_are_what_the_fill_value_says(tmp_path):
    group = store(tmp_path / "a.zarr", volume((4, 4)), new(SPACE[1:]), chunks=(2, 2))
    expected = group["0"][:]
    (tmp_path / "a.zarr/0/c/0/1").unlink()
    expected[:2, 2:] = 0
    np.testing.assert_array_equal(zimg.read(tmp_path / "a.zarr").data[0][0, 0], expected)


@pytest.mark.parametrize("place", ["../outside/0", "/0", "..\\outside"])
def test_paths_that_lead_out_of_the_store_are_refused(place, tmp_path):
    store(tmp_path / "a.zarr", volume((3, 4)), new(SPACE[1:], paths=[place]))
    refuse(tmp_path / "a.zarr", "is outside the store")


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_that_lead_out_of_the_store_are_refused(tmp_path):
    store(tmp_path / "a.zarr", volume((3, 4)), new(SPACE[1:]))
    secret = tmp_path / "secret"
    (tmp_path / "a.zarr/0/c/0/0").rename(secret)
    (tmp_path / "a.zarr/0/c/0/0").symlink_to(secret)
    refuse(tmp_path / "a.zarr", "is outside the store")


@pytest.mark.parametrize("dtype", ["complex64", "U3", [("a", "u1"), ("b", "f4")]])
def test_types_that_no_image_has_are_refused(dtype, tmp_path):
    attributes = described(SPACE[1:])
    store(tmp_path / "a.zarr", np.ones((3, 4), dtype), attributes, zarr_format=2)
    refuse(tmp_path / "a.zarr", "array '0' holds|a.zarr as OME-Zarr")


@pytest.mark.parametrize("place", ["compressor", "filters"])
def test_pickle_is_never_run(place, tmp_path):
    path = tmp_path / "a.zarr"
    store(path, volume((3, 4)), described(SPACE[1:]), zarr_format=2, compressors=None)
    metadata = json.loads((path / "0/.zarray").read_text())
    codec = numcodecs.Pickle().get_config()
    metadata[place] = codec if place == "compressor" else [codec]
    (path / "0/.zarray").write_text(json.dumps(metadata))
    refuse(path, "codec 'pickle', which is not supported|codec")


@pytest.mark.parametrize("options", [{}, {"shards": (4, 64, 64), "chunks": (2, 32, 32)}])
def test_truncated_and_damaged_chunks_are_errors_or_right(options, tmp_path):
    path, data = tmp_path / "a.ome.zarr", volume((1, 4, 64, 64))
    write(path, image(data), parameters=ZImgWriteParameters(**options))
    chunk = next(p for p in (path / "0/c").rglob("*") if p.is_file())
    whole = chunk.read_bytes()
    random = np.random.default_rng(0)
    for number in range(20):
        place = int(random.integers(len(whole)))
        flipped = bytearray(whole)
        flipped[place] ^= 1 << number % 8
        for damaged in (whole[:place], bytes(flipped)):
            chunk.write_bytes(damaged)
            try:
                np.testing.assert_array_equal(zimg.read(path).data[0], data)
            except ZException:
                continue


def test_broken_metadata_are_errors(tmp_path):
    path = tmp_path / "a.ome.zarr"
    write(path, image(volume((1, 2, 5, 6))))
    for name in ("zarr.json", "0/zarr.json"):
        text = (path / name).read_bytes()
        for length in (0, 1, len(text) // 2, len(text) - 2):
            (path / name).write_bytes(text[:length])
            refuse(path, "a.ome.zarr")
        (path / name).write_bytes(text)


def test_a_missing_store_and_a_group_without_image_are_reported(tmp_path):
    zarr.create_group(tmp_path / "empty.zarr")
    refuse(tmp_path / "empty.zarr", "no multiscales")
    with pytest.raises(FileNotFoundError):
        zimg.read(tmp_path / "missing.zarr")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def address(tmp_path):
    handler = partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_store_is_read_from_an_address(version, address, tmp_path):
    pytest.importorskip("obstore")
    data = volume((2, 3, 40, 50))
    parameters = ZImgWriteParameters(omeZarrVersion=version)
    write(tmp_path / "a.ome.zarr", image(data), parameters=parameters)
    found = zimg.read(
        f"{address}/a.ome.zarr", region=ZImgRegion((1, 2, 0, 0, 0), (20, 30, 3, 2, 1))
    )
    np.testing.assert_array_equal(found.data[0], data[:, :, 2:30, 1:20])
    assert ZImg(f"{address}/a.ome.zarr").shape == (1, 2, 3, 40, 50)
    with pytest.raises(ZException, match=r"missing\.zarr"):
        zimg.read(f"{address}/missing.zarr")


def test_addresses_of_files_are_paths_and_unknown_ones_are_refused_by_name(tmp_path):
    data = volume((1, 2, 5, 6))
    write(tmp_path / "a b.ome.zarr", image(data))
    found = zimg.read((tmp_path / "a b.ome.zarr").as_uri())
    np.testing.assert_array_equal(found.data[0], data)
    with pytest.raises(ZException, match="unsupported address gopher://"):
        zimg.read("gopher://host/a.zarr")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"compression": Compression.LZW}, "not LZW"),
        ({"zstdCompressionLevel": 23}, "zstdCompressionLevel must be"),
        ({"zlibCompressionLevel": 10, "compression": Compression.DEFLATE}, "zlibCompressionLevel"),
        ({"omeZarrVersion": "0.6"}, "omeZarrVersion '0.6'"),
        ({"chunks": (0, 4, 4)}, "chunks"),
        ({"chunks": (2, 1, 4, 4, 4)}, "1 along t"),
        ({"chunks": (4, 4, 4), "shards": (6, 8, 8)}, "must be multiples of chunks"),
        ({"shards": (32, 256, 256), "omeZarrVersion": "0.4"}, "0.4 does not support shards"),
    ],
)
def test_options_that_cannot_be_honoured_are_refused(options, text, tmp_path):
    path = tmp_path / "a.ome.zarr"
    with pytest.raises(ZException, match=text):
        write(path, image(volume((1, 2, 5, 6))), parameters=ZImgWriteParameters(**options))
    assert not list(tmp_path.iterdir())


def test_a_folder_of_something_else_is_not_replaced(tmp_path):
    (tmp_path / "a.zarr").mkdir()
    (tmp_path / "a.zarr/thesis.txt").write_text("mine")
    with pytest.raises(ZException, match="a folder of something else"):
        write(tmp_path / "a.zarr", image(volume((1, 2, 5, 6))))
    assert (tmp_path / "a.zarr/thesis.txt").read_text() == "mine"


class Counting:
    """Gives slices, and counts the most that were asked for at once."""

    def __init__(self, info: ZImgInfo) -> None:
        self.info, self.most = info, 0
        self.dtype = np.dtype(info.dataTypeString())

    def slab(self, time: int, first: int, last: int) -> np.ndarray:
        self.most = max(self.most, last - first)
        planes = np.arange(first, last, dtype=self.dtype) + 1 + time
        shape = self.info.numChannels, last - first, self.info.height, self.info.width
        return np.broadcast_to(planes[None, :, None, None], shape)


def test_a_stream_is_requested_a_chunk_of_planes_at_a_time(tmp_path):
    info = ZImgInfo(300, 20, 70, 1, 2, 2)
    pixels = Counting(info)
    write_pixels(tmp_path / "a.ome.zarr", pixels)
    assert pixels.most == 32
    back = zimg.read(tmp_path / "a.ome.zarr")
    assert [int(x) for x in back.data[1][0, :, 0, 0]] == [z + 2 for z in range(70)]


def test_sub_blocks_are_the_chunks_of_all_levels_also_of_a_million(tmp_path):
    path = tmp_path / "large.zarr"
    group: Any = zarr.create_group(path, attributes=new(SPACE))
    group.create_array("0", shape=(100, 6400, 6400), chunks=(1, 64, 64), dtype="u1")
    assert zimg.io.read_info(path).depth == 100
    (rows,) = ZImg.readSubBlockLists(path)
    assert rows.shape == (1_000_000, 10)


def test_files_of_other_writers_have_the_pixels_they_were_made_of():
    where = os.environ.get("ZIMG_REFERENCE_DATA")
    if where is None:
        pytest.skip("ZIMG_REFERENCE_DATA is not set")
    import hashlib

    folder = Path(where) / "formats"
    entries = json.loads((folder / "manifest.json").read_text())["files"]
    stores = [entry for entry in entries if entry["file"].endswith(".zarr")]
    assert len(stores) == 4
    for entry in stores:
        data = zimg.read(folder / entry["file"]).data
        found = [hashlib.sha256(np.asarray(x).tobytes()).hexdigest() for x in data]
        assert found == entry["source_array"]["sha256_per_time"]


def test_another_validator_takes_our_metadata(tmp_path):
    models = pytest.importorskip("ome_zarr_models")
    for version in VERSIONS:
        path = tmp_path / f"{version}.ome.zarr"
        parameters = ZImgWriteParameters(omeZarrVersion=version)
        write(path, image(volume((1, 2, 300, 20))), parameters=parameters)
        models.open_ome_zarr(zarr.open_group(path, mode="r"))
        shutil.rmtree(path)
