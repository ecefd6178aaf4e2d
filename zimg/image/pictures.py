"""Methods of an image that show it."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from zimg._errors import ZException
from zimg._typing import Array
from zimg.values import VoxelSizeUnit, ZImgInfo, col4

if TYPE_CHECKING:
    from zimg.view.image_plot import Frame
    from zimg.view.reducing import Plane, Projection

MOST_CHANNELS = 8
"""Largest number of channels that are drawn unless they are chosen."""


class ImagePictures:
    """An image as a plot."""

    if TYPE_CHECKING:
        _arrays: list[Array]
        _info: ZImgInfo

    def plot(
        self,
        ax: Any = None,
        *,
        channels: int | str | Sequence[int | str] | None = None,
        colors: Sequence[Any] | None = None,
        time: int = 0,
        plane: "Plane" = "xy",
        projection: "Projection | int" = "max",
        unit: str = "voxel",
        scale_bar: bool = True,
    ) -> Any:
        """Draw channels as a projection or a section with matplotlib (extra ``plot``).

        Parameters
        ----------
        ax
            Axes to draw into; None makes a figure.
        channels
            Numbers or names of channels; by default the first eight.
        colors
            A colour of matplotlib for each channel; by default those of the image.
        time
            Time point, from 0.
        plane
            Axes across and down: ``"xy"``, ``"xz"`` or ``"zy"``.
        projection
            ``"max"``, ``"mean"``, or the index of a section along the third axis.
        unit
            Unit of the axes: ``"voxel"``, where trees in voxels fit, or ``"um"``. Proportions are
            true in both, as far as the image states its voxel size.
        scale_bar
            Whether a scale bar is drawn, in µm where the voxel size is known, else in voxels.

        Returns
        -------
        matplotlib.axes.Axes
            The axes, with y or z downwards; the centre of the first voxel is at 0. Only the small
            picture leaves the device of the image.

        Raises
        ------
        ZException
            When matplotlib is not installed, or `unit` is ``"um"`` and the voxel size is unknown.
        ValueError
            For an empty image, an unknown channel, plane, projection, unit or colour.
        IndexError
            For a time point or a section that the image does not have.

        Examples
        --------
        >>> ax = zimg.read("cell.tif").plot(plane="xz")  # doctest: +SKIP
        >>> zimg.ZSwc("cell.swc").plot(ax=ax, plane="xz")  # doctest: +SKIP
        """
        from zimg.view.image_plot import Layer, plot_layers
        from zimg.view.reducing import plane_of

        info, times = self._info, len(self._arrays)
        _check(plane, projection, unit)
        if not times:
            raise ValueError("cannot plot an empty image")
        if not 0 <= time < times:
            raise IndexError(f"time {time} is out of range for {times} time points")
        numbers = _numbers(channels, info)
        shown = _colours(colors, numbers, info)
        array = self._arrays[time]
        layers = [
            Layer(
                info.channelNames[number] or f"channel {number}",
                colour,
                plane_of(array[number, ...], plane, projection),
            )
            for number, colour in zip(numbers, shown, strict=True)
        ]
        return plot_layers(layers, _frame(info, unit, bar=scale_bar), ax=ax, plane=plane)


def _check(plane: str, projection: object, unit: str) -> None:
    if plane not in ("xy", "xz", "zy"):
        raise ValueError(f"plane must be 'xy', 'xz' or 'zy', got {plane!r}")
    if isinstance(projection, bool) or not (
        isinstance(projection, int) or projection in ("max", "mean")
    ):
        raise ValueError(f"projection must be 'max', 'mean' or an index, got {projection!r}")
    if unit not in ("voxel", "um"):
        raise ValueError(f"unit must be 'voxel' or 'um', got {unit!r}")


def _numbers(channels: int | str | Sequence[int | str] | None, info: ZImgInfo) -> list[int]:
    """Numbers of the requested channels."""
    if channels is None:
        return list(range(min(info.numChannels, MOST_CHANNELS)))
    asked = [channels] if isinstance(channels, int | str) else list(channels)
    return [_number(each, info) for each in asked]


def _number(channel: int | str, info: ZImgInfo) -> int:
    if isinstance(channel, str):
        if channel not in info.channelNames:
            known = ", ".join(map(repr, info.channelNames))
            raise ValueError(f"the image has no channel {channel!r}; its channels are {known}")
        return info.channelNames.index(channel)
    if not 0 <= channel < info.numChannels:
        raise ValueError(f"channel {channel} is out of range for {info.numChannels} channels")
    return channel


def _colours(colors: Sequence[Any] | None, numbers: list[int], info: ZImgInfo) -> list[col4]:
    """Colour of each channel."""
    if colors is not None:
        from zimg.view.extras import needed

        if isinstance(colors, str) or len(colors) != len(numbers):
            raise ValueError(f"colors must hold one colour for each of {len(numbers)} channels")
        to_rgb = needed("matplotlib.colors", "plot").to_rgb
        rgb = [[round(255 * part) for part in to_rgb(color)] for color in colors]
        return [col4(r, g, b, 255) for r, g, b in rgb]
    return [info.channelColors[number] for number in numbers]


def _frame(info: ZImgInfo, unit: str, *, bar: bool) -> "Frame":
    from zimg.view.image_plot import Frame

    count = (info.width, info.height, info.depth)
    if info.voxelSizeUnit != VoxelSizeUnit.none:
        measure = "µm"
        sizes = (info.voxelSizeXInUm(), info.voxelSizeYInUm(), info.voxelSizeZInUm())
    elif unit == "um":
        raise ZException("the image states no voxel size: plot it with unit='voxel'")
    else:
        measure, sizes = "voxels", (info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ)
    if not all(math.isfinite(size) and size > 0 for size in sizes):
        measure, sizes = "voxels", (1.0, 1.0, 1.0)
    if measure == "voxels":
        sizes = (1.0, sizes[1] / sizes[0], sizes[2] / sizes[0])
    axes, label = (sizes, "µm") if unit == "um" else ((1.0, 1.0, 1.0), "")
    return Frame(axes, sizes, count, label, measure if bar else "")
