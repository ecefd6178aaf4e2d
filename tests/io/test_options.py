"""Every option of every writer is honoured, which the file shows, or refused by its name."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zimg import Compression, FileFormat, ZException, ZImg, ZImgWriteParameters, read
from zimg.io.formats.table import FORMATS

RNG = np.random.default_rng(8)
VOLUME = np.repeat(RNG.integers(0, 50, (2, 4, 60, 70), np.uint8), 2, axis=3)
COLORS = np.repeat(40 * RNG.integers(0, 6, (3, 1, 60, 70), np.uint8), 2, axis=3)
DEEP = RNG.integers(0, 2**16, (1, 1, 60, 70), np.uint16)
# A value of each option that is not the usual one.
OTHER: dict[str, Any] = {
    "zlibCompressionLevel": 0,
    "zstdCompressionLevel": -7,
    "jpegQuality": 30,
    "jpegProgressive": True,
    "jpegChrominanceSubsampling": 420,
    "jpegAccurateDCT": False,
    "jpegXRQuality": 0.3,
    "omeZarrVersion": "0.4",
    "chunks": (2, 32, 32),
    "shards": (64, 512, 512),
}
LEVELS = {
    Compression.DEFLATE: ["zlibCompressionLevel"],
    Compression.ADOBE_DEFLATE: ["zlibCompressionLevel"],
    Compression.ZSTD: ["zstdCompressionLevel"],
    Compression.JPEGXR: ["jpegXRQuality"],
}
JPEG = ["jpegQuality", "jpegProgressive", "jpegChrominanceSubsampling"]
ZARR = ["omeZarrVersion", "chunks", "shards"]
TIFF = {
    **{each: LEVELS.get(each, []) for each in (Compression.AUTO, *LEVELS, Compression.LZMA)},
    **{each: [] for each in (Compression.NONE, Compression.LZW, Compression.PACKBITS)},
    Compression.JPEG: ["jpegQuality"],
    Compression.JP2000: [],
    Compression.WEBP: [],
}
del TIFF[Compression.JPEGXR]
PACKED = ["zlibCompressionLevel"]
VOLUMES = {Compression.AUTO: PACKED, Compression.DEFLATE: PACKED, Compression.NONE: []}
# The options that are honoured, by writer, image and compression.
HONOURED: dict[str, tuple[Any, dict[Any, list[str]]]] = {
    ".tif": (COLORS, TIFF),
    ".ome.tif": (VOLUME, {key: TIFF[key] for key in TIFF if key.name != "WEBP"}),
    ".png": (COLORS, dict.fromkeys(("AUTO", "DEFLATE", "ADOBE_DEFLATE"), PACKED)),
    ".jpg": (
        COLORS,
        dict.fromkeys(("AUTO", "JPEG"), JPEG),
    ),
    ".jpeg": (DEEP, {"AUTO": [], "JPEG": []}),
    ".jxr": (COLORS, {"AUTO": ["jpegXRQuality"], "JPEGXR": ["jpegXRQuality"]}),
    ".v3draw": (VOLUME, {"AUTO": [], "NONE": []}),
    ".ome.zarr": (
        VOLUME,
        {
            "AUTO": ["zstdCompressionLevel", *ZARR],
            "ZSTD": ["zstdCompressionLevel", *ZARR],
            "DEFLATE": ["zlibCompressionLevel", *ZARR],
            "NONE": ZARR,
        },
    ),
    ".mha": (VOLUME, VOLUMES),
    ".nrrd": (VOLUME, VOLUMES),
    ".nii.gz": (VOLUME, VOLUMES),
    ".nii": (VOLUME, {"AUTO": [], "NONE": []}),
    ".nim": (VOLUME, {"AUTO": ["zstdCompressionLevel"], "NONE": [], **LEVELS}),
}


def cases() -> list[tuple[str, str, str]]:
    return [
        (suffix, Compression(key).name if isinstance(key, Compression) else key, option)
        for suffix, (_, honoured) in HONOURED.items()
        for key in honoured
        for option in OTHER
    ]


def saved(path: Path, image: ZImg, parameters: ZImgWriteParameters) -> dict[str, int]:
    """Save an image; the sizes of the files that are there then: some tell the time within."""
    image.save(path, paras=parameters)
    files = path.rglob("*") if path.is_dir() else [path]
    return {str(f.relative_to(path.parent)): f.stat().st_size for f in files if f.is_file()}


def test_the_table_has_every_writer_and_every_option():
    assert {"compression", *OTHER} == {field.name for field in fields(ZImgWriteParameters)}
    for each in FORMATS:
        if each.writer:
            assert set(each.write_suffixes or each.suffixes) & set(HONOURED), each.name


@pytest.mark.parametrize(("suffix", "compression", "option"), cases())
def test_an_option_changes_the_file_or_is_refused(suffix, compression, option, tmp_path):
    data, table = HONOURED[suffix]
    honoured = {getattr(key, "name", key): options for key, options in table.items()}[compression]
    usual = ZImgWriteParameters(Compression[compression])
    other, path = replace(usual, **{option: OTHER[option]}), tmp_path / f"a{suffix}"
    if option not in honoured:
        with pytest.raises(ZException, match=rf"no option {option} \(it is "):
            ZImg(data).save(path, paras=other)
        assert not list(tmp_path.iterdir())
        return
    before = saved(path, ZImg(data), usual)
    assert saved(path, ZImg(data), usual) == before
    assert saved(path, ZImg(data), other) != before
    if not option.startswith("jpeg"):
        np.testing.assert_array_equal(read(path).data[0], data)


@pytest.mark.parametrize("data", [COLORS, COLORS[:1]])
def test_a_progressive_jpeg_has_several_passes_and_the_quality_requested(data, tmp_path):
    pytest.importorskip("OpenImageIO")
    path, errors = tmp_path / "a.dat", []
    for quality in (20, 95):
        options = ZImgWriteParameters(jpegProgressive=True, jpegQuality=quality)
        ZImg(data).save(path, FileFormat.Jpeg, options)
        assert b"\xff\xc2" in path.read_bytes()
        errors.append(np.abs(read(path).data[0].astype(int) - data).mean())
    assert errors[1] < 4 < errors[0]
