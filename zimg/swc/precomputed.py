"""Skeletons as Neuroglancer shows them: a folder with an `info` and a file for each segment.

The format is "precomputed skeletons", unsharded, of Neuroglancer's documents
(https://neuroglancer-docs.web.app/datasource/precomputed/skeleton.html). The
defaults of transform and attributes, and the restriction to float32, are those of its source
(``src/datasource/precomputed/frontend.ts``, ``src/skeleton/frontend.ts``).
"""

import gzip
import json
import os
import warnings
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg._json import loads
from zimg.io.disk.atomic import atomic_path
from zimg.swc.units import TreeUnits, Units

NM_PER_UM = 1000.0
KIND = "neuroglancer_skeletons"
MOST_SEGMENTS = 2**64
HEAD = 8
AT_ONCE = 1 << 20
LISTED = 5
IDENTITY = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]
INFO: dict[str, Any] = {
    "@type": KIND,
    "transform": IDENTITY,  # stored in nanometres already
    "vertex_attributes": [
        {"id": "radius", "data_type": "float32", "num_components": 1},
        {"id": "vertex_types", "data_type": "float32", "num_components": 1},
    ],
}
DATA_TYPES = ("float32", "int8", "uint8", "int16", "uint16", "int32", "uint32")
COMPRESSED = (".gz", ".br", ".zstd", ".xz", ".bz2")


class Field(NamedTuple):
    """A part of a segment's file: its name, rows, columns and little-endian dtype."""

    name: str
    rows: int
    width: int
    code: str

    @property
    def size(self) -> int:
        """Number of bytes."""
        return self.rows * self.width * np.dtype(self.code).itemsize


def write_precomputed(tree: TreeUnits, folder: str | os.PathLike[str], segment: int) -> None:
    """Write a forest, in micrometres, as a segment; see `zimg.swc.exchange.TreeExchange`."""
    root = Path(folder)
    path, info = root / _segment_name(segment), root / "info"
    try:
        described = _read_info(info) if info.exists() else INFO
        content = encoded(tree, described)
    except _Unfit as error:
        raise ZException(f"cannot write {path}: {error}") from error
    twin = next((f"{path}{end}" for end in COMPRESSED if Path(f"{path}{end}").exists()), None)
    if twin is not None:
        raise ZException(f"cannot write {path}: {twin} holds the same segment, remove it first")
    try:
        root.mkdir(exist_ok=True)
    except OSError as error:
        raise ZException(f"cannot write {root}: {error.strerror}") from error
    if not info.exists():
        _write(info, json.dumps(INFO).encode())
    _write(path, content)


def _write(path: Path, content: bytes) -> None:
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


class _Unfit(Exception):
    """An info does not describe a tree."""


def encoded(tree: TreeUnits, info: dict[str, Any]) -> bytes:
    """Encode a forest in micrometres as an info describes."""
    linked = np.flatnonzero(tree.parent >= 0)
    edges = np.stack([tree.parent[linked], linked], axis=1)
    try:
        turn, shift, scale = _transform(info)
        fields = _fields(len(tree), len(edges), info)
        inverse = np.linalg.inv(turn)
    except (KeyError, ValueError, TypeError) as error:
        raise _Unfit(f"the info of the folder is invalid: {error}") from error
    columns: dict[str, NDArray[Any]] = {
        "xyz": (tree.xyz - shift) @ inverse.T,
        "edges": edges,
        "radius": tree.radius / scale,
        "vertex_types": tree.type,
    }
    parts = [np.array([len(tree), len(edges)], dtype="<u4")]
    for field in fields:
        if field.name not in columns or (field.width > 1 and columns[field.name].ndim == 1):
            raise _Unfit(f"the info asks for the attribute {field.name!r}, which trees lack")
        parts.append(_packed(field, columns[field.name]))
    _warn_of_losses(tree, {field.name for field in fields})
    return b"".join(part.tobytes() for part in parts)


