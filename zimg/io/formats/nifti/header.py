"""Headers of NIfTI-1 and NIfTI-2 files (https://nifti.nimh.nih.gov), in either byte order."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from zimg._errors import ZException

# The fields that are used, by their place in the 348 or 540 bytes; the rest stays zero.
_FIELDS: dict[int, dict[str, tuple[str, int]]] = {
    1: {
        "sizeof_hdr": ("i4", 0),
        "dim": ("(8,)i2", 40),
        "intent_code": ("i2", 68),
        "datatype": ("i2", 70),
        "bitpix": ("i2", 72),
        "pixdim": ("(8,)f4", 76),
        "vox_offset": ("f4", 108),
        "scl_slope": ("f4", 112),
        "scl_inter": ("f4", 116),
        "xyzt_units": ("u1", 123),
        "toffset": ("f4", 136),
        "magic": ("S4", 344),
    },
    2: {
        "sizeof_hdr": ("i4", 0),
        "magic": ("S8", 4),
        "datatype": ("i2", 12),
        "bitpix": ("i2", 14),
        "dim": ("(8,)i8", 16),
        "pixdim": ("(8,)f8", 104),
        "vox_offset": ("i8", 168),
        "scl_slope": ("f8", 176),
        "scl_inter": ("f8", 184),
        "toffset": ("f8", 216),
        "xyzt_units": ("i4", 500),
        "intent_code": ("i4", 504),
    },
}
SIZES = {1: 348, 2: 540}
# In the header of a single file, and in one with the voxels in another.
MAGICS = {1: (b"n+1\0", b"ni1\0"), 2: (b"n+2\0\r\n\x1a\n", b"ni2\0\r\n\x1a\n")}
# Type and number of colours by the code of the format.
TYPES = {
    2: ("uint8", 1),
    4: ("int16", 1),
    8: ("int32", 1),
    16: ("float32", 1),
    64: ("float64", 1),
    128: ("uint8", 3),
    256: ("int8", 1),
    512: ("uint16", 1),
    768: ("uint32", 1),
    1024: ("int64", 1),
    1280: ("uint64", 1),
    2304: ("uint8", 4),
}
CODES = {name: code for code, (name, colors) in TYPES.items() if colors == 1}
# Codes of units: the low three bits for space, the next three for time, here in seconds.
SPACE = {1: "m", 2: "mm", 3: "um"}
TIME = {8: 1.0, 16: 1e-3, 24: 1e-6}
COMMENT = 6  # code of an extension that is text
VECTOR = 1007  # intent: the fifth axis holds parts of a vector


def header_type(version: int, order: Literal["<", ">"] = "<") -> np.dtype[Any]:
    """The fields of a header as a structured type."""
    fields = _FIELDS[version]
    return np.dtype(
        {
            "names": list(fields),
            "formats": [np.dtype(kind).newbyteorder(order) for kind, _ in fields.values()],
            "offsets": [place for _, place in fields.values()],
            "itemsize": SIZES[version],
        }
    )


@dataclass(frozen=True, slots=True)
class Header:
    """What a header tells.

    Parameters
    ----------
    sizes
        Voxels by the letters of ``xyztc``.
    stored
        Voxel type with its byte order.
    colors
        Channels of a voxel that lie together, as in RGB; 1 otherwise.
    offset
        Place of the first voxel.
    single
        Whether the voxels are in the same file.
    steps
        Distances along x, y, z and t.
    unit
        Of the distances in space; empty when not stated.
    seconds, first
        Length of the unit of time, and time of the first volume in that unit.
    slope, intercept
        A stored value v means slope v + intercept; 1 and 0 when nothing else is stated.
    """

    sizes: dict[str, int]
    stored: np.dtype[Any]
    colors: int
    offset: int
    single: bool
    steps: tuple[float, ...]
    unit: str
    seconds: float
    first: float
    slope: float
    intercept: float


def parsed(data: bytes) -> Header:
    """The header at the start of `data`; a `ZException` when there is none that can be read."""
    version, order = _kind(data)
    (fields,) = np.frombuffer(data, header_type(version, order), 1)
    code = int(fields["datatype"])
    if code not in TYPES:
        raise ZException(f"its datatype is {code}; accepted are {sorted(TYPES)}")
    name, colors = TYPES[code]
    offset = float(fields["vox_offset"])
    if not (offset >= 0 and offset == int(offset)):  # NaN too
        raise ZException(f"its vox_offset is {offset}, no place in a file")
    units = int(fields["xyzt_units"])
    slope, intercept = float(fields["scl_slope"]), float(fields["scl_inter"])
    scaled = np.isfinite([slope, intercept]).all() and slope != 0 and colors == 1
    return Header(
        sizes=_sizes(fields["dim"].tolist()),
        stored=np.dtype(name).newbyteorder(order),
        colors=colors,
        offset=int(offset),
        single=fields["magic"][:2] == b"n+",
        steps=tuple(float(step) for step in fields["pixdim"][1:5]),
        unit=SPACE.get(units & 7, ""),
        seconds=TIME.get(units & 0x38, 1.0),
        first=float(np.nan_to_num(fields["toffset"], posinf=0, neginf=0)),
        slope=slope if scaled else 1.0,
        intercept=intercept if scaled else 0.0,
    )


def comment(data: bytes, header: Header) -> bytes:
    """The text of the first extension that is a comment, as far as `data` goes; or nothing."""
    order = ">" if header.stored.byteorder == ">" else "<"
    place = SIZES[1] + 4 if data[344:348] in MAGICS[1] else SIZES[2] + 4
    end = min(header.offset, len(data)) if header.single else len(data)
    while place + 8 <= end and data[place - 4 : place] != bytes(4):
        size, code = np.frombuffer(data, f"{order}i4", 2, place).tolist()
        if size < 8 or place + size > end:
            break
        if code == COMMENT:
            return data[place + 8 : place + size].rstrip(b"\0")
        place += size
    return b""


def extension(text: bytes) -> bytes:
    """`text` as a comment, with the four bytes before it; four zeros when there is none."""
    if not text:
        return bytes(4)
    size = -(-(len(text) + 8) // 16) * 16
    return b"\1\0\0\0" + np.asarray([size, COMMENT], "<i4").tobytes() + text.ljust(size - 8, b"\0")


def _kind(data: bytes) -> tuple[int, Literal["<", ">"]]:
    """Version and byte order."""
    orders: tuple[Literal["<"], Literal[">"]] = ("<", ">")
    for version, size in SIZES.items():
        for order in orders:
            if len(data) >= size and data[:4] == np.asarray(size, f"{order}i4").tobytes():
                place = _FIELDS[version]["magic"][1]
                magic = data[place : place + len(MAGICS[version][0])]
                if magic not in MAGICS[version]:
                    raise ZException(f"its mark is {magic!r}: it is no NIfTI file (Analyze 7.5?)")
                return version, order
    raise ZException(f"it has no NIfTI header, it starts with {data[:4]!r}")


def _sizes(dim: list[int]) -> dict[str, int]:
    count = dim[0]
    if not 1 <= count <= 7 or any(n > 1 for n in dim[6 : count + 1]):
        raise ZException(f"its dim is {dim}; accepted are x, y, z, time and channels")
    return dict(zip("xyztc", dim[1 : count + 1], strict=False))
