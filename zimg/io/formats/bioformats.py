"""Files of other microscopes, read by Bio-Formats in a Java machine: the last resort.

Scyjava starts the machine and fetches the jars of Bio-Formats from Maven the first time, which
needs a network and Java; later they come from its cache.
"""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import numpy as np
import scyjava
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.arrays.interop import VOXEL_TYPES
from zimg.io.scenes.scene import Job, PlaneScene
from zimg.io.units import usable
from zimg.values import FileFormat, VoxelSizeUnit, ZImgInfo, ZImgRegion, col4

JARS = "ome:formats-gpl:8.0.1"
# By the numbers of loci.formats.FormatTools.
TYPES = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64")


class BioFormatsReader:
    """An open file of any format that Bio-Formats knows; its series are scenes.

    Parameters
    ----------
    path
        An existing file.
    format
        Only `FileFormat.BioFormats`.

    Raises
    ------
    ZException
        When Java or the jars are not there, or Bio-Formats does not read the file.
    """

    name = "Bio-Formats"

    def __init__(self, path: Path, format: FileFormat) -> None:  # noqa: ARG002 (it is the only one)
        _start()
        self._reader = scyjava.jimport("loci.formats.ImageReader")()
        service = scyjava.jimport("loci.formats.MetadataTools")
        self._metadata = service.createOMEXMLMetadata()
        try:
            self._reader.setMetadataStore(self._metadata)
            self._reader.setId(str(path))
            lock = Lock()
            count = int(self._reader.getSeriesCount())
            self.scenes = [self._scene(series, lock) for series in range(count)]
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._reader.close()

    def _scene(self, series: int, lock: Lock) -> "BioFormatsScene":
        reader = self._reader
        reader.setSeries(series)
        kind = int(reader.getPixelType())
        if not 0 <= kind < len(TYPES):
            raise ZException(f"voxels of its series {series} have the type {kind}")
        sizes = (reader.getSizeX(), reader.getSizeY(), reader.getSizeZ(), reader.getSizeC())
        x, y, z, c = (int(size) for size in sizes)
        info = ZImgInfo(x, y, z, c, int(reader.getSizeT()), *VOXEL_TYPES[TYPES[kind]])
        info.validBitCount = int(reader.getBitsPerPixel())
        _describe(info, self._metadata, series)
        order: Literal["<", ">"] = "<" if reader.isLittleEndian() else ">"
        stored = np.dtype(TYPES[kind]).newbyteorder(order)
        return BioFormatsScene(reader, series, info, stored, lock)


class BioFormatsScene(PlaneScene):
    """A series.

    Parameters
    ----------
    reader
        The ``loci.formats.ImageReader``, open while the scene is used.
    series
        Number of the series.
    info
        Sizes, type and metadata.
    stored
        Voxel type with its byte order.
    lock
        Held while the reader is used: it stands at one series.
    """

    def __init__(
        self, reader: Any, series: int, info: ZImgInfo, stored: np.dtype[Any], lock: Lock
    ) -> None:
        super().__init__(info, stored.newbyteorder("="))
        self._reader, self._series, self._stored, self._lock = reader, series, stored, lock

    def plan(self, region: ZImgRegion, level: int = 0) -> Sequence[Job]:  # noqa: ARG002
        """A job per plane; only the wanted rectangle is decoded."""

        def job(t: int, z: int) -> Job:
            def fill(out: list[NDArray[Any]]) -> None:
                with self._lock:
                    out[t - region.start.t][:, z - region.start.z] = self._plane(region, t, z)

            return fill

        times, depths = range(region.start.t, region.end.t), range(region.start.z, region.end.z)
        return [job(t, z) for t in times for z in depths]

    def _plane(self, region: ZImgRegion, t: int, z: int) -> NDArray[Any]:
        reader, start = self._reader, region.start
        width, height = region.size[:2]
        reader.setSeries(self._series)
        samples = int(reader.getRGBChannelCount())
        groups = range(start.c // samples, -(-region.end.c // samples))
        found = []
        for group in groups:
            index = reader.getIndex(z, group, t)
            data = bytes(reader.openBytes(index, start.x, start.y, width, height))
            shape = (height, width, samples) if reader.isInterleaved() else (samples, height, width)
            pixels = np.frombuffer(data, self._stored).reshape(shape)
            found.append(np.moveaxis(pixels, -1, 0) if reader.isInterleaved() else pixels)
        first = start.c - groups.start * samples
        return np.concatenate(found)[first : first + region.end.c - start.c]


def _start() -> None:
    """Start Java with the jars, once."""
    if scyjava.jvm_started():
        return
    if JARS not in scyjava.config.endpoints:
        scyjava.config.endpoints.append(JARS)
    try:
        scyjava.start_jvm()
    except (Exception, SystemExit) as error:
        cause = (str(error).strip().splitlines() or [type(error).__name__])[-1]
        raise ZException(
            f"Bio-Formats cannot be started ({cause}): Java and Maven, and once a network to fetch "
            f"{JARS}, are needed"
        ) from error


def _describe(info: ZImgInfo, metadata: Any, series: int) -> None:
    """Voxel sizes in micrometres, names and colours, where they are known."""
    um = scyjava.jimport("ome.units.UNITS").MICROMETER
    for axis in "XYZ":
        length = getattr(metadata, f"getPixelsPhysicalSize{axis}")(series)
        size = usable(None if length is None else _number(length.value(um)))
        if size:
            setattr(info, f"voxelSize{axis}", size)
            info.voxelSizeUnit = VoxelSizeUnit.um
    for channel in range(min(info.numChannels, int(metadata.getChannelCount(series)))):
        info.channelNames[channel] = str(metadata.getChannelName(series, channel) or "")
        color = metadata.getChannelColor(series, channel)
        if color is not None:
            parts = color.getRed(), color.getGreen(), color.getBlue()
            info.channelColors[channel] = col4(*(int(part) for part in parts))


def _number(value: Any) -> float | None:
    """A number of Java; None for what has no value in micrometres."""
    return None if value is None else float(value.doubleValue())
