"""Many images traced one after the other: a table of results; a failure does not stop the rest."""

import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass, field, fields
from functools import partial
from inspect import signature
from pathlib import Path
from time import perf_counter
from typing import Any

from zimg._errors import ZCancellationException, ZException
from zimg._progress import Cancel, Progress, Reporter, reporter
from zimg._typing import Array
from zimg.image import ZImg, read
from zimg.io.registry import stem_of
from zimg.swc import ZSwc
from zimg.tracing.automatic import TraceWarning, trace
from zimg.values import ZImgRegion

COLUMNS = ("name", "seeds", "trees", "nodes", "length", "seconds", "warnings", "error")

Work = Callable[[], ZSwc]
"""Trace one image, and write what is to be written of it."""

_FAILURES = (
    *(ZException, ValueError, TypeError, NotImplementedError),
    *(OSError, MemoryError, ImportError),
)


@dataclass
class TracedImage:
    """Result of one image.

    Attributes
    ----------
    name
        File, or ``image N`` for the N-th array, from 1.
    tree
        Its tree; None if tracing failed.
    seeds, trees, nodes
        Numbers of scored seeds, of trees and of nodes.
    length
        Length of all trees, in voxels of the x, y plane.
    seconds
        Wall time, with reading and writing.
    warnings
        Texts that a single trace would have issued as `TraceWarning`.
    error
        Reason of the failure; empty after success.
    """

    name: str
    tree: ZSwc | None = None
    seeds: int = 0
    trees: int = 0
    nodes: int = 0
    length: float = 0.0
    seconds: float = 0.0
    warnings: list[str] = field(default_factory=list)
    error: str = ""


@dataclass
class TraceTable:
    """Results of many images in their order, printed as a table."""

    rows: list[TracedImage] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[TracedImage]:
        return iter(self.rows)

    def __getitem__(self, index: int) -> TracedImage:
        return self.rows[index]

    @property
    def failed(self) -> list[TracedImage]:
        """Rows of the images whose tracing failed."""
        return [row for row in self.rows if row.error]

    def to_records(self) -> list[dict[str, Any]]:
        """One dictionary per image, without the tree, as for a data frame."""
        names = [f.name for f in fields(TracedImage) if f.name != "tree"]
        return [{name: getattr(row, name) for name in names} for row in self.rows]

    def __str__(self) -> str:
        """A line of titles, then one line per image, with its warnings or error at the end."""
        lines = [COLUMNS[:6], *(_cells(row) for row in self.rows)]
        widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
        remarks = [[], *([*row.warnings, row.error] for row in self.rows)]
        return "\n".join(
            "  ".join([*_aligned(line, widths), *filter(None, remark)]).rstrip()
            for line, remark in zip(lines, remarks, strict=True)
        )


