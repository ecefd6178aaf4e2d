"""`ZSwc`: the nodes of a forest as columns, in depth-first order."""

import os
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zimg.swc.columns import different, integers, points, reals, require_finite, sorted_rows
from zimg.swc.node import SwcNode, TreeNode
from zimg.swc.order import breadth_first, children_of

if TYPE_CHECKING:
    from zimg.swc.check import Finding

COLUMNS = ("id", "type", "xyz", "radius", "parent")


class ZSwc:
    """A forest of neuron trees.

    Parameters
    ----------
    filename
        File to load; without one the forest is empty.

    Attributes
    ----------
    id
        ``(n,)`` int64, the number of every node in files.
    type
        ``(n,)`` int64, kind of structure (see `SwcNode`).
    xyz
        ``(n, 3)`` float64 positions in the order x, y, z, usually in voxels.
    radius
        ``(n,)`` float64 in the unit of x and y.
    parent
        ``(n,)`` int64, row of the parent or -1; read only, since it decides the order of rows.
    label
        ``(n,)`` int64 for the user's own work, -1 at first; files do not carry it.
    comments
        Comments of the file it came from, without ``#``; they are saved again.

    Notes
    -----
    Rows are in depth-first order: roots in order, each node before its children, children in
    order. All columns but `parent` may be written to. Two forests are equal when `id`, `type`,
    `xyz`, `radius` and `parent` are.

    Examples
    --------
    >>> tree = ZSwc.from_arrays([[0, 0, 0], [3, 4, 0]], [2, 1], [-1, 0])
    >>> tree
    <ZSwc 2 nodes, 1 tree>
    >>> tree.total_length()
    5.0
    >>> tree[1].parentID
    1
    """

    id: NDArray[np.int64]
    type: NDArray[np.int64]
    xyz: NDArray[np.float64]
    radius: NDArray[np.float64]
    parent: NDArray[np.int64]
    label: NDArray[np.int64]
    comments: list[str]

    def __init__(self, filename: str | os.PathLike[str] | None = None) -> None:
        self._take(ZSwc.from_arrays(np.zeros((0, 3)), [], []))
        if filename is not None:
            self.load(filename)

    @classmethod
    def from_arrays(
        cls,
        xyz: ArrayLike,
        radius: ArrayLike,
        parent: ArrayLike,
        *,
        type: ArrayLike = 2,
        id: ArrayLike | None = None,
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
        comments
            Lines to keep with the forest.

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
        tree = cls.__new__(cls)
        tree.xyz = positions[order]
        tree.radius = reals("radius", radius, count)[order]
        tree.type = integers("type", type, count)[order]
        tree.parent = row_of[parents[order]]
        tree.parent.flags.writeable = False
        ids = np.arange(1, count + 1) if id is None else integers("id", id, count)[order]
        tree.id = different(ids)
        tree.label = np.full(count, -1, dtype=np.int64)
        tree.comments = list(comments)
        require_finite("xyz", tree.xyz)
        require_finite("radius", tree.radius)
        return tree

    def __len__(self) -> int:
        return len(self.parent)

    def __getitem__(self, row: int) -> SwcNode:
        if not -len(self) <= row < len(self):
            raise IndexError(f"row {row} of a forest of {len(self)} nodes")
        return TreeNode(self, row % len(self))

    def __iter__(self) -> Iterator[SwcNode]:
        return (TreeNode(self, row) for row in range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ZSwc):
            return NotImplemented
        return all(np.array_equal(getattr(self, c), getattr(other, c)) for c in COLUMNS)

    __hash__ = None  # type: ignore[assignment]  # columns can change

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.parent.flags.writeable = False  # a copy or a pickle forgets it

    def __repr__(self) -> str:
        nodes, trees = len(self), len(self.roots)
        return f"<ZSwc {nodes} node{'s' * (nodes != 1)}, {trees} tree{'s' * (trees != 1)}>"

    def _repr_html_(self) -> str:
        """A card for notebooks: counts, length, and three projections."""
        card: str = import_module("zimg.view").tree_card(self)
        return card

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

    def total_length(self, spacing: Sequence[float] = (1.0, 1.0, 1.0)) -> float:
        """Sum of the lengths of all edges, with voxels of size `spacing` along x, y, z."""
        linked = np.flatnonzero(self.parent >= 0)
        steps = (self.xyz[linked] - self.xyz[self.parent[linked]]) * np.asarray(spacing)
        return float(np.sqrt((steps * steps).sum(-1)).sum())

    def scaled(self, factors: Sequence[float], *, radius: float | None = None) -> "ZSwc":
        """New forest with x, y, z multiplied by three factors.

        Parameters
        ----------
        factors
            For x, y, z; not negative. 0 lays the forest into a plane.
        radius
            Factor of the radii; by default the geometric mean of those of x and y (behaviour of
            the reference).

        Raises
        ------
        ValueError
            For other factors.
        """
        scale = np.asarray(factors, dtype=np.float64)
        if scale.shape != (3,) or not (np.isfinite(scale) & (scale >= 0)).all():
            raise ValueError(f"factors are three numbers from 0 for x, y, z, got {factors!r}")
        if radius is None:
            radius = float(np.sqrt(scale[0] * scale[1]))
        tree = ZSwc.from_arrays(
            self.xyz * scale,
            self.radius * radius,
            self.parent,
            type=self.type,
            id=self.id,
            comments=self.comments,
        )
        tree.label = self.label.copy()
        return tree

    def load(
        self,
        filename: str | os.PathLike[str],
        *,
        strict: bool = False,
        on_error: Literal["raise", "warn"] = "raise",
        allow_virtual: bool = False,
    ) -> None:
        """Replace the content by that of a file; see `zimg.swc.text.read_swc`.

        Raises
        ------
        ZException
            When the file cannot be read, naming it and the line; the forest is then empty.
        """
        from zimg.swc.text import read_swc

        self._take(ZSwc())
        self._take(
            read_swc(filename, strict=strict, on_error=on_error, allow_virtual=allow_virtual),
        )

    def save(
        self,
        filename: str | os.PathLike[str],
        *,
        precision: int | None = None,
        renumber: bool = False,
        header: str | None = None,
    ) -> None:
        """Write a file in one step; see `zimg.swc.text.write_swc`.

        Raises
        ------
        ZException
            When the file cannot be written or the columns hold what no file may hold.
        """
        from zimg.swc.text import write_swc

        write_swc(self, filename, precision=precision, renumber=renumber, header=header)

    def check(self) -> list["Finding"]:
        """List what is wrong or doubtful in the columns; see `zimg.swc.check.check_file`."""
        from zimg.swc.check import check_tree

        return check_tree(self)

    def resortID(self) -> None:
        """Number the nodes from 1 in breadth-first order: all roots, all their children, and on."""
        self.id[breadth_first(self.parent)] = np.arange(1, len(self) + 1)

    def labelSomaAndOthers(
        self, radiusThre: float = 0.0, somaType: int = 1, otherType: int = 2
    ) -> None:
        """Root each tree in its soma and set types; see `zimg.swc.soma.label_soma`."""
        from zimg.swc.soma import label_soma

        self._take(label_soma(self, radiusThre, soma_type=somaType, other_type=otherType))

    def resortPyramidal(self, basalType: int = 3, apicalType: int = 4, somaType: int = 1) -> None:
        """Set the types of a pyramidal cell's dendrites; see `zimg.swc.soma.label_pyramidal`."""
        from zimg.swc.soma import label_pyramidal

        self.type[:] = label_pyramidal(
            self, basal_type=basalType, apical_type=apicalType, soma_type=somaType
        )

    def _take(self, other: "ZSwc") -> None:
        """Become `other`."""
        self.__dict__.update(other.__dict__)