def _packed(field: Field, column: NDArray[Any]) -> NDArray[Any]:
    """Convert a column to the type of its field; raises a ValueError if that is not exact."""
    kind = np.dtype(field.code)
    with np.errstate(over="ignore", invalid="ignore"):
        packed = column.astype(kind)
    exact = column.dtype.kind == "i" or kind.kind != "f"
    fits = np.array_equal(packed, column) if exact else np.isfinite(packed).all()
    if not fits:
        what = "positions in nanometres" if field.name == "xyz" else field.name
        raise ValueError(f"{what} do not fit into {kind.name}")
    return packed


def _warn_of_losses(tree: TreeUnits, stored: set[str]) -> None:
    for name, column in (("radius", tree.radius), ("vertex_types", tree.type)):
        if name not in stored and len(np.unique(column)) > (name == "vertex_types"):
            warnings.warn(
                f"the info of the folder has no attribute {name!r}: it is not stored",
                UserWarning,
                stacklevel=5,
            )


def read_precomputed(kind: type[Units], folder: str | os.PathLike[str], segment: int) -> Units:
    """A segment as a forest in micrometres; see `zimg.swc.exchange.TreeExchange`."""
    info = _read_info(Path(folder) / "info")
    path = _stored(Path(folder), _segment_name(segment))
    try:
        tree = _decoded(kind, path, info)
    except (OSError, EOFError) as error:
        raise ZException(f"cannot read {path}: {getattr(error, 'strerror', error)}") from error
    except KeyError as error:
        raise ZException(f"cannot read {path}: an attribute of its info has no {error}") from error
    except (ValueError, TypeError) as error:
        raise ZException(f"cannot read {path}: {error}") from error
    tree.unit = "um"
    return tree


def segments_in(folder: str | os.PathLike[str]) -> list[int]:
    """Numbers of the segments in a folder of skeletons, in ascending order."""
    names = (path.name for path in Path(folder).iterdir())
    bare = {name.removesuffix(".gz") for name in names}
    return sorted(int(name) for name in bare if name.isascii() and name.isdecimal())


def _stored(folder: Path, name: str) -> Path:
    """Path of the file of a segment, plain or compressed; the error lists the segments."""
    path = folder / name
    for stored in (path, folder / f"{name}.gz"):
        if stored.is_file():
            return stored
        if stored.exists():
            raise ZException(f"cannot read {stored}: it is not a file")
    for end in COMPRESSED:
        if Path(f"{path}{end}").exists():
            raise ZException(f"cannot read {path}{end}: only gzip is supported as compression")
    found = segments_in(folder)
    listed = ", ".join(map(str, found[:LISTED])) + (", ..." if len(found) > LISTED else "")
    raise ZException(f"cannot read {path}: the folder has {listed or 'no segments'}")


def _segment_name(segment: int) -> str:
    if not 0 <= segment < MOST_SEGMENTS:
        raise ValueError(f"segment is a number of 64 bits without sign, got {segment}")
    return str(int(segment))


