"""Files of others, built here: OME-TIFF from its XML, LIF from its description."""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import tifffile

OME = (
    '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:{uuid}">{}</OME>'
)
SIZES = 'SizeX="30" SizeY="20" SizeZ="3" SizeC="2" SizeT="1" Type="uint16" DimensionOrder="XYZCT"'


def described(blocks: str, uuid: str = "0", images: int = 1) -> str:
    image = f'<Image Name="µ"><Pixels {SIZES}>{blocks}</Pixels></Image>'
    return OME.format(image * images, uuid=uuid)


def block(name: str, channel: int, uuid: str, count: int = 3) -> str:
    own = f'<UUID FileName="{name}">urn:uuid:{uuid}</UUID>'
    return f'<TiffData IFD="0" FirstC="{channel}" PlaneCount="{count}">{own}</TiffData>'


def pages(path: Path, data: np.ndarray, description: str) -> Path:
    with tifffile.TiffWriter(path) as file:
        for number, page in enumerate(data):
            text = description.encode() if number == 0 else None
            file.write(page, photometric="minisblack", description=text, metadata=None)
    return path


DIMENSION = {"X": 1, "Y": 2, "Z": 3, "T": 4, "λ": 5, "M": 10}


def lif_xml(
    array: np.ndarray,
    axes: str,
    stamps: Sequence[int],
    bits: int,
    luts: Sequence[str],
    flips: str = "",
) -> str:
    """XML of one image whose block holds `array` with these axes, the slowest first."""
    steps = dict(zip(axes, array.strides, strict=True))
    channels = "".join(
        f'<ChannelDescription DataType="0" ChannelTag="0" Resolution="{bits}" '
        f'NameOfMeasuredQuantity="" Min="0" Max="1" Unit="" LUTName="{lut}" IsLUTInverted="0" '
        f'BytesInc="{c * steps.get("C", 0)}" BitInc="0"/>'
        for c, lut in enumerate(luts)
    )
    dimensions = "".join(
        f'<DimensionDescription DimID="{DIMENSION[axis]}" NumberOfElements="{n}" Origin="0" '
        f'Length="{(n - 1) * 1e-6}" Unit="m" BitInc="0" BytesInc="{steps[axis]}"/>'
        for axis, n in zip(axes, array.shape, strict=True)
        if axis != "C"
    )
    text = " ".join(f"{stamp:x}" for stamp in stamps)
    return (
        '<LMSDataContainerHeader Version="2"><Element Name="p"><Children>'
        f'<Element Name="a"><Data><Image><ImageDescription><Channels>{channels}</Channels>'
        f"<Dimensions>{dimensions}</Dimensions></ImageDescription>"
        f"<TimeStampList>{text}</TimeStampList>{flips}</Image></Data>"
        f'<Memory Size="{array.nbytes}" MemoryBlockID="MemBlock_1"/></Element>'
        "</Children></Element></LMSDataContainerHeader>"
    )


