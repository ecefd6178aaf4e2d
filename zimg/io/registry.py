"""Which reader a file is for: by what it contains, then by its name."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from zimg._errors import ZException
from zimg.image import FileFormat
from zimg.image.source import MissingFileError
from zimg.io.errors import told_of
from zimg.io.reader import Reader


@dataclass(frozen=True, slots=True)
class Format:
    """A family of formats that one module reads."""

    name: str
    formats: tuple[FileFormat, ...]
    suffixes: tuple[str, ...]
    signatures: tuple[bytes, ...]
    module: str
    reader: str

    def open(self, path: Path, format: FileFormat) -> Reader:
        """Open `path` with the reader of this family, which is imported now."""
        make: Callable[[Path, FileFormat], Reader] = getattr(
            import_module(self.module), self.reader
        )
        return make(path, format)


FORMATS = (
    Format(
        name="TIFF",
        formats=(FileFormat.Tiff, FileFormat.OmeTiff),
        suffixes=(".tif", ".tiff", ".tf2", ".tf8", ".btf"),
        signatures=(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
        module="zimg.io.tiff",
        reader="TiffReader",
    ),
)
HEAD = 512  # bytes that identify a file


def open_file(path: str | os.PathLike[str], format: FileFormat = FileFormat.Unknown) -> Reader:
    """Open an image file with the reader for it.

    Parameters
    ----------
    path
        File to read.
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
    file = Path(path)
    if not file.exists():
        raise MissingFileError(f"file {os.fspath(path)} does not exist")
    if not file.is_file():
        raise ZException(f"cannot read {os.fspath(path)}: it is a folder, an image file is needed")
    with told_of(path, "an image"):
        found = _family(file, FileFormat(format))
    with told_of(path, found.name):
        return found.open(file, FileFormat(format))


def _family(file: Path, format: FileFormat) -> Format:
    """The formats that a file belongs to."""
    if format != FileFormat.Unknown:
        named = [family for family in FORMATS if format in family.formats]
        return named[0] if named else _refuse(f"the format {format.name} is not supported")
    with file.open("rb") as opened:
        head = opened.read(HEAD)
    by_content = [family for family in FORMATS if head.startswith(family.signatures)]
    by_name = [family for family in FORMATS if file.suffix.lower() in family.suffixes]
    found = by_content or by_name
    return found[0] if found else _refuse(f"neither content nor suffix {file.suffix!r} is known")


def _refuse(reason: str) -> Format:
    accepted = ", ".join(f"{family.name} ({' '.join(family.suffixes)})" for family in FORMATS)
    raise ZException(f"{reason}; accepted: {accepted}")
