"""Methods that return a new forest: scaled, moved, rerooted, pruned, joined, resampled."""

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
    """Edits that return a new forest and leave the original unchanged."""

    def scaled(self, factors: Sequence[float], *, radius: float | None = None) -> Self:
        """Return the forest with positions multiplied by three factors.

        Parameters
        ----------
        factors
            Factors of x, y, z, at least 0; 0 projects the forest onto a plane.
        radius
            Factor of the radii; by default the geometric mean of the factors of x and y
            (behaviour of the reference).

        Returns
        -------
        ZSwc
            New forest.

        Raises
        ------
        ValueError
            If the factors are not three finite numbers of at least 0.

        Notes
        -----
        Comments that state a unit are kept; `to_um` converts the positions and the statement.
        """
        scale = np.asarray(factors, dtype=np.float64)
        if scale.shape != (3,) or not (np.isfinite(scale) & (scale >= 0)).all():
            raise ValueError(
                f"factors must be three numbers of at least 0 for x, y, z, got {factors!r}"
            )
        if radius is None:
            radius = float(np.sqrt(scale[0] * scale[1]))
        return with_columns(self, xyz=self.xyz * scale, radius=self.radius * radius)

    def translated(self, offset: Sequence[float]) -> Self:
        """Return the forest moved by an offset.

        Parameters
        ----------
        offset
            Numbers to add to x, y, z, such as the start of the region that was traced.

        Returns
        -------
        ZSwc
            New forest.

        Raises
        ------
        ValueError
            If the offset is not three finite numbers.
        """
        shift = np.asarray(offset, dtype=np.float64)
        if shift.shape != (3,) or not np.isfinite(shift).all():
            raise ValueError(f"offset must be three finite numbers for x, y, z, got {offset!r}")
        return with_columns(self, xyz=self.xyz + shift)

    def rerooted(self, rows: int | Sequence[int]) -> Self:
        """Return the forest with given nodes as the roots of their trees.

        Parameters
        ----------
        rows
            A row, or several rows in different trees.

        Returns
        -------
        ZSwc
            The same nodes and edges, with the same ids and types. Trees keep their order. The
            former parent of each node on the path to the old root becomes its last child.

        Raises
        ------
        IndexError
            If a row does not exist.
        ValueError
            If two rows are in one tree.
        """
        return rerooted(self, rows)

    def pruned(self, min_length: float, *, spacing: Sequence[float] = (1.0, 1.0, 1.0)) -> Self:
        """Return the forest without short side branches.

        Of the branches that leave a node, the one with the longest path to a tip is the
        continuation (the first of equal ones); the others are side branches. A side branch is
        removed with its descendants if the path from the node that it leaves to its farthest tip
        is shorter than `min_length`.

        Parameters
        ----------
        min_length
            Length of the shortest side branch to keep; 0 keeps all.
        spacing
            Size of a voxel along x, y, z; lengths are measured with it.

        Returns
        -------
        ZSwc
            New forest. Every tree keeps its longest path from the root. Pruning again by the same
            length changes nothing.

        Raises
        ------
        ValueError
            If `min_length` is negative or NaN.
        """
        return pruned(self, min_length, spacing)

    def repaired(self) -> Self:
        """Return the forest with unknown radii, which are negative, estimated.

        Returns
        -------
        ZSwc
            New forest with the same nodes. An unknown radius is interpolated linearly along the
            path between the nearest known radii above and below; if only one side has a known
            radius, that radius is used.

        Raises
        ------
        ValueError
            If no radius above or below a node is known.

        Examples
        --------
        >>> tree = zimg.ZSwc.from_arrays([[0, 0, 0], [1, 0, 0], [4, 0, 0]], [2, -1, 6], [-1, 0, 1])
        >>> tree.repaired().radius.tolist()
        [2.0, 3.0, 6.0]
        """
        return repaired(self)

    def resampled(self, step: float, *, spacing: Sequence[float] = (1.0, 1.0, 1.0)) -> Self:
        """Return the forest with nodes at equal distances along each unbranched path.

        Parameters
        ----------
        step
            Largest distance between neighbours, measured along the path.
        spacing
            Size of a voxel along x, y, z; lengths are measured with it.

        Returns
        -------
        ZSwc
            New forest. Roots, forks and tips stay. The nodes between them are as few as `step`
            allows; they lie on the old edges, with interpolated radii and the type and label of
            the lower end of the edge. Ids are renumbered 1 to n.

        Raises
        ------
        ValueError
            If the step is not positive, or so small that more than 2**31 nodes result.
        """
        return resampled(self, step, spacing)

    def subtree(self, row: int) -> Self:
        """Return a node and its descendants as a forest of one tree.

        Parameters
        ----------
        row
            Row of the node; negative rows count from the end.

        Returns
        -------
        ZSwc
            New forest whose root is the node.

        Raises
        ------
        IndexError
            If the row does not exist.
        """
        return subtree(self, row)

    def trees(self) -> list[Self]:
        """Split the forest into its trees; `concatenate` joins them.

        Returns
        -------
        list of ZSwc
            One forest per root, with its ids and all comments.
        """
        return trees_of(self)

    @classmethod
    def concatenate(cls, trees: Iterable[Self]) -> Self:
        """Join the trees of several forests, in order.

        Parameters
        ----------
        trees
            Forests; an empty sequence gives an empty forest.

        Returns
        -------
        ZSwc
            New forest. Ids are kept if all are different, else renumbered 1 to n. A comment that
            occurs in several forests is kept once.

        Raises
        ------
        ValueError
            If the forests state different units.
        """
        return concatenated(cls, trees)
