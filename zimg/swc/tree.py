"""`ZSwc`: the nodes of a forest as columns, in depth-first order."""

import os
from collections.abc import Iterator
from typing import Literal

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

    def load(
        self,
        filename: str | os.PathLike[str],
        *,
        strict: bool = False,
        on_error: Literal["raise", "warn"] = "raise",
        allow_virtual: bool = False,
    ) -> None:
        """Replace the content by that of an SWC file.

        Parameters
        ----------
        filename
            File to read, or its content as a string with at least one line end.
        strict
            Refuse what is otherwise accepted with a warning, such as parents that do not exist.
        on_error
            ``"warn"`` leaves out wrong lines with a warning.
        allow_virtual
            Accept negative ids.

        Raises
        ------
        ZException
            If the file cannot be read, naming it and the line; the forest is then empty.

        See Also
        --------
        zimg.swc.text.read_swc : The options in detail.
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
        """Write an SWC file, in one step.

        Parameters
        ----------
        filename
            File to create or replace.
        precision
            Significant digits of positions and radii; by default as many as are needed to read the
            same numbers again.
        renumber
            Number the nodes from 1.
        header
            Comment to write first.
        soma
            ``"three points"`` writes somas as NeuroMorpho.Org does.

        Raises
        ------
        ZException
            If the file cannot be written, or the columns hold what no file may hold.

        See Also
        --------
        zimg.swc.text.write_swc : The options in detail.
        """
        write_swc(self, filename, precision=precision, renumber=renumber, header=header, soma=soma)

    def check(self) -> list[Finding]:
        """List what is wrong or doubtful in the columns.

        Returns
        -------
        list of Finding
            Errors and warnings; empty if there are none.

        See Also
        --------
        zimg.swc.check.check_file : The same for files, including those that cannot be loaded.
        """
        return check_tree(self)

    def resortID(self) -> None:
        """Number the nodes from 1 in breadth-first order: all roots, all their children, and on."""
        self.id[breadth_first(self.parent)] = np.arange(1, len(self) + 1)

    def labelSomaAndOthers(
        self, radiusThre: float = 0.0, somaType: int = 1, otherType: int = 2
    ) -> None:
        """Root each tree at its thickest node, and set the types of soma and other nodes.

        Parameters
        ----------
        radiusThre
            Smallest radius of a soma; trees whose thickest node is thinner have none.
        somaType, otherType
            Types to set.
        """
        self._take(label_soma(self, radiusThre, soma_type=somaType, other_type=otherType))

    def resortPyramidal(self, basalType: int = 3, apicalType: int = 4, somaType: int = 1) -> None:
        """Set the types of the dendrites of a pyramidal cell.

        Parameters
        ----------
        basalType, apicalType
            Types to set. A branch that leaves the soma is apical if its first node has a larger y
            than the root.
        somaType
            Type of the nodes of the soma, which keep it.

        Raises
        ------
        ValueError
            If there are several trees, or the root is not the thickest node.
        """
        self.type[:] = label_pyramidal(
            self, basal_type=basalType, apical_type=apicalType, soma_type=somaType
        )

    def _take(self, other: "ZSwc") -> None:
        """Become `other`."""
        self.__dict__.update(other.__dict__)
