"""Find the reader or writer of a file: by its content, then by its name."""

import os
from pathlib import Path, PurePath, PurePosixPath
from typing import NoReturn
from urllib.parse import urlsplit

from zimg._errors import ZException
from zimg.io.disk.atomic import recovered
from zimg.io.disk.bytes import check_regular
from zimg.io.disk.errors import read_errors
from zimg.io.format import Format
from zimg.io.formats.table import FORMATS
from zimg.io.scenes.scene import Reader
from zimg.io.source import MissingFileError, located
from zimg.values import FileFormat

HEAD = 512  # bytes that identify a file


def open_file(path: str | os.PathLike[str], format: FileFormat = FileFormat.Unknown) -> Reader:
    """Open an image file or folder with the matching reader.

    Parameters
    ----------
    path
        File or folder to read, or the address of an OME-Zarr store (``https://``, ``s3://``, ...).
    format
        Format to read; if unknown, detected from the content, then from the suffix.

    Returns
    -------
    Reader
        To be closed by the caller.

    Raises
    ------
    ZException
        When the file does not exist (also a `FileNotFoundError`), no reader matches, or the
        matching reader fails; other readers are not tried.
    """
    file = located(path)
    if isinstance(file, str):
        return _open_address(file, FileFormat(format))
    with read_errors(path, "an image"):  # also for names that no file can have
        there = file.exists() or recovered(file)
    if not there:
        raise MissingFileError(f"file {os.fspath(path)} does not exist")
    with read_errors(path, "an image"):
        check_regular(file)
        found = format_to_read(file, FileFormat(format))
    with read_errors(path, found.name):
        return found.open(file, FileFormat(format))


def _open_address(address: str, format: FileFormat) -> Reader:
    """Open an address, of which only the chunks or bytes that are needed are fetched.

    The suffix decides, as asking for the content would take a request; without a known one it is
    an OME-Zarr store.
    """
    remote = [each for each in FORMATS if each.remote]
    name = PurePosixPath(urlsplit(address).path)
    zarr = next(each for each in remote if FileFormat.OmeZarr in each.formats)
    named = remote if format == FileFormat.Unknown else [e for e in remote if format in e.formats]
    found = _by_suffix(name, named) or (zarr if format == FileFormat.Unknown else None)
    found = found or next(iter(named), None)
    with read_errors(address, found.name if found else "an image"):
        if found is None:
            accepted = ", ".join(each.name for each in remote)
            raise ZException(f"addresses can only be read as {accepted}, not as {format.name}")
        return found.open(address, format)


def format_to_read(file: Path, format: FileFormat = FileFormat.Unknown) -> Format:
    """Find the format of a file or folder to read; raise a `ZException` if unknown."""
    readable = [each for each in FORMATS if each.reader]
    named = _named(format, readable, "read")
    by_suffix = _by_suffix(file, named)
    found = _by_content(file, named) or by_suffix
    # Containers of other formats: the suffix is more specific than the signature.
    if found and by_suffix and found.name in by_suffix.inside:
        found = by_suffix
    if found is None or found.missing:  # another reader that is installed is better than none
        others = (by_suffix, *(each for each in named if each.accepts and each.accepted(file)))
        found = next((each for each in others if each and not each.missing), found)
    if found is None and format != FileFormat.Unknown:
        found = named[0]
    if found is None:
        kind = "folder" if file.is_dir() else "content"
        _refuse(f"neither {kind} nor the suffix {file.suffix!r} is known", readable)
    return found


def format_to_write(file: Path, format: FileFormat = FileFormat.Unknown) -> Format:
    """Find the format to write by name or suffix; raise a `ZException` if unknown."""
    writable = [each for each in FORMATS if each.writer]
    named = _named(format, writable, "written")
    found = _by_suffix(file, named, writing=True)
    if found is None and format != FileFormat.Unknown:
        found = named[0]
    return found or _refuse(
        f"writing files with the suffix {file.suffix!r} is not supported", writable
    )


def stem_of(source: str | os.PathLike[str]) -> str:
    """Name of a file or address without folder and format suffix."""
    name = os.fspath(source).rstrip("/\\").replace("\\", "/").rpartition("/")[2]
    suffixes = [s for each in FORMATS for s in each.suffixes if name.lower().endswith(s)]
    longest = max(map(len, suffixes), default=len(Path(name).suffix))
    return name[: len(name) - longest] or name


def _named(format: FileFormat, formats: list[Format], done: str) -> list[Format]:
    """The entries of `formats` for a `FileFormat`: one, or several that share it."""
    if format == FileFormat.Unknown:
        return formats
    named = [each for each in formats if format in each.formats]
    return named or _refuse(f"the format {format.name} cannot be {done}", formats)


def _by_content(file: Path, formats: list[Format]) -> Format | None:
    """Find the format by the signature of a file or the marks of a folder."""
    if file.is_dir():
        return next((f for f in formats if any((file / m).exists() for m in f.marks)), None)
    with file.open("rb") as opened:
        head = opened.read(HEAD)
    return next((each for each in formats if each.has_signature(head)), None)


def _by_suffix(file: PurePath, formats: list[Format], *, writing: bool = False) -> Format | None:
    """Find the format with the longest suffix that matches the name, preferring installed ones."""
    name = file.name.lower()
    best: tuple[tuple[int, bool], Format | None] = ((0, True), None)
    for each in formats:
        if isinstance(file, Path) and file.is_dir() and not each.marks:
            continue
        for suffix in (writing and each.write_suffixes) or each.suffixes:
            if name.endswith(suffix) and (key := (len(suffix), not each.missing)) > best[0]:
                best = key, each
    return best[1]


def _refuse(reason: str, formats: list[Format]) -> NoReturn:
    named = (each for each in formats if each.suffixes)
    accepted = ", ".join(f"{each.name} ({' '.join(each.suffixes)})" for each in named)
    raise ZException(f"{reason}; accepted: {accepted}")
