"""The edges of a minimum spanning forest, ties taken as the reference takes them."""

from collections.abc import Sequence

from zimg.swc.tie_order import reference_order


def spanning(costs: Sequence[float], ends: Sequence[tuple[int, int]], count: int) -> list[int]:
    """Kruskal's choice among edges.

    Parameters
    ----------
    costs
        Of each edge.
    ends
        The two things that each edge joins.
    count
        Things there are, numbered from 0.

    Returns
    -------
    list of int
        Positions of the chosen edges, in their original order.
    """
    group = list(range(count))
    chosen = []
    for edge in reference_order(costs):
        first, second = (_leader(group, end) for end in ends[edge])
        if first != second:
            group[first] = second
            chosen.append(edge)
    return sorted(chosen)


def _leader(group: list[int], item: int) -> int:
    """The one that stands for the group of `item`; halves the path on the way."""
    while group[item] != item:
        group[item] = group[group[item]]
        item = group[item]
    return item
