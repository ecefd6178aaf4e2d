"""Forests as NetworkX graphs and pandas tables, and back."""

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.swc.columns import rows_of_ids
from zimg.swc.table import NodeTable, Table

COLUMNS = ("id", "type", "x", "y", "z", "radius", "parent")


def to_graph(tree: NodeTable) -> Any:
    """Make a `networkx.DiGraph` of the nodes; see `zimg.swc.exchange.TreeExchange`."""
    graph = _needed("networkx").DiGraph(comments=list(tree.comments))
    ids, names = tree.id.tolist(), ("type", "xyz", "radius", "label")
    columns = (getattr(tree, name).tolist() for name in names)
    for own, kind, xyz, radius, label in zip(ids, *columns, strict=True):
        graph.add_node(own, type=kind, xyz=tuple(xyz), radius=radius, label=label)
    lengths, parents = tree.edge_lengths().tolist(), tree.parent.tolist()
    for own, above, length in zip(ids, parents, lengths, strict=True):
        if above >= 0:
            graph.add_edge(ids[above], own, length=length)
    return graph


def from_graph(kind: type[Table], graph: Any) -> Table:
    """Make a forest of a NetworkX graph; see `zimg.swc.exchange.TreeExchange`."""
    from zimg.swc.graphs import oriented  # SciPy is loaded by those who need it

    names = list(graph.nodes)
    row = {name: number for number, name in enumerate(names)}
    edges = np.array([(row[one], row[other]) for one, other in graph.edges()], dtype=np.int64)
    parents = (_parents if graph.is_directed() else oriented)(edges.reshape(-1, 2), len(names))
    data = [_complete(name, graph.nodes[name]) for name in names]
    numbered = all(isinstance(name, int | np.integer) for name in names)
    return kind.from_arrays(
        [each["xyz"] for each in data],
        [each["radius"] for each in data],
        parents,
        type=[each["type"] for each in data],
        id=names if numbered else None,
        label=[each["label"] for each in data],
        comments=graph.graph.get("comments", ()),
    )


def _parents(edges: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Row of the parent of each node, -1 for roots, from edges parent to child."""
    child, times = np.unique(edges[:, 1], return_counts=True)
    if (times > 1).any():
        raise ValueError(f"node {child[times > 1][0]} of the graph has {times.max()} parents")
    parents = np.full(count, -1, dtype=np.int64)
    parents[edges[:, 1]] = edges[:, 0]
    return parents


def _complete(name: Any, data: dict[str, Any]) -> dict[str, Any]:
    """Data of a node, with defaults for optional values."""
    for needed in ("xyz", "radius"):
        if needed not in data:
            raise ValueError(f"node {name!r} of the graph has no {needed!r}")
    return {"type": 2, "label": -1} | data


def to_table(tree: NodeTable) -> Any:
    """A `pandas.DataFrame` of the columns; see `zimg.swc.exchange.TreeExchange`."""
    x, y, z = tree.xyz.T.copy()
    columns = (tree.id.copy(), tree.type.copy(), x, y, z, tree.radius.copy(), tree.parent_id)
    return _needed("pandas").DataFrame(dict(zip(COLUMNS, columns, strict=True)))


def from_table(kind: type[Table], table: Any) -> Table:
    """Forest of columns by name; see `zimg.swc.exchange.TreeExchange`."""
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise ValueError(f"the table has no column {missing[0]!r}; expected {', '.join(COLUMNS)}")
    own, types, x, y, z, radius, parent = (np.asarray(table[name]) for name in COLUMNS)
    parents = rows_of_ids(own, parent)
    orphans = np.flatnonzero((parents < 0) & (parent != -1))
    if orphans.size:
        row = orphans[0]
        raise ValueError(f"node {own[row]} has the parent {parent[row]}, which does not exist")
    return kind.from_arrays(np.stack([x, y, z], axis=1), radius, parents, type=types, id=own)


def _needed(package: str) -> Any:
    """An optional package, whose extra has the same name."""
    try:
        return import_module(package)
    except ImportError as error:
        raise ZException(
            f'{package} is not installed; pip install "zimg-xp[{package}]" adds it'
        ) from error
