"""The graph of chains: connections of all ordered pairs, one per joint, the dearer ones pruned."""

from collections.abc import Callable, Hashable, Sequence

from zimg.tracing.chains import Chain
from zimg.tracing.connect import Connection, PathTest, connection
from zimg.tracing.contacts import Contact, contact, contacts, probes
from zimg.tracing.signal import Signal
from zimg.tracing.signal_path import bright_ends


def chain_graph(
    chains: Sequence[Chain], *, reach: float, signal: Signal | None = None
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

    Returns
    -------
    tuple
        The chains with the branch points that were inserted, and the connections.

    Notes
    -----
    A branch point is in its chain as soon as it is found, so a later test sees it: the result
    depends on the order of the chains (behaviour of the reference).
    """
    working, stubs = list(chains), [probes(chain) for chain in chains]
    paths = PathTest(signal, bright_ends(chains, signal)) if signal is not None and chains else None
    changed: set[int] = set()
    edges = _EdgeList()
    for (hook, loop), stored in contacts(chains, reach).items():
        near = contact(stubs[hook], working[loop].segments) if loop in changed else stored
        found = _connected(working, hook, loop, near, reach, paths)
        if found is None:
            continue
        edge, chain = found
        if chain is not working[loop]:
            working[loop] = chain
            changed.add(loop)
        edges.add(edge)
    return working, pruned(edges.found)


def _connected(
    working: list[Chain], hook: int, loop: int, near: Contact | None, reach: float,
    paths: PathTest | None,
) -> tuple[Connection, Chain] | None:  # fmt: skip
    if near is None or near.distance > reach:
        return None
    return connection(working, hook, loop, near, paths)


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
    """Drop branches that are told twice: from both chains, then from one end of a chain.

    Links between two ends stay. Of equal costs the later stays.
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
