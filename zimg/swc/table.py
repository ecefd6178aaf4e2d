"""The columns of a forest: what is stored of its nodes, and how new columns are checked."""

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
    """Nodes of a forest as columns, rows in depth-first order; see `zimg.swc.ZSwc`."""

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
        """Forest of nodes given in any order; rows are sorted, siblings and roots stay in order.

        Parameters
        ----------
        xyz
            ``(n, 3)`` positions.
        radius
            ``(n,)`` radii, or one for all.
        parent
            ``(n,)`` rows of the parents in the given order, -1 for roots.
        type
            ``(n,)`` types, or one for all.
        id
            ``(n,)`` different numbers; by default 1 to n in depth-first order.
        label
            ``(n,)`` labels, or one for all.
        comments
            Lines to keep with the forest.

        Returns
        -------
        ZSwc
            The forest, with parents before their children.

        Raises
        ------
        ValueError
            For a parent that is no row, a cycle of parents, equal ids, a value that is not finite,
            or lengths that differ.
        """
        positions = points(xyz)
        count = len(positions)
        parents = integers("parent", parent, count)
        order = sorted_rows(parents)
        row_of = np.empty(count + 1, dtype=np.int64)
        row_of[order], row_of[-1] = np.arange(count), -1  # the last one is what -1 reads
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
        """Forest of exactly these columns, which are sound, of its own and in depth-first order."""
        tree = cls.__new__(cls)
        tree.__dict__.update(columns)
        tree.parent.flags.writeable = False
        return tree

    def __len__(self) -> int:
        return len(self.parent)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.parent.flags.writeable = False  # a copy or a pickle forgets it

    @property
    def roots(self) -> NDArray[np.int64]:
        """Rows without a parent, one for each tree."""
        return np.flatnonzero(self.parent < 0)

    @property
    def children(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows of the children of all nodes, and where each node's begin.

        Returns
        -------
        rows, start
            The children of row ``i`` are ``rows[start[i]:start[i + 1]]``, in order.
        """
        return children_of(self.parent)

    @property
    def parent_id(self) -> NDArray[np.int64]:
        """``(n,)`` int64 id of the parent of every node, -1 for roots; new at every call."""
        return np.where(self.parent >= 0, np.append(self.id, -1)[self.parent], -1)

    def edge_lengths(self, spacing: Sequence[float] = (1.0, 1.0, 1.0)) -> NDArray[np.float64]:
        """Distances of nodes from their parents.

        Parameters
        ----------
        spacing
            Size of a voxel along x, y, z, by which positions are multiplied.

        Returns
        -------
        ndarray
            ``(n,)`` float64, 0 for roots.
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
            Size of a voxel along x, y, z, by which positions are multiplied.

        Returns
        -------
        float
            In the unit of positions times `spacing`.
        """
        return float(self.edge_lengths(spacing).sum())


def columns_of(tree: NodeTable) -> dict[str, Any]:
    """Copies of the columns and comments of a forest by name."""
    return {name: getattr(tree, name).copy() for name in (*COLUMNS, "comments")}


def with_columns(tree: Table, **columns: Any) -> Table:
    """`tree` with some columns replaced, the others copied; it must stay a depth-first forest.

    Raises
    ------
    ValueError
        For positions and radii that are not finite.
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
    """`row` counted from the start; negative ones count from the end."""
    number = index(row)
    if not -len(tree) <= number < len(tree):
        raise IndexError(f"row {row} of a forest of {len(tree)} nodes")
    return number % len(tree)


def take_rows(tree: Table, rows: NDArray[np.int64], parent: NDArray[np.int64]) -> Table:
    """Forest of some nodes of another, with their ids, labels and the comments.

    Parameters
    ----------
    tree
        Where the nodes are from.
    rows
        ``(m,)`` different rows of `tree`; roots and siblings stay in this order.
    parent
        ``(m,)`` new parents, as rows of `tree` that are among `rows`, or -1.
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