def lif(
    path: Path,
    array: np.ndarray,
    axes: str,
    stamps: Sequence[int] = (),
    bits: int = 0,
    luts: Sequence[str] = (),
    flips: str = "",
) -> Path:
    """A file of one image whose axes are `axes`, the slowest first."""
    luts = luts or ["Red"] * (array.shape[axes.index("C")] if "C" in axes else 1)
    xml = lif_xml(array, axes, stamps, bits or 8 * array.itemsize, luts, flips)
    block = "MemBlock_1".encode("utf-16-le")
    text = xml.encode("utf-16-le")
    head = struct.pack("<IIBI", 0x70, len(text) + 5, 0x2A, len(text) // 2)
    memory = struct.pack("<IIBQBI", 0x70, len(block) + 14, 0x2A, array.nbytes, 0x2A, 10)
    path.write_bytes(head + text + memory + block + array.tobytes())
    return path


def lof(path: Path, array: np.ndarray, axes: str) -> Path:
    """A file of one image without a header of its own for the block of its voxels."""
    kind, text = (
        text.encode("utf-16-le")
        for text in ("LMS_Object_File", lif_xml(array, axes, [], 8 * array.itemsize, ["Red"]))
    )
    head = struct.pack("<IIBI", 0x70, len(kind) + 5, 0x2A, len(kind) // 2) + kind
    block = struct.pack("<BIBIBQ", 0x2A, 2, 0x2A, 0, 0x2A, array.nbytes) + array.tobytes()
    tail = struct.pack("<IIBI", 0x70, len(text) + 5, 0x2A, len(text) // 2) + text
    path.write_bytes(head + block + tail)
    return path


def xlif(path: Path, array: np.ndarray, axes: str, *frames: str) -> Path:
    """A description whose voxels lie in other files."""
    lie = "".join(
        f'<Frame File="{name}" Offset="62" Size="{array.nbytes}" UUID=""/>' for name in frames
    )
    empty = f'<Memory Size="{array.nbytes}" MemoryBlockID="MemBlock_1"/>'
    xml = lif_xml(array, axes, [], 8 * array.itemsize, ["Red"]).replace(
        empty, empty[:-2] + f">{lie}</Memory>"
    )
    # The image is the element itself, not one below it.
    xml = xml.replace('<Element Name="p"><Children>', "").replace("</Children></Element>", "")
    path.write_text(f'<?xml version="1.0"?>{xml}', encoding="utf-8")
    return path


def xlef(path: Path, *references: str) -> Path:
    """A project: a list of descriptions."""
    listed = "".join(f'<Reference File="{name}" UUID=""/>' for name in references)
    path.write_text(
        '<?xml version="1.0"?><LMSDataContainerHeader Version="2"><Element Name="project">'
        f'<Data><Experiment Path="x"/></Data><Children>{listed}</Children></Element>'
        "</LMSDataContainerHeader>",
        encoding="utf-8",
    )
    return path


def directory(at: int, tags: Sequence[tuple[int, int, int, int]], following: int = 0) -> bytes:
    """A directory of a little-endian TIFF; values of two bytes lie in the first ones."""
    assert at % 2 == 0
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return struct.pack("<H", len(tags)) + entries + struct.pack("<I", following)


def stk(path: Path, data: np.ndarray, distance: int = 500, times: Sequence[int] = ()) -> Path:
    """A stack of MetaMorph: one directory for all planes (Z, Y, X) of uint16.

    `distance` is that of planes in thousandths, `times` are milliseconds of each.
    """
    planes, height, width = data.shape
    pixels = data.astype("<u2").tobytes()
    uic1, uic2 = 8 + len(pixels), 16 + len(pixels)
    uic3 = uic2 + 24 * planes
    place = uic3 + 8 * planes
    tags = [
        *((256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 16), (259, 3, 1, 1)),
        *((262, 3, 1, 1), (273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, height)),
        *((279, 4, 1, 2 * width * height), (33628, 4, 1, uic1), (33629, 5, planes, uic2)),
        (33630, 5, planes, uic3),
    ]
    stamps = [*times, *[0] * planes][:planes]
    described = struct.pack("<2I", 1, 1)
    for stamp in stamps:
        described += struct.pack("<6I", distance, 1000, 2453000, stamp, 2453000, stamp)
    described += struct.pack("<2I", 0, 1) * planes
    head = b"II*\0" + struct.pack("<I", place)
    path.write_bytes(head + pixels + described + directory(place, tags))
    return path


def lsm(path: Path, data: np.ndarray, first: int = 100_000, step: int = 10_000) -> Path:
    """A Zeiss LSM of uint8 (Z, C, Y, X), a thumbnail after each plane; offsets have 32 bits.

    The file is sparse: `first` and `step` may make it larger than 4 GiB.
    """
    depth, channels, height, width = data.shape
    block = bytearray(512)
    struct.pack_into("<IIiiiiii", block, 0, 0x400494C, 512, width, height, depth, channels, 1, 1)
    struct.pack_into("<ddd", block, 40, 1e-7, 2e-7, 5e-7)
    block_at, out = 60_000, bytearray(b"II*\0" + struct.pack("<I", 8))
    for number in range(2 * depth):
        z, small = divmod(number, 2)
        wide, high = (8, 8) if small else (width, height)
        places = [first + z * step + small * step // 2 + c * wide * high for c in range(channels)]
        count = 11 if number == 0 else 10
        end = len(out) + 2 + 12 * count + 4
        offsets, counts = end + 8, end + 8 + 4 * channels
        following = counts + 4 * channels
        tags = [
            *((254, 4, 1, small), (256, 4, 1, wide), (257, 4, 1, high), (258, 3, channels, end)),
            *((259, 3, 1, 1), (262, 3, 1, 2), (273, 4, channels, offsets), (277, 3, 1, channels)),
            *((279, 4, channels, counts), (284, 3, 1, 2)),
            *([(34412, 1, 512, block_at)] if number == 0 else []),
        ]
        out += directory(len(out), tags, following if number + 1 < 2 * depth else 0)
        out += struct.pack("<4H", 8, 8, 8, 0)
        out += struct.pack(f"<{channels}I", *(place % 2**32 for place in places))
        out += struct.pack(f"<{channels}I", *[wide * high] * channels)
    with path.open("wb") as file:
        file.write(out)
        file.seek(block_at)
        file.write(block)
        for z in range(depth):
            file.seek(first + z * step)
            file.write(data[z].tobytes())
        file.truncate(first + depth * step)
    return path


MRC_MODES = {"i1": 0, "u1": 0, "i2": 1, "u2": 6, "f2": 12, "f4": 2}


def mrc(
    path: Path, array: np.ndarray, header: Mapping[int, object] = {}, *, stamped: bool = True
) -> Path:
    """A volume (Z, Y, X) behind a header, in which 32-bit fields are set by their place."""
    order = ">" if array.dtype.str[0] == ">" else "<"
    fields = bytearray(1024)
    sizes = array.shape[::-1]
    known = {**dict(enumerate(sizes)), 3: MRC_MODES[array.dtype.str[1:]]}
    known |= {7 + n: size for n, size in enumerate(sizes)} | {16 + n: n + 1 for n in range(3)}
    for place, value in {**{4 * n: v for n, v in known.items()}, **header}.items():
        kind = "f" if isinstance(value, np.floating) else "i"
        struct.pack_into(order + kind, fields, place, value)
    if stamped:
        fields[208:212] = b"MAP "
        fields[212:214] = b"\x44\x44" if order == "<" else b"\x11\x11"
    path.write_bytes(bytes(fields) + array.tobytes())
    return path
