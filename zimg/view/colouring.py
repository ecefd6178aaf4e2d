"""Colours of the nodes of a plot: groups with names, or values on a scale."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zimg.view.overlay import tree_labels
from zimg.view.protocols import TreeLike

PALETTE = (
    *("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a5195", "#8c564b"),
)
"""Colours for light backgrounds; the first six are those of Okabe and Ito (2008)."""

BRIGHT = (
    *("#ff7020", "#40c4ff", "#76e660", "#ff5c8a", "#ffd640", "#ba86ff", "#40e8ce", "#ff80e2"),
)
"""The same over images; those of pictures (`zimg.view.overlay.COLOURS`)."""

OTHERS = "#9a9a9a"
TYPES = {
    0: "undefined",
    1: "soma",
    2: "axon",
    3: "basal dendrite",
    4: "apical dendrite",
}
SCALE = "viridis"


class Group(NamedTuple):
    """Nodes of one colour, by a mask, and their name in the legend."""

    name: str
    colour: str
    rows: NDArray[np.bool_]


class Values(NamedTuple):
    """A value for each node, and its name."""

    name: str
    numbers: NDArray[np.float64]


Colouring = list[Group] | Values


def by_tree(tree: TreeLike) -> list[Group]:
    """A colour for each of the longest trees; grey for the others."""
    labels = tree_labels(tree)
    count = int(labels.max(initial=-1)) + 1
    shown = min(count, len(PALETTE))
    groups = [Group(f"tree {rank + 1}", PALETTE[rank], labels == rank) for rank in range(shown)]
    if count > shown:
        groups.append(Group(f"{count - shown} more", OTHERS, labels >= shown))
    return groups


def by_type(types: NDArray[np.int64]) -> list[Group]:
    """A colour for each of the first types; grey for the others."""
    known = np.unique(types).tolist()
    shown = known[: len(PALETTE)]
    groups = [
        Group(TYPES.get(kind, f"type {kind}"), PALETTE[place], types == kind)
        for place, kind in enumerate(shown)
    ]
    if len(known) > len(shown):
        groups.append(Group("other types", OTHERS, ~np.isin(types, shown)))
    return groups
