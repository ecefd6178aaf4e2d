"""Ordered trees as linked nodes: parents, children and traversal orders."""

from collections.abc import Iterator, Sequence

NONE = -1
ERASED = -2


class Links:
    """Parents and ordered children of nodes 0, 1, ...; moving a node takes constant time.

    Attributes
    ----------
    parent
        Parent of each node, `NONE` for a root, `ERASED` for an erased node.
    """

    def __init__(self) -> None:
        self.parent: list[int] = []
        self._next: list[int] = []
        self._previous: list[int] = []
        # Roots are children of the virtual node NONE (-1), whose links are the last entries.
        self._first = [NONE]
        self._last = [NONE]

    def __len__(self) -> int:
        """Number of nodes that are not erased."""
        return len(self.parent) - self.parent.count(ERASED)

    def children(self, node: int = NONE) -> Iterator[int]:
        """Children of `node` in order, by default the roots; a yielded node may be moved."""
        child = self._first[node]
        while child != NONE:
            following = self._next[child]
            yield child
            child = following

    def depth_first(self, root: int = NONE) -> list[int]:
        """Nodes in depth-first order: `root` and its descendants, or all trees."""
        order = []
        waiting = list(self.children())[::-1] if root == NONE else [root]
        while waiting:
            node = waiting.pop()
            order.append(node)
            waiting += list(self.children(node))[::-1]
        return order

    def first_of(self, nodes: Sequence[int]) -> int:
        """The first of `nodes` in depth-first order, found without traversing the trees."""
        if len(nodes) == 1:
            return nodes[0]
        paths = [self.ancestry(node)[::-1] for node in nodes]
        for depth in range(min(map(len, paths))):
            met = {path[depth] for path in paths}
            if len(met) > 1:
                first = self._first_sibling(met)
                paths = [path for path in paths if path[depth] == first]
        return min(paths, key=len)[-1]

    def _first_sibling(self, nodes: set[int]) -> int:
        """The first of some children of one node."""
        for node in nodes:
            before = node
            while (before := self._previous[before]) not in nodes and before != NONE:
                pass
            if before == NONE:
                return node
        raise ValueError(f"nodes {sorted(nodes)} have different parents")

    def breadth_first(self) -> list[int]:
        """Nodes in breadth-first order: roots, their children, and so on."""
        order = list(self.children())
        for node in order:  # the list grows during the loop
            order += self.children(node)
        return order

    def below(self, node: int) -> list[int]:
        """`node` and its descendants, in breadth-first order."""
        order = [node]
        for each in order:  # the list grows during the loop
            order += self.children(each)
        return order

    def ancestry(self, node: int) -> list[int]:
        """Path from `node` to its root."""
        path = [node]
        while (node := self.parent[node]) >= 0:
            path.append(node)
        return path

    def first_child(self, node: int) -> int:
        """First child of `node`, or `NONE`."""
        return self._first[node]

    def last_child(self, node: int) -> int:
        """Last child of `node`, or `NONE`."""
        return self._last[node]

    def next_sibling(self, node: int) -> int:
        """Node after `node` among the children of its parent, or `NONE`."""
        return self._next[node]

    def is_leaf(self, node: int) -> bool:
        """Whether `node` has no child."""
        return self._first[node] == NONE

    def is_branch_point(self, node: int) -> bool:
        """Whether `node` has two or more children."""
        return self._first[node] != self._last[node]

    def is_continuation(self, node: int) -> bool:
        """Whether `node` has a parent and exactly one child."""
        first = self._first[node]
        return self.parent[node] >= 0 and first != NONE and first == self._last[node]

    def grow(self) -> int:
        """Add a node as the last root, and return it."""
        node = len(self.parent)
        for links in (self.parent, self._next, self._previous):
            links.append(NONE)
        for ends in (self._first, self._last):
            ends.insert(-1, NONE)  # before the entry of the virtual node
        self.link(node, NONE)
        return node

    def link(self, node: int, parent: int, before: int = NONE) -> None:
        """Insert an unlinked node among the children of `parent`, by default as the last."""
        after = self._last[parent] if before == NONE else self._previous[before]
        self.parent[node], self._previous[node], self._next[node] = parent, after, before
        self._join(parent, after, node)
        self._join(parent, node, before)

    def unlink(self, node: int) -> None:
        """Remove a node, with its descendants, from among its siblings."""
        self._join(self.parent[node], self._previous[node], self._next[node])

    def _join(self, parent: int, after: int, before: int) -> None:
        """Make two children of `parent` neighbours; `NONE` stands for the end of the list."""
        if after == NONE:
            self._first[parent] = before
        else:
            self._next[after] = before
        if before == NONE:
            self._last[parent] = after
        else:
            self._previous[before] = after
