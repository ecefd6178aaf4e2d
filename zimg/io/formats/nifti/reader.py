"""NIfTI and Analyze 7.5 files (.nii, .nii.gz, .hdr with .img): one volume, or one for each time."""

import zlib
from pathlib import Path

from zimg._errors import ZException
from zimg.io.formats.nifti.header import comment, parsed
from zimg.io.formats.nifti.metadata import image_info, sizes_of
from zimg.io.formats.nifti.scene import ScaledScene
from zimg.io.formats.shared.extra_metadata import loads
from zimg.io.formats.shared.storage import Storage
from zimg.io.formats.shared.volume import VolumeFile
from zimg.values import FileFormat

GZIP = b"\x1f\x8b"
USUAL_HEADER, LONGEST_HEADER = 2**16, 2**24  # bytes, with extensions


def open_nifti(path: Path, format: FileFormat) -> VolumeFile:  # noqa: ARG001
    """Open a NIfTI file; its header is read now, its voxels later.

    Parameters
    ----------
    path
        The single file, or either one of a pair.
    format
        Not looked at.

    Raises
    ------
    ZException
        For a header that is damaged, complex numbers, more than 5 axes, a missing second file, or a
        file that is too short.
    """
    head = _other(path, ".hdr") if _ends(path, ".img") else path
    first = _head(head)
    header = parsed(first, pair=_ends(head, ".hdr"))
    if header.single and header.offset > len(first):
        first = _head(head, min(header.offset, LONGEST_HEADER))
    data = path if header.single else _other(head, ".img")
    axes = "cxyzt" if header.colors > 1 else "xyztc"
    encoding = "gzip" if _is_packed(data) else ""
    storage = Storage([data], header.stored, axes, encoding, offset=header.offset)
    storage.check(sizes_of(header))
    info = image_info(header)
    loads(info, comment(first, header).decode("ascii", "replace"))
    file, scene = storage.open(info)
    if (header.slope, header.intercept) == (1.0, 0.0):
        return VolumeFile("NIfTI", file, scene)
    return VolumeFile("NIfTI", file, ScaledScene(scene, header.slope, header.intercept))


def _ends(path: Path, suffix: str) -> bool:
    return path.name.lower().removesuffix(".gz").endswith(suffix)


def _other(path: Path, suffix: str) -> Path:
    """The second file of a pair, packed or not, in the case of the first."""
    stem = path.name[: -len(".hdr.gz")] if path.suffix.lower() == ".gz" else path.stem
    for name in (suffix, suffix.upper(), f"{suffix}.gz"):
        if path.with_name(stem + name).is_file():
            return path.with_name(stem + name)
    raise ZException(f"the file {stem}{suffix} beside it does not exist")


def _is_packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == GZIP


def _head(path: Path, size: int = USUAL_HEADER) -> bytes:
    """The first bytes, unpacked."""
    with path.open("rb") as file:
        data = file.read(size)
    if not data.startswith(GZIP):
        return data
    try:
        return zlib.decompressobj(zlib.MAX_WBITS + 16).decompress(data, size)
    except zlib.error as error:
        raise ZException(f"its header cannot be unpacked, it is damaged: {error}") from error
