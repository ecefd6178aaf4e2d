"""Notebook card of a forest."""

from html import escape
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zimg.view.card import Row, card, figure, image_tag
from zimg.view.overlay import COLOURS
from zimg.view.protocols import TreeLike
from zimg.view.strokes import strokes

SIDE = 160
"""Longer side of a panel in pixels."""

MARGIN = 4
MOST_SEGMENTS = 3000
"""Largest number of lines in a panel; branches are simplified, then short lines left out."""

MOST_ROOTS = 100
"""Largest number of roots that are marked in a panel."""

PANELS = (("xy", 0, 1), ("xz", 0, 2), ("yz", 1, 2))
FINENESS = 2
"""Pixels of the picture per pixel of the page, for screens with high resolution."""

LINE_WIDTH, ROOT_WIDTH = 0.9, 3.5
"""Half widths of lines and root marks in pixels of the picture."""

LINE, ROOT = COLOURS[0], np.full(3, 128.0, dtype=np.float32)
"""Colours that are visible on dark and light pages."""


class Segments(NamedTuple):
    """Rows of the two ends of each line."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


def tree_card(tree: TreeLike) -> str:
    """Card of a forest for notebooks.

    It shows nodes, trees, branch points, tips, length and bounding box in the unit of the nodes,
    and three projections of at most `MOST_SEGMENTS` lines each.

    Parameters
    ----------
    tree
        Any forest, including an empty one. If no picture can be made, the card gives the reason.

    Returns
    -------
    str
        HTML with PNG pictures and without scripts, which is complete in untrusted notebooks, too.
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
    """Rows of the roots."""
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
    """Lines that show a forest: its edges, or fewer and longer lines at the same places.

    Parameters
    ----------
    tree
        Any forest.
    most
        Largest number of lines. Nodes that only continue a branch are thinned out to at most half
        of this number; if there are too many branch points and tips, the longest lines are kept.
    """
    parent, finite = tree.parent, np.asarray(np.isfinite(tree.xyz).all(axis=1))
    step = max(1, -(-2 * len(tree.parent) // most)) if len(tree.parent) > most else 1
    kept = (children_counts(tree) != 1) | (parent < 0) | (np.arange(len(tree.parent)) % step == 0)
    ends = np.flatnonzero(kept & (parent >= 0))
    starts = parent[ends]
    while not kept[starts].all():  # rows of a branch are consecutive: at most `step` rounds
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
    lines, roots = segments_to_draw(tree), roots_of(tree)[:MOST_ROOTS]
    low, high = finite.min(axis=0), finite.max(axis=0)
    scale = (SIDE - 2 * MARGIN) / max(float((high - low).max()), 1e-9)
    places = (tree.xyz - low) * scale + MARGIN
    size = (high - low) * scale + 2 * MARGIN
    drawn = []
    for name, *axes in PANELS:
        picture = _picture(places[:, axes] * FINENESS, size[axes] * FINENESS, lines, roots)
        drawn.append(figure(image_tag(picture, FINENESS, f"projection along {name}"), name))
    return "".join(drawn)


def _picture(
    points: NDArray[np.float64],
    size: NDArray[np.float64],
    lines: Segments,
    roots: NDArray[np.int64],
) -> NDArray[np.uint8]:
    """One projection as RGBA with a transparent background, x across and y down."""
    width, height = np.ceil(size).astype(np.int64).tolist()
    edges = strokes((height, width), points[lines.starts], points[lines.ends], LINE_WIDTH)
    marked = points[roots][np.isfinite(points[roots]).all(axis=1)]
    dots = strokes((height, width), marked, marked, ROOT_WIDTH)
    picture = np.empty((height, width, 4), dtype=np.float32)
    picture[..., :3] = LINE + dots[..., None] * (ROOT - LINE)
    picture[..., 3] = 255.0 * np.maximum(edges, dots)
    return np.round(picture).astype(np.uint8)
