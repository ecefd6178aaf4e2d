"""A mask as the list of its foreground voxels, for kernels whose work does not depend on the rest.

The list is sorted, so neighbours are found by bisection and no number volume is needed. Kernels of
lists compute with the numbers of a `Grid`, so compiled ones depend on the length of a list alone.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from zimg._dispatch import array_namespace, device, hookable
from zimg._typing import Array, DType, Namespace
from zimg.ops import compact, cumulative_max, cumulative_min, gather, jit, scatter_set

OUTSIDE = 2**31 - 1
"""Index behind the last foreground voxel of a list; no volume has a voxel of that index."""

FEWEST = 1024
"""Shortest list."""

TOGETHER = 2**18
"""Neighbours that are looked up together."""

Steps = tuple[tuple[int, int], ...]
"""Steps (dz, dy) to rows."""


@dataclass(frozen=True)
class Grid:
    """Shape of a volume, as numbers that kernels compute with and never branch on.

    Positions in a grid count one voxel more per row and one row more per plane than the volume
    has. No voxel is there, so steps to neighbours are plain differences of positions.

    Attributes
    ----------
    shape
        ``(depth, height, width)`` of the volume.
    """

    shape: tuple[int, int, int]

    @classmethod
    def of(cls, shape: tuple[int, int, int], /) -> "Grid":
        """The grid of a volume.

        Raises
        ------
        ValueError
            If positions in it do not fit into 32 bits.
        """
        grid = cls(shape)
        if shape[0] * grid.plane >= OUTSIDE:
            raise ValueError(f"a mask must have fewer than 2^31 voxels and margins, got {shape}")
        return grid

    @property
    def row(self) -> int:
        """Positions from a row to the next."""
        return self.shape[2] + 1

    @property
    def plane(self) -> int:
        """Positions from a plane to the next."""
        return (self.shape[1] + 1) * self.row


@hookable
def flat_length(volume: Array, /, *, xp: Namespace | None = None) -> int:  # noqa: ARG001
    """Length of the flat form of a volume: few lengths where compiled functions depend on them.

    Parameters
    ----------
    volume
        Any shape; a flat form has its own length.
    xp
        Namespace of `volume`; found from it when None.
    """
    return math.prod(volume.shape)


def flattened(volume: Array, /, *, xp: Namespace) -> Array:
    """The flat form of a volume: its voxels in raster order, and zeros up to `flat_length`."""
    flat: Array = jit(padded, xp=xp)(volume, size=flat_length(volume, xp=xp), xp=xp)
    return flat


def padded(volume: Array, /, *, size: int, xp: Namespace) -> Array:
    """The voxels of a volume in raster order, and zeros up to `size`."""
    flat = xp.reshape(volume, (-1,))
    missing = size - flat.shape[0]
    if not missing:
        return flat
    return xp.concat([flat, xp.zeros((missing,), dtype=flat.dtype, device=device(flat))])


def _shaped(flat: Array, *, shape: tuple[int, ...], xp: Namespace) -> Array:
    """The volume of a flat form."""
    return xp.reshape(flat[: math.prod(shape)], shape)


@hookable
def voxel_list(mask: Array, /, *, xp: Namespace | None = None) -> Array:
    """Flat indices of the foreground voxels of a mask.

    Parameters
    ----------
    mask
        Any shape, bool, of fewer than 2^31 - 1 voxels.
    xp
        Namespace of `mask`; found from it when None.

    Returns
    -------
    Array
        ``(n,)`` int32, ascending, on the device of `mask`; behind the foreground at least one
        `OUTSIDE`. There are few lengths (`list_length`); where values are unknown, as in a
        function that JAX compiles, the list has room for every voxel.

    Notes
    -----
    The host reads the number of foreground voxels: here, and nowhere else.
    """
    xp = xp or array_namespace(mask)
    count = int(xp.count_nonzero(mask))
    flat = xp.reshape(mask, (-1,))
    return listed(flat, size=list_length(count, flat.shape[0]), xp=xp)


def list_length(count: int, most: int) -> int:
    """Length of a list of `count` of `most` voxels: a power of two, 3/4 of one, or ``most + 1``.

    A list without voxels is of length 1.
    """
    if not count:
        return 1
    power = max(FEWEST, 1 << count.bit_length())  # above `count`
    shorter = power // 4 * 3
    return min(shorter if shorter > max(count, FEWEST) else power, most + 1)


def is_empty(voxels: Array, /) -> bool:
    """Whether a list is known to have no voxel."""
    return int(voxels.shape[0]) == 1


def listed(flat: Array, *, size: int, xp: Namespace) -> Array:
    """The list of a flat mask with fewer than `size` foreground voxels."""
    own = xp.arange(flat.shape[0], dtype=xp.int32, device=device(flat))
    return compact(own, flat, size, fill=OUTSIDE, xp=xp)[0]


def ended(voxels: Array, /, *, xp: Namespace) -> Array:
    """Indices without an end as a list: with `OUTSIDE` behind them."""
    end = xp.full((1,), OUTSIDE, dtype=voxels.dtype, device=device(voxels))
    return xp.concat([voxels, end])


def on_foreground(
    kernel: Callable[..., Array],
    mask: Array,
    /,
    *values: Array,
    shape: tuple[int, int, int],
    dtype: DType,
    xp: Namespace,
    **static: Any,
) -> Array:
    """Volume that holds what a kernel finds for the foreground of a mask, and zeros elsewhere.

    Parameters
    ----------
    kernel
        Function of the list of `mask`, the `values`, the grid and `static` to ``(n,)`` results;
        what it finds for `OUTSIDE` is dropped.
    mask
        Flat form, bool.
    *values
        Arrays or numbers, for `kernel`.
    shape
        ``(depth, height, width)``.
    dtype
        Of the results.
    xp
        Namespace of the arrays.
    **static
        Options of `kernel`.

    Returns
    -------
    Array
        ``(Z, Y, X)``, on the device of `mask`.
    """
    grid, voxels = Grid.of(shape), voxel_list(mask, xp=xp)
    if is_empty(voxels):
        flat = jit(_zeros, xp=xp)(mask, dtype=dtype, xp=xp)
    else:
        found = jit(kernel, xp=xp)(voxels, *values, grid=grid, **static, xp=xp)
        flat = jit(_placed, xp=xp)(voxels, found, size=mask.shape[0], xp=xp)
    volume: Array = jit(_shaped, xp=xp)(flat, shape=shape, xp=xp)
    return volume


def _zeros(mask: Array, *, dtype: DType, xp: Namespace) -> Array:
    return xp.zeros_like(mask, dtype=dtype)


def _placed(voxels: Array, values: Array, *, size: int, xp: Namespace) -> Array:
    """Flat form of `size` that holds `values` at the voxels of a list."""
    empty = xp.zeros((size,), dtype=values.dtype, device=device(values))
    return scatter_set(empty, voxels, values, xp=xp)


def positions_in(voxels: Array, grid: Grid, /, *, xp: Namespace) -> Array:
    """Positions in a grid of the voxels of a list; `OUTSIDE` stays."""
    rows, planes = voxels // grid.shape[2], voxels // (grid.shape[1] * grid.shape[2])
    return xp.where(voxels == OUTSIDE, OUTSIDE, voxels + rows + planes * grid.row)


def joined_along_x(positions: Array, /) -> Array:
    """Whether voxels are neighbours of the one before in the list, ``(n - 1,)``: not the first."""
    return positions[1:] == positions[:-1] + 1


def run_bounds(positions: Array, /, *, xp: Namespace) -> tuple[Array, Array]:
    """Numbers in the list of the first and the last voxel of the run along x of each voxel.

    Returns
    -------
    Array, Array
        Both ``(n,)`` int32; `OUTSIDE` is a run of its own.
    """
    on = device(positions)
    own = xp.arange(positions.shape[0], dtype=xp.int32, device=on)
    joined, apart = joined_along_x(positions), xp.zeros((1,), dtype=xp.bool, device=on)
    first = cumulative_max(xp.where(xp.concat([apart, joined]), 0, own), xp=xp)
    end = xp.where(xp.concat([joined, apart]), positions.shape[0], own)
    return first, xp.flip(cumulative_min(xp.flip(end, axis=0), xp=xp), axis=0)


def in_rows(
    positions: Array,
    grid: Grid,
    steps: Steps,
    /,
    *,
    reach: int = 0,
    missing: Array | int,
    xp: Namespace,
) -> tuple[Array, Array]:
    """Numbers in the list of the first and the last neighbour of each voxel in other rows.

    Parameters
    ----------
    positions
        ``(n,)`` of `positions_in`.
    grid
        Of the volume.
    steps
        Steps to the rows.
    reach
        0: the voxel of the same x is the only neighbour; 1: those beside it are neighbours, too.
    missing
        Stands for no neighbour: ``(n,)`` or a number.
    xp
        Namespace of the arrays.

    Returns
    -------
    Array, Array
        Both ``(steps, n)`` int32.
    """
    offsets = [dz * grid.plane + dy * grid.row for dz, dy in steps]
    low = xp.stack([positions + (offset - reach) for offset in offsets])
    first = xp.astype(xp.searchsorted(positions, low), xp.int32)
    if not reach:
        found = xp.where(gather(positions, first, xp=xp) == low, first, missing)
        return found, found
    beyond = xp.astype(xp.searchsorted(positions, low + (2 * reach + 1)), xp.int32)
    there = first < beyond
    return xp.where(there, first, missing), xp.where(there, beyond - 1, missing)


def parts_of(steps: Steps, length: int, /) -> list[Steps]:
    """Steps that are followed together by a list of `length`, which bounds the memory."""
    together = max(1, TOGETHER // length)
    return [steps[first : first + together] for first in range(0, len(steps), together)]
