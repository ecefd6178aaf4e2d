"""The small values an image is described with: enumerations, coordinates and colours."""

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from enum import Enum, IntEnum
from operator import index

from zimg._errors import ZException


class _NamedValue(IntEnum):
    """An integer that prints as ``Class.member``, as it is written in code."""

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
    """How the bytes of a voxel are read."""

    Unsigned = 1
    Signed = 2
    Float = 3


class VoxelSizeUnit(_NamedValue):
    """Unit of the voxel sizes; ``none`` says that the sizes have no meaning."""

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
    """A file format; the first sixteen values are those of the reference, 9 is unused there."""

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


class Interpolant(_NamedValue):
    """How values between voxels are found when an image is resized."""

    Nearest = 0
    Linear = 1
    Cubic = 2
    Lanczos2 = 3
    Lanczos3 = 4


class ImgMergeMode(Enum):
    """How several voxels become one."""

    Max = 0
    Min = 1
    Mean = 2
    Median = 3
    First = 4
    Interpolation = 5

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


class Compression(_NamedValue):
    """How pixels are packed in a file."""

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


@dataclass(init=False, slots=True)
class ZVoxelCoordinate:
    """A voxel by its index along x, y, z, channel and time.

    Parameters
    ----------
    x, y, z, c, t
        Integers, zero by default; or one tuple of all five as the only argument.

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

    def __init__(
        self, x: int | Sequence[int] = 0, y: int = 0, z: int = 0, c: int = 0, t: int = 0
    ) -> None:
        values = (x, y, z, c, t) if not isinstance(x, Sequence) else tuple(x)
        if len(values) != 5:
            raise ZException(f"ZVoxelCoordinate needs tuple with 5 values, got {values}")
        self.x, self.y, self.z, self.c, self.t = values

    def __setattr__(self, name: str, value: int) -> None:
        object.__setattr__(self, name, index(value))

    def __iter__(self) -> Iterator[int]:
        return iter(astuple(self))


@dataclass(init=False, slots=True)
class col4:
    """A colour by red, green, blue and alpha, each from 0 to 255.

    Parameters
    ----------
    r, g, b, a
        Integers, opaque black by default; or one tuple of all four as the only argument.

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

    def __init__(self, r: int | Sequence[int] = 0, g: int = 0, b: int = 0, a: int = 255) -> None:
        values = (r, g, b, a) if not isinstance(r, Sequence) else tuple(r)
        if len(values) != 4:
            raise ZException(f"col4 needs tuple with 4 values, got {values}")
        self.r, self.g, self.b, self.a = values

    def __setattr__(self, name: str, value: int) -> None:
        if not 0 <= index(value) <= 255:
            raise TypeError(f"{name} of a col4 must be from 0 to 255, got {value}")
        object.__setattr__(self, name, index(value))

    def __iter__(self) -> Iterator[int]:
        return iter(astuple(self))
