"""The header of a MetaImage file that describes an image."""

from collections.abc import Iterator

from zimg.io.formats.shared.volume import stated_position, stated_size
from zimg.io.parameters import ZImgWriteParameters
from zimg.io.writer import Pixels
from zimg.values import Compression, VoxelSizeUnit

TYPES = {
    "int8": "CHAR",
    "uint8": "UCHAR",
    "int16": "SHORT",
    "uint16": "USHORT",
    "int32": "INT",
    "uint32": "UINT",
    "int64": "LONG_LONG",
    "uint64": "ULONG_LONG",
    "float32": "FLOAT",
    "float64": "DOUBLE",
}
UNITS = dict.fromkeys((VoxelSizeUnit.um, VoxelSizeUnit.mm, VoxelSizeUnit.cm))
SIZE = b"CompressedDataSize = "
SIZE_WIDTH = 20  # width of the field for the compressed size, which is filled in later


def header(pixels: Pixels, data: str, parameters: ZImgWriteParameters) -> bytes:
    """The header for an image whose voxels are in `data`: a file name, or LOCAL."""
    packed = parameters.compression != Compression.NONE
    return "".join(f"{line}\n" for line in _lines(pixels, data, packed=packed)).encode()


def _lines(pixels: Pixels, data: str, *, packed: bool) -> Iterator[str]:
    info = pixels.info
    yield from ("ObjectType = Image", "NDims = 3", "BinaryData = True")
    yield from ("BinaryDataByteOrderMSB = False", f"CompressedData = {packed}")
    if packed:
        yield f"{SIZE.decode()}{0:{SIZE_WIDTH}}"
    unit, sizes = stated_size(info, UNITS)
    place = " ".join(f"{value:.17g}" for value in stated_position(info, unit))
    yield from ("TransformMatrix = 1 0 0 0 1 0 0 0 1", f"Offset = {place}")
    yield "CenterOfRotation = 0 0 0"
    if unit != VoxelSizeUnit.none:
        yield f"DistanceUnits = {unit.name}"
        yield f"ElementSpacing = {' '.join(map(repr, sizes))}"
    yield f"DimSize = {info.width} {info.height} {info.depth}"
    if info.numChannels > 1:
        yield f"ElementNumberOfChannels = {info.numChannels}"
    yield f"ElementType = MET_{TYPES[pixels.dtype.name]}"
    yield f"ElementDataFile = {data}"
