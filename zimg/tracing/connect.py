"""The test that connects an end of one chain to another chain, and its cost."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zimg.tracing.chains import Chain
from zimg.tracing.contacts import HEAD, TAIL, Contact
from zimg.tracing.insert import BranchPoint, KnotLine, with_branch_point
from zimg.tracing.segments import Rows, upper_direction
from zimg.tracing.signal import Signal
from zimg.tracing.signal_path import SignalPath, signal_path

COST_SCALE = 100.0
"""Distance over which the cost of a connection rises by a logistic (behaviour of the reference)."""

BLIND_GAP = 2.0
"""Gaps up to this, in voxels, connect without a test of the signal (behaviour of the reference)."""


@dataclass(frozen=True)
class Connection:
    """An edge of the chain graph, from an end of one chain to a place on another.

    Attributes
    ----------
    hook, loop
        Indices of the chain whose end connects and of the chain it connects to.
    end
        `HEAD` or `TAIL` of the hook chain.
    link
        Whether it joins two ends.
    loop_index
        For a link the loop chain's `HEAD` or `TAIL`, otherwise a segment of it.
    position
        ``(3,)`` point of the loop chain in trace space.
    distance, axis_distance
        Surface distance and distance of the axis lines, in voxels.
    cost
        From 0.5 for contact towards 1.
    """

    hook: int
    loop: int
    end: int
    link: bool
    loop_index: int
    position: Rows
    distance: float
    axis_distance: float
    cost: float


@dataclass(frozen=True)
class PathTest:
    """Input of the path test: the image and the bright ends of all chains."""

    signal: Signal
    bright: Rows

    def path(
        self, hook: int, loop: int, chains: Sequence[Chain], near: Contact
    ) -> SignalPath | None:
        """The path from an end of one chain to another; see `signal_path`."""
        return signal_path(chains[hook], self.bright[hook], chains[loop], near, self.signal)


def connection(
    chains: list[Chain],
    line: KnotLine,
    hook: int,
    loop: int,
    near: Contact,
    paths: PathTest | None,
) -> tuple[Connection, BranchPoint] | None:
    """Connect an end of chain `hook` to chain `loop` where it comes near.

    Parameters
    ----------
    chains
        All chains; they are not changed.
    line
        The polyline through the knots of the loop chain.
    hook, loop
        Indices into `chains`.
    near
        The nearest approach, within the largest distance allowed.
    paths
        The test for a path through the signal, or None to go by distance alone.

    Returns
    -------
    tuple or None
        The connection and the point of the loop chain that it meets; None if the signal between the
        two does not support a connection.
    """
    end_row = chains[hook].segments[0 if near.end == HEAD else -1]
    orientation, length = upper_direction(end_row), near.distance
    if paths is not None and near.distance > BLIND_GAP:
        path = paths.path(hook, loop, chains, near)
        if path is None:
            return None
        length += path.length
        orientation = orientation if path.orientation is None else path.orientation
    point = with_branch_point(chains[loop], line, near.nearest, orientation)
    index = near.index if point.index is None else point.index
    link, index = _as_link(index, len(point.chain))
    found = Connection(
        hook, loop, near.end, link, index, point.position, near.distance, near.axis_distance,
        connection_cost(length),
    )  # fmt: skip
    return found, point


def connection_cost(length: float) -> float:
    """Cost of bridging `length` voxels: 0.5 for contact, 0.525 for 10."""
    return float(1.0 / (1.0 + np.exp(-length / COST_SCALE)))


def _as_link(index: int, count: int) -> tuple[bool, int]:
    """Whether segment `index` of `count` is an end, and then which."""
    if index <= 0:
        return True, HEAD
    if index >= count - 1:
        return True, TAIL
    return False, index
