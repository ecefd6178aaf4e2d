"""A tree in a plane, drawn by matplotlib."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zimg._typing import Array
from zimg.view.colouring import BRIGHT, PALETTE, SCALE, Colouring, Values
from zimg.view.contrast import stretched
from zimg.view.extras import needed
from zimg.view.image_plot import proportion
from zimg.view.overlay import CONTRAST, GAMMA
from zimg.view.protocols import TreeLike
from zimg.view.reducing import Plane, plane_of

MOST_ROOTS = 1000
LINE, ROOT = 1.2, 12.0


class Background(NamedTuple):
    """A volume ``(Z, Y, X)`` and its voxels.

    `voxel_size` is in the unit of the tree along x, y, z; `proportions` are those of a unit of the
    tree along the same axes.
    """

    volume: Array
    voxel_size: tuple[float, float, float]
    proportions: tuple[float, float, float] = (1.0, 1.0, 1.0)


def plot_plane(
    tree: TreeLike,
    colouring: Colouring,
    *,
    ax: Any = None,
    plane: Plane = "xy",
    background: Background | None = None,
    unit: str = "",
) -> Any:
    """Draw the edges of a tree into axes of matplotlib.

    Parameters
    ----------
    tree
        Any forest.
    colouring
        Groups of nodes, or a value for each.
    ax
        Axes to draw into; None makes a figure.
    plane
        Axes across and down.
    background
        Volume whose maximum projection lies below the tree.
    unit
        For the labels of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, with true proportions and y or z downwards, as in images.
    """
    if ax is None:
        ax = needed("matplotlib.pyplot", "plot").subplots()[1]
    axes = ["xyz".index(name) for name in plane]
    aspect = None  # axes that hold something already keep theirs
    if background is not None:
        _show(ax, background, plane, axes)
        aspect = proportion(background.proportions, plane)
    elif not ax.images:
        aspect = 1.0
    above = dict(zip(PALETTE, BRIGHT, strict=True)) if ax.images else {}
    linked = np.flatnonzero(tree.parent >= 0)
    lines = np.stack([tree.xyz[tree.parent[linked]], tree.xyz[linked]], axis=1)[:, :, axes]
    if isinstance(colouring, Values):
        drawn = _add(ax, lines, array=colouring.numbers[linked], cmap=SCALE)
        ax.figure.colorbar(drawn, ax=ax, label=colouring.name)
    else:
        for group in colouring:
            _add(
                ax,
                lines[group.rows[linked]],
                color=above.get(group.colour, group.colour),
                label=group.name,
            )
        if len(colouring) > 1:
            ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    roots = tree.xyz[tree.parent < 0][:MOST_ROOTS, axes]
    ax.scatter(*roots.T, s=ROOT, color="white" if above else "black", edgecolors="black", zorder=3)
    _set_axes(ax, plane, unit, aspect)
    return ax


def _add(ax: Any, lines: NDArray[np.float64], **options: Any) -> Any:
    collection = needed("matplotlib.collections", "plot").LineCollection(
        lines, linewidths=LINE, capstyle="round", **options
    )
    return ax.add_collection(collection)


def _show(ax: Any, background: Background, plane: Plane, axes: list[int]) -> None:
    """Draw the projection of a volume; the centre of its first voxel is at 0."""
    image = plane_of(background.volume, plane, "max")
    across, down = (background.voxel_size[axis] for axis in axes)
    columns, rows = (background.volume.shape[2 - axis] for axis in axes)
    left, right = -0.5 * across, (columns - 0.5) * across
    top, bottom = -0.5 * down, (rows - 0.5) * down
    grey = stretched(image, CONTRAST) ** GAMMA
    ax.imshow(grey, cmap="gray", extent=(left, right, bottom, top), vmin=0, vmax=1)


def _set_axes(ax: Any, plane: Plane, unit: str, aspect: float | None) -> None:
    ax.autoscale_view()
    if aspect is not None:
        ax.set_aspect(aspect)
    if not ax.yaxis_inverted():
        ax.invert_yaxis()
    across, down = (f"{name} ({unit})" if unit else name for name in plane)
    ax.set_xlabel(across)
    ax.set_ylabel(down)
