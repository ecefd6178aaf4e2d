"""Fewer nodes for the same shape: merge those that their neighbours make redundant."""

from zimg.swc.cleaning import distance
from zimg.swc.edits import Forest, Merge
from zimg.swc.links import NONE

LIKE_RADIUS = 1.2
"""Factor within which a radius is like the interpolated one (behaviour of the reference)."""

NEAR_RADIUS = 0.5
"""Share of the interpolated radius within which a node is on the line between its neighbours."""


def resample_optimal(forest: Forest) -> None:
    """Merge redundant nodes in place until a pass finds none.

    A node goes if it is inside its parent, its parent in it, their balls overlap deeply, or it lies
    on the line between its parent and its only child with the radius expected there. Roots stay,
    branch points may move. Weights are lost, negative radii count and end as 0.
    """
    forest.weight = [1.0] * len(forest.weight)
    forest.radius = [max(radius, 0.0) for radius in forest.radius]
    while _merge_redundant(forest):
        pass


def _merge_redundant(forest: Forest) -> bool:
    """Make one pass in depth-first order; tells whether a node went."""
    order = forest.depth_first()
    index, found = 0, False
    while index < len(order):
        node = order[index]
        index += 1
        merge = _redundancy(forest, node)
        if merge is not None:
            forest.merge_to_parent(node, merge)
            index, found = index + 1, True  # the next node waits for the next pass
    return found


def _redundancy(forest: Forest, node: int) -> Merge | None:
    """How `node` is to be merged into its parent, or None if it is needed."""
    parent = forest.parent[node]
    if parent == NONE:
        return None
    apart = distance(forest, node, parent)
    own, other = forest.radius[node], forest.radius[parent]
    if own + apart <= other:
        return "keep parent"
    if other + apart <= own:
        return "take child"
    continues = forest.is_continuation(node)
    if (continues or forest.is_continuation(parent)) and (apart < own or apart < other):
        return "take child" if forest.is_leaf(node) else "weighted mean"
    if continues and apart < own + other and _is_interpolated(forest, node, parent, apart):
        return "keep parent"
    return None


def _is_interpolated(forest: Forest, node: int, parent: int, apart: float) -> bool:
    """Whether a continuation is where, and as thick as, its neighbours say."""
    child = forest.first_child(node)
    below = distance(forest, node, child)
    point, radius = forest.between(parent, child, below / (apart + below))
    own = forest.radius[node]
    x, y, z = forest.position[node]
    u, v, w = point
    off = ((x - u) ** 2 + (y - v) ** 2 + (z - w) ** 2) ** 0.5
    return off < NEAR_RADIUS * radius and own < LIKE_RADIUS * radius and radius < LIKE_RADIUS * own
