"""Join branches to the trees of their objects, each at its nearest point."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import hookable
from zimg._typing import Namespace
from zimg.skeletons.frustum import frustum_distance
from zimg.skeletons.paths import Floats, Index
from zimg.swc.forest import Forest
from zimg.swc.links import NONE

# Behaviour of the reference.
TOUCHING = 0.05
NEAR_END = 0.05
FLAT = 1e-9
NODE_TYPE = 0

Points = NDArray[np.float64]


@hookable
def joined_chains(
    points: Floats,
    radius: Floats,
    starts: Index,
    owners: Index,
    /,
    *,
    xp: Namespace | None = None,  # noqa: ARG001
) -> tuple[Floats, Floats, Index, Index, Index]:
    """Join the chains of each object.

    Parameters
    ----------
    points
        ``(m, 3)`` x, y, z of the nodes of all chains, chain by chain, each starting with its root.
    radius
        ``(m,)`` radii.
    starts
        ``(b + 1,)`` start of each chain, and the end.
    owners
        ``(b,)`` object of each chain, ascending.
    xp
        NumPy: this is work of the host.

    Returns
    -------
    tuple of ndarray
        Columns of `Nodes`. A chain is joined to the edge of its object's trees that is nearest to
        one of its ends; without an edge it becomes a separate tree. Nodes inserted into edges have
        a special type.
    """
    whole, owner = Forest(), list[int]()
    joiner = Joiner()
    for chain, own in enumerate(owners.tolist()):
        if chain and own != owners[chain - 1]:
            owner += [int(owners[chain - 1])] * _append(whole, joiner.forest)
            joiner = Joiner()
        part = slice(int(starts[chain]), int(starts[chain + 1]))
        joiner.add(points[part], radius[part])
    if len(owners):
        owner += [int(owners[-1])] * _append(whole, joiner.forest)
    return (
        np.asarray(whole.position, dtype=np.float64).reshape(-1, 3),
        np.asarray(whole.radius, dtype=np.float64),
        np.asarray(whole.type, dtype=np.int64),
        np.asarray(whole.parent, dtype=np.int64),
        np.asarray(owner, dtype=np.int64),
    )


def _append(forest: Forest, other: Forest) -> int:
    """Append all trees of `other` to `forest`, in depth-first order; return the number of nodes."""
    number = {NONE: NONE}
    for node in other.depth_first():
        new = forest.add(other.position[node], other.radius[node], type=other.type[node])
        number[node] = new
        if other.parent[node] != NONE:
            forest.append_child(number[other.parent[node]], new)
    return len(number) - 1


@dataclass(frozen=True, slots=True)
class Nearest:
    """The edge nearest to a point, from the parent to `node`, and its nearest point."""

    node: int
    distance: float
    point: Points


class Joiner:
    """The trees of one object while branches are added.

    Attributes
    ----------
    forest
        The trees.
    """

    def __init__(self) -> None:
        self.forest = Forest()
        self._points = np.empty((64, 3))  # all nodes of the forest, with spare capacity
        self._radius = np.empty(64)

    def add(self, points: Points, radius: Points) -> None:
        """Add a chain of nodes, root first, at its nearest point to a tree."""
        forest, before = self.forest, len(self.forest.parent)
        nodes = [
            forest.add((x, y, z), r, type=NODE_TYPE)
            for (x, y, z), r in zip(points.tolist(), radius.tolist(), strict=True)
        ]
        for parent, child in pairwise(nodes):
            forest.append_child(parent, child)
        self._keep(points, radius, before)
        edges = np.flatnonzero(np.asarray(forest.parent[:before], dtype=np.int64) >= 0)
        if len(edges):
            self._attach(nodes, edges)

    def _keep(self, points: Points, radius: Points, before: int) -> None:
        """Store the data of new nodes after the first `before` ones."""
        count = before + len(radius)
        while count > len(self._radius):
            self._points = np.concatenate([self._points, np.empty_like(self._points)])
            self._radius = np.concatenate([self._radius, np.empty_like(self._radius)])
        self._points[before:count], self._radius[before:count] = points, radius

    def _attach(self, nodes: list[int], edges: NDArray[np.int64]) -> None:
        ends = [nodes[0]] if len(nodes) == 1 else [nodes[0], nodes[-1]]
        found = [self._nearest(end, edges) for end in ends]
        chosen = 1 if len(ends) > 1 and found[1].distance < found[0].distance else 0
        end, near, forest = ends[chosen], found[chosen], self.forest
        if chosen:
            forest.set_root(end)
        point = self._points[end] if near.distance <= TOUCHING else near.point
        parent = self._joint(near.node, point)
        forest.append_child(parent, end)
        apart = self._points[end] - self._points[parent]
        if np.sqrt((apart * apart).sum()) < self._radius[end] + self._radius[parent]:
            forest.erase(end)

    def _nearest(self, node: int, edges: NDArray[np.int64]) -> Nearest:
        """The edge of smallest distance; among equals the first in depth-first order."""
        parents = np.asarray(self.forest.parent, dtype=np.int64)[edges]
        point = self._points[node]
        away = np.sqrt(((self._points[parents] - point) ** 2).sum(axis=1))
        along = self._points[edges] - self._points[parents]
        reach = np.sqrt((along * along).sum(axis=1))
        reach += np.maximum(self._radius[edges], self._radius[parents])
        near = away - reach <= away.min()  # no other edge can be nearer
        edges, parents = edges[near], parents[near]
        distance, points = frustum_distance(
            point,
            self._points[parents],
            self._points[edges],
            self._radius[parents],
            self._radius[edges],
        )
        best = np.flatnonzero(distance == distance.min())
        first = self.forest.first_of(edges[best].tolist())
        place = int(best[edges[best] == first][0])
        return Nearest(first, float(distance[place]), points[place])

    def _joint(self, node: int, point: Points) -> int:
        """The end of an edge, or a new node on it, nearest to a point."""
        parent = self.forest.parent[node]
        start, axis = self._points[parent], self._points[node] - self._points[parent]
        squared = float((axis * axis).sum())
        along = 0.0 if squared <= FLAT else float(((point - start) * axis).sum()) / squared
        share = min(max(along, 0.0), 1.0)
        if share < NEAR_END:
            return parent
        if share > 1.0 - NEAR_END:
            return node
        new = self.forest.break_edge(node, share)
        position, radius = self.forest.position[new], self.forest.radius[new]
        self._keep(np.asarray([position]), np.asarray([radius]), new)
        return new
