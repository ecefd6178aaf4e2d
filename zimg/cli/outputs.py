"""One rule for the outputs of commands: never an input, and no replacement without --overwrite."""

import os
from collections.abc import Iterable
from pathlib import Path

from zimg._errors import ZException
from zimg.io.format import Format
from zimg.io.formats.table import FORMATS
from zimg.io.opening import companions_of
from zimg.values import FileFormat
from zimg.workers.output import check_writable, is_same_file

SWC = (".swc",)
PNG = (".png",)
HTML = (".html",)

InputFiles = Iterable[str | Path]


def check_output(
    output: Path, suffixes: tuple[str, ...], *, inputs: InputFiles, overwrite: bool
) -> None:
    """Refuse an output file that the command must not write, before any work is done.

    Parameters
    ----------
    output
        File to write.
    suffixes
        Accepted suffixes, in lower case.
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
        Format named by the user, or unknown. The suffix must not belong to another format.
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
    """Refuse a folder for many outputs that is an input or holds outputs of an earlier run.

    Parameters
    ----------
    folder
        May exist.
    suffix
        Suffix of the files to write.
    inputs, overwrite
        As in `check_output`.
    """
    if folder.exists() and not folder.is_dir():
        raise ZException(f"cannot write to {folder}: it is a file, expected a folder")
    check_writable(folder / f"1{suffix}")
    refuse_inputs(folder, inputs)
    if not overwrite and folder.is_dir() and any(folder.glob(f"*{suffix}")):
        raise ZException(f"{folder} holds {suffix} files; --overwrite replaces them")


def check_place(output: Path, *, inputs: InputFiles, overwrite: bool) -> None:
    """Refuse an output that is an input, or that exists without permission to replace it."""
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
        if place.is_file() and _share_a_file(place, source):
            raise ZException(f"output {output} is a part of the input {each}: choose another name")


def _share_a_file(output: Path, source: Path) -> bool:
    """Whether replacing `output` would change a file of the image `source`, such as raw data."""
    parts = [source, *companions_of(source)]
    return any(
        is_same_file(one, part) for one in [output, *companions_of(output)] for part in parts
    )


def refuse_equal(outputs: Iterable[Path]) -> None:
    """Refuse equal outputs, which inputs of the same name in different folders would have."""
    seen: set[Path] = set()
    for output in outputs:
        place = _real(output)
        if place in seen:
            raise ZException(f"two inputs would be written to {output}: convert them one by one")
        seen.add(place)


def is_folder(output: Path, sources: int) -> bool:
    """Whether `output` is a folder: with several sources, or if it is a plain folder."""
    return sources > 1 or (output.is_dir() and not _formats_of(output))


def _formats_of(output: Path) -> list[Format]:
    """Formats with a suffix that matches the name."""
    name = output.name.lower()
    return [each for each in FORMATS if name.endswith((*each.suffixes, *each.write_suffixes))]


def _real(path: str | Path) -> Path:
    return Path(os.path.realpath(path))
