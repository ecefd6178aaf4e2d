"""Write NIfTI-1 files slab by slab."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

import numpy as np

from zimg._errors import ZException
from zimg.io.disk.atomic import atomic_path
from zimg.io.formats.nifti.describe import header
from zimg.io.formats.shared.volume import check_volume, time_step
from zimg.io.options import check_options
from zimg.io.parameters import ZImgWriteParameters
from zimg.io.writer import Pixels
from zimg.values import Compression, ZImgInfo

LARGEST_SIZE = 2**15 - 1  # along an axis
CHUNK = 2**22


def check(info: ZImgInfo, parameters: ZImgWriteParameters) -> None:
    """Refuse images and options that NIfTI-1 does not support."""
    check_volume(info, parameters, name="NIfTI")
    time_step(info, "NIfTI")
    if max(info.size) > LARGEST_SIZE:
        raise ZException(f"NIfTI-1 stores at most {LARGEST_SIZE} voxels along an axis")


def write(path: Path, pixels: Pixels, parameters: ZImgWriteParameters) -> None:
    """Write ``.nii.gz`` compressed, other suffixes uncompressed."""
    named_packed = path.name.lower().endswith(".gz")
    if parameters.compression not in (Compression.AUTO, _packing(packed=named_packed)):
        raise ZException(
            f"compression {Compression(parameters.compression).name} does not match the "
            "suffix: .nii.gz "
            "files are compressed by deflate, .nii files are not compressed"
        )
    if not named_packed:
        check_options("uncompressed NIfTI (.nii)", parameters, ())
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        if not named_packed:
            _write_plain(file, pixels)
            return
        packer = _Packer(file, parameters.zlibCompressionLevel)
        if pixels.info.numChannels == 1:
            _write_in_order(packer, pixels)
        else:
            _write_sorted(packer, pixels, path.absolute().parent)
        packer.close()


def _packing(*, packed: bool) -> Compression:
    return Compression.DEFLATE if packed else Compression.NONE


class _Packer:
    """A file object that compresses with gzip."""

    def __init__(self, file: BinaryIO, level: int) -> None:
        self._file = file
        self._packer = zlib.compressobj(level, wbits=zlib.MAX_WBITS + 16)

    def write(self, data: bytes | memoryview) -> None:
        self._file.write(self._packer.compress(data))

    def close(self) -> None:
        self._file.write(self._packer.flush())


def _write_plain(file: BinaryIO, pixels: Pixels) -> None:
    """Write header and voxels, channel by channel with all time points."""
    head = header(pixels.info)
    file.write(head)
    for number, data in _planes(pixels):
        file.seek(len(head) + number * len(data))
        file.write(data)


def _write_in_order(packer: _Packer, pixels: Pixels) -> None:
    """Write header and voxels of a single channel, whose planes arrive in file order."""
    packer.write(header(pixels.info))
    for _, data in _planes(pixels):
        packer.write(data)


def _write_sorted(packer: _Packer, pixels: Pixels, folder: Path) -> None:
    """Write header and voxels, sorted into file order in a scratch file."""
    with TemporaryFile(dir=folder) as scratch:
        _write_plain(scratch, pixels)
        scratch.seek(0)
        while data := scratch.read(CHUNK):
            packer.write(data)


def _planes(pixels: Pixels) -> Iterator[tuple[int, memoryview]]:
    """Yield each plane with its place in the file, in slab order."""
    info, stored = pixels.info, pixels.dtype.newbyteorder("<")
    for time in range(info.numTimes):
        for z in range(info.depth):
            slab = pixels.slab(time, z, z + 1)
            for channel in range(info.numChannels):
                number = (channel * info.numTimes + time) * info.depth + z
                data = np.ascontiguousarray(slab[channel, 0], stored)
                yield number, data.reshape(-1).view(np.uint8).data
