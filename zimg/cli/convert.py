"""``zimg convert``: convert images to another format without holding them in memory."""

import re
from collections.abc import Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from time import perf_counter
from typing import TypeVar

from zimg._errors import ZException
from zimg._progress import reporter
from zimg.cli.arguments import region_of
from zimg.cli.batch import targets
from zimg.cli.outputs import check_image_output, is_folder
from zimg.io.parameters import ZImgWriteParameters
from zimg.io.registry import format_to_write
from zimg.io.scenes.missing import filling
from zimg.io.scenes.scene_pixels import ScenePixels
from zimg.io.scenes.shared_file import SharedFile
from zimg.io.writing import write_pixels, writer_for
from zimg.values import FileFormat, ZImgRegion
from zimg.values.enums import Compression

RANGE = re.compile(r"(\d*):(\d*)")
Member = TypeVar("Member", bound=Enum)


@dataclass(frozen=True, slots=True)
class Converted:
    """What was written: the object of ``--json``."""

    file: str
    output: str
    width: int
    height: int
    depth: int
    channels: int
    times: int
    type: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ConvertJob:
    """One conversion, with values as on the command line."""

    source: str
    output: Path
    scene: int
    region: str
    ratio: str
    channels: str | None
    compression: str
    chunks: str | None
    format: str
    overwrite: bool
    fill: bool
    into_folder: bool = False


def run_convert(job: ConvertJob, *, progress: bool) -> Converted:
    """Convert one image; all arguments are checked before pixels are read."""
    began = perf_counter()
    region, ratios = parse_box(job.region), parse_numbers("ratio", job.ratio)
    chunks = None if job.chunks is None else parse_numbers("chunks", job.chunks)
    parameters = ZImgWriteParameters(
        compression=_member("compression", Compression, job.compression), chunks=chunks
    )
    format = _member("format", FileFormat, job.format)
    if len(ratios) != 3:
        raise ValueError(f"ratio must be X,Y,Z, got {job.ratio!r}")
    check_image_output(job.output, format, inputs=[job.source], overwrite=job.overwrite)
    held = SharedFile(job.source, FileFormat.Unknown)
    filled = filling(job.source) if job.fill else nullcontext()
    with closing(held), filled, reporter(progress) as report:
        with held.reading() as scenes:
            count = len(scenes)
            names = scenes[job.scene].info.channelNames if job.scene < count else []
        if job.scene >= count:
            raise ZException(f"{job.source} has no scene {job.scene}: it has {count}, from 0")
        channels = parse_channels(job.channels, names[region.start.c :])
        pixels = ScenePixels(held, job.scene, region, ratios, channels, advance=report.advance)
        if job.into_folder:
            job.output.parent.mkdir(parents=True, exist_ok=True)
        writer_for(job.output, pixels.info, format=format, parameters=parameters)
        report.stage("convert", pixels.info.depth * pixels.info.numTimes)
        write_pixels(job.output, pixels, format=format, parameters=parameters)
        info = pixels.info
    return Converted(
        file=job.source,
        output=str(job.output),
        width=info.width,
        height=info.height,
        depth=info.depth,
        channels=info.numChannels,
        times=info.numTimes,
        type=info.dataTypeString(),
        seconds=round(perf_counter() - began, 3),
    )


def image_targets(sources: Sequence[str], output: Path, format: str) -> list[Path]:
    """Return the file to write for each source; in a folder they get the suffix of the format.

    Raises
    ------
    ValueError
        If the output is a folder and no format is named.
    ZException
        If the format is not written, or two sources would be written to one file.
    """
    if not is_folder(output, len(sources)):
        return [output]
    named = _member("format", FileFormat, format)
    if named == FileFormat.Unknown:
        raise ValueError(f"{output} is a folder: --format is required")
    writer = format_to_write(Path("image"), named)
    return targets(sources, output, (writer.write_suffixes or writer.suffixes)[0])


def parse_box(text: str) -> ZImgRegion:
    """Return the region ``x0:x1,y0:y1,z0:z1,c0:c1,t0:t1``; missing bounds and axes are open.

    Raises
    ------
    ValueError
        If the text has another form, or a range is empty.
    """
    parts = [RANGE.fullmatch(part) for part in text.split(",")]
    if len(parts) > 5 or None in parts:
        raise ValueError(
            f"region must be X0:X1,Y0:Y1,Z0:Z1,C0:C1,T0:T1 with numbers of at least 0, got {text!r}"
        )
    return region_of(text, [part.groups() for part in parts if part])


def parse_channels(text: str | None, names: Sequence[str]) -> tuple[int, ...] | None:
    """Return the numbers of channels given by number or name, separated by commas.

    Raises
    ------
    ValueError
        If no channel, or more than one, has a name.
    """
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    for part in parts:
        if not part.isdecimal() and names.count(part) != 1:
            known = ", ".join(name for name in names if name) or "no names"
            raise ValueError(
                f"channels must be numbers of at least 0 or names ({known}), got {part!r}"
            )
    return tuple(int(part) if part.isdecimal() else names.index(part) for part in parts)


def parse_numbers(what: str, text: str) -> tuple[int, ...]:
    """Return integers separated by commas; a ValueError names the option otherwise."""
    parts = text.split(",")
    if not all(part.strip().isdecimal() for part in parts):
        raise ValueError(f"{what} must be integers separated by commas, got {text!r}")
    return tuple(map(int, parts))


def _member(what: str, kind: type[Member], text: str) -> Member:
    """Return the member of a name, upper or lower case."""
    for name, member in kind.__members__.items():
        if name.lower() == text.lower():
            return member
    raise ValueError(f"{what} must be one of {', '.join(kind.__members__)}, got {text!r}")
