"""MetaImage files (.mha, .mhd): a header of text, then one volume in it or in a file beside it."""

from pathlib import Path
from typing import Any

import numpy as np

from zimg._errors import ZException
from zimg.io.formats.metaimage.metadata import (
    image_info,
    integer,
    is_true,
    read_header,
    stored_type,
)
from zimg.io.formats.shared.volume import Storage, VolumeFile, beside
from zimg.values import FileFormat, ZImgInfo


def open_metaimage(path: Path, format: FileFormat) -> VolumeFile:  # noqa: ARG001
    """Open a MetaImage file; its header is read now, its voxels later.

    Raises
    ------
    ZException
        For a header that is damaged, 4 dimensions, voxels as text, voxels in several files, or in
        one outside the folder of the header; also when that file is too short.
    """
    fields, end = read_header(path)
    stored = stored_type(fields)
    info = image_info(fields, stored)
    file, scene = _storage(path, fields, end, stored, info).open(info)
    return VolumeFile("MetaImage", file, scene)


def _storage(
    path: Path, fields: dict[str, str], end: int, stored: np.dtype[Any], info: ZImgInfo
) -> Storage:
    if not is_true(fields, "BinaryData", "True"):
        raise ZException("its voxels are text (BinaryData = False), which is not read")
    name = fields["ElementDataFile"]
    if name.upper().startswith("LIST") or "%" in name:
        raise ZException(f"its voxels lie in several files ({name}), which is not read")
    local = name.upper() == "LOCAL"
    data = path if local else beside(path, name)
    skip = integer(fields, "HeaderSize", "0")
    start = (end if local else 0) + max(skip, 0)
    axes = "cxyzt"
    if is_true(fields, "CompressedData"):
        size = integer(fields, "CompressedDataSize", "0")
        return Storage(data, stored, axes, "zlib", start, size if size > 0 else None)
    if skip == -1:
        x, y, z, c, _ = info.size
        start = data.stat().st_size - x * y * z * c * stored.itemsize
    return Storage(data, stored, axes, offset=start)
