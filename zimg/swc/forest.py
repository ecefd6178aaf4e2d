"""Elementary edits of trees, from which longer operations are built."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from zimg.swc.columns import points
from zimg.swc.links import ERASED, NONE, Links
from zimg.swc.tree import ZSwc

BREAK_TYPE = 2
"""SWC type of a node inserted into an edge (behaviour of the reference)."""

Point = tuple[float, float, float]
Merge = Literal["keep parent", "take child", "mean", "weighted mean"]


class Forest(Links):
    """Ordered trees with movable nodes; each edit of a node takes constant time.

    Nodes are integers from 0. A node keeps its number until it is erased; the number is not reused.
    Roots and children are ordered.

    Attributes
    ----------
    position
        ``(x, y, z)`` of each node.
    radius, type, id
        As in `ZSwc`.
    weight
        Weight of the edge to the parent: the cost at which tracing joined two chains, else 0.
        Resampling uses it to count merged nodes.
    parent
        Parent of each node, `NONE` for a root, `ERASED` for an erased node.
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
        """Make a forest in which every node is a root.

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

    def to_swc(self, *, renumber: bool = True) -> ZSwc:
        """Return the remaining nodes as a `ZSwc`, in depth-first order.

        Parameters
        ----------
        renumber
            Number the nodes 1 to n in that order; otherwise ids are kept and must be unique.
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
        """Add a node as the last root, and return it."""
        node = self.grow()
        self.position.append(position)
        self.radius.append(radius)
        self.type.append(type)
        self.id.append(id)
        self.weight.append(weight)
        return node

    def append_child(self, parent: int, child: int, weight: float | None = None) -> None:
        """Make `child`, with its descendants, the last child of `parent`.

        Parameters
        ----------
        parent, child
            Nodes. If `parent` is the parent already, the child keeps its place.
        weight
            Weight of the new edge; None keeps that of the child.

        Raises
        ------
        ValueError
            If `parent` is `child` or below it.
        """
        if parent == child or (not self.is_leaf(child) and child in self.ancestry(parent)):
            raise ValueError(
                f"node {parent} cannot be the parent of {child}: it is that node or is below it"
            )
        if weight is not None:
            self.weight[child] = weight
        if self.parent[child] != parent:
            self.unlink(child)
            self.link(child, parent)

    def put_before(self, sibling: int, node: int) -> None:
        """Move `node`, with its descendants, before `sibling` among the same children.

        Raises
        ------
        ValueError
            If `sibling` is `node` or below it.
        """
        if node in self.ancestry(sibling):
            raise ValueError(f"node {node} cannot be a sibling of {sibling}, which is below it")
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
        """Remove a node and its descendants."""
        nodes = self.below(root)
        self.unlink(root)
        for node in nodes:
            self.parent[node] = ERASED

    def set_root(self, node: int) -> None:
        """Make `node` the root of its tree, in the place of the old root.

        The former parent of each node on the path to the old root becomes its last child. Weights
        stay with their edges.
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
        """Reverse the order of the trees."""
        for root in list(self.children())[::-1]:
            self.unlink(root)
            self.link(root, NONE)

    def merge_to_parent(self, node: int, how: Merge = "keep parent") -> None:
        """Merge `node` into its parent, which takes over its children.

        Parameters
        ----------
        node
            Node with a parent.
        how
            Data of the parent after merging: ``"keep parent"`` unchanged; ``"take child"`` those of
            `node`; ``"mean"`` the mean position and radius; ``"weighted mean"`` the mean by the
            weights (like ``"mean"`` if both are 0), with the parent's weight increased by one.

        Raises
        ------
        ValueError
            If the node is a root.
        """
        parent = self.parent[node]
        if parent < 0:
            raise ValueError(f"node {node} is a root and has no parent to be merged into")
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
        """Insert a new node into the edge from `node` to its parent.

        Parameters
        ----------
        node
            Node with a parent.
        fraction
            Position on the edge, from 0 at the parent to 1 at `node`, both excluded.

        Returns
        -------
        int
            The new node, which takes the place of `node` and has it as its only child; its id is 0.
        """
        parent = self.parent[node]
        if parent < 0 or not 0.0 < fraction < 1.0:
            raise ValueError(
                f"fraction must be above 0 and below 1 on an edge to a parent, got {fraction} at "
                f"node {node} with parent {parent}"
            )
        new = self.add(*self.between(node, parent, fraction), type=BREAK_TYPE)
        self.put_before(node, new)
        self.append_child(new, node)
        return new

    def between(self, node: int, other: int, share: float) -> tuple[Point, float]:
        """Position and radius interpolated from `other` (share 0) to `node` (share 1)."""
        rest = 1.0 - share
        (x, y, z), (u, v, w) = self.position[node], self.position[other]
        point = (share * x + rest * u, share * y + rest * v, share * z + rest * w)
        return point, share * self.radius[node] + rest * self.radius[other]

    def _copy(self, node: int, parent: int) -> None:
        """Copy all data of `node` to `parent`."""
        self.position[parent], self.radius[parent] = self.position[node], self.radius[node]
        self.type[parent], self.id[parent] = self.type[node], self.id[node]
        self.weight[parent] = self.weight[node]

    def _mix(self, node: int, parent: int, own: float, other: float) -> None:
        """Move `parent` to the weighted mean of both nodes."""
        total = own + other
        (x, y, z), (u, v, w) = self.position[node], self.position[parent]
        self.position[parent] = (
            (own * x + other * u) / total,
            (own * y + other * v) / total,
            (own * z + other * w) / total,
        )
        self.radius[parent] = (own * self.radius[node] + other * self.radius[parent]) / total
