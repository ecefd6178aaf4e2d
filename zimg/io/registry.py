"""Which reader or writer a file is for: by what it contains, then by its name."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from zimg._errors import ZException
from zimg.image import FileFormat
from zimg.image.source import MissingFileError, located
from zimg.io.atomic import recovered
from zimg.io.errors import told_of
from zimg.io.reader import Reader
from zimg.io.writer import Writer


@dataclass(frozen=True, slots=True)
class Format:
    """Formats that one reader, one writer or both are for.

    Parameters
    ----------
    name
        As it is named in errors and tables.
    formats
        Members of `FileFormat` that it stands for.
    suffixes
        Ends of file names, in lower case.
    signatures
        Pairs of place and bytes; a file that has one of them is of this format.
    marks
        Names of files that a folder of this format contains one of.
    reader
        ``module:name`` of what opens a path with a `FileFormat`; empty when nothing does.
    writer
        Module with `check` and `write`; empty when nothing does.
    write_suffixes
        Ends of file names that are written; those that are read when not given.
    extra
        Extra of the distribution that brings what is needed.
    requires
        Packages that are imported beyond those of the core.
    """

    name: str
    formats: tuple[FileFormat, ...]
    suffixes: tuple[str, ...]
    signatures: tuple[tuple[int, bytes], ...] = ()
    marks: tuple[str, ...] = ()
    reader: str = ""
    writer: str = ""
    write_suffixes: tuple[str, ...] = field(default=())
    extra: str = ""
    requires: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """Packages that are required and not installed."""
        return tuple(name for name in self.requires if find_spec(name.split(".")[0]) is None)

    def check_installed(self) -> None:
        """Raise a `ZException` that names the extra to install, when something is missing."""
        if self.missing:
            raise ZException(
                f"{self.name} needs {', '.join(self.missing)}; "
                f'pip install "zimg-xp[{self.extra}]" adds it'
            )

    def open(self, path: Path | str, format: FileFormat) -> Reader:
        """Open `path`, or an address, with the reader of this format, which is imported now."""
        self.check_installed()
        module, _, name = self.reader.partition(":")
        make: Callable[[Path | str, FileFormat], Reader] = getattr(import_module(module), name)
        return make(path, format)

    def writing(self) -> Writer:
        """The module that writes this format, imported now."""
        self.check_installed()
        return import_module(self.writer)

    def has_signature(self, head: bytes) -> bool:
        """Whether the first bytes of a file are those of this format."""
        return any(head.startswith(mark, place) for place, mark in self.signatures)


TIFF = (".tif", ".tiff", ".tf2", ".tf8", ".btf")
OME_TIFF = tuple(f".ome{suffix}" for suffix in TIFF)
# What no other reader is for.
_OIIO = (
    *(".bmp", ".dib", ".tga", ".tpic", ".gif", ".webp", ".jp2", ".j2k", ".j2c", ".jph", ".jxl"),
    *(".exr", ".sxr", ".mxr", ".rgbe", ".ppm", ".pgm", ".pbm", ".pnm", ".pfm", ".dpx", ".cin"),
    *(".psd", ".pdd", ".psb", ".ico", ".iff", ".sgi", ".rgb", ".rgba", ".bw", ".dds", ".fits"),
    *(".pic", ".rla"),
)
_BIO_FORMATS = (
    *(".nd2", ".oib", ".oif", ".vsi", ".ims", ".zvi", ".dv", ".stk", ".lei", ".mrc", ".ipl"),
    *(".flex", ".sld", ".mvd2", ".obf", ".msr"),
)

# The first that fits is taken; by suffix, the longest one.
FORMATS = (
    Format(
        name="TIFF",
        formats=(FileFormat.Tiff,),
        suffixes=TIFF,
        signatures=((0, b"II*\0"), (0, b"MM\0*"), (0, b"II+\0"), (0, b"MM\0+")),
        reader="zimg.io.formats.tiff.reader:TiffReader",
        writer="zimg.io.formats.tiff.write",
    ),
    Format(
        name="OME-TIFF",
        formats=(FileFormat.OmeTiff,),
        suffixes=OME_TIFF,
        reader="zimg.io.formats.tiff.reader:TiffReader",
        writer="zimg.io.formats.tiff.write_ome",
    ),
    Format(
        name="Zeiss LSM",
        formats=(FileFormat.ZeissLsm,),
        suffixes=(".lsm",),
        reader="zimg.io.formats.tiff.reader:TiffReader",
    ),
    Format(
        name="PNG",
        formats=(FileFormat.Png,),
        suffixes=(".png",),
        signatures=((0, b"\x89PNG\r\n\x1a\n"),),
        reader="zimg.io.formats.png:open_png",
        writer="zimg.io.formats.png",
    ),
    Format(
        name="JPEG",
        formats=(FileFormat.Jpeg,),
        suffixes=(".jpg", ".jpeg"),
        signatures=((0, b"\xff\xd8\xff"),),
        reader="zimg.io.formats.jpeg:open_jpeg",
        writer="zimg.io.formats.jpeg",
    ),
    Format(
        name="JPEG XR",
        formats=(FileFormat.JpegXR,),
        suffixes=(".jxr", ".wdp", ".hdp"),
        signatures=((0, b"II\xbc"),),
        reader="zimg.io.formats.jpegxr:open_jpegxr",
        writer="zimg.io.formats.jpegxr",
    ),
    Format(
        name="Vaa3D",
        formats=(FileFormat.Vaa3DRaw,),
        suffixes=(".v3draw", ".raw"),
        signatures=((0, b"raw_image_stack_by_hpeng"),),
        reader="zimg.io.formats.vaa3d:Vaa3DReader",
        writer="zimg.io.formats.vaa3d",
    ),
    Format(
        name="Vaa3D packed",
        formats=(FileFormat.Vaa3DPBD,),
        suffixes=(".v3dpbd",),
        signatures=((0, b"v3d_volume_pkbitdf_encod"), (0, b"v3d_stack_pkbit_by_gene1")),
        reader="zimg.io.formats.vaa3d:Vaa3DReader",
    ),
    Format(
        name="OME-Zarr",
        formats=(FileFormat.OmeZarr,),
        suffixes=(".ome.zarr", ".zarr"),
        marks=("zarr.json", ".zattrs", ".zgroup", ".zarray"),
        reader="zimg.io.formats.ome_zarr.reader:OmeZarrReader",
        writer="zimg.io.formats.ome_zarr.write",
    ),
    Format(
        name="MetaImage",
        formats=(FileFormat.MetaImage,),
        suffixes=(".mhd", ".mha"),
        signatures=((0, b"ObjectType = Image"), (0, b"NDims = ")),
        reader="zimg.io.formats.metaimage:open_metaimage",
        writer="zimg.io.formats.metaimage",
    ),
    Format(
        name="NRRD",
        formats=(FileFormat.ITKImage,),
        suffixes=(".nrrd", ".nhdr"),
        signatures=((0, b"NRRD00"),),
        reader="zimg.io.formats.nrrd:open_nrrd",
        writer="zimg.io.formats.nrrd",
        write_suffixes=(".nrrd",),
    ),
    Format(
        name="NIfTI",
        formats=(FileFormat.ITKImage,),
        suffixes=(".nii", ".nii.gz", ".hdr", ".img"),
        signatures=tuple(
            (place, mark)
            for place, marks in ((344, (b"n+1\0", b"ni1\0")), (4, (b"n+2\0", b"ni2\0")))
            for mark in marks
        ),
        reader="zimg.io.formats.nifti:open_nifti",
        writer="zimg.io.formats.nifti",
        write_suffixes=(".nii", ".nii.gz"),
    ),
    Format(
        name="HDF5 img",
        formats=(FileFormat.HDF5Img,),
        suffixes=(".nim", ".h5"),
        signatures=((0, b"\x89HDF\r\n\x1a\n"),),
        reader="zimg.io.formats.hdf5img.reader:Hdf5ImgReader",
        writer="zimg.io.formats.hdf5img.writer",
        extra="hdf5",
        requires=("h5py",),
    ),
    Format(
        name="CZI",
        formats=(FileFormat.ZeissCZI,),
        suffixes=(".czi",),
        signatures=((0, b"ZISRAWFILE"),),
        reader="zimg.io.formats.czi.reader:CziReader",
    ),
    Format(
        name="Leica",
        formats=(FileFormat.Leica,),
        suffixes=(".lif", ".lof", ".xlif", ".xlef"),
        signatures=tuple(
            (13, mark.encode("utf-16-le")) for mark in ("<LMSDataContainer", "LMS_Object_File")
        ),
        reader="zimg.io.formats.leica:LeicaReader",
        extra="leica",
        requires=("liffile",),
    ),
    Format(
        name="OpenImageIO",
        formats=(FileFormat.OpenImageIO,),
        suffixes=_OIIO,
        signatures=((0, b"#?RADIANCE"), (0, b"#?RGBE")),  # .hdr is also a header of NIfTI
        reader="zimg.io.formats.oiio:OiioReader",
        extra="oiio",
        requires=("OpenImageIO",),
    ),
    Format(
        name="Bio-Formats",
        formats=(FileFormat.BioFormats,),
        suffixes=_BIO_FORMATS,
        reader="zimg.io.formats.bioformats:BioFormatsReader",
        extra="bioformats",
        requires=("scyjava",),
    ),
)
HEAD = 512  # bytes that identify a file


def open_file(path: str | os.PathLike[str], format: FileFormat = FileFormat.Unknown) -> Reader:
    """Open an image file, or a folder that is one, with the reader for it.

    Parameters
    ----------
    path
        File or folder to read, or the address of an OME-Zarr store (``https://``, ``s3://``, ...).
    format
        Which format to read it as; found from the content, then from the suffix, when unknown.

    Returns
    -------
    Reader
        To be closed by the caller.

    Raises
    ------
    ZException
        When the file does not exist (also a `FileNotFoundError`), or no reader is for it, or the
        reader for it fails: no other one is tried then.
    """
    file = located(path)
    if isinstance(file, str):
        return _open_address(file, FileFormat(format))
    if not file.exists() and not recovered(file):
        raise MissingFileError(f"file {os.fspath(path)} does not exist")
    with told_of(path, "an image"):
        found = format_to_read(file, FileFormat(format))
    with told_of(path, found.name):
        return found.open(file, FileFormat(format))


def _open_address(address: str, format: FileFormat) -> Reader:
    """Open what lies elsewhere: OME-Zarr, of which only the chunks that are needed travel."""
    found = next(each for each in FORMATS if FileFormat.OmeZarr in each.formats)
    with told_of(address, found.name):
        if format not in (FileFormat.Unknown, FileFormat.OmeZarr):
            raise ZException(f"addresses are read as {found.name}, not as {format.name}")
        return found.open(address, format)


def format_to_read(file: Path, format: FileFormat = FileFormat.Unknown) -> Format:
    """The format to read a file or folder as; a `ZException` when there is none."""
    readable = [each for each in FORMATS if each.reader]
    if format != FileFormat.Unknown:
        named = [each for each in readable if format in each.formats]
        return named[0] if named else _refuse(f"the format {format.name} is not read", readable)
    found = _by_content(file, readable) or _by_suffix(file, readable)
    if found is None:
        kind = "folder" if file.is_dir() else "content"
        _refuse(f"neither {kind} nor suffix {file.suffix!r} is known", readable)
    return found


def format_to_write(file: Path, format: FileFormat = FileFormat.Unknown) -> Format:
    """The format to write, named or found from the suffix; a `ZException` when there is none."""
    writable = [each for each in FORMATS if each.writer]
    if format != FileFormat.Unknown:
        named = [each for each in writable if format in each.formats]
        return named[0] if named else _refuse(f"the format {format.name} is not written", writable)
    found = _by_suffix(file, writable, writing=True)
    return found or _refuse(f"the suffix {file.suffix!r} is not written", writable)


def _by_content(file: Path, formats: list[Format]) -> Format | None:
    """The format that a file begins as, or that a folder has a mark of."""
    if file.is_dir():
        return next((f for f in formats if any((file / m).exists() for m in f.marks)), None)
    with file.open("rb") as opened:
        head = opened.read(HEAD)
    return next((each for each in formats if each.has_signature(head)), None)


def _by_suffix(file: Path, formats: list[Format], *, writing: bool = False) -> Format | None:
    """The format with the longest suffix that the name ends in."""
    name = file.name.lower()
    best: tuple[int, Format | None] = (0, None)
    for each in formats:
        if file.is_dir() and not each.marks:
            continue
        for suffix in (writing and each.write_suffixes) or each.suffixes:
            if name.endswith(suffix) and len(suffix) > best[0]:
                best = len(suffix), each
    return best[1]


def _refuse(reason: str, formats: list[Format]) -> NoReturn:
    accepted = ", ".join(f"{each.name} ({' '.join(each.suffixes)})" for each in formats)
    raise ZException(f"{reason}; accepted: {accepted}")
