"""`ZSwc`: the nodes of a forest as columns, in depth-first order."""

import os
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np

from zimg.swc.check import Finding, check_tree
from zimg.swc.columns import breadth_first
from zimg.swc.drawing import TreeDrawing
from zimg.swc.editing import TreeEditing
from zimg.swc.exchange import TreeExchange
from zimg.swc.node import SwcNode, TreeNode
from zimg.swc.pictures import TreePictures
from zimg.swc.reading import read_table
from zimg.swc.soma import label_pyramidal, label_soma
from zimg.swc.writing import Soma, write_swc

IN_FILES = ("id", "type", "xyz", "radius", "parent")


class ZSwc(TreeEditing, TreeExchange, TreeDrawing, TreePictures):
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
        ``(n, 3)`` float64 positions in the order x, y, z, in voxels unless `unit` says other.
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
    `xyz`, `radius` and `parent` are. Methods named by a participle give a new forest.

    Examples
    --------
    >>> tree = zimg.ZSwc.from_arrays([[0, 0, 0], [3, 4, 0]], [2, 1], [-1, 0])
    >>> tree
    <ZSwc 2 nodes, 1 tree>
    >>> tree.total_length()
    5.0
    >>> tree[1].parentID
    1
    """

    def __init__(self, filename: str | os.PathLike[str] | None = None) -> None:
        self._take(ZSwc.from_arrays(np.zeros((0, 3)), [], []))
        if filename is not None:
            self.load(filename)

    def __getitem__(self, row: int) -> SwcNode:
        if not -len(self) <= row < len(self):
            raise IndexError(f"row {row} of a forest of {len(self)} nodes")
        return TreeNode(self, row % len(self))

    def __iter__(self) -> Iterator[SwcNode]:
        return (TreeNode(self, row) for row in range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ZSwc):
            return NotImplemented
        return all(np.array_equal(getattr(self, c), getattr(other, c)) for c in IN_FILES)

    __hash__ = None  # type: ignore[assignment]  # columns can change

    def __repr__(self) -> str:
        nodes, trees = len(self), len(self.roots)
        return f"<ZSwc {nodes} node{'s' * (nodes != 1)}, {trees} tree{'s' * (trees != 1)}>"

    def _repr_html_(self) -> str:
        """A card for notebooks: counts, length, and three projections."""
        from zimg.view import tree_card  # SciPy is loaded by those who need it

        return tree_card(self)

    @property
    def metadata(self) -> dict[str, Any]:
        """How the forest came about, by name; empty unless a function of this library said so.

        Files and new forests made from this one do not carry it.
        """
        found: dict[str, Any] = self.__dict__.setdefault("_metadata", {})
        return found

    @metadata.setter
    def metadata(self, value: dict[str, Any]) -> None:
        self.__dict__["_metadata"] = value

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
        self._take(ZSwc())
        self._take(
            read_table(
                ZSwc, filename, strict=strict, on_error=on_error, allow_virtual=allow_virtual
            )
        )

    def save(
        self,
        filename: str | os.PathLike[str],
        *,
        precision: int | None = None,
        renumber: bool = False,
        header: str | None = None,
        soma: Soma = "as it is",
    ) -> None:
        """Write a file in one step; see `zimg.swc.text.write_swc`.

        Raises
        ------
        ZException
            When the file cannot be written or the columns hold what no file may hold.
        """
        write_swc(self, filename, precision=precision, renumber=renumber, header=header, soma=soma)

    def check(self) -> list[Finding]:
        """List what is wrong or doubtful in the columns; see `zimg.swc.check.check_file`."""
        return check_tree(self)

    def resortID(self) -> None:
        """Number the nodes from 1 in breadth-first order: all roots, all their children, and on."""
        self.id[breadth_first(self.parent)] = np.arange(1, len(self) + 1)

    def labelSomaAndOthers(
        self, radiusThre: float = 0.0, somaType: int = 1, otherType: int = 2
    ) -> None:
        """Root each tree in its soma and set types; see `zimg.swc.soma.label_soma`."""
        self._take(label_soma(self, radiusThre, soma_type=somaType, other_type=otherType))

    def resortPyramidal(self, basalType: int = 3, apicalType: int = 4, somaType: int = 1) -> None:
        """Set the types of a pyramidal cell's dendrites; see `zimg.swc.soma.label_pyramidal`."""
        self.type[:] = label_pyramidal(
            self, basal_type=basalType, apical_type=apicalType, soma_type=somaType
        )

    def _take(self, other: "ZSwc") -> None:
        """Become `other`."""
        self.__dict__.update(other.__dict__)
