"""Enumerations, coordinates and colours."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Any, ClassVar, SupportsIndex

from zimg._errors import ZException
from zimg.values.fields import WHOLE, CheckedFields, Rule, integers, is_sequence, items_of


class _NamedValue(IntEnum):
    """An integer whose repr is ``Class.member``, as in code."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"

    __str__ = __repr__


class Dimension(_NamedValue):
    """An axis of an image."""

    X = 0
    Y = 1
    Z = 2
    C = 3
    T = 4


class VoxelFormat(_NamedValue):
    """Interpretation of the bytes of a voxel."""

    Unsigned = 1
    Signed = 2
    Float = 3


class VoxelSizeUnit(_NamedValue):
    """Unit of the voxel sizes; with ``none`` only their ratio has a meaning."""

    none = 0
    inch = 1
    cm = 2
    mm = 3
    um = 4
    nm = 5
    m = 6
    hm = 7
    km = 8


class FileFormat(_NamedValue):
    """A file format. The first sixteen values are those of the reference; 9 is unused there."""

    Unknown = 0
    HDF5Img = 1
    OmeTiff = 2
    Tiff = 3
    Vaa3DRaw = 4
    ZeissLsm = 5
    Jpeg = 6
    JpegXR = 7
    Png = 8
    MetaImage = 10
    ZeissCZI = 11
    ITKImage = 12
    Leica = 13
    OpenImageIO = 14
    BioFormats = 15
    OmeZarr = 16
    Vaa3DPBD = 17
    NikonND2 = 18
    Mrc = 19
    Olympus = 20
    Imaris = 21
    Bioio = 22


class Interpolant(_NamedValue):
    """Interpolation kernel for resizing."""

    Nearest = 0
    Linear = 1
    Cubic = 2
    Lanczos2 = 3
    Lanczos3 = 4


class ImgMergeMode(Enum):
    """Operation that merges several voxels."""

    Max = 0
    Min = 1
    Mean = 2
    Median = 3
    First = 4
    Interpolation = 5

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


class Compression(_NamedValue):
    """Compression of pixels in a file."""

    AUTO = 0
    NONE = 1
    LZW = 2
    JPEG = 3
    T85 = 4
    T43 = 5
    PACKBITS = 6
    DEFLATE = 7
    ADOBE_DEFLATE = 8
    DCS = 9
    JP2000 = 10
    LZMA = 11
    ZSTD = 12
    WEBP = 13
    JPEGXR = 14


@dataclass(init=False)
class ZVoxelCoordinate(CheckedFields):
    """Index of a voxel along x, y, z, channel and time.

    Parameters
    ----------
    x, y, z, c, t
        64-bit integers: no argument, at least x and y, or one tuple, list or 1-D array of all five.
        Missing values are 0.

    Raises
    ------
    ZException
        When the tuple has another length.
    TypeError
        When a component is not an integer, also on assignment.
    """

    x: int
    y: int
    z: int
    c: int
    t: int
    _rules: ClassVar[Mapping[str, Rule]] = dict.fromkeys("xyzct", WHOLE)

    def __init__(
        self,
        x: SupportsIndex | Iterable[SupportsIndex] | None = None,
        y: SupportsIndex | None = None,
        z: SupportsIndex = 0,
        c: SupportsIndex = 0,
        t: SupportsIndex = 0,
    ) -> None:
        values = _components("ZVoxelCoordinate", (x, y, z, c, t), required=2)
        self._take(zip("xyzct", values, strict=True))

    def __iter__(self) -> Iterator[int]:
        return iter((self.x, self.y, self.z, self.c, self.t))


@dataclass(init=False)
class col4(CheckedFields):
    """A colour: red, green, blue and alpha, each from 0 to 255.

    Parameters
    ----------
    r, g, b, a
        Integers: no argument for opaque black, at least r, g and b, or one tuple, list or 1-D array
        of all four. Alpha is 255 by default.

    Raises
    ------
    ZException
        When the tuple has another length.
    TypeError
        When a component is not an integer from 0 to 255, also on assignment.
    """

    r: int
    g: int
    b: int
    a: int
    _rules: ClassVar[Mapping[str, Rule]] = dict.fromkeys(
        "rgba", integers("an integer from 0 to 255", range(256))
    )

    def __init__(
        self,
        r: SupportsIndex | Iterable[SupportsIndex] | None = None,
        g: SupportsIndex | None = None,
        b: SupportsIndex | None = None,
        a: SupportsIndex = 255,
    ) -> None:
        values = _components("col4", (r, g, b, a), required=3)
        self._take(zip("rgba", values, strict=True))

    def __iter__(self) -> Iterator[int]:
        return iter((self.r, self.g, self.b, self.a))


def _components(owner: str, given: tuple[Any, ...], *, required: int) -> Sequence[Any]:
    """Components from no argument, from numbers, or from one sequence."""
    first, missing = given[0], sum(x is None for x in given[:required])
    if missing == required:
        return tuple(value or 0 for value in given)
    if missing == required - 1 and is_sequence(first):
        values = items_of(first)
        if len(values) != len(given):
            raise ZException(f"{owner} needs tuple with {len(given)} values, got {values}")
        return values
    if missing:
        raise TypeError(f"{owner} takes at least {required} numbers, or one tuple of {len(given)}")
    return given
