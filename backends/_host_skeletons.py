"""Skeletons on the host by compiled loops; the generic bodies if nothing can be compiled.

Every function has a unique answer and gives the bits of the generic body. Figures are CPU
milliseconds, generic body / hook, of an arbour of 1.9 million voxels in 128 x 512 x 512.
"""

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import PRIMITIVES
from zimg._typing import Array, Namespace
from zimg.kernels.geodesic import KIND_OF_STEP, length_of_kinds

from . import _host_paths
from ._compiled import load
from ._host import listed_objects

Index = NDArray[np.integer]
Floats = NDArray[np.float64]
Shape = tuple[int, int, int]

MOST_BUCKETS = 1 << 16
"""Of costs; with more, empty ones cost more than the order inside of full ones saves."""


BUCKET_STEPS = 4
"""Cheapest steps in the range of a bucket: with 1, 4 and 16 the arbour takes 880, 810, 780 ms, and
1.00, 1.001 and 1.22 looks at each voxel."""


def _generic(name: str) -> Callable[..., Any]:
    return inspect.unwrap(PRIMITIVES[name])


@dataclass(frozen=True)
class _Rows:
    """A mask as rows of bits; `numbers` of the voxels before each word and `at` of each voxel."""

    loops: ModuleType
    bits: NDArray[np.uint64]
    numbers: NDArray[np.int32]
    at: NDArray[np.int64]
    shape: Shape

    @classmethod
    def of(cls, voxels: Array, shape: Shape) -> "_Rows | None":
        """From sorted flat indices; None if nothing can be compiled."""
        loops = load("_compiled_voxels")
        if loops is None:
            return None
        bits, numbers, at = loops.bit_rows(np.ascontiguousarray(voxels), *shape)
        return cls(loops, bits, numbers, at, shape)

    @cached_property
    def row(self) -> int:
        """Positions from a row to the next."""
        return -(-(self.shape[2] + 2) // 64) * 64

    @cached_property
    def plane(self) -> int:
        """Positions from a plane to the next."""
        return (self.shape[1] + 2) * self.row


def object_numbers(
    voxels: Array, /, *, shape: Shape, xp: Namespace | None = None
) -> NDArray[np.int32]:
    """Flooding, one object after the other; if nothing can be compiled, runs along x are joined."""
    rows = _Rows.of(voxels, shape)
    if rows is None:
        return listed_objects(voxels, shape)
    return rows.loops.object_numbers(rows.bits, rows.numbers, rows.at, rows.plane, rows.row)


def planar_depth(
    voxels: Array, /, *, shape: Shape, xp: Namespace | None = None
) -> NDArray[np.int32]:
    """Lower envelopes at foreground voxels, in one plane after the other."""
    rows = _Rows.of(voxels, shape)
    if rows is None:
        return _generic("planar_depth")(voxels, shape=shape, xp=xp)
    return rows.loops.planar_depth(rows.at, shape[1], shape[2], rows.plane, rows.row)


def spatial_depth(
    voxels: Array,
    planar: Array,
    /,
    *,
    shape: Shape,
    height: float,
    xp: Namespace | None = None,
) -> Floats:
    """Lower envelopes along z."""
    rows = _Rows.of(voxels, shape)
    if rows is None:
        return _generic("spatial_depth")(voxels, planar, shape=shape, height=height, xp=xp)
    return rows.loops.spatial_depth(
        rows.bits, rows.numbers, rows.at, np.ascontiguousarray(planar), rows.plane, float(height)
    )


def on_surface(voxels: Array, /, *, shape: Shape, xp: Namespace | None = None) -> NDArray[np.bool_]:
    """Six bits of each voxel."""
    rows = _Rows.of(voxels, shape)
    if rows is None:
        return _generic("on_surface")(voxels, shape=shape, xp=xp)
    return rows.loops.on_surface(rows.bits, rows.at, rows.plane, rows.row)


def cheapest_paths(
    voxels: Array,
    squared: Array,
    sources: Array,
    /,
    *,
    shape: Shape,
    steps: tuple[float, ...],
    xp: Namespace | None = None,
) -> tuple[Floats, Index, Index]:
    """Bucket queue of costs; SciPy's Dijkstra if nothing can be compiled."""
    rows = _Rows.of(voxels, shape)
    if rows is None:
        return _host_paths.cheapest_paths(voxels, squared, sources, shape=shape, steps=steps)
    codes, thickness = _coded(np.asarray(squared))
    lengths, kinds = np.unique(np.asarray(steps, dtype=np.float64), return_inverse=True)
    quotients = lengths / thickness[:, None]
    ends = [codes.max(), codes.min()] if codes.size else []  # of rows in ascending order
    width, buckets = _buckets(quotients[ends])
    return rows.loops.cheapest_paths(
        rows.bits, rows.numbers, rows.at, codes, quotients,
        np.insert(kinds.reshape(-1), 13, 0), np.asarray(sources).astype(np.int64),
        rows.plane, rows.row, width, buckets,
    )  # fmt: skip


def _coded(squared: NDArray[Any]) -> tuple[NDArray[np.int32], NDArray[Any]]:
    """Each voxel's row in a table of 1 + squared distance."""
    if squared.dtype.kind in "iu" and squared.size and squared.max() < 1 << 17:
        return squared.astype(np.int32), 1.0 + np.arange(int(squared.max()) + 1)
    values, codes = np.unique(squared, return_inverse=True)
    return codes.reshape(-1).astype(np.int32), 1.0 + values


def _buckets(quotients: NDArray[Any]) -> tuple[float, int]:
    """Range of costs in a bucket, and buckets for all costs that can wait at a time."""
    if not quotients.size:
        return 1.0, 1
    least, most = 2 * float(quotients.min()), 2 * float(quotients.max())
    width = max(BUCKET_STEPS * least, most / (MOST_BUCKETS - 3))
    return width, 1 << (math.ceil(most / width) + 2).bit_length()


def ordered_paths(
    before: Index, rows: Index, /, *, steps: tuple[float, ...], xp: Namespace | None = None
) -> tuple[Index, Floats, Index, Index, Index]:
    """One walk through the trees; 2900 / 130 ms."""
    loops = load("_compiled_branches")
    if loops is None:
        return _generic("ordered_paths")(before, rows, steps=steps, xp=xp)
    every = np.arange(len(before), dtype=np.int32)
    parent = np.where(before == len(before), every, before).astype(np.int32)
    order, place, end = loops.preorder(parent)
    kinds = np.asarray(KIND_OF_STEP, dtype=np.int8)[rows]
    length = loops.path_lengths(parent, order, kinds, np.asarray(length_of_kinds(steps)))
    return parent, length, order, place, end


def branch_voxels(
    voxels: Index,
    squared: NDArray[Any],
    owner: Index,
    surface: NDArray[np.bool_],
    /,
    *,
    forest: Any,
    shape: Shape,
    shortest: float,
    keeping: bool,
    singles: bool,
    xp: Namespace | None = None,
) -> tuple[Index, Index, Index]:
    """A heap of tips, and rows of balls as ranges of voxels."""
    rows, loops = _Rows.of(voxels, shape), load("_compiled_branches")
    if rows is None or loops is None:
        return _generic("branch_voxels")(
            voxels, squared, owner, surface, forest=forest, shape=shape, shortest=shortest,
            keeping=keeping, singles=singles, xp=xp,
        )  # fmt: skip
    tips = np.flatnonzero(surface).astype(np.int32)
    tips = tips[np.argsort(owner[tips], kind="stable")]
    starts = np.searchsorted(owner[tips], np.arange(int(owner.max()) + 2))
    return loops.branches(
        rows.bits, rows.numbers, rows.at, (rows.plane, rows.row, *shape),
        np.sqrt(squared, dtype=np.float64), owner, tips, starts,
        (forest.parent, forest.length, forest.order, forest.place, forest.end),
        float(shortest), keeping, singles,
    )  # fmt: skip


def chain_nodes(
    points: Floats, radius: Floats, starts: Index, /, *, xp: Namespace | None = None
) -> tuple[Index, Index]:
    """Boxes of runs of points."""
    loops = load("_compiled_chains")
    if loops is None:
        return _generic("chain_nodes")(points, radius, starts, xp=xp)
    return loops.chain_nodes(points, radius, starts)


def joined_chains(
    points: Floats, radius: Floats, starts: Index, owners: Index, /, *, xp: Namespace | None = None
) -> tuple[Floats, Floats, Index, Index, Index]:
    """Linked nodes in columns."""
    loops = load("_compiled_joining")
    if loops is None:
        return _generic("joined_chains")(points, radius, starts, owners, xp=xp)
    return loops.joined(points, radius, starts, owners)


def bridges(
    points: Floats, radius: Floats, parent: Index, /, *, widest: float, xp: Namespace | None = None
) -> tuple[Index, Index]:
    """Every pair of an end and a node."""
    loops = load("_compiled_bridging")
    if loops is None:
        return _generic("bridges")(points, radius, parent, widest=widest, xp=xp)
    return loops.bridged(points, radius, parent, float(widest))


def thinning(
    xyz: Floats, radius: Floats, kind: Index, parent: Index, /, *, xp: Namespace | None = None
) -> tuple[Floats, Floats, Index, Index, Index]:
    """Linked nodes in columns."""
    loops = load("_compiled_thinning")
    if loops is None:
        return _generic("thinning")(xyz, radius, kind, parent, xp=xp)
    columns = xyz.copy(), radius.copy(), kind.copy()
    return *columns, *loops.thinned(*columns, parent)
