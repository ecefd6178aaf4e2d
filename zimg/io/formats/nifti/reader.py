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
    """Open a NIfTI file and read its header; voxels are read on demand.

    Parameters
    ----------
    path
        A single file, or either file of a pair.
    format
        Ignored.

    Raises
    ------
    ZException
        When the header is damaged, the type complex, the second file missing or too short, or there
        are more than 5 axes.
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
        return VolumeFile("NIfTI", file, scene, [head, data])
    scaled = ScaledScene(scene, header.slope, header.intercept)
    return VolumeFile("NIfTI", file, scaled, [head, data])


def _ends(path: Path, suffix: str) -> bool:
    return path.name.lower().removesuffix(".gz").endswith(suffix)


def _other(path: Path, suffix: str) -> Path:
    """The second file of a pair, compressed or not, with a suffix in the same case."""
    stem = path.name[: -len(".hdr.gz")] if path.suffix.lower() == ".gz" else path.stem
    for name in (suffix, suffix.upper(), f"{suffix}.gz"):
        if path.with_name(stem + name).is_file():
            return path.with_name(stem + name)
    raise ZException(f"the companion file {stem}{suffix} does not exist")


def _is_packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == GZIP


def _head(path: Path, size: int = USUAL_HEADER) -> bytes:
    """The first bytes, decompressed."""
    with path.open("rb") as file:
        data = file.read(size)
    if not data.startswith(GZIP):
        return data
    try:
        return zlib.decompressobj(zlib.MAX_WBITS + 16).decompress(data, size)
    except zlib.error as error:
        raise ZException(f"the compressed NIfTI header is damaged: {error}") from error
