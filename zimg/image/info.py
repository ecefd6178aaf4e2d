"""What is known about an image besides its pixels."""

from colorsys import hsv_to_rgb
from copy import deepcopy
from dataclasses import dataclass

from zimg._errors import ZException
from zimg.image.region import ZImgRegion
from zimg.image.values import VoxelFormat, VoxelSizeUnit, col4

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
# Order of the reference; it goes on with random colours, here the hue goes on in golden steps.
_FIRST_COLORS = (
    (255, 0, 0),
    (0, 255, 0),
    (0, 0, 255),
    (255, 255, 0),
    (255, 0, 255),
    (0, 255, 255),
)
_GOLDEN_STEP = 0.618033988749895


def default_colors(channels: int) -> list[col4]:
    """Colours for channels that have none: white for one, else red, green, blue, yellow, ..."""
    if channels == 1:
        return [col4(255, 255, 255)]
    return [_color_of(channel) for channel in range(channels)]


def _color_of(channel: int) -> col4:
    if channel < len(_FIRST_COLORS):
        return col4(*_FIRST_COLORS[channel])
    hue = (channel * _GOLDEN_STEP) % 1.0
    return col4(*(round(255 * part) for part in hsv_to_rgb(hue, 0.8, 1.0)))


@dataclass(init=False)
class ZImgInfo:
    """Sizes, type, voxel size and channels of an image.

    Parameters
    ----------
    width, height, depth
        Voxels along x, y, z; all sizes are 0 when `width` is left out.
    numChannels, numTimes
        Numbers of channels and of time points.
    bytePerVox
        Bytes of one voxel; the attribute is called `bytesPerVoxel`.
    voxelFormat
        Unsigned, signed or floating.

    Attributes
    ----------
    validBitCount
        Bits in use; 0 when not known.
    voxelSizeUnit, voxelSizeX, voxelSizeY, voxelSizeZ
        Distance of neighbouring voxels; sizes are 1.0 and without meaning under unit ``none``.
    timeStamps
        One number per time point, in seconds where the file states a unit.
    channelNames, channelColors
        One per channel.
    position
        Place of the image, as the file states it; empty when it does not.
    lastChannelIsAlphaChannel
        Whether the last channel is an opacity.
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
    timeStamps: list[float]
    channelNames: list[str]
    channelColors: list[col4]
    position: list[float]
    lastChannelIsAlphaChannel: bool

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
        if (width is None) != (height is None):
            raise TypeError("ZImgInfo takes no sizes, or at least width and height")
        sizes = (width, height, depth, numChannels, numTimes)
        self.width, self.height, self.depth, self.numChannels, self.numTimes = (
            _sizes(sizes) if width is not None else (0,) * 5
        )
        self.bytesPerVoxel, self.voxelFormat = bytePerVox, VoxelFormat(voxelFormat)
        self.validBitCount = 0
        self.voxelSizeUnit = VoxelSizeUnit.none
        self.voxelSizeX = self.voxelSizeY = self.voxelSizeZ = 1.0
        self.timeStamps = [float(t) for t in range(self.numTimes)]
        self.channelNames = [""] * self.numChannels
        self.channelColors = default_colors(self.numChannels)
        self.position = []
        self.lastChannelIsAlphaChannel = False

    def dataTypeString(self) -> str:
        """Name of the voxel type, such as ``uint8`` or ``float32``."""
        kind = {VoxelFormat.Unsigned: "uint", VoxelFormat.Signed: "int"}
        return f"{kind.get(self.voxelFormat, 'float')}{8 * self.bytesPerVoxel}"

    def voxelSizeXInUm(self) -> float:
        """Voxel size along x in micrometres; a `ZException` when the unit is ``none``."""
        return self.voxelSizeX * self._unit_in_um()

    def voxelSizeYInUm(self) -> float:
        """Voxel size along y in micrometres; a `ZException` when the unit is ``none``."""
        return self.voxelSizeY * self._unit_in_um()

    def voxelSizeZInUm(self) -> float:
        """Voxel size along z in micrometres; a `ZException` when the unit is ``none``."""
        return self.voxelSizeZ * self._unit_in_um()

    def _unit_in_um(self) -> float:
        if self.voxelSizeUnit not in _IN_UM:
            raise ZException("no resolution info: the unit of the voxel size is none")
        return _IN_UM[self.voxelSizeUnit]

    @property
    def size(self) -> tuple[int, int, int, int, int]:
        """Voxels along x, y, z, number of channels, number of times."""
        return self.width, self.height, self.depth, self.numChannels, self.numTimes


def _sizes(sizes: tuple[int | None, ...]) -> list[int]:
    """Sizes as integers; negative ones are refused."""
    checked = [int(n or 0) for n in sizes]
    if min(checked) < 0 or checked != [n or 0 for n in sizes]:
        raise TypeError(f"sizes of an image are integers from 0 up, got {sizes}")
    return checked


def described(info: ZImgInfo, like: ZImgInfo) -> ZImgInfo:
    """`info` with the metadata of `like`: lists are cut, or filled up with what `info` has.

    Sizes and type stay those of `info`; voxel sizes, unit, valid bits, names, colours, time
    stamps, position and the alpha flag come from `like`.
    """
    result = deepcopy(like)
    for name in ("width", "height", "depth", "numChannels", "numTimes"):
        setattr(result, name, getattr(info, name))
    result.bytesPerVoxel, result.voxelFormat = info.bytesPerVoxel, info.voxelFormat
    for name in ("timeStamps", "channelNames", "channelColors"):
        own = getattr(info, name)
        given = getattr(result, name)[: len(own)]
        setattr(result, name, given + own[len(given) :])
    return result


def cut(info: ZImgInfo, region: ZImgRegion) -> ZImgInfo:
    """What is known about a resolved `region` of an image; `position` is not moved."""
    result = deepcopy(info)
    result.width, result.height, result.depth, result.numChannels, result.numTimes = region.size
    channels = slice(region.start.c, region.end.c)
    result.channelNames = result.channelNames[channels]
    result.channelColors = result.channelColors[channels]
    result.timeStamps = result.timeStamps[region.times]
    last = region.end.c == info.numChannels
    result.lastChannelIsAlphaChannel = info.lastChannelIsAlphaChannel and last
    return result
