"""Headers of NIfTI-1, NIfTI-2 (https://nifti.nimh.nih.gov) and Analyze 7.5, in both byte orders."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException

# Used fields by their offset in the 348 or 540 bytes; the rest is zero.
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
        "qform_code": ("i2", 252),
        "sform_code": ("i2", 254),
        "quatern": ("(3,)f4", 256),
        "qoffset": ("(3,)f4", 268),
        "srow": ("(3,4)f4", 280),
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
        "qform_code": ("i4", 344),
        "sform_code": ("i4", 348),
        "quatern": ("(3,)f8", 352),
        "qoffset": ("(3,)f8", 376),
        "srow": ("(3,4)f8", 400),
        "xyzt_units": ("i4", 500),
        "intent_code": ("i4", 504),
    },
}
SIZES = {1: 348, 2: 540}
# Magic of a single file, and of a header with a separate data file.
MAGICS = {1: (b"n+1\0", b"ni1\0"), 2: (b"n+2\0\r\n\x1a\n", b"ni2\0\r\n\x1a\n")}
# Voxel type and number of colours by datatype code.
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
# Unit codes: the low three bits for space, the next three for time (here in seconds).
SPACE = {1: "m", 2: "mm", 3: "um"}
TIME = {8: 1.0, 16: 1e-3, 24: 1e-6}
COMMENT = 6  # code of an extension that is text
SINGULAR = 1e-6  # determinant of unit vectors below which they do not span space
ANALYZE = 0  # version number for Analyze 7.5, the predecessor of NIfTI-1
VOX_UNITS = slice(56, 60)  # of Analyze 7.5: the unit as text
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
    """Values of a header.

    Parameters
    ----------
    sizes
        Sizes by axis letter (``xyztc``).
    stored
        Voxel type with its byte order.
    colors
        Interleaved channels of a voxel, as in RGB; otherwise 1.
    offset
        Offset of the first voxel.
    single
        Whether the voxels are in the same file.
    steps
        Distances along x, y, z and t.
    unit
        Unit of length; empty when not stated.
    seconds, first
        Unit of time in seconds, and time of the first volume in that unit.
    slope, intercept
        A stored value v means slope v + intercept; 1 and 0 by default.
    position
        Position of the first voxel along the axes of the image, in `unit`; empty when not stated.
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
    position: Sequence[float] = ()


def parsed(data: bytes, *, pair: bool = False) -> Header:
    """Parse the header at the start of `data`; raise a `ZException` if it is invalid.

    Parameters
    ----------
    data
        First bytes of a file.
    pair
        Whether the voxels are in another file, so that the header may be Analyze 7.5.
    """
    version, order = _kind(data, pair=pair)
    (fields,) = np.frombuffer(data, header_type(version or 1, order), 1)
    code = int(fields["datatype"])
    if code not in TYPES:
        raise ZException(f"NIfTI datatype {code} is not supported: expected one of {sorted(TYPES)}")
    name, colors = TYPES[code]
    offset = float(fields["vox_offset"])
    if not (offset >= 0 and offset == int(offset)):  # NaN too
        raise ZException(f"NIfTI vox_offset {offset} is not a valid offset")
    single = version != ANALYZE and fields["magic"][:2] == b"n+"
    if single:  # as in nifti_clib: voxels cannot overlap the header
        offset = max(offset, SIZES[version])
    units = int(fields["xyzt_units"]) if version != ANALYZE else 0
    slope, intercept = float(fields["scl_slope"]), float(fields["scl_inter"])
    scaled = np.isfinite([slope, intercept]).all() and slope != 0 and colors == 1
    return Header(
        sizes=_sizes(fields["dim"].tolist(), analyze=version == ANALYZE),
        stored=np.dtype(name).newbyteorder(order),
        colors=colors,
        offset=int(offset),
        single=single,
        steps=tuple(float(step) for step in fields["pixdim"][1:5]),
        unit=SPACE.get(units & 7, "") if version != ANALYZE else _vox_units(data),
        seconds=TIME.get(units & 0x38, 1.0),
        first=0.0 if version == ANALYZE else _finite(fields["toffset"]),
        slope=slope if scaled else 1.0,
        intercept=intercept if scaled else 0.0,
        position=() if version == ANALYZE else _position(fields),
    )


def _finite(value: Any) -> float:
    return float(np.nan_to_num(value, posinf=0, neginf=0))


def _vox_units(data: bytes) -> str:
    return data[VOX_UNITS].split(b"\0")[0].decode("ascii", "replace").strip()


def _position(fields: Any) -> list[float]:
    """Position of the first voxel along the axes of the image; the sform takes precedence."""
    if fields["sform_code"] > 0:
        matrix, place = fields["srow"][:, :3].astype(float), fields["srow"][:, 3].astype(float)
        lengths = np.linalg.norm(matrix, axis=0)
        turned = matrix / np.where(lengths > 0, lengths, 1)
    elif fields["qform_code"] > 0:
        place = fields["qoffset"].astype(float)
        turned = _rotation(fields["quatern"].astype(float), float(fields["pixdim"][0]))
    else:
        return []
    if not (np.isfinite(turned).all() and abs(np.linalg.det(turned)) > SINGULAR):
        return []
    along = np.linalg.solve(turned, place)
    return [float(value) for value in along + 0.0]  # no negative zeros


def _rotation(quaternion: NDArray[np.float64], handed: float) -> NDArray[np.float64]:
    """Rotation matrix of the unit quaternion b, c, d; z is flipped where `handed` is negative."""
    b, c, d = quaternion
    a = np.sqrt(max(0.0, 1.0 - (b * b + c * c + d * d)))
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    return rotation * [1, 1, -1 if handed < 0 else 1]


def comment(data: bytes, header: Header) -> bytes:
    """The text of the first comment extension within `data`, or an empty string."""
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
    """`text` as a comment extension with its four flag bytes; four zeros without text."""
    if not text:
        return bytes(4)
    size = -(-(len(text) + 8) // 16) * 16
    return b"\1\0\0\0" + np.asarray([size, COMMENT], "<i4").tobytes() + text.ljust(size - 8, b"\0")


def _kind(data: bytes, *, pair: bool) -> tuple[int, Literal["<", ">"]]:
    """Version and byte order."""
    orders: tuple[Literal["<"], Literal[">"]] = ("<", ">")
    for version, size in SIZES.items():
        for order in orders:
            if len(data) >= size and data[:4] == np.asarray(size, f"{order}i4").tobytes():
                place = _FIELDS[version]["magic"][1]
                magic = data[place : place + len(MAGICS[version][0])]
                if magic in MAGICS[version]:
                    return version, order
                if version == 1 and pair:
                    return ANALYZE, order
                raise ZException(
                    f"NIfTI magic {magic!r} is invalid: the file is not NIfTI (Analyze 7.5?)"
                )
    raise ZException(f"the file has no NIfTI header: it starts with {data[:4]!r}")


def _sizes(dim: list[int], *, analyze: bool) -> dict[str, int]:
    count = dim[0]
    if analyze:  # leaves unused axes at 0
        dim = [count, *(n or 1 for n in dim[1:])]
    if not 1 <= count <= 7 or any(n > 1 for n in dim[6 : count + 1]):
        raise ZException(
            f"NIfTI dim {dim} is not supported: expected axes x, y, z, time and channels"
        )
    return dict(zip("xyztc", dim[1 : count + 1], strict=False))
