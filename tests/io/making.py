"""Files of others, built here: OME-TIFF from its XML, LIF from its description."""

import struct
from collections.abc import Sequence
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
