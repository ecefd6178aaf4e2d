"""Distances to the background and their peaks on the host, computed for foreground voxels only.

Each equals the generic body bit for bit. Distances along x decide the type of the squares: one byte
per voxel for thin objects. Voxels are visited some at a time, so that the memory of their positions
does not grow with the foreground. Figures are CPU milliseconds for 64x256x256 voxels of which 3 %
are foreground, on one x86-64 core, generic body on NumPy / host function.
"""

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._typing import Array, Namespace

from ._host_grid import (
    SLAB,
    Flat,
    Shape,
    before,
    grid_of,
    padded_positions,
    positions_of,
    runs,
    spans,
    strides_of,
    unpadded,
)

Squares = NDArray[Any]
Runs = tuple[Flat, Flat]


def squared_distance(mask: Array, /, *, planar: bool = False, xp: Namespace | None = None) -> Array:
    """Lower envelopes at foreground voxels, each until no offset can lower it; 1613 / 33 ms."""
    padded = _squares(runs(mask), mask.shape, planar=planar)
    return padded.reshape(grid_of(mask.shape))[1:-1, 1:-1, 1:-1].astype(np.int32)


def distance_peaks(
    mask: Array, /, *, most: int, xp: Namespace | None = None
) -> tuple[Array, Array]:
    """The padded squares are the only volume in memory; 1729 / 45 ms."""
    found = runs(mask)
    padded = _squares(found, mask.shape, planar=False)
    if padded.size and int(padded.max()) > most:
        np.minimum(padded, most, out=padded)
    steps = before(strides_of(grid_of(mask.shape)), 26)
    peaks = [_peaks_among(inside, padded, steps) for inside in _parts(found)]
    position = np.concatenate([np.empty(0, np.int64), *peaks])
    return positions_of(position, mask.shape), padded[position].astype(np.int32)


def local_maxima(distance: Array, /, *, xp: Namespace | None = None) -> Array:
    """Compare foreground voxels; every neighbour reduces the candidates; 116 / 24 ms."""
    values = distance.reshape(-1)
    found = np.flatnonzero(values > 0)
    position = padded_positions(found, distance.shape)
    grid = grid_of(distance.shape)
    padded = np.zeros(math.prod(grid), dtype=distance.dtype)
    padded[position] = values[found]
    position = _peaks_among(position, padded, before(strides_of(grid), 26))
    return unpadded(np.ones(position.shape, dtype=np.bool_), position, distance.shape)


def _peaks_among(position: Flat, padded: Squares, steps: list[int]) -> Flat:
    """Positions above all preceding neighbours and not below any following one."""
    for step in steps:
        here = padded[position]
        peak = (here > padded[position - step]) & (here >= padded[position + step])
        position = position[peak]
    return position


def _squares(found: Runs, shape: Shape, *, planar: bool) -> Squares:
    """Squared distances to the background on the padded grid, flat."""
    grid = grid_of(shape)
    longest = int(found[1].max(initial=0))
    kind = np.min_scalar_type(((longest + 1) // 2) ** 2)
    squared = np.zeros(math.prod(grid), kind if kind.itemsize < 4 else np.int32)
    for inside, nearest in _along_rows(found):
        squared[inside] = nearest * nearest
    for step in strides_of(grid)[1:2] if planar else strides_of(grid)[1::-1]:
        lowered = [_lowered(squared, inside, step) for inside in _parts(found)]
        for inside, result in zip(_parts(found), lowered, strict=True):
            squared[inside] = result
    return squared


def _along_rows(found: Runs) -> Iterator[tuple[Flat, Flat]]:
    """Positions of some runs, and the distance of each to the nearer end of its run."""
    for starts, lengths in _some(found):
        ahead = spans(np.ones_like(starts), lengths)
        yield spans(starts, lengths), np.minimum(ahead, np.repeat(lengths + 1, lengths) - ahead)


def _parts(found: Runs) -> Iterator[Flat]:
    """All positions, some at a time."""
    return (spans(*part) for part in _some(found))


def _some(found: Runs) -> Iterator[Runs]:
    """Runs of about `SLAB` / 4 voxels at a time."""
    starts, lengths = found
    total = np.cumsum(lengths)
    count = int(total[-1]) if total.size else 0
    edges = np.searchsorted(total, np.arange(0, count, SLAB // 4), side="right")
    for first, last in pairwise([*edges.tolist(), total.size]):
        yield starts[first:last], lengths[first:last]


def _lowered(squared: Squares, inside: Flat, step: int) -> Squares:
    """Minimum over all `k` of the value `k` steps away plus ``k²``; the padding ends a search."""
    result = squared[inside]
    member = np.flatnonzero(result > 1)
    position, lowest, offset = inside[member], result[member].astype(np.int32), 1
    while member.size:
        reach = offset * step
        beside = np.minimum(squared.take(position - reach), squared.take(position + reach))
        lowest = np.minimum(lowest, beside + np.int32(offset * offset))
        result[member] = lowest
        offset += 1
        undecided = lowest > offset * offset
        member, position, lowest = member[undecided], position[undecided], lowest[undecided]
    return result
