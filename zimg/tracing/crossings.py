"""Crossings: the two halves of a neurite that passes another are joined to each other."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from zimg.tracing.chains import Chain
from zimg.tracing.connect import Connection, connection_cost
from zimg.tracing.contacts import HEAD
from zimg.tracing.segments import Rows, axis_direction, geometric_radius, point_at

FACING = np.cos(np.radians(150.0))
"""Two halves face each other by at least this angle between their outward directions."""

ACROSS = np.cos(np.radians(40.0))
"""Both halves meet the other neurite at an angle between this and its supplement."""

REACH = 2.0
"""The halves meet the other neurite within so many times the sum of their radii."""


def resolved(chains: Sequence[Chain], connections: Sequence[Connection]) -> list[Connection]:
    """Connections in which the halves of a crossing neurite are joined to each other.

    Parameters
    ----------
    chains
        Chains in trace space.
    connections
        Edges between them; two that hang on one chain at one place, from opposite sides, become
        one link of the two that hang.

    Returns
    -------
    list of Connection
        The others are unchanged and in their order.
    """
    found = list(connections)
    by_loop: dict[int, list[int]] = {}
    for index, edge in enumerate(found):
        if not edge.link:
            by_loop.setdefault(edge.loop, []).append(index)
    dropped: set[int] = set()
    links = []
    for group in by_loop.values():
        for pair in combinations(group, 2):
            first, second = (found[index] for index in pair)
            if not dropped & set(pair) and _is_crossing(chains, first, second):
                dropped |= set(pair)
                links.append(_joined(chains, first, second))
    return [edge for index, edge in enumerate(found) if index not in dropped] + links


def _is_crossing(chains: Sequence[Chain], first: Connection, second: Connection) -> bool:
    """Whether two chains that hang on a third are halves of one neurite that crosses it."""
    if first.hook == second.hook:
        return False
    rows = [_end_row(chains, edge) for edge in (first, second)]
    near = REACH * float(sum(geometric_radius(row) for row in rows))
    if np.linalg.norm(first.position - second.position) > near:
        return False
    ways = [_outward(chains, edge) for edge in (first, second)]
    along = axis_direction(chains[first.loop].segments[first.loop_index])
    across = all(abs(float(way @ along)) <= ACROSS for way in ways)
    return across and float(ways[0] @ ways[1]) <= FACING


def _end_row(chains: Sequence[Chain], edge: Connection) -> Rows:
    return chains[edge.hook].segments[0 if edge.end == HEAD else -1]


def _outward(chains: Sequence[Chain], edge: Connection) -> Rows:
    """Direction in which the end of a connection's hook points."""
    direction = axis_direction(_end_row(chains, edge))
    return -direction if edge.end == HEAD else direction


def _joined(chains: Sequence[Chain], first: Connection, second: Connection) -> Connection:
    """A link of the two hooks."""
    ends = [
        point_at(_end_row(chains, edge), 0.0 if edge.end == HEAD else 1.0)
        for edge in (first, second)
    ]
    gap = float(np.linalg.norm(ends[0] - ends[1]))
    return replace(
        first,
        loop=second.hook,
        link=True,
        loop_index=second.end,
        position=ends[1],
        distance=gap,
        cost=min(first.cost, second.cost, connection_cost(gap)),
    )
