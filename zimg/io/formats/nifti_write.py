"""Writing of NIfTI-1 files, slab by slab."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO

import numpy as np

from zimg._errors import ZException
from zimg.io.disk.atomic import atomic_path
from zimg.io.formats.keeping import kept
from zimg.io.formats.nifti_header import (
    CODES,
    MAGICS,
    SIZES,
    SPACE,
    VECTOR,
    extension,
    header_type,
)
from zimg.io.formats.volume import check_volume, stated_size, time_step
from zimg.io.options import check_options
from zimg.io.parameters import ZImgWriteParameters
from zimg.io.writer import Pixels
from zimg.values import Compression, VoxelSizeUnit, ZImgInfo

UNITS = {VoxelSizeUnit[name]: code for code, name in SPACE.items()}
SECONDS = 8
LARGEST_SIZE = 2**15 - 1  # along an axis
CHUNK = 2**22


def check(info: ZImgInfo, parameters: ZImgWriteParameters) -> None:
    """Refuse what NIfTI-1 cannot hold: longer axes, uneven times, other types and packing."""
    check_volume(info, parameters, name="NIfTI")
    time_step(info, "NIfTI")
    if max(info.size) > LARGEST_SIZE:
        raise ZException(f"NIfTI-1 has at most {LARGEST_SIZE} voxels along an axis")


def write(path: Path, pixels: Pixels, parameters: ZImgWriteParameters) -> None:
    """Write ``.nii.gz`` packed, anything else as it is."""
    named_packed = path.name.lower().endswith(".gz")
    if parameters.compression not in (Compression.AUTO, _packing(packed=named_packed)):
        raise ZException(
            f"{Compression(parameters.compression).name} does not fit the name: .nii.gz is packed "
            "by deflate, .nii is not packed"
        )
    if not named_packed:
        check_options("NIfTI named .nii, which is not packed,", parameters, ())
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
    """Packs by gzip what is written."""

    def __init__(self, file: BinaryIO, level: int) -> None:
        self._file = file
        self._packer = zlib.compressobj(level, wbits=zlib.MAX_WBITS + 16)

    def write(self, data: bytes | memoryview) -> None:
        self._file.write(self._packer.compress(data))

    def close(self) -> None:
        self._file.write(self._packer.flush())


def _write_plain(file: BinaryIO, pixels: Pixels) -> None:
    """Header and voxels; channels lie one after the other, each with all its times."""
    head = _header(pixels.info)
    file.write(head)
    for number, data in _planes(pixels):
        file.seek(len(head) + number * len(data))
        file.write(data)


def _write_in_order(packer: _Packer, pixels: Pixels) -> None:
    """Header and voxels of a single channel, whose planes come in the order of the file."""
    packer.write(_header(pixels.info))
    for _, data in _planes(pixels):
        packer.write(data)


def _write_sorted(packer: _Packer, pixels: Pixels, folder: Path) -> None:
    """Header and voxels, whose planes are put in the order of the file in a scratch file first."""
    with TemporaryFile(dir=folder) as scratch:
        _write_plain(scratch, pixels)
        scratch.seek(0)
        while data := scratch.read(CHUNK):
            packer.write(data)


def _planes(pixels: Pixels) -> Iterator[tuple[int, memoryview]]:
    """Each plane with its place in the file, as the slabs come."""
    info, stored = pixels.info, pixels.dtype.newbyteorder("<")
    for time in range(info.numTimes):
        for z in range(info.depth):
            slab = pixels.slab(time, z, z + 1)
            for channel in range(info.numChannels):
                number = (channel * info.numTimes + time) * info.depth + z
                data = np.ascontiguousarray(slab[channel, 0], stored)
                yield number, data.reshape(-1).view(np.uint8).data


def _header(info: ZImgInfo) -> bytes:
    sizes = [info.width, info.height, info.depth, info.numTimes, info.numChannels]
    count = 5 if info.numChannels > 1 else 4 if info.numTimes > 1 else 3
    unit, voxel = stated_size(info, UNITS)
    first, step = time_step(info, "NIfTI")
    known = unit != VoxelSizeUnit.none
    after = extension(kept(info).encode())
    fields: dict[str, Any] = {
        "sizeof_hdr": SIZES[1],
        "dim": [count, *sizes, 1, 1],
        "intent_code": VECTOR if info.numChannels > 1 else 0,
        "datatype": CODES[info.dataTypeString()],
        "bitpix": 8 * info.bytesPerVoxel,
        "pixdim": [1, *(voxel if known else (1, 1, 1)), step, 1, 1, 1],
        "vox_offset": SIZES[1] + len(after),
        "scl_slope": 1,
        "xyzt_units": UNITS.get(unit, 0) | (SECONDS if info.numTimes > 1 else 0),
        "toffset": first,
        "magic": MAGICS[1][0],
    }
    header = np.zeros((), header_type(1))
    for name, value in fields.items():
        header[name] = value
    return header.tobytes() + after
