"""The graph of chains: the cheapest connection of each joint."""

from collections.abc import Callable, Hashable, Sequence

import numpy as np

from zimg.tracing.chains import Chain
from zimg.tracing.connect import Connection, PathTest, connection
from zimg.tracing.contacts import after_insertion, contacts, probes
from zimg.tracing.insert import knot_line
from zimg.tracing.signal import Signal
from zimg.tracing.signal_path import bright_ends


def chain_graph(
    chains: Sequence[Chain],
    *,
    reach: float,
    signal: Signal | None = None,
    paths: PathTest | None = None,
) -> tuple[list[Chain], list[Connection]]:
    """Connect chains pairwise, in order of their indices, and prune the result.

    Parameters
    ----------
    chains
        Chains in trace space, in order of creation; they are not changed.
    reach
        Largest surface distance that connects, in voxels.
    signal
        The image for the path test, or None to go by distance alone.
    paths
        The path test itself, where it is known already.

    Returns
    -------
    tuple
        The chains with the branch points that were inserted, and the connections.

    Notes
    -----
    A branch point is in its chain as soon as it is found, so a later test sees it: the result
    depends on the order of the chains (behaviour of the reference).
    """
    if paths is None and signal is not None and chains:
        paths = PathTest(signal, bright_ends(chains, signal))
    working, lines = list(chains), [knot_line(chain) for chain in chains]
    approaches = _Approaches(chains, reach)
    edges = _EdgeList()
    for hook, loop in approaches.pairs:
        near = approaches.at[hook, loop]
        if near is None or near.distance > reach:
            continue
        found = connection(working, lines[loop], hook, loop, near, paths)
        if found is None:
            continue
        edge, point = found
        edges.add(edge)
        if point.new:
            working[loop], lines[loop] = point.chain, knot_line(point.chain)
            approaches.update(hook, loop, working[loop], point.new)
            if paths is not None and {0, len(point.chain) - 1} & set(point.new):
                paths.bright[loop] = bright_ends([point.chain], paths.signal)[0]
    return working, pruned(edges.found)


class _Approaches:
    """Nearest approaches of all pairs, updated when chains get branch points."""

    def __init__(self, chains: Sequence[Chain], reach: float) -> None:
        self.at = contacts(chains, reach)
        self.pairs = list(self.at)
        self._reach = reach
        self._probes = np.array([probes(chain) for chain in chains])
        self._hooks: dict[int, list[int]] = {}
        for hook, loop in self.pairs:
            self._hooks.setdefault(loop, []).append(hook)

    def update(self, hook: int, loop: int, chain: Chain, new: range) -> None:
        """Chain `loop` is now `chain`: measure again for the hooks after `hook`."""
        hooks = [other for other in self._hooks[loop] if other > hook]
        stored = [self.at[other, loop] for other in hooks]
        fresh = after_insertion(stored, self._probes[hooks], chain.segments, new, self._reach)
        self.at.update(zip(((other, loop) for other in hooks), fresh, strict=True))


class _EdgeList:
    """Connections in order; of the two that describe one joint of two ends, the cheaper."""

    def __init__(self) -> None:
        self.found: list[Connection] = []
        self._at: dict[tuple[int, int], int] = {}

    def add(self, edge: Connection) -> None:
        opposite = self._at.get((edge.loop, edge.hook)) if edge.hook > edge.loop else None
        if opposite is None or not _same_joint(self.found[opposite], edge):
            self._at[edge.hook, edge.loop] = len(self.found)
            self.found.append(edge)
        elif edge.cost < self.found[opposite].cost:
            self.found[opposite] = edge


def _same_joint(stored: Connection, edge: Connection) -> bool:
    """Whether `edge` is `stored` seen from the other chain (not a symmetric test)."""
    if edge.link:
        return edge.loop_index == stored.end
    return stored.link and stored.loop_index == edge.end


def pruned(edges: list[Connection]) -> list[Connection]:
    """Drop duplicate branches: between the same two chains, then from the same end of a chain.

    Links between two ends are kept. Of two equal costs, the later is kept.
    """
    edges = _cheapest(edges, lambda edge: (min(edge.hook, edge.loop), max(edge.hook, edge.loop)))
    return _cheapest(edges, lambda edge: (edge.hook, edge.end))


def _cheapest(
    edges: list[Connection], rivals: Callable[[Connection], Hashable]
) -> list[Connection]:
    """Of the branches that are `rivals`, keep one; links pass."""
    groups: dict[Hashable, list[int]] = {}
    for index, edge in enumerate(edges):
        if not edge.link:
            groups.setdefault(rivals(edge), []).append(index)
    dropped: set[int] = set()
    for group in groups.values():
        dropped |= _losers(edges, group)
    return [edge for index, edge in enumerate(edges) if index not in dropped]


def _losers(edges: list[Connection], group: list[int]) -> set[int]:
    """Members of `group` that a comparison in pairs drops.

    One that is dropped while it is compared with those after it goes on to be compared with the
    rest of them (behaviour of the reference).
    """
    dropped: set[int] = set()
    for place, first in enumerate(group):
        if first in dropped:
            continue
        for second in group[place + 1 :]:
            if second not in dropped:
                dropped.add(second if edges[second].cost > edges[first].cost else first)
    return dropped
