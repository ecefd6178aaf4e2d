"""Chunk sizes for kernels on independent rows."""

import os
from dataclasses import dataclass

from zimg._dispatch import hookable
from zimg._typing import Array, Device, Namespace

FEWEST_WORDS = 2**16
"""Shortest padded volume; each longer one has half more."""


@dataclass(frozen=True, slots=True)
class RowPlan:
    """Chunking of a batch of independent rows.

    Attributes
    ----------
    rows
        Largest number of rows per chunk.
    shapes
        Chunk sizes that are allowed, ascending and padded to; empty when every size is.
    workers
        Host threads that may evaluate chunks at the same time.
    seeds, levels
        Seeds from which tracing grows at the same time, and segments that each end grows before
        the others are looked at.
    lanes
        Segments that are fitted in step, descending: the next number is taken as soon as no more
        than that are left.
    queues
        Numbers of segments that are fitted by one call, ascending; frameworks with `shapes` pad
        to the next of them, and the last is the most that others take.
    slab
        Voxels that a local function of a volume computes together, see `zimg.ops.slabs`.
    unread
        Rounds of a loop between two looks of the host at whether it goes on.
    partial
        Whether rows are fetched without the padding behind them. Frameworks that compile slices
        would compile one for each number of rows.
    """

    rows: int
    shapes: tuple[int, ...]
    workers: int
    seeds: int = 12
    levels: int = 1
    lanes: tuple[int, ...] = (32, 16, 8, 4, 2, 1)
    queues: tuple[int, ...] = (4096,)
    slab: int = 2**20
    unread: int = 1
    partial: bool = True

    def padded(self, count: int) -> int:
        """Smallest allowed chunk that holds `count` rows (`count` itself when any size is)."""
        if not 0 <= count <= self.rows:
            raise ValueError(f"a chunk holds 0 to {self.rows} rows, got {count}")
        return next((size for size in self.shapes if size >= count), count)

    def words(self, count: int) -> int:
        """Padded length of a volume of `count` words; few lengths if shapes are compiled."""
        size = FEWEST_WORDS if self.shapes else count
        while size < count:
            size += size // 2
        return size

    def queue(self, count: int) -> int:
        """Padded number of segments (`count` itself if shapes are not compiled)."""
        if not self.shapes:
            return count
        return next(size for size in self.queues if size >= count)

    def widths(self, count: int) -> tuple[int, ...]:
        """Numbers of lanes for `count` segments, descending, at most `count`."""
        first = min(self.lanes[0], count)
        return (first, *(width for width in self.lanes if width < first))


def usable_cores() -> int:
    """Number of processors that this process may run on."""
    affinity = getattr(os, "sched_getaffinity", None)  # absent on macOS and Windows
    return len(affinity(0)) if affinity else os.cpu_count() or 1


@hookable
def row_plan(*, xp: Namespace, on: Device) -> RowPlan:
    """Chunking of row kernels for a framework and a device.

    Parameters
    ----------
    xp
        Namespace of the arrays.
    on
        Device of the arrays.

    Returns
    -------
    RowPlan
        The sizes change speed and memory, never results.
    """
    return RowPlan(rows=64, shapes=(), workers=1)


@hookable
def fastest(x: Array, /, *, xp: Namespace | None = None) -> Array:
    """`x` as an array of the framework with the fastest segment kernels for its device.

    Parameters
    ----------
    x
        Any array; it must not be written to.
    xp
        Namespace of `x`; found from it when None.

    Returns
    -------
    Array
        `x` itself, or a view of its memory by another framework.
    """
    return x


@hookable
def for_voxels(x: Array, /, *, xp: Namespace | None = None) -> Array:
    """`x` as an array of the framework with the fastest voxel kernels for its device.

    Parameters
    ----------
    x
        Any array; it must not be written to.
    xp
        Namespace of `x`; found from it when None.

    Returns
    -------
    Array
        `x` itself, or a view of its memory by NumPy, which compiles nothing for a new shape.
    """
    return x


@hookable
def slow_because(*, xp: Namespace) -> str:
    """Reason why the kernels of a framework run without compiled code.

    Parameters
    ----------
    xp
        Namespace of the framework.

    Returns
    -------
    str
        Empty when they do not.
    """
    return ""
