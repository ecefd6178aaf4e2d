"""Repairs of traced trees: turns, wrong joints, spurs, redundant nodes, orphans."""

from collections.abc import Sequence
from math import sqrt
from typing import Literal

from zimg.swc.forest import Forest, Merge, Point
from zimg.swc.links import ERASED, NONE

CLOSE = 0.01
"""Distance below which neighbours are merged (behaviour of the reference)."""

MANY_TREES = 10
"""Number of trees from which those shorter than the mean are removed (as in the reference)."""

LIKE_RADIUS = 1.2
"""Largest ratio of similar radii (behaviour of the reference)."""

NEAR_RADIUS = 0.5
"""Largest distance of a node from the line between its neighbours, in interpolated radii."""


def clean(forest: Forest) -> None:
    """Repair a traced forest in place, in the order of the reference.

    Zigzags, joints between chains, spurs of one node, nodes at the same position and overshoots are
    repaired, in this order. Trees are never joined or cut. Merging keeps the parent's data.
    """
    remove_zigzag(forest)
    tune_branches(forest)
    remove_spurs(forest)
    merge_close_nodes(forest)
    remove_overshoot(forest)


def remove_zigzag(forest: Forest) -> None:
    """Merge the second of two successive turns into the first, until none are left."""
    nodes_before = -1
    while nodes_before != (nodes_before := len(forest)):
        order = forest.depth_first()
        index = 0
        while index < len(order):
            node, child = order[index], forest.first_child(order[index])
            index += 1
            if turns(forest, node) and turns(forest, child):
                forest.merge_to_parent(child)  # it was next in the order, so skip it
                index += 1


def tune_branches(forest: Forest) -> None:
    """Move joints between chains to a nearer neighbour.

    Only nodes with a positive weight, which marks a joint, are moved. A root has no parent that
    could be nearer; in the reference, a missing parent counts as being at distance 0.
    """
    for node in forest.breadth_first():
        if forest.is_branch_point(node):
            continue
        parent, child = forest.parent[node], forest.first_child(node)
        if parent != NONE and forest.is_branch_point(parent) and forest.weight[node] > 0:
            forest.append_child(_nearer_parent(forest, node, parent, child), node)
        if child != NONE and forest.is_branch_point(child) and forest.weight[child] > 0:
            _tune_child(forest, node, child)


def _nearer_parent(forest: Forest, node: int, parent: int, child: int) -> int:
    """Nearest of the parent, its parent and its other children, avoiding a sharp turn at `node`."""
    candidates = [] if _is_turn(forest, child, node, parent) else [parent]
    if forest.parent[parent] != NONE:
        candidates.append(forest.parent[parent])
    candidates += [sibling for sibling in forest.children(parent) if sibling != node]
    return _nearest(forest, node, candidates)


def _tune_child(forest: Forest, node: int, child: int) -> None:
    """Attach the only child of `node` by its nearest node: itself or one of its children."""
    candidates = [] if _is_turn(forest, child, node, forest.parent[node]) else [child]
    nearest = _nearest(forest, node, candidates + list(forest.children(child)))
    if nearest != child:
        forest.put_before(child, nearest)
        forest.append_child(nearest, child)


def remove_spurs(forest: Forest) -> None:
    """Merge leaves into parents that are branch points, last nodes first."""
    for node in forest.breadth_first()[::-1]:
        parent = forest.parent[node]
        if forest.is_leaf(node) and parent != NONE and forest.is_branch_point(parent):
            forest.merge_to_parent(node)


def merge_close_nodes(forest: Forest, limit: float = CLOSE) -> None:
    """Merge nodes nearer than `limit` to their parent, and successive siblings that are as near."""
    for node in forest.breadth_first():
        parent = forest.parent[node]
        if parent in (NONE, ERASED):  # siblings may have been merged already
            continue
        if distance(forest, node, parent) < limit:
            forest.merge_to_parent(node)
        elif forest.last_child(parent) == node:
            _merge_close_siblings(forest, parent, limit)


def _merge_close_siblings(forest: Forest, parent: int, limit: float) -> None:
    """Merge each child with following siblings that are near it."""
    child = forest.first_child(parent)
    while (sibling := forest.next_sibling(child)) != NONE:
        if distance(forest, child, sibling) < limit:
            forest.append_child(child, sibling)
            forest.merge_to_parent(sibling)
        else:
            child = sibling


def remove_overshoot(forest: Forest) -> None:
    """Merge turns with a branch point on exactly one side into their parent."""
    for node in forest.depth_first():
        if turns(forest, node):
            before = forest.is_branch_point(forest.parent[node])
            if before != forest.is_branch_point(forest.first_child(node)):
                forest.merge_to_parent(node)


