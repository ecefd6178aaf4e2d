"""What a chunk or an array of OME-Zarr claims is checked before memory is asked for."""

import bz2
import gzip
import json
import lzma
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numcodecs  # type: ignore[import-untyped]
import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec, Crc32cCodec, GzipCodec, ZstdCodec

import zimg
from zimg import ZException, ZImgRegion
from zimg.io import decoding_limit

AXES = [{"name": a, "type": "space"} for a in "zyx"]
SIZE = (4, 32, 32)
BOMB = bytes(2**24)  # unpacked; a chunk has 4096
ZARR2 = {
    "zstd": numcodecs.Zstd(),
    "zlib": numcodecs.Zlib(),
    "gzip": numcodecs.GZip(),
    "bz2": numcodecs.BZ2(),
    "lzma": numcodecs.LZMA(),
    "raw lzma": numcodecs.LZMA(lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2}]),
    "lz4": numcodecs.LZ4(),
    "blosc": numcodecs.Blosc(),
}
ZARR3 = {"zstd": ZstdCodec(), "gzip": GzipCodec(), "blosc": BloscCodec()}
OPTIONS: dict[str, dict[str, Any]] = {
    **{f"v2 {name}": {"zarr_format": 2, "compressors": c} for name, c in ZARR2.items()},
    **{f"v3 {name}": {"compressors": c} for name, c in ZARR3.items()},
    "v3 sharded": {"compressors": ZstdCodec(), "shards": SIZE},
}


def data() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 9, SIZE, np.uint8)


def store(path: Path, **options: Any) -> Path:
    made = {"chunks": (4, 32, 32), "zarr_format": 3, **options}
    group: Any = zarr.create_group(path, zarr_format=made.pop("zarr_format"))
    described = {"multiscales": [{"axes": AXES, "datasets": [{"path": "0"}]}]}
    group.attrs.update(described)
    group.create_array("0", data=data(), **made)
    return path


def chunk_of(path: Path) -> Path:
    return next(p for p in (path / "0").rglob("*") if p.is_file() and p.name.strip("0.") == "")


@pytest.mark.parametrize("name", OPTIONS)
def test_every_packing_comes_back_as_it_was(name, tmp_path):
    found = zimg.read(store(tmp_path / "a.zarr", **OPTIONS[name]))
    np.testing.assert_array_equal(found.data[0][0], data())


@pytest.mark.parametrize("name", [name for name in OPTIONS if name != "v3 sharded"])
def test_a_chunk_that_unpacks_to_more_than_it_has_is_refused_by_name(name, tmp_path):
    path = store(tmp_path / "a.zarr", **OPTIONS[name])
    codec = ZARR2[name.split(" ", 1)[1]]
    for size in (2**24, 4097):
        chunk_of(path).write_bytes(bytes(codec.encode(BOMB[:size])))
        key = chunk_of(path).relative_to(path).as_posix()
        with pytest.raises(ZException, match=f"a.zarr.*chunk '{key}'.*4096") as caught:
            zimg.read(path)
        assert "\n" not in str(caught.value)


def test_a_chunk_without_a_stated_size_is_unpacked_and_bounded(tmp_path):
    path = store(tmp_path / "a.zarr", compressors=ZstdCodec())
    packed = chunk_of(path).read_bytes()
    assert packed[4] & 0xE0  # the size is stated
    for content, right in ((data().tobytes(), True), (BOMB, False)):
        # A frame of a window of 2 MiB without a size; blocks are raw (RFC 8878).
        blocks = [content[at : at + 2**17] for at in range(0, len(content), 2**17)]
        heads = [(len(b) << 3) | (b is blocks[-1]) for b in blocks]
        parts = (struct.pack("<I", h)[:3] + b for h, b in zip(heads, blocks, strict=True))
        chunk_of(path).write_bytes(b"\x28\xb5\x2f\xfd\x00\x58" + b"".join(parts))
        if right:
            np.testing.assert_array_equal(zimg.read(path).data[0][0], data())
        else:
            with pytest.raises(ZException, match=r"at most 4096 bytes"):
                zimg.read(path)


def test_an_inner_chunk_of_a_shard_is_refused_by_its_place(tmp_path):
    path = store(tmp_path / "a.zarr", compressors=None, chunks=(2, 16, 16), shards=SIZE)
    metadata = json.loads((path / "0/zarr.json").read_text())
    inner = metadata["codecs"][0]["configuration"]
    inner["codecs"].append({"name": "zstd", "configuration": {"level": 0, "checksum": False}})
    (path / "0/zarr.json").write_text(json.dumps(metadata))
    packed = bytes(ZARR2["zstd"].encode(BOMB))
    entries = np.full((2, 2, 2, 2), 2**64 - 1, "<u8")
    entries[1, 0, 1] = 0, len(packed)
    index = entries.tobytes()
    check = bytes(numcodecs.CRC32C(location="end").encode(index))[-4:]
    chunk_of(path).write_bytes(packed + index + check)
    part = zimg.read(path, region=ZImgRegion((0, 0, 0, 0, 0), (16, 16, 4, 1, 1)))
    assert not np.asarray(part.data[0]).any()  # not stored: the fill value
    with pytest.raises(ZException, match=r"chunk '0/c/0/0/0' at \(2, 0, 16\).*at most 512 bytes"):
        zimg.read(path)
    entries[1, 0, 1] = 0, 2**60
    index = entries.tobytes()
    check = bytes(numcodecs.CRC32C(location="end").encode(index))[-4:]
    chunk_of(path).write_bytes(index + check)
    with pytest.raises(ZException, match=r"its index refers to bytes 0 to 1152921504606846976"):
        zimg.read(path, region=ZImgRegion((16, 0, 2, 0, 0), (32, 16, 4, 1, 1)))


