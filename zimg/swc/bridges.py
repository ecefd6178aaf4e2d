"""Methods that hand a forest to other programs for neurons: napari, navis, skan."""

from importlib import import_module
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_array

from zimg._errors import ZException
from zimg.swc.napari_layers import LayerData, tree_layer, tree_of_layer
from zimg.swc.packages import from_table, to_table
from zimg.swc.units import TreeUnits

_UNITS = {"um": "micrometer", "nm": "nanometer", "mm": "millimeter", "cm": "centimeter"}


class TreeBridges(TreeUnits):
    """Conversions to the objects of other programs, and back."""

    def to_napari(self, viewer: Any = None, *, name: str = "tree") -> list[LayerData] | list[Any]:
        """Return the forest as a napari layer of vectors, or add it to a viewer.

        Each node has a vector that leads from its parent to it, empty for roots, and the columns
        of an SWC file as features. Trees have colours of their own.

        Parameters
        ----------
        viewer
            A `napari.Viewer` to add the layer to, or None.
        name
            Name of the layer.

        Returns
        -------
        list
            One layer: its data, options and type without a viewer, else what was added. Positions
            in voxels are scaled to µm where the forest states the voxel size.

        Examples
        --------
        >>> tree = zimg.ZSwc.from_arrays([[0, 0, 0], [3, 4, 5]], [1, 1], [-1, 0])
        >>> data, options, kind = tree.to_napari()[0]
        >>> kind, data.shape
        ('vectors', (2, 2, 3))
        """
        size = self.voxel_size if self.unit in (None, "voxel") else None
        scale = None if size is None else (size[2], size[1], size[0])
        data, options, kind = tree_layer(self, name, scale)
        if self.unit == "um":
            options["units"] = ("um",) * 3
        if viewer is None:
            return [(data, options, kind)]
        return [viewer.add_vectors(data, **options)]

    @classmethod
    def from_napari(cls, layer: Any) -> Self:
        """Make a forest of a napari layer: vectors, or shapes that are paths or lines.

        Parameters
        ----------
        layer
            A layer, or its data, options and type. Of a layer that `to_napari` made, the features
            give numbers, types, radii and parents. Other vectors and shapes are lines along z, y,
            x; points at one place are one node, and radii are 1.

        Returns
        -------
        ZSwc
            New forest, positions in the coordinates of the data.

        Raises
        ------
        ValueError
            If the layer holds no forest.
        """
        return tree_of_layer(cls, layer)

    def to_navis(self, *, name: str = "tree") -> Any:
        """Return the forest as a `navis.TreeNeuron`.

        Parameters
        ----------
        name
            Name of the neuron.

        Returns
        -------
        navis.TreeNeuron
            Nodes have the ids of the forest; the unit is that of the forest where it is stated.

        Raises
        ------
        ZException
            If navis is not installed.
        """
        navis = _needed("navis")
        table = to_table(self).rename(
            columns={"id": "node_id", "type": "label", "parent": "parent_id"}
        )
        unit = _UNITS.get(self.unit or "")
        return navis.TreeNeuron(table, name=name, units=f"1 {unit}" if unit else None)

    @classmethod
    def from_navis(cls, neuron: Any) -> Self:
        """Make a forest of a `navis.TreeNeuron`; the inverse of `to_navis`.

        Parameters
        ----------
        neuron
            A neuron with a table of nodes. Without types they are 0, without radii 0.

        Returns
        -------
        ZSwc
            New forest, in the unit of the neuron where it is a known one.

        Raises
        ------
        ZException
            For nodes that do not form a forest.
        """
        nodes = neuron.nodes
        count = len(nodes)
        radius = np.asarray(nodes["radius"] if "radius" in nodes else np.zeros(count))
        label = np.asarray(nodes["label"] if "label" in nodes else np.zeros(count))
        types = [int(each) if str(each).lstrip("-").isdigit() else 0 for each in label]
        columns = {"id": nodes["node_id"], "parent": nodes["parent_id"], "type": types}
        columns |= {"radius": radius} | {axis: nodes[axis] for axis in "xyz"}
        tree = from_table(cls, columns)
        stated = str(getattr(neuron, "units", "")).split()
        named = {name: unit for unit, name in _UNITS.items()}
        if len(stated) == 2 and float(stated[0]) == 1 and stated[1] in named:
            tree.unit = named[stated[1]]  # type: ignore[assignment]
        return tree

    def to_skan(self) -> Any:
        """Return the forest as a `skan.Skeleton`, whose paths are the branches.

        Returns
        -------
        skan.Skeleton
            Nodes in the order of the rows, coordinates z, y, x; edges have their length. The values
            along paths are the radii.

        Raises
        ------
        ZException
            If skan is not installed, or is older than 0.13.
        """
        csr = _needed("skan.csr")
        if not hasattr(csr, "PathGraph"):
            raise ZException("skan is too old: skeletons of graphs need skan 0.13 or later")
        rows = np.flatnonzero(self.parent >= 0)
        up, count = self.parent[rows], len(self)
        lengths = np.linalg.norm(self.xyz[rows] - self.xyz[up], axis=1)
        ends = np.concatenate([rows, up]), np.concatenate([up, rows])
        adjacency = csr_array((np.concatenate([lengths, lengths]), ends), shape=(count, count))
        graph = csr.PathGraph.from_graph(
            adj=adjacency, node_coordinates=self.xyz[:, ::-1].copy(), node_values=self.radius.copy()
        )
        return csr.Skeleton.from_path_graph(graph)


def _needed(module: str) -> Any:
    """Import a module of another package; a `ZException` says how to install it."""
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ZException(f"{package} is not installed; pip install {package} adds it") from error
