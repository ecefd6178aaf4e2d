"""Methods of a forest that give another one: moved, rooted elsewhere, cut, joined, resampled."""

from collections.abc import Iterable, Sequence
from typing import Self

import numpy as np

from zimg.swc.operations import (
    concatenated,
    pruned,
    repaired,
    rerooted,
    resampled,
    subtree,
    trees_of,
)
from zimg.swc.table import NodeTable, with_columns


class TreeEditing(NodeTable):
    """Edits that leave the forest as it is and return a new one."""

    def scaled(self, factors: Sequence[float], *, radius: float | None = None) -> Self:
        """Multiply positions by factors.

        Parameters
        ----------
        factors
            For x, y, z; not negative. 0 projects the forest onto a plane.
        radius
            Factor of the radii; by default the geometric mean of the factors of x and y (behaviour
            of the reference).

        Returns
        -------
        ZSwc
            A new forest; this one stays as it is.

        Raises
        ------
        ValueError
            For other factors.

        Notes
        -----
        The unit that the forest states does not change; `to_um` changes both.
        """
        scale = np.asarray(factors, dtype=np.float64)
        if scale.shape != (3,) or not (np.isfinite(scale) & (scale >= 0)).all():
            raise ValueError(f"factors are three numbers from 0 for x, y, z, got {factors!r}")
        if radius is None:
            radius = float(np.sqrt(scale[0] * scale[1]))
        return with_columns(self, xyz=self.xyz * scale, radius=self.radius * radius)

    def translated(self, offset: Sequence[float]) -> Self:
        """Add an offset to all positions.

        Parameters
        ----------
        offset
            For x, y, z; for example the start of the region that was traced.

        Returns
        -------
        ZSwc
            A new forest; this one stays as it is.

        Raises
        ------
        ValueError
            If the offset is not three finite numbers.
        """
        shift = np.asarray(offset, dtype=np.float64)
        if shift.shape != (3,) or not np.isfinite(shift).all():
            raise ValueError(f"offset is three numbers for x, y, z, got {offset!r}")
        return with_columns(self, xyz=self.xyz + shift)

    def rerooted(self, rows: int | Sequence[int]) -> Self:
        """New forest in which given nodes are the roots of their trees.

        Parameters
        ----------
        rows
            A row, or one for each of several trees.

        Returns
        -------
        ZSwc
            The same nodes and edges, with the same ids and types. Trees keep their order; the
            former parent of every node on the way is its last child.

        Raises
        ------
        IndexError
            For a row that is not there.
        ValueError
            For two rows of one tree.
        """
        return rerooted(self, rows)

    def pruned(self, min_length: float, *, spacing: Sequence[float] = (1.0, 1.0, 1.0)) -> Self:
        """New forest without short side branches.

        Of the branches that leave a node, the one with the longest way to a tip goes on, the first
        of equal ones; the others are side branches. A side branch goes, with all its twigs, when
        the way from the node that it leaves to its farthest tip is shorter than `min_length`.

        Parameters
        ----------
        min_length
            Shortest side branch that stays; 0 keeps all.
        spacing
            Size of a voxel along x, y, z, for lengths.

        Returns
        -------
        ZSwc
            No tree vanishes, nor does its longest way from the root. Pruning once more by the same
            length changes nothing.
        """
        return pruned(self, min_length, spacing)

    def repaired(self) -> Self:
        """New forest in which negative radii, which mean unknown, are estimated.

        Returns
        -------
        ZSwc
            The same nodes. An unknown radius is interpolated, by the length of the path, between
            the nearest known ones above and below; where one side has none, the other is taken.

        Raises
        ------
        ValueError
            When no radius above or below a node is known.

        Examples
        --------
        >>> tree = zimg.ZSwc.from_arrays([[0, 0, 0], [1, 0, 0], [4, 0, 0]], [2, -1, 6], [-1, 0, 1])
        >>> tree.repaired().radius.tolist()
        [2.0, 3.0, 6.0]
        """
        return repaired(self)

    def resampled(self, step: float, *, spacing: Sequence[float] = (1.0, 1.0, 1.0)) -> Self:
        """New forest with nodes at equal distances along each unbranched path.

        Parameters
        ----------
        step
            Largest distance of neighbours, measured along the path.
        spacing
            Size of a voxel along x, y, z, for lengths.

        Returns
        -------
        ZSwc
            Roots, forks and tips stay. Between them lie as few nodes as `step` allows, on the old
            edges, with the radius interpolated, and type and label of the edge's lower end. Ids
            are new, 1 to n.

        Raises
        ------
        ValueError
            For a step that is not positive, or so small that 2**31 nodes do not suffice.
        """
        return resampled(self, step, spacing)

    def subtree(self, row: int) -> Self:
        """Extract a node, which becomes the root, and everything below it.

        Parameters
        ----------
        row
            Row of the node.

        Returns
        -------
        ZSwc
            A new forest; this one stays as it is.

        Raises
        ------
        IndexError
            If there is no such row.
        """
        return subtree(self, row)

    def trees(self) -> list[Self]:
        """Split the forest into its trees; `concatenate` joins them again.

        Returns
        -------
        list of ZSwc
            One forest per tree, with its ids and all comments.
        """
        return trees_of(self)

    @classmethod
    def concatenate(cls, trees: Iterable[Self]) -> Self:
        """New forest of the trees of several, in order.

        Parameters
        ----------
        trees
            Forests; none gives an empty one.

        Returns
        -------
        ZSwc
            Ids stay if all are different, otherwise they are new, 1 to n. A comment that several
            forests have is there once.

        Raises
        ------
        ValueError
            When some state that they are in micrometres and others that they are in voxels.
        """
        return concatenated(cls, trees)
