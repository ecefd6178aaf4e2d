"""The card of a forest in a notebook."""

from html import escape
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zimg.view.card import Row, card, figure
from zimg.view.overlay import COLOURS
from zimg.view.protocols import TreeLike

SIDE = 160
"""Pixels of a panel's longer side."""

MARGIN = 4
MOST_SEGMENTS = 3000
"""Lines in a panel; nodes that only continue a branch are left out to come near, then lines."""

MOST_ROOTS = 100
"""Roots that are marked in a panel."""

PANELS = (("xy", 0, 1), ("xz", 0, 2), ("yz", 1, 2))
LINE = "#{:02x}{:02x}{:02x}".format(*COLOURS[0].astype(int))


class Segments(NamedTuple):
    """Rows of the two ends of each line to draw."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


def tree_card(tree: TreeLike) -> str:
    """Card of a forest for notebooks.

    Nodes, trees, branch points, tips, length and bounding box in the unit of the nodes, with three
    projections of at most `MOST_SEGMENTS` lines each.

    Parameters
    ----------
    tree
        Any forest, also an empty one. Where no picture can be made, the card says why.

    Returns
    -------
    str
        HTML with drawings in SVG, without scripts, in the colours of the page.
    """
    rows = (
        Row("nodes", lambda: str(len(tree.parent))),
        Row("trees", lambda: str(roots_of(tree).size)),
        Row("branch points", lambda: str((children_counts(tree) > 1).sum())),
        Row("tips", lambda: str((children_counts(tree) == 0).sum())),
        Row("length", lambda: f"{tree.edge_lengths().sum():.6g}"),
        Row("bounding box", lambda: _box(tree)),
    )
    return card("ZSwc", rows, lambda: _panels(tree))


def roots_of(tree: TreeLike) -> NDArray[np.int64]:
    """Rows without a parent."""
    return np.flatnonzero(tree.parent < 0)


def children_counts(tree: TreeLike) -> NDArray[np.int64]:
    """Number of children of each node."""
    return np.bincount(tree.parent[tree.parent >= 0], minlength=len(tree.parent))


def _box(tree: TreeLike) -> str:
    if not len(tree.parent):
        return "none"
    ends = zip("xyz", tree.xyz.min(axis=0), tree.xyz.max(axis=0), strict=True)
    return "<br>".join(escape(f"{axis} {low:.6g} to {high:.6g}") for axis, low, high in ends)


def segments_to_draw(tree: TreeLike, most: int = MOST_SEGMENTS) -> Segments:
    """Lines that show a forest: its edges, or fewer and longer ones in the same places.

    Parameters
    ----------
    tree
        Any forest.
    most
        Lines to draw. Of the nodes that only continue a branch, one in so many stays that they are
        at most half of this; when branch points and tips are too many, the longest lines stay.
    """
    parent, finite = tree.parent, np.asarray(np.isfinite(tree.xyz).all(axis=1))
    step = max(1, -(-2 * len(tree.parent) // most)) if len(tree.parent) > most else 1
    kept = (children_counts(tree) != 1) | (parent < 0) | (np.arange(len(tree.parent)) % step == 0)
    ends = np.flatnonzero(kept & (parent >= 0))
    starts = parent[ends]
    while not kept[starts].all():  # branches are runs of rows: at most `step` rounds
        starts = np.where(kept[starts], starts, parent[starts])
    usable = finite[starts] & finite[ends]
    starts, ends = starts[usable], ends[usable]
    if len(ends) > most:
        lengths = np.linalg.norm(tree.xyz[ends] - tree.xyz[starts], axis=1)
        longest = np.sort(np.argsort(-lengths, kind="stable")[:most])
        starts, ends = starts[longest], ends[longest]
    return Segments(starts, ends)


def _panels(tree: TreeLike) -> str:
    finite = tree.xyz[np.isfinite(tree.xyz).all(axis=1)]
    if not len(finite):
        return ""
    lines = segments_to_draw(tree)
    low, high = finite.min(axis=0), finite.max(axis=0)
    scale = (SIDE - 2 * MARGIN) / max(float((high - low).max()), 1e-9)
    places = (tree.xyz - low) * scale + MARGIN
    size = (high - low) * scale + 2 * MARGIN
    drawn = (
        figure(_svg(places[:, axes], size[list(axes)], lines, roots_of(tree)), name)
        for name, *axes in PANELS
    )
    return "".join(drawn)


def _svg(
    points: NDArray[np.float64],
    size: NDArray[np.float64],
    lines: Segments,
    roots: NDArray[np.int64],
) -> str:
    """Drawing of one projection, x across and y down, in pixels."""
    ends = np.concatenate([points[lines.starts], points[lines.ends]], axis=1)
    path = "".join("M{:.1f} {:.1f}L{:.1f} {:.1f}".format(*each) for each in ends.tolist())
    marked = points[roots[:MOST_ROOTS]]
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2"/>'
        for x, y in marked[np.isfinite(marked).all(axis=1)].tolist()
    )
    width, height = size.tolist()
    return (
        f'<svg width="{width:.1f}" height="{height:.1f}" fill="currentColor">'
        f'<path d="{path}" fill="none" stroke="{LINE}"/>{dots}</svg>'
    )
