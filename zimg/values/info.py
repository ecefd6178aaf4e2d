"""Metadata of an image."""

from collections.abc import Mapping, Sequence
from colorsys import hsv_to_rgb
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, ClassVar

from zimg._errors import ZException
from zimg.values.enums import VoxelFormat, VoxelSizeUnit, col4
from zimg.values.fields import (
    COUNT,
    FLAG,
    NUMBER,
    NUMBERS,
    TEXTS,
    CheckedFields,
    Rule,
    items_of,
    lists,
    members,
)
from zimg.values.region import ZImgRegion

# Micrometres per unit.
_IN_UM = {
    VoxelSizeUnit.inch: 25400.0,
    VoxelSizeUnit.cm: 1e4,
    VoxelSizeUnit.mm: 1e3,
    VoxelSizeUnit.um: 1.0,
    VoxelSizeUnit.nm: 1e-3,
    VoxelSizeUnit.m: 1e6,
    VoxelSizeUnit.hm: 1e8,
    VoxelSizeUnit.km: 1e9,
}
# Order of the reference, which continues with random colours; here hues follow golden steps.
_FIRST_COLORS = (
    (255, 0, 0),
    (0, 255, 0),
    (0, 0, 255),
    (255, 255, 0),
    (255, 0, 255),
    (0, 255, 255),
)
_GOLDEN_STEP = 0.618033988749895
_WHITE = col4(255, 255, 255)


def default_colors(channels: int) -> list[col4]:
    """Default channel colours: white for one channel, else red, green, blue, yellow, ..."""
    if channels == 1:
        return [_WHITE.copy()]
    return [_default_color(channel).copy() for channel in range(channels)]


@cache
def _default_color(channel: int) -> col4:
    if channel < len(_FIRST_COLORS):
        return col4(*_FIRST_COLORS[channel])
    hue = (channel * _GOLDEN_STEP) % 1.0
    return col4(*(round(255 * part) for part in hsv_to_rgb(hue, 0.8, 1.0)))


def _color(value: col4 | Sequence[int]) -> col4:
    """Copy a colour, or make one from four integers."""
    return value.copy() if isinstance(value, col4) else col4(tuple(items_of(value)))


_SIZES = ("width", "height", "depth", "numChannels", "numTimes")
_RULES = {
    **dict.fromkeys((*_SIZES, "bytesPerVoxel", "validBitCount"), COUNT),
    "voxelFormat": members(VoxelFormat),
    "voxelSizeUnit": members(VoxelSizeUnit),
    **dict.fromkeys(("voxelSizeX", "voxelSizeY", "voxelSizeZ"), NUMBER),
    **dict.fromkeys(("timeStamps", "position"), NUMBERS),
    "channelNames": TEXTS,
    "channelColors": lists("colours (col4, or four integers each)", _color),
    "lastChannelIsAlphaChannel": FLAG,
}


