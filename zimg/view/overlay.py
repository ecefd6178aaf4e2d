"""A tree drawn over the three maximum projections of the volume it was traced in."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from zimg._typing import Array
from zimg.view.contrast import stretched
from zimg.view.lines import Canvas, blend, cover
from zimg.view.projection import Image, maximum_projections
from zimg.view.protocols import TreeLike

Picture = NDArray[np.uint8]

COLOURS = np.array(
    [
        (255, 112, 32),
        (64, 196, 255),
        (118, 230, 96),
        (255, 92, 138),
        (255, 214, 64),
        (186, 134, 255),
        (64, 232, 206),
        (255, 128, 226),
    ],
    dtype=np.float32,
)
"""One colour per tree, longest first, then again from the start; bright, for a dark ground."""

SEPARATOR = 2
"""Pixels between two panels."""

GROUND = np.array((38, 42, 50), dtype=np.float32)
"""Colour of separators and of the corner that no panel fills."""

CONTRAST = (30.0, 99.5)
"""Percentiles of a projection that become black and white; most of an image is background."""

GAMMA = 0.65
"""Exponent of the grey values; below 1 it lifts dim branches."""

WHITE = 0.75
"""Grey of the brightest pixels; the rest of the range is left to the tree."""


LINE, ROOT, OUTLINE = 1.2, 5.0, 1.3
"""Half widths of lines and root marks, and the width of the outline, in pixels."""

OUTLINE_OPACITY = 0.5
ROOT_COLOUR = np.array((255, 255, 255), dtype=np.float32)


class Panel(NamedTuple):
    """One projection and where it stands: the axes (0 x, 1 y, 2 z) that run across and down."""

    image: Image
    across: int
    down: int


def overlay(
    volume: Array, tree: TreeLike, *, z_to_xy: float = 1.0, longest_side: int = 1200
) -> Picture:
    """Draw a tree over the maximum projections of a volume along z, x and y.

    The panels share their axes: seen along z at the top left, along x to its right, along y below.
    Lines are the tree, one colour for each of its roots; the outline around them shows the radii;
    a ring marks each root.

    Parameters
    ----------
    volume
        ``(Z, Y, X)`` array of any framework.
    tree
        Tree in voxel indices of `volume`.
    z_to_xy
        Size of a voxel in z over that in x and y; panels have true proportions.
    longest_side
        Width or height of the picture, whichever is larger, in pixels.

    Returns
    -------
    numpy.ndarray
        ``(height, width, 3)`` uint8, RGB.
    """
    projections = maximum_projections(volume)
    depth, height, width = volume.shape
    extent = np.array((width, height, depth * z_to_xy), dtype=np.float64)
    pixels = max(extent[0] + extent[2], extent[1] + extent[2], 1.0)
    scale = (longest_side - SEPARATOR) / pixels
    panels = {
        (0, 0): Panel(projections.along_z, 0, 1),
        (0, 1): Panel(projections.along_x.T, 2, 1),
        (1, 0): Panel(projections.along_y, 0, 2),
    }
    zoom = scale * np.array((1.0, 1.0, z_to_xy))
    drawn = {place: _panel(panel, tree, zoom) for place, panel in panels.items()}
    return _mount(drawn[0, 0], drawn[0, 1], drawn[1, 0])


def _panel(panel: Panel, tree: TreeLike, zoom: NDArray[np.float64]) -> Image:
    """Draw one projection with the tree over it: ``(rows, columns, 3)`` in 0..255."""
    size = (zoom[panel.down], zoom[panel.across])
    grey = _resize(stretched(panel.image, CONTRAST) ** GAMMA, size)
    canvas = np.repeat((255.0 * WHITE * grey)[..., None], 3, axis=2)
    # A voxel's index is its centre, half a voxel from the picture's edge.
    axes = (panel.across, panel.down)
    points = (tree.xyz[:, axes] + 0.5) * zoom[list(axes)] - 0.5
    _draw_tree(canvas, tree, points, tree.radius * zoom[0])
    return canvas


def _draw_tree(
    canvas: Canvas, tree: TreeLike, points: NDArray[np.float64], radii: NDArray[np.float64]
) -> None:
    """Draw outline, lines and roots of each tree, the longest tree last, so that it is on top."""
    labels = tree_labels(tree)
    linked = tree.parent >= 0
    starts = np.where(linked, tree.parent, np.arange(len(tree.parent)))
    for rank in range(int(labels.max(initial=-1)), -1, -1):
        colour = COLOURS[rank % len(COLOURS)]
        members = np.flatnonzero(labels == rank)
        wall = cover(canvas, points, radii, members, starts[members])
        inside = cover(canvas, points, radii - OUTLINE, members, starts[members])
        blend(canvas, (wall - inside) * OUTLINE_OPACITY, colour)
        edges = members[linked[members]]
        blend(canvas, cover(canvas, points, LINE, edges, starts[edges]), colour)
        roots = members[~linked[members]]
        blend(canvas, cover(canvas, points, ROOT, roots, roots), colour)
        blend(canvas, cover(canvas, points, ROOT / 2, roots, roots), ROOT_COLOUR)


def tree_labels(tree: TreeLike) -> NDArray[np.int64]:
    """Rank of each node's tree by its length in voxels: 0 is the longest."""
    root = np.arange(len(tree.parent))
    for node, parent in enumerate(tree.parent):
        if parent >= 0:  # parents come first
            root[node] = root[parent]
    lengths = np.bincount(root, weights=tree.edge_lengths(), minlength=len(root))
    roots = np.unique(root)
    ranked = roots[np.argsort(-lengths[roots], kind="stable")]
    rank = np.zeros(len(tree.parent), dtype=np.int64)
    rank[ranked] = np.arange(len(ranked))
    return rank[root]


def _resize(image: Image, zoom: tuple[float, float]) -> Image:
    """Scale rows and columns: the brightest of the pixels that fall together, then linear."""
    rows, columns = (max(1, round(n * z)) for n, z in zip(image.shape, zoom, strict=True))
    for axis, wanted in enumerate((rows, columns)):
        bins = image.shape[axis] // wanted
        if bins > 1:
            edges = np.arange(0, image.shape[axis], bins)
            image = np.maximum.reduceat(image, edges, axis=axis)
    if 0 in image.shape:
        return np.zeros((rows, columns), np.float32)
    at_rows, at_columns = (
        (np.arange(wanted) + 0.5) * n / wanted - 0.5
        for wanted, n in zip((rows, columns), image.shape, strict=True)
    )
    grid = np.meshgrid(at_rows, at_columns, indexing="ij")
    return np.asarray(ndimage.map_coordinates(image, grid, order=1, mode="nearest"))


def _mount(seen_along_z: Image, seen_along_x: Image, seen_along_y: Image) -> Picture:
    rows, columns, _ = seen_along_z.shape
    shape = (
        rows + SEPARATOR + seen_along_y.shape[0],
        columns + SEPARATOR + seen_along_x.shape[1],
        3,
    )
    picture = np.empty(shape, dtype=np.float32)
    picture[:] = GROUND
    picture[:rows, :columns] = seen_along_z
    picture[:rows, columns + SEPARATOR :] = seen_along_x
    picture[rows + SEPARATOR :, :columns] = seen_along_y
    return np.round(picture).astype(np.uint8)
