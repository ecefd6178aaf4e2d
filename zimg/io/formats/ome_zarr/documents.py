"""The metadata documents of groups and arrays, as versions 2 and 3 of Zarr define them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from zimg.io.formats.ome_zarr.axes import ALL
from zimg.io.formats.ome_zarr.store_layout import Layout


def write_group(folder: Path, layout: Layout, attributes: Mapping[str, Any]) -> None:
    """Describe a group."""
    if layout.zarr_format == 2:
        _write(folder / ".zgroup", {"zarr_format": 2})
        _write(folder / ".zattrs", attributes)
    else:
        head = {"zarr_format": 3, "node_type": "group"}
        _write(folder / "zarr.json", {**head, "attributes": attributes})


def write_array(folder: Path, layout: Layout, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Describe an array with axes t, c, z, y, x."""
    folder.mkdir()
    if layout.zarr_format == 2:
        _write(folder / ".zarray", _version_2(layout, shape, dtype))
        _write(folder / ".zattrs", {})
    else:
        _write(folder / "zarr.json", _version_3(layout, shape, dtype))


def _version_2(layout: Layout, shape: tuple[int, ...], dtype: np.dtype[Any]) -> dict[str, Any]:
    packing = {"id": layout.packing, "level": layout.level}
    if layout.packing == "zstd":
        packing["checksum"] = True
    return {
        "zarr_format": 2,
        "shape": shape,
        "chunks": layout.chunks_of(shape),
        "dtype": dtype.newbyteorder("<").str,
        "compressor": packing if layout.packing else None,
        "fill_value": 0,
        "order": "C",
        "filters": None,
        "dimension_separator": "/",
    }


def _version_3(layout: Layout, shape: tuple[int, ...], dtype: np.dtype[Any]) -> dict[str, Any]:
    shards, inner = layout.shards_of(shape), _codecs(layout, dtype)
    outer = inner if shards is None else [_sharding(layout.chunks_of(shape), inner)]
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": shape,
        "data_type": dtype.name,
        "chunk_grid": _named("regular", chunk_shape=shards or layout.chunks_of(shape)),
        "chunk_key_encoding": _named("default", separator="/"),
        "fill_value": 0 if dtype.kind in "ui" else 0.0,
        "codecs": outer,
        "attributes": {},
        "dimension_names": ALL,
        "storage_transformers": [],
    }


def _codecs(layout: Layout, dtype: np.dtype[Any]) -> list[dict[str, Any]]:
    numbers = _named("bytes", endian="little") if dtype.itemsize > 1 else {"name": "bytes"}
    if not layout.packing:
        return [numbers]
    # With a checksum to detect damage; gzip always has one.
    more = {"checksum": True} if layout.packing == "zstd" else {}
    return [numbers, _named(layout.packing, level=layout.level, **more)]


def _sharding(chunks: tuple[int, ...], codecs: list[dict[str, Any]]) -> dict[str, Any]:
    index = [_named("bytes", endian="little"), {"name": "crc32c"}]
    return _named(
        "sharding_indexed",
        chunk_shape=chunks,
        codecs=codecs,
        index_codecs=index,
        index_location="end",
    )


def _named(name: str, **configuration: Any) -> dict[str, Any]:
    return {"name": name, "configuration": configuration}


def _write(path: Path, document: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(document, indent=2, allow_nan=False), encoding="utf-8")
