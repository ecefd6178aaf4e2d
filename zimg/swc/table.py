"""The columns of a forest, and forests made from columns."""

import warnings
from collections.abc import Sequence
from operator import index
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zimg.swc.columns import (
    children_of,
    different,
    integers,
    points,
    reals,
    require_finite,
    sorted_rows,
)

COLUMNS = ("id", "type", "xyz", "radius", "parent", "label")
UNLABELLED = -1
Table = TypeVar("Table", bound="NodeTable")


class NodeTable:
    """Nodes of a forest as columns, rows in depth-first order; see `zimg.ZSwc`."""

    id: NDArray[np.int64]
    type: NDArray[np.int64]
    xyz: NDArray[np.float64]
    radius: NDArray[np.float64]
    parent: NDArray[np.int64]
    label: NDArray[np.int64]
    comments: list[str]

    @classmethod
    def from_arrays(
        cls,
        xyz: ArrayLike,
        radius: ArrayLike,
        parent: ArrayLike,
        *,
        type: ArrayLike = 2,
        id: ArrayLike | None = None,
        label: ArrayLike = UNLABELLED,
        comments: Sequence[str] = (),
    ) -> Self:
        """Make a forest of nodes in any order.

        Rows are sorted depth-first; roots and siblings keep their order.

        Parameters
        ----------
        xyz
            ``(n, 3)`` positions.
        radius
            ``(n,)`` radii, or a single one for all nodes.
        parent
            ``(n,)`` rows of the parents in the given order, -1 for roots.
        type
            ``(n,)`` SWC types, or a single one for all nodes.
        id
            ``(n,)`` unique numbers; by default 1 to n in depth-first order.
        label
            ``(n,)`` labels, or a single one for all nodes.
        comments
            Comment lines, which are saved with the forest.

        Returns
        -------
        ZSwc
            Forest with columns of its own.

        Raises
        ------
        ValueError
            If a parent is not a row, parents form a cycle, an id is used twice, a position or
            radius is not finite, or the lengths of the columns differ.

        Examples
        --------
        >>> tree = zimg.ZSwc.from_arrays([[3, 4, 0], [0, 0, 0]], [1, 2], [1, -1])
        >>> tree.xyz.tolist(), tree.parent.tolist()
        ([[0.0, 0.0, 0.0], [3.0, 4.0, 0.0]], [-1, 0])
        """
        positions = points(xyz)
        count = len(positions)
        parents = integers("parent", parent, count)
        order = sorted_rows(parents)
        row_of = np.empty(count + 1, dtype=np.int64)
        row_of[order], row_of[-1] = np.arange(count), -1  # index -1 reads the last entry
        ids = np.arange(1, count + 1) if id is None else integers("id", id, count)[order]
        tree = cls._of_columns(
            xyz=positions[order],
            radius=reals("radius", radius, count)[order],
            type=integers("type", type, count)[order],
            parent=row_of[parents[order]],
            id=different(ids),
            label=integers("label", label, count)[order],
            comments=list(comments),
        )
        require_finite("xyz", tree.xyz)
        require_finite("radius", tree.radius)
        return tree

    @classmethod
    def _of_columns(cls, **columns: Any) -> Self:
        """Forest of these columns, without checks or copies; they must be in depth-first order."""
        tree = cls.__new__(cls)
        tree.__dict__.update(columns)
        tree.parent.flags.writeable = False
        return tree

    def __len__(self) -> int:
        return len(self.parent)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.parent.flags.writeable = False  # copies and pickles lose the flag

    @property
    def roots(self) -> NDArray[np.int64]:
        """Rows of the roots, one per tree."""
        return np.flatnonzero(self.parent < 0)

    @property
    def children(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows of the children of all nodes, grouped by parent.

        Returns
        -------
        rows, start
            The children of row ``i`` are ``rows[start[i]:start[i + 1]]``, in order.
        """
        return children_of(self.parent)

    @property
    def parent_id(self) -> NDArray[np.int64]:
        """``(n,)`` int64 id of the parent of each node, -1 for roots; a new array."""
        return np.where(self.parent >= 0, np.append(self.id, -1)[self.parent], -1)

    def edge_lengths(self, spacing: Sequence[float] = (1.0, 1.0, 1.0)) -> NDArray[np.float64]:
        """Distance of each node from its parent.

        Parameters
        ----------
        spacing
            Size of a voxel along x, y, z; positions are multiplied by it.

        Returns
        -------
        numpy.ndarray
            ``(n,)`` float64, 0 for roots.

        Raises
        ------
        ValueError
            If `spacing` does not have one or three numbers.
        """
        lengths = np.zeros(len(self))
        linked = np.flatnonzero(self.parent >= 0)
        steps = (self.xyz[linked] - self.xyz[self.parent[linked]]) * np.asarray(spacing)
        lengths[linked] = np.sqrt((steps * steps).sum(-1))
        return lengths

    def total_length(self, spacing: Sequence[float] = (1.0, 1.0, 1.0)) -> float:
        """Sum of the lengths of all edges.

        Parameters
        ----------
        spacing
            Size of a voxel along x, y, z; positions are multiplied by it.

        Returns
        -------
        float
            In the unit of the nodes times `spacing`.

        Raises
        ------
        ValueError
            If `spacing` does not have one or three numbers.
        """
        return float(self.edge_lengths(spacing).sum())


def columns_of(tree: NodeTable) -> dict[str, Any]:
    """Copies of the columns and comments of a forest, by name."""
    return {name: getattr(tree, name).copy() for name in (*COLUMNS, "comments")}


def with_columns(tree: Table, **columns: Any) -> Table:
    """Copy of `tree` with some columns replaced; the order must stay depth-first.

    Raises
    ------
    ValueError
        If a position or radius is not finite.
    """
    for name in columns.keys() & {"xyz", "radius"}:
        require_finite(name, columns[name])
    return tree._of_columns(**columns_of(tree) | columns)


def radii_from_zero(tree: NodeTable, use: str, *, stacklevel: int = 3) -> NDArray[np.float64]:
    """Radii, with 0 in place of negative ones, which mean unknown; a warning counts them.

    Parameters
    ----------
    tree
        Any forest.
    use
        What happens to them, for the warning: ``"drawn"``, ``"subtracted"``.
    stacklevel
        As in `warnings.warn`.
    """
    unknown = int((tree.radius < 0).sum())
    if unknown:
        radii = "radius is" if unknown == 1 else "radii are"
        warnings.warn(
            f"{unknown} of {len(tree)} {radii} negative, that is unknown, and {use} as 0; "
            "tree.repaired() estimates them",
            UserWarning,
            stacklevel=stacklevel,
        )
    return np.maximum(tree.radius, 0.0)


def row_in(tree: NodeTable, row: int) -> int:
    """`row` as a non-negative number; negative ones count from the end."""
    number = index(row)
    if not -len(tree) <= number < len(tree):
        raise IndexError(f"row {row} is out of range for a forest of {len(tree)} nodes")
    return number % len(tree)


def take_rows(tree: Table, rows: NDArray[np.int64], parent: NDArray[np.int64]) -> Table:
    """Forest of some nodes of another one, with their ids and labels and its comments.

    Parameters
    ----------
    tree
        Forest that has the nodes.
    rows
        ``(m,)`` unique rows of `tree`; roots and siblings keep this order.
    parent
        ``(m,)`` new parents: rows of `tree` that are among `rows`, or -1.
    """
    place = np.full(len(tree) + 1, -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    return tree.from_arrays(
        tree.xyz[rows],
        tree.radius[rows],
        place[parent],
        type=tree.type[rows],
        id=tree.id[rows],
        label=tree.label[rows],
        comments=tree.comments,
    )
