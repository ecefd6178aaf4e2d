"""Make the header of a NIfTI-1 file."""

from typing import Any

import numpy as np

from zimg.io.formats.nifti.header import (
    CODES,
    MAGICS,
    SIZES,
    SPACE,
    VECTOR,
    extension,
    header_type,
)
from zimg.io.formats.shared.extra_metadata import dumps
from zimg.io.formats.shared.volume import stated_size, time_step
from zimg.values import VoxelSizeUnit, ZImgInfo

UNITS = {VoxelSizeUnit[name]: code for code, name in SPACE.items()}
SECONDS = 8


def header(info: ZImgInfo) -> bytes:
    """The header with its extension: all bytes before the first voxel of a single file."""
    sizes = [info.width, info.height, info.depth, info.numTimes, info.numChannels]
    count = 5 if info.numChannels > 1 else 4 if info.numTimes > 1 else 3
    unit, voxel = stated_size(info, UNITS)
    first, step = time_step(info, "NIfTI")
    known = unit != VoxelSizeUnit.none
    after = extension(dumps(info).encode())
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
