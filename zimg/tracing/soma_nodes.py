"""Cell bodies in a traced forest: the nodes inside are replaced by one node, the root."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from zimg.swc import ZSwc
from zimg.swc.graphs import oriented
from zimg.tracing.soma import Soma

Floats = NDArray[np.float64]
Index = NDArray[np.int64]

SOMA_TYPE = 1

CUT = 1.15
"""Neurites end at so many radii of a soma."""

SHORTEST_STUB = 8.0
"""A piece at a soma that is shorter than this, in voxels, or than half of the radius, is no
neurite but the surface of the soma."""


REACH = 10.0
"""A free end nearer to the surface of a soma than this, in voxels, is joined to it, as chains are
joined to each other (`maxEucDist` of the presets)."""


@dataclass(frozen=True)
class _Graph:
    """Nodes in trace space and undirected edges between them."""

    xyz: Floats
    radius: Floats
    type: Index
    edges: Index

    def __len__(self) -> int:
        return len(self.radius)

    def taken(self, keep: NDArray[np.bool_]) -> "_Graph":
        """The nodes for which `keep` holds, and the edges between them."""
        number = np.cumsum(keep) - 1
        edges = self.edges[keep[self.edges].all(axis=1)]
        return _Graph(self.xyz[keep], self.radius[keep], self.type[keep], number[edges])

    def components(self) -> Index:
        """Number of the component of every node."""
        ones = np.ones(len(self.edges))
        graph = coo_matrix((ones, (self.edges[:, 0], self.edges[:, 1])), shape=(len(self),) * 2)
        return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def with_somata(tree: ZSwc, somata: Sequence[Soma], *, z_to_xy: float = 1.0) -> tuple[ZSwc, int]:
    """A forest in which each soma that neurites reach is one node of type 1, and a root.

    Parameters
    ----------
    tree
        Traced forest in voxels.
    somata
        Cell bodies, the largest first.
    z_to_xy
        Size of a voxel in z divided by its size in x and y.

    Returns
    -------
    tuple
        The forest, and the number of somata that became nodes.
    """
    scale = np.array([1.0, 1.0, z_to_xy])
    linked = np.flatnonzero(tree.parent >= 0)
    edges = np.stack([linked, tree.parent[linked]], axis=1)
    graph = _Graph(tree.xyz * scale, tree.radius.copy(), tree.type.copy(), edges)
    placed = 0
    for soma in somata:
        joined = _joined(graph, soma)
        if joined is not None:
            graph, placed = joined, placed + 1
    return (_rooted(graph, scale), placed) if placed else (tree, 0)


def _joined(graph: _Graph, soma: Soma) -> _Graph | None:
    """The graph with the soma as one node; None unless a neurite leaves it or two end near it."""
    cut = _cut_at(graph, soma)
    away = np.linalg.norm(cut.xyz - soma.position, axis=1)
    inside = away < CUT * soma.radius - 1e-6
    inside &= cut.type != SOMA_TYPE  # a larger soma stays where it is
    crossing = cut.edges[inside[cut.edges].sum(axis=1) == 1]
    ends = np.unique(crossing[~inside[crossing]])
    touching = np.zeros(len(cut), np.bool_)
    touching[ends] = True
    outside, touching = cut.taken(~inside), touching[~inside]
    kept, touching = _without_stubs(outside, touching, max(SHORTEST_STUB, soma.radius / 2.0))
    near = _near_ends(kept, touching, soma)
    if not (touching.any() or len(np.unique(kept.components()[near])) > 1):
        return None
    return _attached(kept, touching | near, soma)


def _near_ends(graph: _Graph, touching: NDArray[np.bool_], soma: Soma) -> NDArray[np.bool_]:
    """Which nodes are ends near the surface of a soma, in components that do not touch it."""
    part = graph.components()
    degree = np.bincount(graph.edges.reshape(-1), minlength=len(graph))
    gap = np.linalg.norm(graph.xyz - soma.position, axis=1) - soma.radius - graph.radius
    free = (degree <= 1) & (graph.type != SOMA_TYPE) & (gap < REACH)
    return np.asarray(free & ~np.isin(part, part[touching]))


def _cut_at(graph: _Graph, soma: Soma) -> _Graph:
    """The graph with a node wherever an edge enters the ball at which neurites end."""
    limit = CUT * soma.radius
    away = np.linalg.norm(graph.xyz - soma.position, axis=1)
    inside = away < limit
    crossing = inside[graph.edges].sum(axis=1) == 1
    if not crossing.any():
        return graph
    pair = graph.edges[crossing]
    inner = np.where(inside[pair[:, 0]], pair[:, 0], pair[:, 1])
    outer = pair.sum(axis=1) - inner
    share = _crossing_share(graph.xyz[inner] - soma.position, graph.xyz[outer], soma, limit)
    new = np.arange(len(pair)) + len(graph)
    radius = graph.radius[inner] * (1 - share) + graph.radius[outer] * share
    xyz = graph.xyz[inner] * (1 - share)[:, None] + graph.xyz[outer] * share[:, None]
    halves = [np.stack([inner, new], axis=1), np.stack([new, outer], axis=1)]
    return _Graph(
        np.concatenate([graph.xyz, xyz]),
        np.concatenate([graph.radius, radius]),
        np.concatenate([graph.type, graph.type[outer]]),
        np.concatenate([graph.edges[~crossing], *halves]),
    )


def _crossing_share(start: Floats, outer: Floats, soma: Soma, limit: float) -> Floats:
    """Fraction of the way out at which each edge leaves the ball; `start` is relative to it."""
    step = outer - soma.position - start
    a, b = (step**2).sum(1), (start * step).sum(1)
    c = (start**2).sum(1) - limit**2
    root = np.sqrt(np.maximum(b * b - a * c, 0.0))
    return np.clip((root - b) / np.maximum(a, 1e-12), 0.0, 1.0)


def _without_stubs(
    graph: _Graph, touching: NDArray[np.bool_], shortest: float
) -> tuple[_Graph, NDArray[np.bool_]]:
    """The graph without short components at the soma, and which nodes are at it."""
    part = graph.components()
    count = int(part.max()) + 1 if len(part) else 0
    steps = np.linalg.norm(graph.xyz[graph.edges[:, 0]] - graph.xyz[graph.edges[:, 1]], axis=1)
    length = np.bincount(part[graph.edges[:, 0]], steps, minlength=count)
    at_soma = np.bincount(part[touching], minlength=count) > 0
    bodies = np.bincount(part[graph.type == SOMA_TYPE], minlength=count) > 0
    keep = ~(at_soma & (length < shortest) & ~bodies)[part]
    return graph.taken(keep), touching[keep]


def _attached(graph: _Graph, touching: NDArray[np.bool_], soma: Soma) -> _Graph:
    """The graph with the soma linked to one end of every component at it, the nearest."""
    part = graph.components()
    ends = np.flatnonzero(touching)
    away = np.linalg.norm(graph.xyz[ends] - soma.position, axis=1)
    order = ends[np.argsort(away, kind="stable")]
    _, first = np.unique(part[order], return_index=True)
    links = np.stack([order[first], np.full(len(first), len(graph))], axis=1)
    return replace(
        graph,
        xyz=np.concatenate([graph.xyz, soma.position[None]]),
        radius=np.append(graph.radius, soma.radius),
        type=np.append(graph.type, SOMA_TYPE),
        edges=np.concatenate([graph.edges, links]),
    )


def _rooted(graph: _Graph, scale: Floats) -> ZSwc:
    """The trees of the graph in voxels, rooted at their largest soma, else at their first node."""
    bodies = np.flatnonzero(graph.type == SOMA_TYPE)
    order = np.concatenate([bodies, np.flatnonzero(graph.type != SOMA_TYPE)])
    number = np.empty(len(order), np.int64)
    number[order] = np.arange(len(order))
    parent = oriented(number[graph.edges], len(order))
    return ZSwc.from_arrays(
        graph.xyz[order] / scale, graph.radius[order], parent, type=graph.type[order]
    )
