"""`ZSwc`: a forest of neuron trees as columns, in depth-first order."""

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
        File to load; None makes an empty forest.

    Attributes
    ----------
    id
        ``(n,)`` int64 numbers of the nodes in files.
    type
        ``(n,)`` int64 kinds of structure (see `SwcNode`).
    xyz
        ``(n, 3)`` float64 positions in the order x, y, z, in voxels unless `unit` is another.
    radius
        ``(n,)`` float64 radii in the unit of x and y; negative if unknown.
    parent
        ``(n,)`` int64 rows of the parents, -1 for roots; read-only, since they determine the order.
    label
        ``(n,)`` int64 for the user's own purposes, initially -1; not saved.
    comments
        Comments of the file, without ``#``; they are saved, too.

    Notes
    -----
    Rows are in depth-first order: each node precedes its children. All columns except `parent` are
    writable. Forests are equal if `id`, `type`, `xyz`, `radius` and `parent` are. Methods named by
    a participle return a new forest.

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
            raise IndexError(f"row {row} is out of range for a forest of {len(self)} nodes")
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
        """Card for notebooks: counts, length and three projections."""
        from zimg.view import tree_card  # SciPy is loaded by those who need it

        return tree_card(self)

    @property
    def metadata(self) -> dict[str, Any]:
        """Provenance of the forest, by name; set by functions of this library, otherwise empty.

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
        """Replace the content by that of an SWC file.

        Parameters
        ----------
        filename
            File to read.
        strict
            Refuse what is otherwise accepted with a warning or silently; see
            `zimg.swc.text.read_swc`.
        on_error
            ``"warn"`` skips malformed lines with a warning instead of raising.
        allow_virtual
            Accept negative ids.

        Raises
        ------
        ZException
            If the file cannot be read, naming the file and the line; the forest is empty then.

        Examples
        --------
        >>> zimg.ZSwc.from_arrays([[0, 0, 0], [3, 4, 0]], [2, 1], [-1, 0]).save("cell.swc")
        >>> tree = zimg.ZSwc()
        >>> tree.load("cell.swc")
        >>> tree
        <ZSwc 2 nodes, 1 tree>
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
        """Write an SWC file; an existing file is replaced only when the new one is complete.

        Parameters
        ----------
        filename
            File to create or replace.
        precision
            Significant digits of positions and radii; None writes the shortest form that reads
            back as the same number.
        renumber
            Write the ids 1 to n in the order of the lines.
        header
            First comment; by default the names of the columns.
        soma
            ``"three points"`` writes a soma of one node as three, in the form of NeuroMorpho.Org.

        Raises
        ------
        ZException
            If the file cannot be written, an id is used twice, or a number is not finite.
        ValueError
            If `precision` or `soma` is invalid.

        Examples
        --------
        >>> from pathlib import Path
        >>> tree = zimg.ZSwc.from_arrays([[0, 0, 0], [3, 4, 1 / 3]], [2, 1], [-1, 0])
        >>> tree.save("cell.swc", precision=3)
        >>> print(Path("cell.swc").read_text().rstrip())
        #id type x y z radius parentID
        1 2 0 0 0 2 -1
        2 2 3 4 0.333 1 1
        """
        write_swc(self, filename, precision=precision, renumber=renumber, header=header, soma=soma)

    def check(self) -> list[Finding]:
        """List errors and doubtful entries of the columns.

        Returns
        -------
        list of Finding
            As of `zimg.swc.check.check_file`, without line numbers.

        Examples
        --------
        >>> tree = zimg.ZSwc.from_arrays([[0, 0, 0], [0, 0, 0]], [2, 0], [-1, 0])
        >>> [finding.kind for finding in tree.check()]
        ['radius not positive', 'zero-length edge']
        """
        return check_tree(self)

    def resortID(self) -> None:
        """Number the nodes from 1 in breadth-first order: roots, their children, and so on."""
        self.id[breadth_first(self.parent)] = np.arange(1, len(self) + 1)

    def labelSomaAndOthers(
        self, radiusThre: float = 0.0, somaType: int = 1, otherType: int = 2
    ) -> None:
        """Root each tree in its thickest node, and set the types of soma and other nodes.

        Parameters
        ----------
        radiusThre
            Smallest radius of a soma; a tree whose thickest node is thinner has none.
        somaType, otherType
            Types to set. The soma is the root, and each node whose parent is soma and whose radius
            is at least a third of the root's.
        """
        self._take(label_soma(self, radiusThre, soma_type=somaType, other_type=otherType))

    def resortPyramidal(self, basalType: int = 3, apicalType: int = 4, somaType: int = 1) -> None:
        """Set the types of the apical and basal dendrites of a pyramidal cell.

        Parameters
        ----------
        basalType, apicalType
            Types to set. A branch is apical if its first node has a larger y than the root.
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
