"""Forests of shortest paths, with subtrees as ranges."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import hookable
from zimg._typing import Namespace
from zimg.kernels.geodesic import KIND_OF_STEP, KINDS, length_of_kinds

Index = NDArray[np.integer[Any]]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PathForest:
    """Trees of voxels.

    Attributes
    ----------
    parent
        ``(n,)`` number of the preceding voxel; that of a source is its own.
    length
        ``(n,)`` length of the path from the source.
    order
        ``(n,)`` voxels, each followed by its descendants.
    place, end
        ``(n,)`` position of each voxel in `order`, and of the first voxel after its descendants.
    """

    parent: Index
    length: Floats
    order: Index
    place: Index
    end: Index


def path_forest(before: Index, rows: Index, steps: tuple[float, ...], /) -> PathForest:
    """Order the paths to all voxels; arguments as in `ordered_paths`."""
    return PathForest(*ordered_paths(before, rows, steps=steps))


@hookable
def ordered_paths(
    before: Index,
    rows: Index,
    /,
    *,
    steps: tuple[float, ...],
    xp: Namespace | None = None,  # noqa: ARG001
) -> tuple[Index, Floats, Index, Index, Index]:
    """Order the paths to all voxels.

    Parameters
    ----------
    before
        ``(n,)`` number of the preceding voxel; `n` at a source.
    rows
        ``(n,)`` row of `NEIGHBOURS` of the preceding voxel; -1 at a source.
    steps
        Lengths of the 26 steps; equal for steps of one kind.
    xp
        NumPy: this is work of the host.

    Returns
    -------
    tuple of ndarray
        Columns of `PathForest`. Lengths are computed from the counts of each kind of step, so that
        they do not depend on the order of the steps. Siblings are in raster order.
    """
    parent = np.where(before == len(before), np.arange(len(before)), before)
    levels = _levels(parent)
    sizes = _sizes(parent, levels)
    place = _places(parent, sizes, levels)
    order = np.empty(len(parent), np.int64)
    order[place] = np.arange(len(parent))
    length = _lengths(parent, rows, steps, levels)
    short = np.int32
    end = (place + sizes).astype(short)
    return parent.astype(short), length, order.astype(short), place.astype(short), end


def _levels(parent: Index) -> list[Index]:
    """Voxels by the number of steps from their source."""
    depth = (parent != np.arange(len(parent))).astype(np.int64)
    above = parent
    while True:  # the number of steps doubles in each round
        further = depth[above]
        if not further.any():
            break
        depth, above = depth + further, above[above]
    order = np.argsort(depth, kind="stable")
    return np.split(order, np.cumsum(np.bincount(depth))[:-1])


def _sizes(parent: Index, levels: list[Index]) -> Index:
    """Number of descendants of each voxel, including itself."""
    sizes = np.ones(len(parent), np.int64)
    for level in reversed(levels[1:]):
        np.add.at(sizes, parent[level], sizes[level])
    return sizes


def _places(parent: Index, sizes: Index, levels: list[Index]) -> Index:
    """Positions with each voxel before its descendants, and siblings in raster order."""
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
    kinds = np.asarray(KIND_OF_STEP)[rows]
    counts = np.zeros((len(parent), KINDS), np.int32)
    for level in levels[1:]:
        counts[level] = counts[parent[level]]
        counts[level, kinds[level]] += 1
    lengths = length_of_kinds(steps)
    return np.asarray(sum(counts[:, kind] * lengths[kind] for kind in range(KINDS)))
