"""Elementary edits of trees, of which every longer operation is made."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from zimg.swc.columns import points
from zimg.swc.links import ERASED, NONE, Links
from zimg.swc.tree import ZSwc

BREAK_TYPE = 2
"""SWC type of a node put into an edge (behaviour of the reference)."""

Point = tuple[float, float, float]
Merge = Literal["keep parent", "take child", "mean", "weighted mean"]


class Forest(Links):
    """Ordered trees whose nodes can be moved; every edit takes a time that is short and constant.

    Nodes are the integers from 0; a node keeps its number until it is erased, and the number is
    not used again. Roots and children have an order.

    Attributes
    ----------
    position
        ``(x, y, z)`` of every node.
    radius, type, id
        As in `ZSwc`.
    weight
        What the edge to the parent weighs: the cost at which tracing joined two chains, 0
        elsewhere. Resampling counts merged nodes in it.
    parent
        Node's parent, `NONE` for a root, `ERASED` for a node that is gone.
    """

    def __init__(self) -> None:
        super().__init__()
        self.position: list[Point] = []
        self.radius: list[float] = []
        self.type: list[int] = []
        self.id: list[int] = []
        self.weight: list[float] = []

    @classmethod
    def from_nodes(cls, xyz: ArrayLike, radius: ArrayLike, type: int = 2) -> "Forest":
        """Forest in which every node is a root.

        Parameters
        ----------
        xyz
            ``(n, 3)`` positions; node ``i`` is row ``i``, with the id ``i + 1``.
        radius
            ``(n,)`` radii.
        type
            SWC type of all nodes.
        """
        forest = cls()
        rows = points(xyz).tolist()
        radii = np.asarray(radius, dtype=np.float64).tolist()
        for index, ((x, y, z), own_radius) in enumerate(zip(rows, radii, strict=True)):
            forest.add((x, y, z), own_radius, type=type, id=index + 1)
        return forest

    @classmethod
    def from_swc(cls, tree: ZSwc) -> "Forest":
        """Forest of the nodes of `tree`, node ``i`` from row ``i``, with weights 0."""
        forest = cls.from_nodes(tree.xyz, tree.radius)
        forest.type, forest.id = tree.type.tolist(), tree.id.tolist()
        for node, parent in enumerate(tree.parent.tolist()):
            if parent != NONE:
                forest.unlink(node)
                forest.link(node, parent)
        return forest

    def to_swc(self, *, renumber: bool = True) -> ZSwc:
        """Columns of the nodes that are left, in depth-first order.

        Parameters
        ----------
        renumber
            Give the ids 1 to n in that order; otherwise ids stay as they are and must differ.
        """
        order = self.depth_first()
        row_of = {node: row for row, node in enumerate(order)}
        row_of[NONE] = NONE
        return ZSwc.from_arrays(
            np.array([self.position[node] for node in order], dtype=np.float64).reshape(-1, 3),
            np.array([self.radius[node] for node in order], dtype=np.float64),
            np.array([row_of[self.parent[node]] for node in order], dtype=np.int64),
            type=np.array([self.type[node] for node in order], dtype=np.int64),
            id=None if renumber else np.array([self.id[node] for node in order], dtype=np.int64),
        )

    def add(
        self, position: Point, radius: float, *, type: int = 2, id: int = 0, weight: float = 0.0
    ) -> int:
        """Add a node as the last root; returns it."""
        node = self.grow()
        self.position.append(position)
        self.radius.append(radius)
        self.type.append(type)
        self.id.append(id)
        self.weight.append(weight)
        return node

    def append_child(self, parent: int, child: int, weight: float | None = None) -> None:
        """Make `child`, with what is below it, the last child of `parent`.

        Parameters
        ----------
        parent, child
            If `parent` already is the parent, the child keeps its place.
        weight
            Weight of the new edge; None leaves the child's.

        Raises
        ------
        ValueError
            When `parent` is `child` or below it.
        """
        if parent == child or (not self.is_leaf(child) and child in self.ancestry(parent)):
            raise ValueError(f"node {parent} cannot be the parent of {child}: it is below it")
        if weight is not None:
            self.weight[child] = weight
        if self.parent[child] != parent:
            self.unlink(child)
            self.link(child, parent)

    def put_before(self, sibling: int, node: int) -> None:
        """Move `node`, with what is below it, before `sibling` among the same children.

        Raises
        ------
        ValueError
            When `sibling` is `node` or below it.
        """
        if node in self.ancestry(sibling):
            raise ValueError(f"node {node} cannot be beside {sibling}, which is below it")
        self.unlink(node)
        self.link(node, self.parent[sibling], sibling)

    def erase(self, node: int) -> None:
        """Remove a node; its children take its place, in order."""
        for child in self.children(node):
            self.unlink(child)
            self.link(child, self.parent[node], node)
        self.unlink(node)
        self.parent[node] = ERASED

    def erase_tree(self, root: int) -> None:
        """Remove a node and everything below it."""
        nodes = self.below(root)
        self.unlink(root)
        for node in nodes:
            self.parent[node] = ERASED

    def set_root(self, node: int) -> None:
        """Turn a tree so that `node` is its root; it keeps its place among the roots.

        The former parent of each node on the way becomes its last child. Weights stay with their
        edges, the new root has none.
        """
        path = self.ancestry(node)
        weights = [self.weight[each] for each in path]
        if len(path) > 1:
            self.unlink(node)
            self.link(node, NONE, path[-1])
        for child, parent, weight in zip(path, path[1:], weights, strict=False):
            self.unlink(parent)
            self.link(parent, child)
            self.weight[parent] = weight
        self.weight[node] = 0.0

    def reverse_roots(self) -> None:
        """Turn the order of the trees around."""
        for root in list(self.children())[::-1]:
            self.unlink(root)
            self.link(root, NONE)

    def merge_to_parent(self, node: int, how: Merge = "keep parent") -> None:
        """Make one node, the parent, of `node` and its parent; children of `node` move up.

        Parameters
        ----------
        node
            Has a parent.
        how
            What the parent then is: ``"keep parent"`` as it was; ``"take child"`` all data of
            `node`; ``"mean"`` between both in position and radius; ``"weighted mean"`` by their
            weights (like ``"mean"`` if both are 0), the parent's weight growing by one.

        Raises
        ------
        ValueError
            For a root.
        """
        parent = self.parent[node]
        if parent < 0:
            raise ValueError(f"node {node} is a root, there is no parent to merge it to")
        if how == "take child":
            self._copy(node, parent)
        elif how == "mean":
            self._mix(node, parent, 1.0, 1.0)
        elif how == "weighted mean":
            own, other = self.weight[node], self.weight[parent]
            self._mix(node, parent, own, other) if own or other else self._mix(node, parent, 1, 1)
            self.weight[parent] += 1.0
        self.erase(node)

    def break_edge(self, node: int, fraction: float) -> int:
        """Put a new node into the edge from `node` to its parent; returns it.

        Parameters
        ----------
        node
            Has a parent.
        fraction
            Where, from 0 at the parent to 1 at `node`, both excluded.

        Returns
        -------
        int
            The new node, in the place of `node`, which is its only child; its id is 0.
        """
        parent = self.parent[node]
        if parent < 0 or not 0.0 < fraction < 1.0:
            raise ValueError(
                f"an edge is broken at a fraction above 0 and below 1, got {fraction} at node "
                f"{node} with parent {parent}"
            )
        new = self.add(*self.between(node, parent, fraction), type=BREAK_TYPE)
        self.put_before(node, new)
        self.append_child(new, node)
        return new

    def between(self, node: int, other: int, share: float) -> tuple[Point, float]:
        """Position and radius of the mixture of `share` of `node` and the rest of `other`."""
        rest = 1.0 - share
        (x, y, z), (u, v, w) = self.position[node], self.position[other]
        point = (share * x + rest * u, share * y + rest * v, share * z + rest * w)
        return point, share * self.radius[node] + rest * self.radius[other]

    def _copy(self, node: int, parent: int) -> None:
        """Give `parent` all data of `node`."""
        self.position[parent], self.radius[parent] = self.position[node], self.radius[node]
        self.type[parent], self.id[parent] = self.type[node], self.id[node]
        self.weight[parent] = self.weight[node]

    def _mix(self, node: int, parent: int, own: float, other: float) -> None:
        """Move `parent` to the mean of both nodes with these weights."""
        total = own + other
        (x, y, z), (u, v, w) = self.position[node], self.position[parent]
        self.position[parent] = (
            (own * x + other * u) / total,
            (own * y + other * v) / total,
            (own * z + other * w) / total,
        )
        self.radius[parent] = (own * self.radius[node] + other * self.radius[parent]) / total
