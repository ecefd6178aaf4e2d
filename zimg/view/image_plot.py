"""Channels of an image in a plane, drawn by matplotlib."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from zimg.values import col4
from zimg.view.extras import needed
from zimg.view.image_card import colored
from zimg.view.legend import BAR_SHARE, scale_bar
from zimg.view.projection import Image
from zimg.view.reducing import Plane

BAR_THICKNESS = 0.012
"""Height of the scale bar, as a share of the height of the picture."""


class Layer(NamedTuple):
    """A channel: its name, its colour, and its pixels ``(rows, columns)``, finite float32."""

    name: str
    colour: col4
    pixels: Image


class Frame(NamedTuple):
    """What surrounds the picture.

    `size` is that of a voxel along x, y, z in the unit of the axes, `length` the same in the unit
    of the scale bar, `voxels` their number along x, y, z. Empty units are not written; without
    `bar_unit` there is no bar.
    """

    size: Sequence[float]
    length: Sequence[float]
    voxels: Sequence[int]
    unit: str
    bar_unit: str


def plot_layers(layers: Sequence[Layer], frame: Frame, *, ax: Any, plane: Plane) -> Any:
    """Draw channels in their colours into axes of matplotlib.

    Parameters
    ----------
    layers
        Channels of one shape; each has its own contrast.
    frame
        Sizes and units.
    ax
        Axes to draw into; None makes a figure.
    plane
        Axes across and down.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; the centre of the first voxel is at 0, y or z run downwards.
    """
    if ax is None:
        ax = needed("matplotlib.pyplot", "plot").subplots()[1]
    across, down = ("xyz".index(name) for name in plane)
    pixels = np.stack([layer.pixels for layer in layers])
    picture = colored(pixels, [layer.colour for layer in layers])
    left, right = -0.5 * frame.size[across], (frame.voxels[across] - 0.5) * frame.size[across]
    top, bottom = -0.5 * frame.size[down], (frame.voxels[down] - 0.5) * frame.size[down]
    ax.imshow(picture, extent=(left, right, bottom, top), interpolation="nearest")
    ax.set_aspect(proportion(frame.length, plane) / proportion(frame.size, plane))
    for axis, label in ((ax.set_xlabel, plane[0]), (ax.set_ylabel, plane[1])):
        axis(f"{label} ({frame.unit})" if frame.unit else label)
    if frame.bar_unit and picture.size:
        _add_bar(ax, frame, across, abs(bottom - top))
    if len(layers) > 1:
        _add_legend(ax, layers)
    return ax


def proportion(size: Sequence[float], plane: Plane) -> float:
    """Height of a voxel in units of its width, in a plane."""
    across, down = ("xyz".index(name) for name in plane)
    return size[down] / size[across]


def _add_bar(ax: Any, frame: Frame, across: int, height: float) -> None:
    """Draw a bar of a round length at the lower right."""
    known = scale_bar(BAR_SHARE * frame.voxels[across], 1 / frame.length[across], frame.bar_unit)
    artists = needed("mpl_toolkits.axes_grid1.anchored_artists", "plot")
    ax.add_artist(
        artists.AnchoredSizeBar(
            ax.transData,
            known.pixels * frame.size[across],
            known.text,
            "lower right",
            color="white",
            frameon=False,
            borderpad=0.6,
            sep=4,
            size_vertical=BAR_THICKNESS * height,
        )
    )


def _add_legend(ax: Any, layers: Sequence[Layer]) -> None:
    patch = needed("matplotlib.patches", "plot").Patch
    shown = [
        patch(facecolor=(c.r / 255, c.g / 255, c.b / 255), edgecolor="0.5", label=name)
        for name, c, _ in layers
    ]
    ax.legend(handles=shown, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
