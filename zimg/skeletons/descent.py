"""The trees of cheapest paths: lengths, and the voxels below a voxel as one range."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zimg.kernels.geodesic import NEIGHBOURS

Index = NDArray[np.int64]
Floats = NDArray[np.float64]

# Kinds of steps: along an axis of the plane, across the plane's diagonal, along z, x-z, in space.
_KIND_OF_ROW = np.asarray([3 * abs(dz) + abs(dy) + abs(dx) for dz, dy, dx in NEIGHBOURS])


@dataclass(frozen=True, slots=True)
class Descent:
    """Voxels in trees, each with the one it was reached from.

    Attributes
    ----------
    parent
        Number of the voxel before; itself at a source.
    length
        Length of the path from the source.
    order
        Voxels so that those below a voxel follow it.
    place, end
        Where a voxel stands in `order`, and where those below it end.
    """

    parent: Index
    length: Floats
    order: Index
    place: Index
    end: Index


def descent(before: Index, rows: Index, steps: tuple[float, ...]) -> Descent:
    """Order the trees of predecessors.

    Parameters
    ----------
    before
        ``(n,)`` number of the voxel before; `n` at a source.
    rows
        ``(n,)`` kind of the step from there: a row of `NEIGHBOURS`; -1 at a source.
    steps
        Lengths of the 26 steps.

    Returns
    -------
    Descent
        With lengths as of `path_lengths`.
    """
    parent = _parents(before)
    levels = _levels(parent)
    sizes = _sizes(parent, levels)
    place = _places(parent, sizes, levels)
    order = np.empty(len(parent), np.int64)
    order[place] = np.arange(len(parent))
    return Descent(parent, _lengths(parent, rows, steps, levels), order, place, place + sizes)


def path_lengths(before: Index, rows: Index, steps: tuple[float, ...]) -> Floats:
    """Length of the path from the source to each voxel; arguments as of `descent`.

    Sums over counts of the kinds of steps, so that equal paths have equal lengths.
    """
    parent = _parents(before)
    return _lengths(parent, rows, steps, _levels(parent))


def _parents(before: Index) -> Index:
    """Predecessors, a source its own."""
    every = np.arange(len(before))
    return np.where(before == len(before), every, before)


def _levels(parent: Index) -> list[Index]:
    """Voxels by the number of steps from their source."""
    depth = (parent != np.arange(len(parent))).astype(np.int64)
    above = parent
    while True:  # twice as many steps in each round
        further = depth[above]
        if not further.any():
            break
        depth, above = depth + further, above[above]
    order = np.argsort(depth, kind="stable")
    return np.split(order, np.cumsum(np.bincount(depth))[:-1])


def _sizes(parent: Index, levels: list[Index]) -> Index:
    """How many voxels are below each one, itself included."""
    sizes = np.ones(len(parent), np.int64)
    for level in reversed(levels[1:]):
        np.add.at(sizes, parent[level], sizes[level])
    return sizes


def _places(parent: Index, sizes: Index, levels: list[Index]) -> Index:
    """Positions in which every voxel stands before those below it, and siblings in raster order."""
    place = np.zeros(len(parent), np.int64)
    roots = levels[0]
    place[roots] = np.cumsum(sizes[roots]) - sizes[roots]
    for level in levels[1:]:
        siblings = level[np.argsort(parent[level], kind="stable")]
        own = parent[siblings]
        before = np.cumsum(sizes[siblings]) - sizes[siblings]
        first = np.searchsorted(own, own)
        place[siblings] = place[own] + 1 + before - before[first]
    return place


def _lengths(parent: Index, rows: Index, steps: tuple[float, ...], levels: list[Index]) -> Floats:
    kinds = _KIND_OF_ROW[rows]
    counts = np.zeros((len(parent), 6), np.int32)
    for level in levels[1:]:
        counts[level] = counts[parent[level]]
        counts[level, kinds[level]] += 1
    length_of = dict(zip(_KIND_OF_ROW.tolist(), steps, strict=True))
    return np.asarray(sum(counts[:, kind] * length_of[kind] for kind in sorted(length_of)))
