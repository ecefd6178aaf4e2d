"""Branches of objects: the longest path first, then the longest from what is covered, and so on."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from zimg.skeletons.balls import Painter
from zimg.skeletons.descent import Descent, Floats, Index

# Behaviour of the reference: how far the two painted zones reach beyond a branch.
COVERED_MARGIN, SKELETON_MARGIN, LARGEST_SKELETON = 2.0, 1.0, 3.0
# A branch may be shorter than the limit by this much.
TOLERANCE = 2.0


class Extraction:
    """What is painted so far, and how far each voxel is from it.

    Parameters
    ----------
    tree
        Descent of all objects.
    squared
        ``(n,)`` squared distances of all voxels to the background.
    places
        ``(n, 3)`` indices z, y, x of all voxels.
    painter
        Of the volume.
    """

    def __init__(
        self, tree: Descent, squared: NDArray[np.integer], places: Index, painter: Painter
    ) -> None:
        self._tree, self._squared, self._places, self._painter = tree, squared, places, painter
        self._key: Floats = tree.length + 1.0
        self._up = tree.parent.copy()  # the nearest covered voxel on the way to the source
        self._covered = np.zeros(len(tree.parent), np.bool_)
        self._skeleton = np.zeros(len(tree.parent), np.bool_)
        self._last = np.empty(len(tree.parent), np.int32)

    def branches(self, source: int, surface: Index, shortest: float) -> Iterator[Index]:
        """Paths from a tip toward the source, up to what an earlier branch painted.

        Parameters
        ----------
        source
            Voxel of the object where its growth began.
        surface
            Voxels of the object that touch background by a face, in raster order.
        shortest
            Smallest length.
        """
        limit, live = shortest - TOLERANCE, surface
        while True:
            keys = self._key[live]
            lasting = (keys >= limit) & (keys > 0)  # keys only fall
            if not lasting.any():
                return
            if not lasting.all():
                live, keys = live[lasting], keys[lasting]
            branch = self._path(int(live[np.argmax(keys)]))
            self._paint(branch, source)
            yield branch

    def longest(self, surface: Index) -> Index:
        """Path of the longest way to a surface, however short."""
        return self._path(int(surface[np.argmax(self._tree.length[surface])]))

    def _path(self, tip: int) -> Index:
        parent, skeleton = self._tree.parent, self._skeleton
        path = [tip]
        while not skeleton[path[-1]] and parent[path[-1]] != path[-1]:
            path.append(int(parent[path[-1]]))
        return np.asarray(path, np.int64)

    def _paint(self, branch: Index, source: int) -> None:
        """Cover what is near a branch; other objects are not concerned."""
        roots, places = np.sqrt(self._squared[branch].astype(np.float64)), self._places[branch]
        near = self._painter.reached(places, np.minimum(roots + SKELETON_MARGIN, LARGEST_SKELETON))
        self._skeleton[self._below_source(near, source)] = True
        reached = self._painter.reached(places, roots + COVERED_MARGIN)
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
        """Measure what lies below newly covered voxels from the nearest covered one."""
        below = self._below(new)
        up, open_ = self._up, below[~self._covered[below]]
        up[new] = new
        up[open_] = self._tree.parent[open_]
        while len(open_):  # twice as far in each round
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