def _aligned(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Cells of one width, the first on the left, numbers on the right."""
    first, *numbers = (cell.rjust(width) for cell, width in zip(line, widths, strict=True))
    return [first.lstrip().ljust(widths[0]), *numbers]


def _cells(row: TracedImage) -> tuple[str, ...]:
    counts = (str(row.seeds), str(row.trees), str(row.nodes))
    return (row.name, *counts, f"{row.length:.1f}", f"{row.seconds:.1f}")


def trace_many(
    images: Iterable[ZImg | Array | str | os.PathLike[str]],
    /,
    *,
    output: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    channel: int = 0,
    time: int = 0,
    progress: Progress = None,
    cancel: Cancel | None = None,
    **options: Any,
) -> TraceTable:
    """Trace many images one after the other.

    Parameters
    ----------
    images
        Files, images or arrays. An iterator is consumed one image at a time; compiled code is
        shared. Of a file, only the channel and time point are read.
    output
        Folder to which each tree is written, under the name of its file with the suffix ``.swc``
        instead of that of its format, or ``image_N.swc`` for the N-th array. None writes nothing.
    overwrite
        Whether SWC files that exist are replaced; otherwise their images fail, untraced.
    channel, time
        As in `zimg.trace`.
    progress, cancel
        As in `zimg.trace`; the steps are images.
    **options
        Further options of `zimg.trace`, the same for all images.

    Returns
    -------
    TraceTable
        A row for each image, with its tree, or with the error if it could not be read, traced or
        written.

    Raises
    ------
    ValueError
        If two files have the same output.
    TypeError
        For an option that `zimg.trace` lacks.
    ZCancellationException
        When `cancel` was set.

    Examples
    --------
    >>> table = zimg.trace_many(["a.tif", "b.tif"], output="trees")  # doctest: +SKIP
    >>> print(table)  # doctest: +SKIP
    """
    _check_names(options)
    selected = {"channel": channel, "time": time, "cancel": cancel} | options
    folder = None if output is None else Path(output)

    def works() -> Iterator[tuple[str, Work]]:
        written: dict[Path, str] = {}
        for number, image in enumerate(images, start=1):
            name, stem = _names(image, number)
            target = None if folder is None else folder / f"{stem}.swc"
            if target is not None and written.setdefault(target, name) != name:
                raise ValueError(f"{written[target]} and {name} would both be written to {target}")
            yield name, partial(_traced, image, target, overwrite, selected)

    with reporter(progress, cancel) as report:
        total = len(images) if isinstance(images, Sized) else None
        return trace_each(works(), report=report, total=total)


def trace_each(
    works: Iterable[tuple[str, Work]],
    *,
    report: Reporter,
    total: int | None = None,
    each: Callable[[TracedImage], object] = lambda _: None,
) -> TraceTable:
    """Run named works one after the other, also after one has failed.

    Parameters
    ----------
    works
        Name of each image, and the function that traces it.
    report
        Where the images that are done are reported.
    total
        Number of images, if known.
    each
        Called with each row when it is complete.

    Raises
    ------
    ZCancellationException
        When the caller asked to stop.
    """
    table = TraceTable()
    report.stage("trace images", total)
    for name, work in works:
        table.rows.append(attempt(name, work))
        each(table.rows[-1])
        report.advance()
    return table


def _names(image: ZImg | Array | str | os.PathLike[str], number: int) -> tuple[str, str]:
    """Name of an image in the table, and that of its output without suffix."""
    if isinstance(image, str | os.PathLike):
        return os.fspath(image), stem_of(image)
    return f"image {number}", f"image_{number}"


def _check_names(options: dict[str, Any]) -> None:
    """Raise TypeError for an option that `trace` lacks, before an image is read."""
    known = signature(trace).parameters
    if unknown := [name for name in options if name not in known]:
        raise TypeError(f"trace_many got an unknown option {unknown[0]!r}: see zimg.trace")


def _traced(
    image: ZImg | Array | str | os.PathLike[str],
    target: Path | None,
    overwrite: bool,
    options: dict[str, Any],
) -> ZSwc:
    """Trace one image and write its tree to `target`."""
    if target is not None and not overwrite and os.path.lexists(target):
        raise ZException(f"{target} exists: overwrite=True replaces it")
    if isinstance(image, str | os.PathLike):
        region = _selected(options["channel"], options["time"])
        image, options = read(image, region=region), options | {"channel": 0, "time": 0}
    tree = trace(image, **options)
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
        tree.save(target)
    return tree


def _selected(channel: int, time: int) -> ZImgRegion:
    """Region of one channel at one time point."""
    if channel < 0 or time < 0:
        raise ValueError(f"channel and time must be at least 0, got {channel} and {time}")
    return ZImgRegion((0, 0, 0, channel, time), (-1, -1, -1, channel + 1, time + 1))


def attempt(name: str, work: Work) -> TracedImage:
    """The row of one image: the tree that `work` returns, or the reason of its failure.

    Warnings other than `TraceWarning` are issued again.

    Raises
    ------
    ZCancellationException
        When the caller asked to stop.
    """
    began, row = perf_counter(), TracedImage(name)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", TraceWarning)
        try:
            row.tree = work()
        except ZCancellationException:
            raise
        except _FAILURES as error:
            row.error = " ".join(str(error).split()) or type(error).__name__
    for each in caught:
        if issubclass(each.category, TraceWarning):
            row.warnings.append(str(each.message))
        else:
            warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
    row.seconds = perf_counter() - began
    if row.tree is not None:
        row.seeds = int(row.tree.metadata.get("findings", {}).get("seeds", 0))
        row.trees, row.nodes = len(row.tree.roots), len(row.tree)
        row.length = length_of(row.tree)
    return row


def length_of(tree: ZSwc) -> float:
    """Length of a traced tree in voxels of the x, y plane, by the voxel ratio of its settings."""
    settings = tree.metadata.get("settings", {})
    x, y, z = settings.get("downsample", (1, 1, 1))
    return tree.total_length((1.0, 1.0, settings.get("z_to_xy", 1.0) * (x + y) / (2 * z)))
