"""One node of a tree: an independent object, or a view of a row of a tree."""

from dataclasses import dataclass, field
from typing import Any

from zimg.swc.table import NodeTable


@dataclass(slots=True)
class SwcNode:
    """A node of a neuron tree: position, radius, type and parent.

    Parameters
    ----------
    id
        Number by which children refer to this node.
    type
        Kind of structure: 0 undefined, 1 soma, 2 axon, 3 basal dendrite, 4 apical dendrite;
        other numbers are free for users.
    x, y, z
        Position, usually in voxels.
    radius
        Radius in the unit of x and y; negative if unknown.
    parentID
        `id` of the parent, -1 for a root.
    label
        Number for the user's own purposes; it is not saved.

    Notes
    -----
    ``tree[i]`` and iteration over a `ZSwc` give views: assigning to their attributes changes the
    tree. Only `parentID` of a view is read-only, since it determines the order of the rows.

    Examples
    --------
    >>> zimg.SwcNode(1, 1, 2.0, 3.0, 4.0, 0.5, -1)
    SwcNode(id=1, type=1, x=2.0, y=3.0, z=4.0, radius=0.5, parentID=-1, label=-1)
    """

    id: int = -1
    type: int = -1
    x: float = 0.0
    y: float = 0.0
    z: float = 0.0
    radius: float = -1.0
    parentID: int = -2
    label: int = field(default=-1, kw_only=True)


def _column(name: str, *place: int) -> Any:
    """Property that reads and writes a node's entry of a column of its tree."""

    def read(node: "TreeNode") -> Any:
        return getattr(node._tree, name)[(node._row, *place)].item()

    def write(node: "TreeNode", value: float) -> None:
        getattr(node._tree, name)[(node._row, *place)] = value

    return property(read, write, doc=f"Entry of the column `{name}`.")


class TreeNode(SwcNode):
    """View of row `row` of `tree`; see the notes of `SwcNode`."""

    __slots__ = ("_row", "_tree")

    id = _column("id")
    type = _column("type")
    x = _column("xyz", 0)
    y = _column("xyz", 1)
    z = _column("xyz", 2)
    radius = _column("radius")
    label = _column("label")

    def __init__(self, tree: NodeTable, row: int) -> None:
        self._tree = tree
        self._row = row

    @property
    def parentID(self) -> int:  # type: ignore[override]  # a field above, fixed here
        """Id of the parent, -1 for a root; read-only."""
        parent = self._tree.parent[self._row]
        return int(self._tree.id[parent]) if parent >= 0 else -1

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SwcNode):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in SwcNode.__slots__)

    __hash__ = None  # type: ignore[assignment]  # values can change

    def __repr__(self) -> str:
        """Code that makes an equal node."""
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in SwcNode.__slots__)
        return f"SwcNode({fields})"

    def __reduce__(self) -> tuple[Any, ...]:
        return TreeNode, (self._tree, self._row)
