"""Trees as layers of napari, and back: one vector per node, with the columns of an SWC file.

Vectors are drawn as they are. Of 100,000 nodes in napari 0.9, a layer of vectors is added in 1.1 s
and turned at 50 frames a second by software; one of shapes takes 18 s. Tracks are as quick as
vectors, and show only what is near the time that is looked at.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg.swc.packages import COLUMNS, from_table
from zimg.swc.table import NodeTable, Table

LayerData = tuple[Any, dict[str, Any], str]
COLOURS = ("#ff5555", "#55ff55", "#5599ff", "#ffdd44", "#ff66ff", "#44ddff", "#ff9944", "#bbbbbb")


def tree_layer(tree: NodeTable, name: str, scale: tuple[float, float, float] | None) -> LayerData:
    """A layer of vectors, each from the parent of a node to the node; of roots they are empty.

    Parameters
    ----------
    tree
        Any forest.
    name
        Of the layer.
    scale
        Sizes of a voxel along z, y, x in µm where positions count voxels; None where they do not.
    """
    up = np.where(tree.parent < 0, np.arange(len(tree)), tree.parent)
    start = tree.xyz[up][:, ::-1]
    data = np.stack([start, tree.xyz[:, ::-1] - start], axis=1)
    columns = (tree.id, tree.type, *tree.xyz.T, tree.radius, tree.parent_id)
    features = {key: np.array(value) for key, value in zip(COLUMNS, columns, strict=True)}
    colours = [COLOURS[n % len(COLOURS)] for n in np.cumsum(tree.parent < 0) - 1]
    options: dict[str, Any] = {
        "name": name,
        "features": features,
        "vector_style": "line",
        "edge_width": 1,
        "blending": "translucent_no_depth",  # seen through a volume
        "metadata": {"comments": tuple(tree.comments)},
    }
    if colours:
        options["edge_color"] = np.array([_rgba(colour) for colour in colours])
    if scale is not None:
        options |= {"scale": scale, "units": ("um",) * 3}
    return data, options, "vectors"


def _rgba(colour: str) -> tuple[float, ...]:
    return (*(int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)), 1.0)


def tree_of_layer(kind: type[Table], layer: Any) -> Table:
    """The forest of a layer: of vectors with the columns, of vectors alone, or of paths.

    Parameters
    ----------
    kind
        Class of the result.
    layer
        A layer of napari, or its data, options and type.

    Raises
    ------
    ValueError
        For a layer of another kind.
    """
    data, options, name = layer if isinstance(layer, tuple) else layer.as_layer_data_tuple()
    if name == "vectors":
        return _of_vectors(kind, np.asarray(data, np.float64), options)
    if name == "shapes":
        return _of_paths(kind, data, options)
    raise ValueError(f"a tree cannot be made of a layer of {name}: expected vectors or shapes")


def _of_vectors(kind: type[Table], data: NDArray[Any], options: dict[str, Any]) -> Table:
    if data.ndim != 3 or data.shape[1:] != (2, 3):
        raise ValueError(f"vectors of a tree are (n, 2, 3), got {data.shape}")
    features = options.get("features")
    ends = (data[:, 0] + data[:, 1])[:, ::-1]
    if features is None or not set(COLUMNS) <= set(features):
        return _of_lines(kind, list(np.stack([data[:, 0, ::-1], ends], axis=1)))
    columns = {key: np.asarray(features[key]) for key in COLUMNS}
    stated = np.stack([columns[axis] for axis in "xyz"], axis=1).astype(np.float64)
    # A layer keeps float32: what was moved there counts, what was not keeps its digits.
    moved = ~np.isclose(stated, ends, rtol=1e-5, atol=1e-3).all(axis=1)
    stated[moved] = ends[moved]
    columns |= dict(zip("xyz", stated.T, strict=True))
    tree = from_table(kind, columns)
    tree.comments = list(options.get("metadata", {}).get("comments", ()))
    return tree


def _of_paths(kind: type[Table], data: Any, options: dict[str, Any]) -> Table:
    """Paths and lines as branches; ends at one place are one node."""
    kinds = options.get("shape_type", "path")
    kinds = [kinds] * len(data) if isinstance(kinds, str) else kinds
    if not set(kinds) <= {"path", "line"}:
        raise ValueError(f"shapes of a tree are paths and lines, got {sorted(set(kinds))}")
    lines = [np.asarray(each, np.float64)[:, -3:] for each in data]
    if any(each.shape[1] != 3 for each in lines):
        raise ValueError("shapes of a tree have positions z, y, x")
    return _of_lines(kind, [each[:, ::-1] for each in lines])


def _of_lines(kind: type[Table], lines: list[NDArray[Any]]) -> Table:
    """A forest of lines (x, y, z) whose points at one place are one node.

    A line begins a tree unless an earlier one holds its first point.
    """
    rows: dict[tuple[float, ...], int] = {}
    parents: list[int] = []
    for line in lines:
        last = -1
        for point in map(tuple, np.round(line, 6).tolist()):
            if point not in rows:
                rows[point] = len(parents)
                parents.append(last)
            last = rows[point]
    xyz = np.array(list(rows), np.float64).reshape(-1, 3)
    return kind.from_arrays(xyz, 1.0, np.asarray(parents, np.int64))
