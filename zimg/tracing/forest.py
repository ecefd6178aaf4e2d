"""From connected chains to trees: a circle per knot, a spanning forest over the connections."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zimg.swc.forest import Forest
from zimg.swc.graphs import spanning
from zimg.tracing.chains import Chain, knots
from zimg.tracing.connect import Connection
from zimg.tracing.contacts import HEAD
from zimg.tracing.segments import RADIUS, SCALE, Rows, point_at

NODE_TYPE = 2
"""SWC type of traced nodes (behaviour of the reference)."""


@dataclass(frozen=True)
class Circles:
    """The knots of all chains, chain after chain.

    Attributes
    ----------
    center
        ``(n, 3)`` positions in trace space.
    radius
        ``(n,)`` radii of the sections along their local x axes.
    start
        ``(chains + 1,)`` first circle of every chain, and `n`.
    """

    center: Rows
    radius: Rows
    start: NDArray[np.int64]


def circles(chains: Sequence[Chain]) -> Circles:
    """Circles at the knots of `chains`; the radius is that of the section's x axis."""
    centers, radii, counts = [np.zeros((0, 3))], [np.zeros(0)], [0]
    for chain in chains:
        index, fraction = knots(chain)
        rows = chain.segments[index]
        centers.append(point_at(rows, fraction))
        radii.append(rows[:, RADIUS] * rows[:, SCALE])
        counts.append(len(index))
    return Circles(np.concatenate(centers), np.concatenate(radii), np.cumsum(counts))


def spanning_forest(
    chains: Sequence[Chain], connections: Sequence[Connection], *, z_to_xy: float
) -> Forest:
    """Trees of the chains, joined by the cheapest connections that close no cycle.

    Parameters
    ----------
    chains
        Chains in trace space.
    connections
        Edges between them.
    z_to_xy
        Size of a voxel in z in units of its size in xy; positions are divided by it along z.

    Returns
    -------
    Forest
        Nodes in image space. The weight of a node is the cost of the connection to its parent, 0
        inside a chain.
    """
    rings = circles(chains)
    xyz = rings.center / np.array([1.0, 1.0, z_to_xy])
    forest = Forest.from_nodes(xyz, rings.radius, type=NODE_TYPE)
    for first, last in zip(rings.start[:-1].tolist(), rings.start[1:].tolist(), strict=True):
        for node in range(first, last - 1):
            forest.append_child(node, node + 1)
    for edge in accepted(connections, len(chains)):
        hook, loop = _joint(rings, edge)
        forest.set_root(loop)
        forest.append_child(hook, loop, weight=edge.cost)
    for node in np.flatnonzero(rings.radius == 0.0).tolist():
        forest.erase(node)
    return forest


def _joint(rings: Circles, edge: Connection) -> tuple[int, int]:
    """Circles a connection joins: the hook's end, and the loop's circle nearest to its point."""
    hook = rings.start[edge.hook] if edge.end == HEAD else rings.start[edge.hook + 1] - 1
    first, last = rings.start[edge.loop], rings.start[edge.loop + 1]
    apart = ((rings.center[first:last] - edge.position) ** 2).sum(-1)
    return int(hook), int(first + np.argmin(apart))


def accepted(connections: Sequence[Connection], count: int) -> list[Connection]:
    """Kruskal's choice among `connections` of `count` chains, in their original order.

    Circles of one chain are joined at no cost before any connection is, so that chains stand for
    their circles here.
    """
    costs = [edge.cost for edge in connections]
    ends = [(edge.hook, edge.loop) for edge in connections]
    return [connections[place] for place in spanning(costs, ends, count)]