def _read_info(path: Path) -> dict[str, Any]:
    """Read the info of a folder of skeletons."""
    try:
        info: dict[str, Any] = loads(path.read_bytes())
    except OSError as error:
        raise ZException(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ZException(f"cannot read {path}: {error}") from error
    if not isinstance(info, dict) or info.get("@type") != KIND:
        inner = info.get("skeletons") if isinstance(info, dict) else None
        hint = f"; the skeletons of this volume are in {path.parent / inner}" if inner else ""
        raise ZException(f"cannot read {path}: its @type is not {KIND}{hint}")
    if info.get("sharding"):
        raise ZException(f"cannot read {path}: sharded skeletons are not supported")
    return info


def _transform(info: dict[str, Any]) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Matrix and shift from stored positions to micrometres, and the factor of radii."""
    given = info.get("transform")
    numbers = np.array(IDENTITY if given is None else given, dtype=np.float64)
    if numbers.shape != (12,) or not np.isfinite(numbers).all():
        raise ValueError("the transform is not twelve numbers")
    matrix = numbers.reshape(3, 4) / NM_PER_UM
    return matrix[:, :3], matrix[:, 3], float(np.cbrt(abs(np.linalg.det(matrix[:, :3]))))


def _fields(vertices: int, links: int, info: dict[str, Any]) -> list[Field]:
    """Parts of a file behind its head, in order."""
    fields = [Field("xyz", vertices, 3, "<f4"), Field("edges", links, 2, "<u4")]
    for each in info.get("vertex_attributes") or ():
        if each["data_type"] not in DATA_TYPES:
            raise ValueError(f"attributes of type {each['data_type']!r} are not known")
        if each["num_components"] < 1:
            raise ValueError(f"attribute {each['id']!r} has {each['num_components']} components")
        code = np.dtype(each["data_type"]).newbyteorder("<").str
        fields.append(Field(str(each["id"]), vertices, int(each["num_components"]), code))
    return fields


def _decoded(kind: type[Units], path: Path, info: dict[str, Any]) -> Units:
    """Forest of the content of a file."""
    from zimg.swc.graphs import oriented  # SciPy is loaded by those who need it

    columns = _columns(path, info)
    turn, shift, scale = _transform(info)
    if "radius" not in columns:
        warnings.warn(f"{path}: no attribute 'radius', all are 0", UserWarning, stacklevel=4)
        columns["radius"] = np.zeros((len(columns["xyz"]), 1))
    return kind.from_arrays(
        columns["xyz"] @ turn.T + shift,
        columns["radius"][:, 0] * scale,
        oriented(_distinct(columns["edges"], path), len(columns["xyz"])),
        type=columns["vertex_types"][:, 0] if "vertex_types" in columns else 0,
    )


def _distinct(edges: NDArray[Any], path: Path) -> NDArray[np.int64]:
    """Each edge once, regardless of direction; merged skeletons have duplicates."""
    links = np.unique(np.sort(edges.astype(np.int64), axis=1), axis=0)
    loops = links[:, 0] == links[:, 1]
    if loops.any():
        count = int(loops.sum())
        some = f"{count} edge{'s' * (count > 1)}"
        warnings.warn(f"{path}: {some} from a vertex to itself left out", UserWarning, stacklevel=5)
    return links[~loops]


def _columns(path: Path, info: dict[str, Any]) -> dict[str, NDArray[Any]]:
    """Parts of a file by name, each ``(rows, width)``."""
    with _opened(path) as file:
        head = _bytes(file, HEAD)
        if len(head) < HEAD:
            raise ValueError(f"the file has {len(head)} bytes, fewer than the {HEAD} of its head")
        vertices, links = np.frombuffer(head, "<u4").tolist()
        fields = _fields(vertices, links, info)
        size = sum(field.size for field in fields)
        content = _bytes(file, size + 1)
    if len(content) != size:
        have = len(content) if isinstance(file, gzip.GzipFile) else path.stat().st_size - HEAD
        raise ValueError(f"the file has {HEAD + have} bytes, {HEAD + size} are described")
    columns, offset = {}, 0
    for field in fields:
        part = np.frombuffer(content, field.code, field.rows * field.width, offset)
        columns[field.name], offset = part.reshape(field.rows, field.width), offset + field.size
    return columns


def _opened(path: Path) -> BinaryIO:
    """Open the file of a segment, decompressing gzip content."""
    with path.open("rb") as file:
        packed = file.read(3) == b"\x1f\x8b\x08"
    if path.suffix != ".gz" and packed:
        vertices = int.from_bytes(b"\x1f\x8b\x08", "little")
        packed = path.stat().st_size < HEAD + 12 * vertices  # it cannot be that many vertices
    return cast("BinaryIO", gzip.open(path)) if packed else path.open("rb")


def _bytes(file: BinaryIO, most: int) -> bytes:
    """Read the rest of a file, up to a number of bytes, without allocating them in advance."""
    parts = []
    while most > 0 and (part := file.read(min(most, AT_ONCE))):
        parts.append(part)
        most -= len(part)
    return b"".join(parts)
