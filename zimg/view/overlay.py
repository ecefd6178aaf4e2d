"""Draw a tree over three maximum projections of a volume."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from zimg._typing import Array
from zimg.view.contrast import stretched
from zimg.view.lines import Canvas, blend, cover
from zimg.view.projection import Image, maximum_projections
from zimg.view.protocols import TreeLike
from zimg.view.strokes import strokes

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
"""Colours of trees, longest first, repeated if necessary; bright, for a dark background."""

SEPARATOR = 2
"""Gap between panels in pixels."""

GROUND = np.array((38, 42, 50), dtype=np.float32)
"""Colour of gaps and of the empty corner."""

CONTRAST = (30.0, 99.5)
"""Percentiles of a projection that become black and white; most pixels are background."""

GAMMA = 0.65
"""Exponent of the grey values; values below 1 brighten dim branches."""

WHITE = 0.75
"""Grey value of the brightest pixels; brighter ones are reserved for the tree."""


LINE, ROOT, OUTLINE = 1.0, 4.0, 1.3
"""Half widths of lines and root marks, and the width of the outline, in pixels."""

OUTLINE_OPACITY = 0.4

THICK = 4.0
"""Smallest radius in pixels that is outlined; outlines would hide thinner neurites."""

ROOT_COLOUR = np.array((255, 255, 255), dtype=np.float32)


class Panel(NamedTuple):
    """One projection in 0..255, and the axes (0 x, 1 y, 2 z) that run across and down."""

    canvas: Canvas
    across: int
    down: int


class Ground(NamedTuple):
    """Projections along z, x and y to draw over, and pixels per voxel along x, y, z."""

    panels: tuple[Panel, Panel, Panel]
    zoom: NDArray[np.float64]

    def places(self, xyz: NDArray[np.float64], panel: Panel) -> NDArray[np.float64]:
        """Positions in voxels as pixels of a panel, column first."""
        axes = [panel.across, panel.down]
        # A voxel's index is its centre, half a voxel from the picture's edge.
        places: NDArray[np.float64] = (xyz[:, axes] + 0.5) * self.zoom[axes] - 0.5
        return places


def overlay(
    volume: Array, tree: TreeLike, *, z_to_xy: float = 1.0, longest_side: int = 1200
) -> Picture:
    """Draw a tree over the maximum projections of a volume along z, x and y.

    The projections share their axes: along z at the top left, along x to the right, along y below.
    Each tree has a colour; the outline around its lines shows the radii; a ring marks its root.

    Parameters
    ----------
    volume
        ``(Z, Y, X)`` array of any framework.
    tree
        Tree in voxel indices of `volume`.
    z_to_xy
        Size of a voxel in z over that in x and y; projections have true proportions.
    longest_side
        Width or height of the picture, whichever is larger, in pixels.

    Returns
    -------
    numpy.ndarray
        ``(height, width, 3)`` uint8, RGB.
    """
    ground = ground_of(volume, z_to_xy, longest_side)
    return as_picture(mounted(ground, tree_painter(ground, tree)))


def ground_of(volume: Array, z_to_xy: float, longest_side: int) -> Ground:
    """Grey projections of a volume that fit into a picture of a given size."""
    projections = maximum_projections(volume)
    zoom = zoom_of(volume.shape[::-1], z_to_xy, longest_side)
    views = (
        (projections.along_z, 0, 1),
        (projections.along_x.T, 2, 1),
        (projections.along_y, 0, 2),
    )
    drawn = (
        Panel(_grey(image, zoom[down], zoom[across]), across, down) for image, across, down in views
    )
    first, second, third = drawn
    return Ground((first, second, third), zoom)


def zoom_of(
    size: tuple[int, ...] | NDArray[np.float64], z_to_xy: float, longest_side: int
) -> NDArray[np.float64]:
    """Pixels per voxel along x, y, z for a picture with a given longer side."""
    extent = np.asarray(size, dtype=np.float64) * (1.0, 1.0, z_to_xy)
    voxels = max(extent[0] + extent[2], extent[1] + extent[2], 1.0)
    return (longest_side - SEPARATOR) / voxels * np.array((1.0, 1.0, z_to_xy))


def _grey(image: Image, down: float, across: float) -> Canvas:
    grey = resized(stretched(image, CONTRAST) ** GAMMA, (down, across))
    return np.repeat((255.0 * WHITE * grey)[..., None], 3, axis=2)


Painter = Callable[[Canvas, Panel], None]


def tree_painter(ground: Ground, tree: TreeLike) -> Painter:
    """Make a function that draws a tree into a panel of a ground."""
    labels = tree_labels(tree)

    def paint(canvas: Canvas, panel: Panel) -> None:
        points = ground.places(tree.xyz, panel)
        _draw_tree(canvas, tree, labels, points, tree.radius * ground.zoom[0])

    return paint


def _draw_tree(
    canvas: Canvas,
    tree: TreeLike,
    labels: NDArray[np.int64],
    points: NDArray[np.float64],
    radii: NDArray[np.float64],
) -> None:
    """Draw outline, lines and root of each tree, the longest tree last, on top."""
    linked = tree.parent >= 0
    starts = np.where(linked, tree.parent, np.arange(len(linked)))
    shape = canvas.shape[:2]
    count = len(COLOURS)
    layers = np.where(labels < count, labels, count + labels % count)  # short trees by colour
    for layer in range(int(layers.max(initial=-1)), -1, -1):
        colour = COLOURS[layer % count]
        members = np.flatnonzero(layers == layer)
        thick = members[radii[members] >= THICK]
        wall = cover(canvas, points, radii, thick, starts[thick])
        inside = cover(canvas, points, radii - OUTLINE, thick, starts[thick])
        blend(canvas, (wall - inside) * OUTLINE_OPACITY, colour)
        edges = members[linked[members]]
        blend(canvas, strokes(shape, points[starts[edges]], points[edges], LINE), colour)
        roots = points[members[~linked[members]]]
        blend(canvas, strokes(shape, roots, roots, ROOT), colour)
        blend(canvas, strokes(shape, roots, roots, ROOT / 2), ROOT_COLOUR)


def tree_labels(tree: TreeLike) -> NDArray[np.int64]:
    """For each node, the rank of its tree by length in voxels: 0 is the longest."""
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


def resized(image: Image, zoom: tuple[float, float]) -> Image:
    """Resize an image: keep the brightest of merged pixels, then interpolate linearly."""
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


def mounted(ground: Ground, paint: Painter | None = None) -> Canvas:
    """Join the panels, drawn over by `paint`: ``(rows, columns, 3)`` in 0..255."""
    canvases = [panel.canvas.copy() for panel in ground.panels]
    for canvas, panel in zip(canvases, ground.panels, strict=True):
        if paint is not None:
            paint(canvas, panel)
    along_z, along_x, along_y = canvases
    rows, columns, _ = along_z.shape
    shape = (rows + SEPARATOR + along_y.shape[0], columns + SEPARATOR + along_x.shape[1], 3)
    picture = np.empty(shape, dtype=np.float32)
    picture[:] = GROUND
    picture[:rows, :columns] = along_z
    picture[:rows, columns + SEPARATOR :] = along_x
    picture[rows + SEPARATOR :, :columns] = along_y
    return picture


def as_picture(canvas: Canvas) -> Picture:
    """Convert a canvas in 0..255 to uint8."""
    return np.round(np.clip(canvas, 0.0, 255.0)).astype(np.uint8)
