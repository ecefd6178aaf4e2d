"""Methods that convert a forest: arrays, NetworkX, pandas, Neuroglancer."""

import os
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Self

import numpy as np

from zimg._typing import Array, ArrayFramework, Device
from zimg.arrays.export import exported
from zimg.swc.bridges import TreeBridges
from zimg.swc.packages import from_graph, from_table, to_graph, to_table
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


class TreeExchange(TreeBridges):
    """Conversions to the forms of other tools, and back."""

    def to_arrays(
        self,
        framework: ArrayFramework = "numpy",
        *,
        device: Device = None,
        dtype: Literal["float64", "float32"] = "float64",
    ) -> TreeArrays:
        """Return nodes and edges as new arrays of any framework.

        Parameters
        ----------
        framework, device
            As in `zimg.ZImg.to_arrays`.
        dtype
            Type of positions and radii; rows in `edges` are integers of the same width. JAX needs
            ``jax_enable_x64`` for 64 bits.

        Returns
        -------
        TreeArrays
            ``xyz`` (n, 3), ``radius`` (n,), ``edges`` (m, 2), nodes in the order of the forest.

        Raises
        ------
        TypeError
            If the framework lacks the dtype.
        ValueError
            If an argument is invalid, or `dtype` cannot hold a number.
        """
        if dtype not in ("float64", "float32"):
            raise ValueError(f"dtype must be 'float64' or 'float32', got {dtype!r}")
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
        """Return a `networkx.DiGraph` with edges from parents to children (extra ``networkx``).

        Returns
        -------
        networkx.DiGraph
            Nodes are the ids, in the order of the rows, with ``type``, ``xyz`` (a tuple),
            ``radius`` and ``label``; edges have a ``length``; the graph has ``comments``.

        Raises
        ------
        ZException
            If NetworkX is not installed.
        """
        return to_graph(self)

    @classmethod
    def from_networkx(cls, graph: Any) -> Self:
        """Make a forest of a NetworkX graph, such as that of `to_networkx`.

        Parameters
        ----------
        graph
            Edges lead from parents to children; in an undirected graph, the first node of each
            tree is its root. Every node has ``xyz`` and ``radius``, and optionally ``type`` (2 by
            default) and ``label``. Integer nodes are used as ids; otherwise ids are 1 to n. Roots
            and siblings are in the order of the nodes.

        Returns
        -------
        ZSwc
            New forest, with parents before their children and the ``comments`` of the graph.

        Raises
        ------
        ValueError
            If a node lacks data or has two parents, or the edges form a cycle.
        """
        return from_graph(cls, graph)

    def to_pandas(self) -> Any:
        """Return a `pandas.DataFrame` with the columns of an SWC file (extra ``pandas``).

        Returns
        -------
        pandas.DataFrame
            One row per node, in order: ``id``, ``type``, ``x``, ``y``, ``z``, ``radius`` and
            ``parent``, the id of the parent or -1. It shares no memory with the forest.

        Raises
        ------
        ZException
            If pandas is not installed.
        """
        return to_table(self)

    @classmethod
    def from_pandas(cls, table: Any) -> Self:
        """Make a forest of a table with the columns of `to_pandas`.

        Parameters
        ----------
        table
            A `pandas.DataFrame`, or a mapping of the names to columns; rows in any order.

        Returns
        -------
        ZSwc
            New forest, with parents before their children.

        Raises
        ------
        ValueError
            If a column is missing, an id is used twice, a parent does not exist, or parents form a
            cycle.
        """
        return from_table(cls, table)

    def to_precomputed(
        self,
        folder: str | os.PathLike[str],
        *,
        segment: int = 1,
        voxel_size: Sequence[float] | ZImgInfo | None = None,
    ) -> None:
        """Write a skeleton for Neuroglancer: ``info`` and a file for the segment.

        Segments share a folder. In a new folder, positions are stored in nanometres, with the
        attributes ``radius`` and ``vertex_types``, all as float32, the only type that Neuroglancer
        displays. In a folder with an ``info``, such as one of cloud-volume, the attributes and the
        transform that it describes are used.

        Parameters
        ----------
        folder
            Folder to write to; it is created if its parent exists.
        segment
            Number of the object, which names its file.
        voxel_size
            As in `to_um`; not needed for a forest in a unit of length.

        Raises
        ------
        ValueError
            If the voxel size is unknown, or the stored type cannot hold a number.
        ZException
            If the folder cannot be written, describes something else, or asks for attributes that
            trees lack.

        Warns
        -----
        UserWarning
            If the folder describes no attribute for the radii or types.
        """
        from zimg.swc.precomputed import write_precomputed

        known = voxel_size is None and self.unit == "um"
        write_precomputed(self if known else self.to_um(voxel_size), folder, segment)

    @classmethod
    def from_precomputed(cls, folder: str | os.PathLike[str], *, segment: int = 1) -> Self:
        """Read a segment of a folder of Neuroglancer skeletons, in micrometres.

        Parameters
        ----------
        folder
            Folder with ``info`` and unsharded segments, which may be compressed by gzip.
        segment
            Number of the object.

        Returns
        -------
        ZSwc
            Nodes in depth-first order; the first vertex of each tree is its root. Types are 0 if
            the file has none. Edges that occur twice count once.

        Raises
        ------
        ZException
            If a file cannot be read, or edges form a cycle.

        Warns
        -----
        UserWarning
            If there are no radii (they are 0 then), or edges from a vertex to itself.
        """
        from zimg.swc.precomputed import read_precomputed

        return read_precomputed(cls, folder, segment)
