"""Many images traced in a row: one table of results, and no failure that stops the rest."""

import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from zimg._errors import ZCancellationException, ZException
from zimg._progress import Cancel, Progress, reporter
from zimg._typing import Array
from zimg.image import ZImg, read
from zimg.swc import ZSwc
from zimg.tracing.automatic import TraceWarning, trace

COLUMNS = ("name", "seeds", "trees", "nodes", "length", "seconds", "warnings", "error")


@dataclass
class TracedImage:
    """What became of one image.

    Attributes
    ----------
    name
        File, or ``image N`` for the N-th array, from 1.
    tree
        Its tree; None where tracing failed.
    seeds, trees, nodes
        How many there were.
    length
        Of all trees, in voxels of the image.
    seconds
        Wall time, reading included.
    warnings
        Lines that a single trace would have given as `TraceWarning`.
    error
        Why tracing failed; empty where it did not.
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
    """Results of many images, in their order; printed as a table."""

    rows: list[TracedImage] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[TracedImage]:
        return iter(self.rows)

    def __getitem__(self, index: int) -> TracedImage:
        return self.rows[index]

    @property
    def failed(self) -> list[TracedImage]:
        """The images whose tracing failed."""
        return [row for row in self.rows if row.error]

    def to_records(self) -> list[dict[str, Any]]:
        """One dictionary for each image, without its tree: what a data frame takes."""
        names = [f.name for f in fields(TracedImage) if f.name != "tree"]
        return [{name: getattr(row, name) for name in names} for row in self.rows]

    def __str__(self) -> str:
        """A line for each image under a line of titles."""
        lines = [COLUMNS[:6], *(_cells(row) for row in self.rows)]
        widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
        remarks = [[], *([*row.warnings, row.error] for row in self.rows)]
        return "\n".join(
            "  ".join([*_aligned(line, widths), *filter(None, told)]).rstrip()
            for line, told in zip(lines, remarks, strict=True)
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
    progress: Progress = None,
    cancel: Cancel | None = None,
    **options: Any,
) -> TraceTable:
    """Trace many images one after the other.

    Parameters
    ----------
    images
        Files, images or arrays; an iterator is read one by one. Compiled code is shared.
    output
        Folder to which each tree is written, as the name of its file with the ending ``.swc``, or
        ``image_N.swc`` for the N-th array. None writes nothing.
    progress, cancel
        As in `zimg.trace`; the steps are images.
    **options
        Of `zimg.trace`, the same for all images.

    Returns
    -------
    TraceTable
        A row for each image, with its tree. One that cannot be read or traced has an error instead.

    Raises
    ------
    ValueError
        For two files that would give one output.
    ZCancellationException
        When `cancel` was set.

    Examples
    --------
    >>> table = zimg.trace_many(["a.tif", "b.tif"], output="trees")  # doctest: +SKIP
    >>> print(table)  # doctest: +SKIP
    """
    table = TraceTable()
    written: dict[Path, str] = {}
    with reporter(progress, cancel) as report:
        report.stage("trace images", len(images) if isinstance(images, Sized) else None)
        for number, image in enumerate(images, start=1):
            name = os.fspath(image) if isinstance(image, str | os.PathLike) else f"image {number}"
            target = None if output is None else output_of(name, Path(output))
            if target is not None and written.setdefault(target, name) != name:
                raise ValueError(f"{written[target]} and {name} would both be written to {target}")
            work = partial(_traced, image, options, cancel)
            table.rows.append(attempt(name, work, target))
            report.advance()
    return table


def output_of(name: str, folder: Path) -> Path:
    """The SWC file in `folder` for an image called `name`."""
    stem = Path(name).name.replace(" ", "_")
    for ending in (".ome.tif", ".ome.tiff", ".ome.zarr", ".nii.gz"):
        if stem.lower().endswith(ending):
            return folder / f"{stem[: -len(ending)]}.swc"
    return folder / f"{Path(stem).stem}.swc"


def _traced(
    image: ZImg | Array | str | os.PathLike[str], options: dict[str, Any], cancel: Cancel | None
) -> ZSwc:
    taken = read(image) if isinstance(image, str | os.PathLike) else image
    return trace(taken, cancel=cancel, **options)


def attempt(name: str, work: Callable[[], ZSwc], target: Path | None = None) -> TracedImage:
    """The row of one image: what `work` gives, or why it failed.

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
            if target is not None:
                target.parent.mkdir(parents=True, exist_ok=True)
                row.tree.save(target)
        except ZCancellationException:
            raise
        except (ZException, ValueError, TypeError, OSError, MemoryError) as error:
            row.error = " ".join(str(error).split()) or type(error).__name__
    row.warnings = [str(each.message) for each in caught if each.category is TraceWarning]
    row.seconds = perf_counter() - began
    if row.tree is not None:
        row.seeds = int(row.tree.metadata.get("findings", {}).get("seeds", 0))
        row.trees, row.nodes = len(row.tree.roots), len(row.tree)
        row.length = row.tree.total_length()
    return row
