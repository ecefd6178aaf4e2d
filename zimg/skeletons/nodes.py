"""Nodes of all trees as columns."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from zimg.skeletons.paths import Floats, Index
from zimg.swc import ZSwc
from zimg.swc.forest import Forest
from zimg.swc.links import NONE


@dataclass(frozen=True, slots=True)
class Nodes:
    """Nodes in depth-first order.

    Attributes
    ----------
    xyz
        ``(n, 3)`` positions.
    radius
        ``(n,)``.
    type
        ``(n,)`` SWC types.
    parent
        ``(n,)`` row of the parent, -1 for a root.
    owner
        ``(n,)`` object of each node.
    """

    xyz: Floats
    radius: Floats
    type: Index
    parent: Index
    owner: Index

    def __len__(self) -> int:
        return len(self.parent)

    def reordered(self, order: Index, parent: Index, **changed: NDArray[Any]) -> Self:
        """Select the rows of `order` with new parents, after replacing `changed` columns."""
        columns = {"xyz": self.xyz, "radius": self.radius, "type": self.type} | changed
        taken = {name: column[order] for name, column in columns.items()}
        return replace(self, **taken, parent=parent, owner=self.owner[order])

    def scaled(self, factors: tuple[int, int, int], *, centred: bool) -> Self:
        """Convert positions and radii from a reduced volume to voxels of the original one.

        Parameters
        ----------
        factors
            Reduction factors along x, y, z.
        centred
            Whether positions are centres of blocks instead of their first voxels.
        """
        if max(factors) == 1:
            return self
        size = np.asarray(factors, dtype=np.float64)
        xyz = self.xyz * size + ((size - 1) / 2 if centred else 0.0)
        return replace(self, xyz=xyz, radius=self.radius * (factors[0] * factors[1]) ** 0.5)

    def to_forest(self) -> Forest:
        """Make linked nodes numbered by rows."""
        forest = Forest()
        columns = (self.xyz, self.radius, self.type, self.parent)
        for (x, y, z), radius, kind, parent in zip(*(c.tolist() for c in columns), strict=True):
            node = forest.add((x, y, z), radius, type=kind)
            if parent != NONE:
                forest.append_child(parent, node)
        return forest

    @classmethod
    def of_forest(cls, forest: Forest) -> Self:
        """Nodes of a forest, all of object 0."""
        count = len(forest.parent)
        none = np.zeros(count, np.int64)
        return cls(np.zeros((count, 3)), np.zeros(count), none, none, none).from_forest(forest)

    def from_forest(self, forest: Forest) -> Self:
        """Nodes of a forest made by `to_forest`, possibly with fewer nodes."""
        order = np.asarray(forest.depth_first(), dtype=np.int64)
        row = np.full(len(forest.parent) + 1, NONE)
        row[order] = np.arange(len(order))
        parent = row[
            np.asarray(forest.parent, dtype=np.int64)[order]
        ]  # index NONE (-1) reads the last entry
        return self.reordered(
            order,
            parent,
            xyz=np.asarray(forest.position, dtype=np.float64).reshape(-1, 3),
            radius=np.asarray(forest.radius, dtype=np.float64),
            type=np.asarray(forest.type, dtype=np.int64),
        )

    def to_swc(self) -> ZSwc:
        """Make a `ZSwc` of the columns."""
        return ZSwc.from_arrays(self.xyz, self.radius, self.parent, type=self.type)
