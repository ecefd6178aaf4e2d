"""Branches of objects: the longest path first, then longest paths to covered voxels."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import hookable
from zimg._typing import Namespace
from zimg.kernels.geodesic import voxel_numbers
from zimg.skeletons.balls import Painter
from zimg.skeletons.paths import Floats, Index, PathForest

# Behaviour of the reference: width of the two painted zones around a branch.
COVERED_MARGIN, SKELETON_MARGIN, LARGEST_SKELETON = 2.0, 1.0, 3.0
# Tolerance of the limit of the length of a branch.
TOLERANCE = 2.0


@dataclass(frozen=True, slots=True)
class Branches:
    """Voxels of all branches, branch by branch, each starting at its tip.

    Attributes
    ----------
    voxels
        ``(m,)`` numbers of voxels.
    starts
        ``(b + 1,)`` start of each branch in `voxels`, and the end.
    owners
        ``(b,)`` object of each branch, ascending.
    """

    voxels: Index
    starts: Index
    owners: Index


@hookable
def branch_voxels(
    voxels: Index,
    squared: NDArray[np.number],
    owner: Index,
    surface: NDArray[np.bool_],
    /,
    *,
    forest: PathForest,
    shape: tuple[int, int, int],
    shortest: float,
    keeping: bool,
    singles: bool,
    xp: Namespace | None = None,  # noqa: ARG001
) -> tuple[Index, Index, Index]:
    """Find the branches of every object.

    Parameters
    ----------
    voxels
        ``(n,)`` int32: flat indices of the foreground voxels, in order.
    squared
        ``(n,)`` squared distances to the background.
    owner
        ``(n,)`` object of each voxel, numbered from 0 in the order of their first voxels.
    surface
        ``(n,)`` voxels where branches may start.
    forest
        Paths of all objects, with one source each.
    shape
        Shape of the volume.
    shortest
        Smallest length of a branch, minus a tolerance of two voxels.
    keeping
        Whether an object without a long branch keeps its longest one.
    singles
        Whether an object of one voxel counts as a branch.
    xp
        NumPy: runs on the host.

    Returns
    -------
    tuple of ndarray
        Columns of `Branches`. Ordered by object, and within an object in the order of discovery. A
        branch ends at the first voxel near an earlier one, or at the source.
    """
    numbers = voxel_numbers(voxels, shape)
    places = np.stack(np.unravel_index(voxels, shape), axis=1)
    extraction = Extraction(forest, squared, places, Painter(numbers))
    order = np.argsort(owner, kind="stable")
    found: list[Index] = [np.empty(0, np.int64)]
    owners: list[int] = []
    for number, own in enumerate(np.split(order, np.cumsum(np.bincount(owner))[:-1])):
        if len(own) == 1:
            branches: list[Index] = [own] if singles else []
        else:
            source = int(own[np.argmin(forest.place[own])])
            branches = list(extraction.branches(source, own[surface[own]], shortest))
            if keeping and not branches:
                branches = [extraction.longest(own[surface[own]])]
        found += branches
        owners += [number] * len(branches)
    starts = np.cumsum([len(branch) for branch in found])
    voxels = np.concatenate(found).astype(np.int32)
    return voxels, starts, np.asarray(owners, dtype=np.int32)


class Extraction:
    """The painted voxels, and the distance of each voxel from them.

    Parameters
    ----------
    tree
        Paths of all objects.
    squared
        ``(n,)`` squared distances of all voxels to the background.
    places
        ``(n, 3)`` indices z, y, x of all voxels.
    painter
        Painter of the volume.
    """

    def __init__(
        self, tree: PathForest, squared: NDArray[np.number], places: Index, painter: Painter
    ) -> None:
        self._tree, self._squared, self._places, self._painter = tree, squared, places, painter
        self._key: Floats = tree.length + 1.0
        self._up = tree.parent.copy()  # the nearest covered voxel on the path to the source
        self._covered = np.zeros(len(tree.parent), np.bool_)
        self._skeleton = np.zeros(len(tree.parent), np.bool_)
        self._last = np.empty(len(tree.parent), np.int32)

    def branches(self, source: int, surface: Index, shortest: float) -> Iterator[Index]:
        """Paths from tips toward the source, up to the zone of an earlier branch.

        Parameters
        ----------
        source
            Voxel of the object where growth started.
        surface
            Voxels of the object that touch background by a face, in raster order.
        shortest
            Smallest length.
        """
        limit, live = shortest - TOLERANCE, surface
        while True:
            keys = self._key[live]
            lasting = (keys >= limit) & (keys > 0)  # keys only decrease
            if not lasting.any():
                return
            if not lasting.all():
                live, keys = live[lasting], keys[lasting]
            branch = self._path(int(live[np.argmax(keys)]))
            self._paint(branch, source)
            yield branch

    def longest(self, surface: Index) -> Index:
        """The longest path to the surface, of any length."""
        return self._path(int(surface[np.argmax(self._tree.length[surface])]))

    def _path(self, tip: int) -> Index:
        parent, skeleton = self._tree.parent, self._skeleton
        path = [tip]
        while not skeleton[path[-1]] and parent[path[-1]] != path[-1]:
            path.append(int(parent[path[-1]]))
        return np.asarray(path, np.int64)

    def _paint(self, branch: Index, source: int) -> None:
        """Cover voxels near a branch, in the same object."""
        roots, places = np.sqrt(self._squared[branch].astype(np.float64)), self._places[branch]
        near = self._painter.reached(places, np.minimum(roots + SKELETON_MARGIN, LARGEST_SKELETON))
        self._skeleton[self._below_source(near, source)] = True
        reached: Index = self._painter.reached(places, roots + COVERED_MARGIN)
        reached = self._once(self._below_source(reached[~self._covered[reached]], source))
        self._covered[reached] = True
        self._shorten(reached)

    def _once(self, voxels: Index) -> Index:
        """Each voxel once."""
        every = np.arange(len(voxels), dtype=np.int32)
        self._last[voxels] = every
        return voxels[self._last[voxels] == every]

    def _below_source(self, voxels: Index, source: int) -> Index:
        place = self._tree.place[voxels]
        return voxels[(place >= self._tree.place[source]) & (place < self._tree.end[source])]

    def _shorten(self, new: Index) -> None:
        """Update the distances of voxels below newly covered ones."""
        below = self._below(new)
        up, open_ = self._up, below[~self._covered[below]]
        up[new] = new
        up[open_] = self._tree.parent[open_]
        while len(open_):  # the range doubles in each round
            further = up[up[open_]]
            moved = further != up[open_]
            up[open_] = further
            open_ = open_[moved]
        self._key[below] = self._tree.length[below] - self._tree.length[up[below]]

    def _below(self, voxels: Index) -> Index:
        """All voxels in the trees below `voxels`, each once."""
        place = np.sort(self._tree.place[voxels])
        end = np.maximum.accumulate(self._tree.end[self._tree.order[place]])
        top = np.concatenate([[True], place[1:] >= end[:-1]])
        starts = place[top]
        lengths = self._tree.end[self._tree.order[starts]] - starts
        before = np.cumsum(lengths) - lengths
        flat = np.repeat(starts - before, lengths) + np.arange(int(lengths.sum()))
        return self._tree.order[flat]