def test_packings_upon_packings_and_checksums_are_read(tmp_path):
    path = store(tmp_path / "a.zarr", compressors=[ZstdCodec(), GzipCodec(), Crc32cCodec()])
    np.testing.assert_array_equal(zimg.read(path).data[0][0], data())


def test_filters_that_widen_numbers_and_fortran_order_are_read(tmp_path):
    options = {
        "zarr_format": 2,
        "filters": [numcodecs.Delta("u1"), numcodecs.AsType("i8", "u1")],
        "compressors": numcodecs.Zlib(),
        "order": "F",
    }
    path = store(tmp_path / "a.zarr", **options)
    np.testing.assert_array_equal(zimg.read(path).data[0][0], data())


def test_members_of_gzip_are_joined_and_cut_ones_are_reported(tmp_path):
    path = store(tmp_path / "a.zarr", compressors=GzipCodec())
    raw = data().tobytes()
    chunk_of(path).write_bytes(gzip.compress(raw[:1000]) + gzip.compress(raw[1000:]))
    np.testing.assert_array_equal(zimg.read(path).data[0][0], data())
    chunk_of(path).write_bytes(gzip.compress(raw)[:-4])
    with pytest.raises(ZException, match="ends before the end of the compressed data"):
        zimg.read(path)


@pytest.mark.parametrize(
    ("name", "pack"), [("bz2", bz2.compress), ("lzma", lzma.compress), ("zlib", zlib.compress)]
)
def test_cut_chunks_are_reported(name, pack, tmp_path):
    path = store(tmp_path / "a.zarr", **OPTIONS[f"v2 {name}"])
    chunk_of(path).write_bytes(pack(data().tobytes())[:-3])
    with pytest.raises(ZException, match=r"ends before the end of the compressed"):
        zimg.read(path)


def change(path: Path, **fields: Any) -> None:
    metadata = json.loads((path / "0/zarr.json").read_text())
    for name, value in fields.items():
        if name == "chunk_shape":
            metadata["chunk_grid"]["configuration"][name] = value
        else:
            metadata[name] = value
    (path / "0/zarr.json").write_text(json.dumps(metadata))


def test_chunks_larger_than_memory_are_refused_when_they_are_wanted(tmp_path):
    path = store(tmp_path / "a.zarr")
    change(path, chunk_shape=[2**20, 2**20, 2**20])
    assert zimg.io.read_info(path).width == 32
    with pytest.raises(ZException, match=r"array '0' with chunks .*1048576.*exceed the limit"):
        zimg.read(path)


def test_more_chunks_than_can_be_kept_track_of_are_refused(tmp_path):
    path = store(tmp_path / "a.zarr")
    change(path, shape=[4, 2**14, 2**14], chunk_shape=[1, 1, 1])
    with decoding_limit(2**34), pytest.raises(ZException, match=r"with chunks .*exceed the"):
        zimg.read(path)
    part = zimg.read(path, region=ZImgRegion((40, 40, 1, 0, 0), (44, 44, 2, 1, 1)))
    assert not np.asarray(part.data[0]).any()


def test_a_region_of_an_image_of_huge_claims_is_read(tmp_path):
    path = store(tmp_path / "a.zarr")
    change(path, shape=[2**31, 2**31, 2**31])
    with pytest.raises(ZException, match="exceed the limit"):
        zimg.read(path)
    part = zimg.read(path, region=ZImgRegion((0, 0, 0, 0, 0), (32, 32, 4, 1, 1)))
    np.testing.assert_array_equal(part.data[0][0], data())


GROWTH = """
import resource, sys
import zimg
from zimg import ZException
zimg.read(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    zimg.read(sys.argv[2])
except ZException:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="memory is asked for as on Unix")
@pytest.mark.parametrize("name", ["v2 blosc", "v2 zlib", "v2 lzma", "v3 zstd", "v3 gzip"])
def test_a_bomb_costs_no_memory(name, tmp_path):
    whole = store(tmp_path / "whole.zarr", **OPTIONS[name])
    bomb = store(tmp_path / "bomb.zarr", **OPTIONS[name])
    codec = ZARR2[name.split(" ", 1)[1]]
    chunk_of(bomb).write_bytes(bytes(codec.encode(bytes(2**28))))
    command = [sys.executable, "-c", GROWTH, str(whole), str(bomb)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(done.stdout) * unit < 2**25  # a tenth of what it claims


def test_a_file_of_more_than_the_limit_is_not_read_whole(tmp_path):
    path = store(tmp_path / "a.zarr", compressors=None)
    os.truncate(chunk_of(path), 2**43)
    with pytest.raises(ZException, match=r"chunk '0/c/0/0/0'.*exceed the limit"):
        zimg.read(path)
