"""One rule for outputs of commands: never an input, and nothing is replaced unasked."""

import os
from collections.abc import Iterable
from pathlib import Path

from zimg._errors import ZException
from zimg.io.format import Format
from zimg.io.formats.table import FORMATS
from zimg.values import FileFormat
from zimg.workers.output import check_writable, is_same_file

SWC = (".swc",)
PNG = (".png",)

InputFiles = Iterable[str | Path]


def check_output(
    output: Path, suffixes: tuple[str, ...], *, inputs: InputFiles, overwrite: bool
) -> None:
    """Refuse a file that a command must not write, before the command does any work.

    Parameters
    ----------
    output
        File to write.
    suffixes
        Endings, in lower case, that name what is written.
    inputs
        Files, folders and addresses that the command reads.
    overwrite
        Whether a file that exists may be replaced.

    Raises
    ------
    ValueError
        If the name has another suffix.
    ZException
        If the output is an input, also through links, exists while `overwrite` is False, or cannot
        be written.
    """
    check_writable(output)
    if not output.name.lower().endswith(suffixes):
        raise ValueError(f"output {output} must end in {' or '.join(suffixes)}")
    check_place(output, inputs=inputs, overwrite=overwrite)


def check_image_output(
    output: Path, format: FileFormat, *, inputs: InputFiles, overwrite: bool
) -> None:
    """Refuse an image that a command must not write; errors as in `check_output`.

    Parameters
    ----------
    output
        File to write, or folder that is an image.
    format
        Named by the user, or unknown. The suffix must not be that of another format then.
    inputs, overwrite
        As in `check_output`.
    """
    known = _formats_of(output)
    names = {each.name for each in known}
    fits = format in {kind for each in known for kind in each.formats}
    if format == FileFormat.OmeTiff:
        fits = fits or "TIFF" in names  # an OME-TIFF is a TIFF
    if format != FileFormat.Unknown and known and not fits:
        raise ValueError(
            f"output {output} has the suffix of {' or '.join(sorted(names))}, not of {format.name}"
        )
    check_place(output, inputs=inputs, overwrite=overwrite)


def check_folder(folder: Path, suffix: str, *, inputs: InputFiles, overwrite: bool) -> None:
    """Refuse a folder for many outputs that is an input, or holds some of an earlier run.

    Parameters
    ----------
    folder
        May exist.
    suffix
        Ending of the files that are written into it.
    inputs, overwrite
        As in `check_output`.
    """
    if folder.exists() and not folder.is_dir():
        raise ZException(f"cannot write to {folder}: it is a file, give the name of a folder")
    check_writable(folder / f"1{suffix}")
    refuse_inputs(folder, inputs)
    if not overwrite and folder.is_dir() and any(folder.glob(f"*{suffix}")):
        raise ZException(f"{folder} holds {suffix} files; --overwrite replaces them")


def check_place(output: Path, *, inputs: InputFiles, overwrite: bool) -> None:
    """Refuse an output that is an input, or that exists while nothing may be replaced."""
    refuse_inputs(output, inputs)
    if not overwrite and os.path.lexists(output):
        raise ZException(f"{output} exists; --overwrite replaces it")


def refuse_inputs(output: Path, inputs: InputFiles) -> None:
    """Refuse an output that is one of the inputs, lies in one, or is a folder around one."""
    place = _real(output)
    for each in inputs:
        if "://" in str(each):
            continue
        source = _real(each)
        if is_same_file(place, source):
            raise ZException(f"output {output} is the input {each}: choose another name")
        if source in place.parents and source.is_dir():
            raise ZException(f"output {output} lies in the input {each}: choose another place")
        if place in source.parents and _formats_of(output):
            raise ZException(f"input {each} lies in the output {output}: choose another place")


def refuse_equal(outputs: Iterable[Path]) -> None:
    """Refuse two outputs of one name, as inputs of one name in different folders give."""
    seen: set[Path] = set()
    for output in outputs:
        place = _real(output)
        if place in seen:
            raise ZException(f"two inputs would be written to {output}: convert them one by one")
        seen.add(place)


def stem_of(source: str | Path) -> str:
    """The name of a file or address without its folder and the suffix of its format."""
    name = str(source).rstrip("/\\").replace("\\", "/").rpartition("/")[2]
    suffixes = [s for each in FORMATS for s in each.suffixes if name.lower().endswith(s)]
    longest = max(map(len, suffixes), default=len(Path(name).suffix))
    return name[: len(name) - longest] or name


def is_folder(output: Path, sources: int) -> bool:
    """Whether outputs go into `output`: for several sources, or where it is a plain folder."""
    return sources > 1 or (output.is_dir() and not _formats_of(output))


def _formats_of(output: Path) -> list[Format]:
    """Formats one of whose suffixes the name has."""
    name = output.name.lower()
    return [each for each in FORMATS if name.endswith((*each.suffixes, *each.write_suffixes))]


def _real(path: str | Path) -> Path:
    return Path(os.path.realpath(path))
