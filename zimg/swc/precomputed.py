"""Skeletons as Neuroglancer shows them: a folder with an `info` and a file for each segment.

The format is "precomputed skeletons", unsharded, of Neuroglancer's documents
(https://neuroglancer-docs.web.app/datasource/precomputed/skeleton.html).
"""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.disk.atomic import atomic_path
from zimg.swc.units import TreeUnits, Units

NM_PER_UM = 1000.0
KIND = "neuroglancer_skeletons"
MOST_SEGMENTS = 2**64
INFO: dict[str, Any] = {
    "@type": KIND,
    "transform": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0],  # stored in nanometres already
    "vertex_attributes": [
        {"id": "radius", "data_type": "float32", "num_components": 1},
        {"id": "vertex_types", "data_type": "int32", "num_components": 1},
    ],
}
DATA_TYPES = ("float32", "int8", "uint8", "int16", "uint16", "int32", "uint32")


def write_precomputed(tree: TreeUnits, folder: str | os.PathLike[str], segment: int) -> None:
    """Write a forest, in micrometres, as a segment; see `zimg.swc.exchange.TreeExchange`."""
    name, content, root = _segment_name(segment), encoded(tree), Path(folder)
    try:
        root.mkdir(exist_ok=True)
    except OSError as error:
        raise ZException(f"cannot write {root}: {error.strerror}") from error
    info = root / "info"
    if info.exists() and _read_info(info) != INFO:
        raise ZException(f"cannot write into {root}: its info describes something else")
    for path, data in ((info, json.dumps(INFO).encode()), (root / name, content)):
        with atomic_path(path) as temporary:
            temporary.write_bytes(data)


def encoded(tree: TreeUnits) -> bytes:
    """A forest in micrometres as the content of a segment's file, in nanometres."""
    linked = np.flatnonzero(tree.parent >= 0)
    edges = np.stack([tree.parent[linked], linked], axis=1)
    if np.abs(tree.xyz).max(initial=0) * NM_PER_UM > np.finfo(np.float32).max:
        raise ValueError("positions in nanometres do not fit into float32")
    if not np.array_equal(tree.type.astype(np.int32), tree.type):
        raise ValueError("types do not fit into int32")
    parts = (
        np.array([len(tree), len(edges)], dtype="<u4"),
        (tree.xyz * NM_PER_UM).astype("<f4"),
        edges.astype("<u4"),
        (tree.radius * NM_PER_UM).astype("<f4"),
        tree.type.astype("<i4"),
    )
    return b"".join(part.tobytes() for part in parts)


def read_precomputed(kind: type[Units], folder: str | os.PathLike[str], segment: int) -> Units:
    """A segment as a forest in micrometres; see `zimg.swc.exchange.TreeExchange`."""
    path = Path(folder) / _segment_name(segment)
    info = _read_info(Path(folder) / "info")
    try:
        content = path.read_bytes()
        tree = _decoded(kind, content, info)
    except OSError as error:
        raise ZException(f"cannot read {path}: {error.strerror}") from error
    except KeyError as error:
        raise ZException(f"cannot read {path}: its info has no {error}") from error
    except (ValueError, TypeError) as error:
        raise ZException(f"cannot read {path}: {error}") from error
    tree.unit = "um"
    return tree


def _segment_name(segment: int) -> str:
    if not 0 <= segment < MOST_SEGMENTS:
        raise ValueError(f"segment is a number of 64 bits without sign, got {segment}")
    return str(int(segment))


def _read_info(path: Path) -> dict[str, Any]:
    """What a folder says about its skeletons."""
    try:
        info: dict[str, Any] = json.loads(path.read_bytes())
    except OSError as error:
        raise ZException(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise ZException(f"cannot read {path}: {error}") from error
    if not isinstance(info, dict) or info.get("@type") != KIND:
        raise ZException(f"cannot read {path}: its @type is not {KIND}")
    if info.get("sharding"):
        raise ZException(f"cannot read {path}: sharded skeletons are not supported")
    return info


def _decoded(kind: type[Units], content: bytes, info: dict[str, Any]) -> Units:
    """Forest of the content of a file."""
    from zimg.swc.graphs import oriented  # SciPy is loaded by those who need it

    columns = _columns(content, info)
    matrix = np.array(info["transform"], dtype=np.float64).reshape(3, 4) / NM_PER_UM
    turn, shift = matrix[:, :3], matrix[:, 3]
    return kind.from_arrays(
        columns["xyz"] @ turn.T + shift,
        columns["radius"][:, 0] * np.cbrt(abs(np.linalg.det(turn))),
        oriented(columns["edges"].astype(np.int64), len(columns["xyz"])),
        type=columns["vertex_types"][:, 0] if "vertex_types" in columns else 0,
    )


def _columns(content: bytes, info: dict[str, Any]) -> dict[str, NDArray[Any]]:
    """Parts of a file by name, each ``(rows, components)``."""
    vertices, links = np.frombuffer(content, "<u4", 2).tolist()
    fields: list[tuple[str, int, str, int]] = [("xyz", vertices, "<f4", 3)]
    fields.append(("edges", links, "<u4", 2))
    for each in info.get("vertex_attributes", ()):
        if each["data_type"] not in DATA_TYPES:
            raise ValueError(f"attributes of type {each['data_type']!r} are not known")
        if each["num_components"] < 1:
            raise ValueError(f"attribute {each['id']!r} has {each['num_components']} components")
        code = np.dtype(each["data_type"]).newbyteorder("<").str
        fields.append((each["id"], vertices, code, int(each["num_components"])))
    columns, offset = {}, 8
    for name, rows, code, width in fields:
        part = np.frombuffer(content, code, rows * width, offset)
        columns[name], offset = part.reshape(rows, width), offset + part.nbytes
    if offset != len(content):
        raise ValueError(f"it has {len(content)} bytes, {offset} are described")
    if "radius" not in columns:
        raise ValueError("it has no attribute 'radius'")
    return columns
