"""Join very many trees across gaps, nearest first, without examining all pairs."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from zimg.skeletons.paths import Floats, Index

NEIGHBOURS = 16
"""Nodes near an end that are examined; more only if all are in the end's own cluster."""

FEW = 16
"""Number of clusters from which on each examines the nodes of all others."""


@dataclass(frozen=True, slots=True)
class Edges:
    """Gaps from ends to nodes of other clusters.

    Attributes
    ----------
    node, other
        ``(e,)`` rows of nodes.
    width
        ``(e,)`` from centre to surface, at least 0.
    """

    node: Index
    other: Index
    width: Floats


def nearest_gaps(
    points: Floats, radius: Floats, cluster: Index, ends: Index, /, *, widest: float
) -> Edges:
    """Find gaps that join trees to as few clusters as possible, shortest first.

    Parameters
    ----------
    points, radius
        ``(n, 3)`` and ``(n,)``: nodes, distances along z scaled.
    cluster
        ``(n,)`` tree of each node, from 0.
    ends
        ``(e,)`` nodes from which gaps are measured.
    widest
        Largest gap; negative for any.

    Returns
    -------
    Edges
        A forest over the trees. In each round a cluster takes its narrowest gap among the nodes
        nearest to its ends; wide nodes farther away can be missed.
    """
    chosen: list[Edges] = []
    tree = cKDTree(points)
    count = int(cluster.max()) + 1
    while count > 1:
        found = _near(tree, points, cluster, ends) if count > FEW else _apart(points, cluster, ends)
        edges = _narrowest(found, points, radius, cluster, widest)
        if not len(edges.node):
            if count <= FEW:
                break
            edges = _narrowest(_apart(points, cluster, ends), points, radius, cluster, widest)
            if not len(edges.node):
                break
        edges, labels, count = _joined(edges, cluster, count)
        cluster = labels[cluster]
        chosen.append(edges)
    columns = [np.concatenate(parts) for parts in zip(*map(_columns, chosen), strict=True)]
    return Edges(*columns) if columns else Edges(ends[:0], ends[:0], radius[:0])


def _columns(edges: Edges) -> tuple[NDArray[Any], ...]:
    return edges.node, edges.other, edges.width


def _near(tree: cKDTree, points: Floats, cluster: Index, ends: Index) -> tuple[Index, Index]:
    """Ends and the nearest nodes of other clusters among their neighbours."""
    _, near = tree.query(points[ends], k=min(NEIGHBOURS, len(points)))
    rows, columns = np.nonzero(cluster[near] != cluster[ends][:, None])
    return ends[rows], near[rows, columns]


def _apart(points: Floats, cluster: Index, ends: Index) -> tuple[Index, Index]:
    """For all clusters except the largest: ends and the nearest nodes of all others."""
    sizes = np.bincount(cluster)
    found: list[tuple[Index, Index]] = []
    for own in np.argsort(sizes, kind="stable")[:-1][: 4 * FEW].tolist():
        others = np.flatnonzero(cluster != own)
        tips = ends[cluster[ends] == own]
        _, near = cKDTree(points[others]).query(points[tips], k=min(NEIGHBOURS, len(others)))
        near = near.reshape(len(tips), -1)
        found.append((np.repeat(tips, near.shape[1]), others[near.reshape(-1)]))
    return np.concatenate([a for a, _ in found]), np.concatenate([b for _, b in found])


def _narrowest(
    found: tuple[Index, Index], points: Floats, radius: Floats, cluster: Index, widest: float
) -> Edges:
    """The narrowest gap of each cluster."""
    node, other = found
    apart = points[node] - points[other]
    gap = np.sqrt((apart * apart).sum(axis=1)) - radius[other]
    kept = np.flatnonzero(gap <= widest) if widest >= 0 else np.arange(len(gap))
    node, other, width = node[kept], other[kept], np.maximum(gap[kept], 0.0)
    order = np.lexsort((other, node, width))
    _, first = np.unique(cluster[node[order]], return_index=True)
    taken = order[
        np.sort(first)
    ]  # by width, so that each gap joins clusters that are still separate
    return Edges(node[taken], other[taken], width[taken])


def _joined(edges: Edges, cluster: Index, count: int) -> tuple[Edges, Index, int]:
    """Drop gaps within joined clusters; also return the new cluster of each old one."""
    group = list(range(count))
    kept = []
    pairs = zip(cluster[edges.node].tolist(), cluster[edges.other].tolist(), strict=True)
    for place, (one, other) in enumerate(pairs):
        while group[one] != one:
            group[one] = group[group[one]]
            one = group[one]
        while group[other] != other:
            group[other] = group[group[other]]
            other = group[other]
        if one != other:
            group[one] = other
            kept.append(place)
    links = coo_array((np.ones(count), (np.arange(count), np.asarray(group))), (count, count))
    number, labels = connected_components(links, directed=False)
    taken = np.asarray(kept, dtype=np.int64)
    left = Edges(edges.node[taken], edges.other[taken], edges.width[taken])
    return left, labels.astype(np.int64), int(number)
