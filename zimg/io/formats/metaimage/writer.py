"""Write MetaImage files slab by slab, as one file or as header and data file."""

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
    """Refuse several time points, and types and compressions that MetaImage does not support."""
    check_volume(info, parameters, name="MetaImage", times=False)
    if len(info.position) > 3 or not all(map(math.isfinite, info.position)):
        raise ZException(f"MetaImage stores a position of 3 finite numbers, got {info.position}")


def write(path: Path, pixels: Pixels, parameters: ZImgWriteParameters) -> None:
    """Write ``.mhd`` as a header and a data file, other suffixes as one file.

    Notes
    -----
    The data file gets a new name each time. The header that names it is renamed into place last;
    then the old data file and those that killed processes left are removed. A reader that no longer
    finds the data file of an old header reads the header again.
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
    path = Path(
        os.path.realpath(path)
    )  # the data file goes next to the header, not next to a link to it
    suffix = "raw" if parameters.compression == Compression.NONE else "zraw"
    data = path.with_name(f"{_data_stem(path)}-{uuid.uuid4().hex[:8]}.{suffix}")
    try:
        # The hidden header names the data file before it appears, so that `_sweep` of others keeps
        # it.
        with atomic_path(path) as hidden, atomic_path(data, beside=path) as temporary:
            with temporary.open("wb") as file:
                _write_data(file, pixels, parameters)
            head = header(pixels, data.name, parameters)
            with hidden.open("wb") as file:
                file.write(head)
                _fill_in(file, head, temporary.stat().st_size)
    finally:
        _sweep(path)


def _sweep(path: Path) -> None:
    """Remove data files that neither the header nor a pending header names."""
    with suppress(OSError):
        # The order matters: every data file found has a header or a hidden header by then.
        stem = re.escape(_data_stem(path))
        found = _names_beside(path, rf"{stem}-[0-9a-f]{{8}}\.z?raw")
        hidden = _names_beside(path, rf"\..*\.[0-9a-f]{{8}}\.tmp{re.escape(path.suffix)}")
        used = {_data_of(path.with_name(name)) for name in hidden} | {_data_of(path)}
        for name in found:
            if name not in used:
                path.with_name(name).unlink(missing_ok=True)


def _names_beside(path: Path, form: str) -> list[str]:
    return [name for name in os.listdir(path.parent) if re.fullmatch(form, name)]  # noqa: PTH208


def _data_stem(path: Path) -> str:
    """Stem of the name of a data file, without the pattern character for numbered files."""
    return path.stem.replace("%", "_")


def _data_of(head: Path) -> str:
    """The data file of a header that zimg wrote; empty if none."""
    with suppress(OSError), head.open("rb") as file:
        named = re.search(rb"^ElementDataFile = (.+)$", file.read(2**16), re.MULTILINE)
        return named[1].decode("utf-8", "replace").strip() if named else ""
    return ""


def _write_data(file: BinaryIO, pixels: Pixels, parameters: ZImgWriteParameters) -> None:
    """Write the voxels, channels fastest, little-endian, compressed as `parameters` say."""
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
    """Fill the compressed size into the header at the start of `file`."""
    place = head.find(SIZE)
    if place >= 0:
        file.seek(place + len(SIZE))
        file.write(f"{packed:{SIZE_WIDTH}}".encode())
