"""Writing of MetaImage files, slab by slab, in one file or two."""

import math
import os
import re
import uuid
import zlib
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np

from zimg._errors import ZException
from zimg.io.disk.atomic import atomic_path
from zimg.io.formats.metaimage.describe import SIZE, SIZE_WIDTH, header
from zimg.io.formats.shared.volume import check_volume
from zimg.io.parameters import ZImgWriteParameters
from zimg.io.writer import Pixels
from zimg.values import Compression, ZImgInfo


def check(info: ZImgInfo, parameters: ZImgWriteParameters) -> None:
    """Refuse what MetaImage cannot hold: several times, other types, other ways of packing."""
    check_volume(info, parameters, name="MetaImage", times=False)
    if len(info.position) > 3 or not all(map(math.isfinite, info.position)):
        raise ZException(f"MetaImage holds a position of 3 finite numbers, not {info.position}")


def write(path: Path, pixels: Pixels, parameters: ZImgWriteParameters) -> None:
    """Write ``.mhd`` as a header and a file beside it, anything else as one file.

    Notes
    -----
    The file beside a header has a name of its own each time; the header, which names it, appears
    last, and the file that the old header named is removed then. So a header always finds its data.
    """
    if path.suffix.lower() == ".mhd":
        _write_two(path, pixels, parameters)
        return
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        head = header(pixels, "LOCAL", parameters)
        file.write(head)
        _write_data(file, pixels, parameters)
        _fill_in(file, head, file.tell() - len(head))


def _write_two(path: Path, pixels: Pixels, parameters: ZImgWriteParameters) -> None:
    path = Path(os.path.realpath(path))  # the file is beside the header, not beside a link to it
    old = _own_data(path)
    suffix = "raw" if parameters.compression == Compression.NONE else "zraw"
    data = path.with_name(f"{_data_stem(path)}-{uuid.uuid4().hex[:8]}.{suffix}")
    try:
        with atomic_path(data, beside=path) as temporary, temporary.open("wb") as file:
            _write_data(file, pixels, parameters)
        head = header(pixels, data.name, parameters)
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            file.write(head)
            _fill_in(file, head, data.stat().st_size)
    finally:
        unused = old if _own_data(path) == data else data
        if unused is not None:
            with suppress(OSError):
                unused.unlink(missing_ok=True)


def _data_stem(path: Path) -> str:
    """The begin of the name of a data file, without the sign for a row of files."""
    return path.stem.replace("%", "_")


def _own_data(path: Path) -> Path | None:
    """The data file of an existing header, if its name is one that only `_write_two` gives."""
    with suppress(OSError):
        named = re.search(rb"^ElementDataFile = (.+)$", path.read_bytes()[:65536], re.MULTILINE)
        name = named[1].decode("utf-8", "replace").strip() if named else ""
        if re.fullmatch(re.escape(_data_stem(path)) + r"-[0-9a-f]{8}\.z?raw", name):
            return path.with_name(name)
    return None


def _write_data(file: BinaryIO, pixels: Pixels, parameters: ZImgWriteParameters) -> None:
    """Write the voxels, channels fastest, low bytes first; the level is that of `parameters`."""
    stored = pixels.dtype.newbyteorder("<")
    none = parameters.compression == Compression.NONE
    packer = None if none else zlib.compressobj(parameters.zlibCompressionLevel)
    for z in range(pixels.info.depth):
        plane = np.moveaxis(pixels.slab(0, z, z + 1)[:, 0], 0, -1)
        data = np.ascontiguousarray(plane, stored).reshape(-1).view(np.uint8).data
        file.write(packer.compress(data) if packer else data)
    if packer:
        file.write(packer.flush())


def _fill_in(file: BinaryIO, head: bytes, packed: int) -> None:
    """Put the size of the packed voxels into the header at the start of `file`."""
    place = head.find(SIZE)
    if place >= 0:
        file.seek(place + len(SIZE))
        file.write(f"{packed:{SIZE_WIDTH}}".encode())
