"""A volume flattened, with one voxel of background around it, for the voxel kernels on the host.

Neighbours are offsets then, and nothing needs to know where the border is.
"""

import math
from itertools import product

import numpy as np
from numpy.typing import NDArray

from zimg._typing import Array

Flat = NDArray[np.int64]
Shape = tuple[int, ...]

SLAB = 2**20
"""Voxels that are looked at together; bounds the memory."""


def grid_of(shape: Shape) -> Shape:
    """Shape of a volume with its background around it."""
    return tuple(length + 2 for length in shape)


def strides_of(grid: Shape) -> Shape:
    """Distances of neighbours along z, y and x in the flat grid."""
    return grid[1] * grid[2], grid[2], 1


def before(strides: Shape, connectivity: int) -> list[int]:
    """Distances to the neighbours before a voxel in raster order; those behind are mirrored."""
    most = {6: 1, 18: 2, 26: 3}[connectivity]
    offsets = [
        sum(step * stride for step, stride in zip(steps, strides, strict=True))
        for steps in product((-1, 0, 1), repeat=3)
        if 0 < sum(map(abs, steps)) <= most
    ]
    return sorted(offset for offset in offsets if offset > 0)


def runs(mask: Array) -> tuple[Flat, Flat]:
    """First padded position and length of every run of foreground along x, in raster order."""
    planes = max(1, SLAB // max(1, mask.shape[1] * mask.shape[2]))
    found = [_runs_from(mask, first, planes) for first in range(0, max(1, mask.shape[0]), planes)]
    starts, lengths = (np.concatenate(part) for part in zip(*found, strict=True))
    return starts, lengths


def _runs_from(mask: Array, first: int, planes: int) -> tuple[Flat, Flat]:
    """The runs of some planes."""
    part = mask[first : first + planes]
    grid = grid_of(mask.shape)
    padded = np.zeros((part.shape[0], *grid[1:]), dtype=np.bool_)
    padded[:, 1:-1, 1:-1] = part
    flat = padded.reshape(-1)
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1 + (first + 1) * grid[1] * grid[2]
    return edges[::2], edges[1::2] - edges[::2]


def spans(starts: Flat, lengths: Flat) -> Flat:
    """All numbers of the ranges that begin at `starts`, one range after the other."""
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(int(lengths.sum()))


def padded_positions(positions: Flat, shape: Shape) -> Flat:
    """Flat positions in a volume as flat positions in its padded form."""
    plane, rest = np.divmod(positions, shape[1] * shape[2])
    row, column = np.divmod(rest, shape[2])
    return ((plane + 1) * (shape[1] + 2) + row + 1) * (shape[2] + 2) + column + 1


def positions_of(padded: Flat, shape: Shape) -> Flat:
    """Inverse of `padded_positions`."""
    row, column = np.divmod(padded, shape[2] + 2)
    plane, row = np.divmod(row, shape[1] + 2)
    return ((plane - 1) * shape[1] + row - 1) * shape[2] + column - 1


def unpadded(values: Array, padded: Flat, shape: Shape) -> Array:
    """A volume that holds `values` at the padded positions and zeros elsewhere."""
    volume = np.zeros(math.prod(shape), dtype=values.dtype)
    volume[positions_of(padded, shape)] = values
    return volume.reshape(shape)