@dataclass(init=False)
class ZImgInfo(CheckedFields):
    """Sizes, type, voxel size and channels of an image.

    Parameters
    ----------
    width, height, depth
        Voxels along x, y, z; all sizes are 0 if `width` and `height` are omitted.
    numChannels, numTimes
        Numbers of channels and of time points.
    bytePerVox
        Bytes per voxel; the attribute is called `bytesPerVoxel`.
    voxelFormat
        Unsigned, signed or floating.

    Attributes
    ----------
    validBitCount
        Bits in use; 0 if unknown.
    voxelSizeUnit, voxelSizeX, voxelSizeY, voxelSizeZ
        Distance of neighbouring voxels; with unit ``none`` only their ratio has a meaning.
    timeStamps
        One number per time point, in seconds if the file states a unit.
    channelNames, channelColors
        One per channel.
    position
        Position of the image as stated in the file; empty if not stated.
    lastChannelIsAlphaChannel
        Whether the last channel is an alpha channel.

    Raises
    ------
    TypeError
        When a value has the wrong type, also on assignment.

    Notes
    -----
    Assigned lists are copied; lists returned by attributes are live.
    """

    width: int
    height: int
    depth: int
    numChannels: int
    numTimes: int
    bytesPerVoxel: int
    voxelFormat: VoxelFormat
    validBitCount: int
    voxelSizeUnit: VoxelSizeUnit
    voxelSizeX: float
    voxelSizeY: float
    voxelSizeZ: float
    if TYPE_CHECKING:  # other sequences can be assigned, too

        @property
        def timeStamps(self) -> list[float]:
            """One per time point."""

        @timeStamps.setter
        def timeStamps(self, value: Sequence[float]) -> None: ...

        @property
        def channelNames(self) -> list[str]:
            """One per channel."""

        @channelNames.setter
        def channelNames(self, value: Sequence[str]) -> None: ...

        @property
        def channelColors(self) -> list[col4]:
            """One per channel."""

        @channelColors.setter
        def channelColors(self, value: Sequence[col4 | Sequence[int]]) -> None: ...

        @property
        def position(self) -> list[float]:
            """Position of the image."""

        @position.setter
        def position(self, value: Sequence[float]) -> None: ...

    else:
        timeStamps: list[float]
        channelNames: list[str]
        channelColors: list[col4]
        position: list[float]
    lastChannelIsAlphaChannel: bool
    _rules: ClassVar[Mapping[str, Rule]] = _RULES
    _nested: ClassVar[tuple[str, ...]] = (
        *("timeStamps", "channelNames", "channelColors", "position"),
    )

    def __init__(
        self,
        width: int | None = None,
        height: int | None = None,
        depth: int = 1,
        numChannels: int = 1,
        numTimes: int = 1,
        bytePerVox: int = 1,
        voxelFormat: VoxelFormat = VoxelFormat.Unsigned,
    ) -> None:
        sizes: Sequence[int | None] = (width, height, depth, numChannels, numTimes)
        if width is None and height is None:
            sizes = (0,) * len(sizes)
        self._take(zip(_SIZES, sizes, strict=True))
        self._take((("bytesPerVoxel", bytePerVox), ("voxelFormat", voxelFormat)))
        self._describe()

    def _describe(self) -> None:
        """Set all other fields to their defaults."""
        self.__dict__.update(
            validBitCount=0,
            voxelSizeUnit=VoxelSizeUnit.none,
            voxelSizeX=1.0,
            voxelSizeY=1.0,
            voxelSizeZ=1.0,
            timeStamps=[float(t) for t in range(self.numTimes)],
            channelNames=[""] * self.numChannels,
            channelColors=default_colors(self.numChannels),
            position=[],
            lastChannelIsAlphaChannel=False,
        )

    def dataTypeString(self) -> str:
        """Name of the voxel type.

        Returns
        -------
        str
            For example ``uint8`` or ``float32``.
        """
        kind = {VoxelFormat.Unsigned: "uint", VoxelFormat.Signed: "int"}
        return f"{kind.get(self.voxelFormat, 'float')}{8 * self.bytesPerVoxel}"

    def voxelSizeXInUm(self) -> float:
        """Voxel size along x in micrometres.

        Returns
        -------
        float
            `voxelSizeX` converted from `voxelSizeUnit`.

        Raises
        ------
        ZException
            If the unit is ``none``.
        """
        return self.voxelSizeX * self._unit_in_um()

    def voxelSizeYInUm(self) -> float:
        """Voxel size along y in micrometres.

        Returns
        -------
        float
            `voxelSizeY` converted from `voxelSizeUnit`.

        Raises
        ------
        ZException
            If the unit is ``none``.
        """
        return self.voxelSizeY * self._unit_in_um()

    def voxelSizeZInUm(self) -> float:
        """Voxel size along z in micrometres.

        Returns
        -------
        float
            `voxelSizeZ` converted from `voxelSizeUnit`.

        Raises
        ------
        ZException
            If the unit is ``none``.
        """
        return self.voxelSizeZ * self._unit_in_um()

    def _unit_in_um(self) -> float:
        if self.voxelSizeUnit not in _IN_UM:
            raise ZException("no resolution info: voxelSizeUnit is none")
        return _IN_UM[self.voxelSizeUnit]

    @property
    def size(self) -> tuple[int, int, int, int, int]:
        """Voxels along x, y, z, number of channels, number of times."""
        return self.width, self.height, self.depth, self.numChannels, self.numTimes


def described(info: ZImgInfo, like: ZImgInfo) -> ZImgInfo:
    """`info` with the metadata of `like`; lists are truncated, or extended with those of `info`.

    Sizes and type stay those of `info`; voxel sizes, unit, valid bits, names, colours, time
    stamps, position and the alpha flag come from `like`.
    """
    result = like.copy()
    for name in _SIZES:
        setattr(result, name, getattr(info, name))
    result.bytesPerVoxel, result.voxelFormat = info.bytesPerVoxel, info.voxelFormat
    for name in ("timeStamps", "channelNames", "channelColors"):
        own = getattr(info, name)
        given = getattr(result, name)[: len(own)]
        setattr(result, name, given + own[len(given) :])
    return result


def resized(info: ZImgInfo, size: Sequence[int]) -> ZImgInfo:
    """Copy of `info` with other sizes along x, y, z and the same extent in space."""
    result = info.copy()
    for axis, old, new in zip("XYZ", info.size, size, strict=False):
        name = f"voxelSize{axis}"
        setattr(result, name, getattr(info, name) * (old / new))
    result.width, result.height, result.depth = size
    return result


def cut(info: ZImgInfo, region: ZImgRegion) -> ZImgInfo:
    """Metadata of a resolved `region` of an image; `position` is unchanged."""
    result = info.copy()
    result.width, result.height, result.depth, result.numChannels, result.numTimes = region.size
    channels = slice(region.start.c, region.end.c)
    result.channelNames = result.channelNames[channels]
    result.channelColors = result.channelColors[channels]
    result.timeStamps = result.timeStamps[region.times]
    last = region.end.c == info.numChannels
    result.lastChannelIsAlphaChannel = info.lastChannelIsAlphaChannel and last
    return result
