"""Methods of a forest that hand it to other tools: arrays, NetworkX, pandas, Neuroglancer."""

import os
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Self

import numpy as np

from zimg._typing import Array, ArrayFramework, Device
from zimg.arrays.export import exported
from zimg.swc.tables import from_graph, from_table, to_graph, to_table
from zimg.swc.units import TreeUnits
from zimg.values import ZImgInfo


class TreeArrays(NamedTuple):
    """Nodes and edges of a forest as arrays of one framework.

    Attributes
    ----------
    xyz
        ``(n, 3)`` positions in the order x, y, z.
    radius
        ``(n,)`` radii.
    edges
        ``(m, 2)`` rows of parent and child.
    """

    xyz: Array
    radius: Array
    edges: Array


class TreeExchange(TreeUnits):
    """A forest as what other tools take; each form that keeps the tree can be read back."""

    def to_arrays(
        self,
        framework: ArrayFramework = "numpy",
        *,
        device: Device = None,
        dtype: Literal["float64", "float32"] = "float64",
    ) -> TreeArrays:
        """Nodes and edges as new arrays of any framework.

        Parameters
        ----------
        framework, device
            As in `zimg.ZImg.to_arrays`.
        dtype
            Of positions and radii; rows in `edges` are integers of the same width. JAX has 32 bits
            only unless 64 are switched on.

        Returns
        -------
        TreeArrays
            ``xyz`` (n, 3), ``radius`` (n,), ``edges`` (m, 2), nodes in the order of the forest.

        Raises
        ------
        TypeError
            When the framework lacks the dtype.
        ValueError
            For other arguments, and for numbers that `dtype` does not hold.
        """
        if dtype not in ("float64", "float32"):
            raise ValueError(f"dtype is 'float64' or 'float32', got {dtype!r}")
        linked = np.flatnonzero(self.parent >= 0)
        edges = np.stack([self.parent[linked], linked], axis=1)
        most = np.finfo(dtype).max
        for name, column in (("xyz", self.xyz), ("radius", self.radius)):
            if np.abs(column).max(initial=0) > most:
                raise ValueError(f"{name} does not fit into {dtype}")
        whole = "int64" if dtype == "float64" else "int32"
        if len(self) > np.iinfo(whole).max:
            raise ValueError(f"{len(self)} rows do not fit into {whole}")
        columns = (self.xyz.astype(dtype), self.radius.astype(dtype), edges.astype(whole))
        return TreeArrays(*(exported(column, framework, device=device) for column in columns))

    def to_networkx(self) -> Any:
        """A `networkx.DiGraph` with edges from parents to children.

        Returns
        -------
        networkx.DiGraph
            Nodes are the ids, in the order of the rows, with ``type``, ``xyz`` (a tuple),
            ``radius`` and ``label``; edges have a ``length``; the graph has ``comments``.

        Raises
        ------
        ZException
            When NetworkX is not installed.
        """
        return to_graph(self)

    @classmethod
    def from_networkx(cls, graph: Any) -> Self:
        """Forest of a graph of NetworkX, such as `to_networkx` gives.

        Parameters
        ----------
        graph
            Edges lead from parents to children; in a graph without directions, the first node of
            each tree is its root. Every node has ``xyz`` and ``radius``, and may have ``type`` (2
            otherwise) and ``label``. Nodes that are integers are ids; with others ids are 1 to n.
            Roots and siblings are in the order of the nodes.

        Returns
        -------
        ZSwc
            The forest, with parents before their children.

        Raises
        ------
        ValueError
            For a node without data or with two parents, or a cycle.
        """
        return from_graph(cls, graph)

    def to_pandas(self) -> Any:
        """A `pandas.DataFrame` with the columns of an SWC file, one row for each node.

        Returns
        -------
        pandas.DataFrame
            ``id``, ``type``, ``x``, ``y``, ``z``, ``radius``, ``parent``, the latter the id of the
            parent or -1. Its memory is its own.

        Raises
        ------
        ZException
            When pandas is not installed.
        """
        return to_table(self)

    @classmethod
    def from_pandas(cls, table: Any) -> Self:
        """Forest of a table with the columns of `to_pandas`.

        Parameters
        ----------
        table
            A `pandas.DataFrame`, or any mapping of the names to columns, rows in any order.

        Returns
        -------
        ZSwc
            The forest, with parents before their children.

        Raises
        ------
        ValueError
            For a column that is missing, equal ids, a parent that is not there, or a cycle.
        """
        return from_table(cls, table)

    def to_precomputed(
        self,
        folder: str | os.PathLike[str],
        *,
        segment: int = 1,
        voxel_size: Sequence[float] | ZImgInfo | None = None,
    ) -> None:
        """Write a skeleton that Neuroglancer shows: ``info`` and a file for the segment.

        Further segments may be written into the same folder. Positions and radii are stored in
        nanometres as float32, with the attributes ``radius`` and ``vertex_types``.

        Parameters
        ----------
        folder
            Made if it is not there.
        segment
            Number of the object, and name of its file.
        voxel_size
            As in `to_um`; not needed for a forest that is in micrometres.

        Raises
        ------
        ValueError
            When the voxel size is not known, or numbers do not fit.
        ZException
            When the folder cannot be written or holds something else.
        """
        from zimg.swc.precomputed import write_precomputed

        known = voxel_size is None and self.unit == "um"
        write_precomputed(self if known else self.to_um(voxel_size), folder, segment)

    @classmethod
    def from_precomputed(cls, folder: str | os.PathLike[str], *, segment: int = 1) -> Self:
        """Forest in micrometres of a segment in a folder of Neuroglancer's skeletons.

        Parameters
        ----------
        folder
            Holds ``info`` and segments, not sharded.
        segment
            Number of the object.

        Returns
        -------
        ZSwc
            Nodes in depth-first order; the first vertex of each tree is its root. Types are 0 where
            the file has none.

        Raises
        ------
        ZException
            For files that cannot be read, edges that form a cycle, or no attribute ``radius``.
        """
        from zimg.swc.precomputed import read_precomputed

        return read_precomputed(cls, folder, segment)
