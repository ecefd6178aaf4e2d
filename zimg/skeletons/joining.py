"""Branches of an object joined to its tree, each where it comes nearest."""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zimg.skeletons.frustum import frustum_distance
from zimg.swc.edits import Forest
from zimg.swc.links import NONE

# Behaviour of the reference.
TOUCHING = 0.05
NEAR_END = 0.05
FLAT = 1e-9
NODE_TYPE = 0

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Nearest:
    """The edge that is nearest to a node, from its parent to `node`, and the point of it."""

    node: int
    distance: float
    point: Points


def add_branch(forest: Forest, points: Points, radius: Points) -> None:
    """Add a chain of nodes to the trees of an object.

    Parameters
    ----------
    forest
        Changed in place.
    points, radius
        Of the nodes of the chain, its root first.
    """
    edges = _edges(forest)
    nodes = [
        forest.add((x, y, z), r, type=NODE_TYPE)
        for (x, y, z), r in zip(points.tolist(), radius.tolist(), strict=True)
    ]
    for parent, child in itertools.pairwise(nodes):
        forest.append_child(parent, child)
    if edges:
        _attach(forest, nodes, edges)


def _edges(forest: Forest) -> list[int]:
    """Nodes with a parent, in depth-first order: each stands for its edge."""
    return [node for node in forest.depth_first() if forest.parent[node] != NONE]


def _attach(forest: Forest, nodes: list[int], edges: list[int]) -> None:
    ends = [nodes[0]] if len(nodes) == 1 else [nodes[0], nodes[-1]]
    found = [_nearest(forest, end, edges) for end in ends]
    chosen = 1 if len(ends) > 1 and found[1].distance < found[0].distance else 0
    end, near = ends[chosen], found[chosen]
    if chosen:
        forest.set_root(end)
    point = np.asarray(forest.position[end]) if near.distance <= TOUCHING else near.point
    parent = _joint(forest, near.node, point)
    forest.append_child(parent, end)
    apart = np.subtract(forest.position[end], forest.position[parent])
    if np.sqrt((apart * apart).sum()) < forest.radius[end] + forest.radius[parent]:
        forest.erase(end)


def _nearest(forest: Forest, node: int, edges: list[int]) -> Nearest:
    parents = [forest.parent[edge] for edge in edges]
    position, radius = np.asarray(forest.position), np.asarray(forest.radius)
    distance, points = frustum_distance(
        position[node], position[parents], position[edges], radius[parents], radius[edges]
    )
    best = int(np.argmin(distance))
    return Nearest(edges[best], float(distance[best]), points[best])


def _joint(forest: Forest, node: int, point: Points) -> int:
    """The end of an edge, or a new node on it, that is next to a point."""
    parent = forest.parent[node]
    start, end = np.asarray(forest.position[parent]), np.asarray(forest.position[node])
    axis = end - start
    squared = float((axis * axis).sum())
    along = 0.0 if squared <= FLAT else float(((point - start) * axis).sum()) / squared
    share = min(max(along, 0.0), 1.0)
    if share < NEAR_END:
        return parent
    return node if share > 1.0 - NEAR_END else forest.break_edge(node, share)