def remove_orphans(
    forest: Forest, orphan: Literal["reference"] | float | None = "reference"
) -> None:
    """Remove short trees in place.

    Parameters
    ----------
    forest
        Any forest.
    orphan
        None removes nothing. A number is the length of the shortest tree to keep.
        ``"reference"`` removes trees shorter than the mean if there are ten or more.

    Notes
    -----
    The length of a tree is that of its longest path. Unless `orphan` is None, the order of the
    trees is reversed (behaviour of the reference).

    Raises
    ------
    ValueError
        If `orphan` is another string, or a number that is negative or not finite.
    """
    if orphan is None:
        return
    if isinstance(orphan, str):
        if orphan != "reference":
            raise ValueError(f"orphan must be 'reference', None or a length, got {orphan!r}")
    elif not 0 <= orphan < float("inf"):
        raise ValueError(f"orphan must be a length of at least 0, got {orphan!r}")
    lengths = trunk_lengths(forest)
    limit = _mean_if_many(list(lengths.values())) if isinstance(orphan, str) else orphan
    for root, length in lengths.items():
        if length < limit:
            forest.erase_tree(root)
    forest.reverse_roots()


def _mean_if_many(lengths: Sequence[float]) -> float:
    return sum(lengths) / len(lengths) if len(lengths) >= MANY_TREES else 0.0


def trunk_lengths(forest: Forest) -> dict[int, float]:
    """Length of the longest path of each tree, by root."""
    deepest, longest = [0.0] * len(forest.parent), [0.0] * len(forest.parent)
    for node in reversed(forest.depth_first()):
        parent = forest.parent[node]
        if parent != NONE:
            reach = deepest[node] + distance(forest, node, parent)
            longest[parent] = max(longest[parent], longest[node], deepest[parent] + reach)
            deepest[parent] = max(deepest[parent], reach)
    return {root: longest[root] for root in forest.children()}


def turns(forest: Forest, node: int) -> bool:
    """Whether the path turns by 90 degrees or more at `node`, which has a parent and one child."""
    return forest.is_continuation(node) and _is_turn(
        forest, forest.parent[node], node, forest.first_child(node)
    )


def distance(forest: Forest, node: int, other: int) -> float:
    """Distance between two nodes."""
    x, y, z = _step(forest.position[node], forest.position[other])
    return sqrt(x * x + y * y + z * z)


def _is_turn(forest: Forest, before: int, node: int, after: int) -> bool:
    """Whether the path over three nodes turns by 90 degrees or more; False if one is `NONE`."""
    if before == NONE or after == NONE:
        return False
    x, y, z = _unit(_step(forest.position[before], forest.position[node]))
    u, v, w = _unit(_step(forest.position[node], forest.position[after]))
    return x * u + y * v + z * w <= 0.0


def _step(start: Point, end: Point) -> Point:
    return start[0] - end[0], start[1] - end[1], start[2] - end[2]


def _unit(step: Point) -> Point:
    """`step` scaled to length 1; a zero vector is returned unchanged."""
    x, y, z = step
    length = sqrt(x * x + y * y + z * z)
    return (x / length, y / length, z / length) if length > 0 else step


def _nearest(forest: Forest, node: int, candidates: Sequence[int]) -> int:
    """Candidate nearest to `node`, the first of equal ones."""
    return min(candidates, key=lambda candidate: distance(forest, node, candidate))


def resample_optimal(forest: Forest) -> None:
    """Merge redundant nodes in place until a pass finds none.

    A node is redundant if its ball contains that of its parent or the reverse, if both overlap
    deeply, or if it lies on the line between its parent and its only child with the radius
    expected there. Roots are kept; branch points may move. Weights are lost. Negative radii become
    0.
    """
    forest.weight = [1.0] * len(forest.weight)
    forest.radius = [max(radius, 0.0) for radius in forest.radius]
    while _merge_redundant(forest):
        pass


def _merge_redundant(forest: Forest) -> bool:
    """Make one pass in depth-first order; returns whether a node was merged."""
    order = forest.depth_first()
    index, found = 0, False
    while index < len(order):
        node = order[index]
        index += 1
        merge = _redundancy(forest, node)
        if merge is not None:
            forest.merge_to_parent(node, merge)
            index, found = index + 1, True  # leave the next node to the next pass
    return found


def _redundancy(forest: Forest, node: int) -> Merge | None:
    """How to merge `node` into its parent; None if it is not redundant."""
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
    """Whether position and radius of a node are those interpolated between its neighbours."""
    child = forest.first_child(node)
    below = distance(forest, node, child)
    point, radius = forest.between(parent, child, below / (apart + below))
    own = forest.radius[node]
    x, y, z = forest.position[node]
    u, v, w = point
    off = ((x - u) ** 2 + (y - v) ** 2 + (z - w) ** 2) ** 0.5
    return off < NEAR_RADIUS * radius and own < LIKE_RADIUS * radius and radius < LIKE_RADIUS * own
