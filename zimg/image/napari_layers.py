"""Images as layers of napari, one per channel, and back."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from zimg.io.units import UNIT_IN_UM, in_um
from zimg.values import VoxelSizeUnit, ZImgInfo, col4

LayerData = tuple[Any, dict[str, Any], str]


def image_layers(levels: Sequence[Any], info: ZImgInfo, name: str) -> list[LayerData]:
    """One layer per channel.

    Parameters
    ----------
    levels
        Arrays of any kind with axes T, C, Z, Y, X, the largest first.
    info
        Of the largest.
    name
        Of the image; names of channels follow it.
    """
    many = info.numChannels > 1
    return [
        (_channel(levels, channel, info), _options(info, channel, name, many=many), "image")
        for channel in range(info.numChannels)
    ]


def _channel(levels: Sequence[Any], channel: int, info: ZImgInfo) -> Any:
    """The pixels of a channel at each level, without axes of one sample except Y and X."""
    found = [level[:, channel] for level in levels]
    if info.depth == 1:
        found = [each[:, 0] for each in found]
    if info.numTimes == 1:
        found = [each[0] for each in found]
    return found if len(found) > 1 else found[0]


def _options(info: ZImgInfo, channel: int, name: str, *, many: bool) -> dict[str, Any]:
    label = info.channelNames[channel] or f"channel {channel}"
    known = info.voxelSizeUnit in UNIT_IN_UM
    sizes = [info.voxelSizeZ, info.voxelSizeY, info.voxelSizeX]
    if known:
        sizes = [size * UNIT_IN_UM[info.voxelSizeUnit] for size in sizes]
    axes = ["um" if known else "pixel"] * 3
    labels, first = list("zyx"), 0 if info.depth > 1 else 1
    times = [] if info.numTimes == 1 else ["t"]
    step = _time_step(info)
    return {
        "name": f"{name} {label}" if many or info.channelNames[channel] else name,
        "scale": (*([step] if times else []), *sizes[first:]),
        "units": (*(["s" if step != 1.0 else "pixel"] if times else []), *axes[first:]),
        "axis_labels": (*times, *labels[first:]),
        "colormap": _colormap(info.channelColors[channel]),
        "blending": "additive" if many else "translucent",
    }


def _time_step(info: ZImgInfo) -> float:
    """Seconds from one time to the next; 1 where they differ or are only numbered."""
    stamps = info.timeStamps
    step = (stamps[-1] - stamps[0]) / (len(stamps) - 1) if len(stamps) > 1 else 1.0
    even = all(abs(stamp - stamps[0] - n * step) <= 1e-6 * step for n, stamp in enumerate(stamps))
    return step if step > 0 and even else 1.0


def _colormap(colour: col4) -> str:
    red, green, blue, *_ = tuple(colour)
    return "gray" if red == green == blue else f"#{red:02x}{green:02x}{blue:02x}"


def arrays_of_layers(layers: Sequence[Any]) -> tuple[list[Any], ZImgInfo]:
    """Arrays of times, ``(C, Z, Y, X)``, and what the layers say about them.

    Parameters
    ----------
    layers
        Of images or labels, alike in size and type, one per channel; layers of napari, or their
        data, options and types.

    Raises
    ------
    ValueError
        When they are not alike, or of another kind.
    """
    entries = [each if isinstance(each, tuple) else each.as_layer_data_tuple() for each in layers]
    if not entries:
        raise ValueError("an image needs one layer at least")
    channels = [_pixels(*each) for each in entries]
    kinds = {(each.shape, str(each.dtype)) for each in channels}
    if len(kinds) > 1:
        raise ValueError(f"layers of one image have one size and type, got {sorted(kinds)}")
    pixels = np.stack(channels, axis=1)
    arrays = [np.ascontiguousarray(each) for each in pixels]
    times, count, depth, height, width = pixels.shape
    info = ZImgInfo(width, height, depth, count, times)
    info.channelNames = [str(options.get("name", "")) for _, options, _ in entries]
    _scale(info, entries[0][1])
    return arrays, info


def _pixels(data: Any, options: dict[str, Any], kind: str) -> Any:
    """The full resolution of a layer, as T, Z, Y, X."""
    if kind not in ("image", "labels") or options.get("rgb"):
        raise ValueError(f"an image cannot be made of a layer of {kind}: expected grey or labels")
    levels = isinstance(data, list | tuple) or options.get("multiscale")
    found = np.asarray(data[0] if levels else data)
    if not 2 <= found.ndim <= 4:
        raise ValueError(f"a layer of {found.ndim} axes is not an image: expected Y and X, Z, T")
    labels = tuple(options.get("axis_labels") or ())
    if found.ndim == 3 and labels[:1] == ("t",):
        return found[:, None]
    return found.reshape((1,) * (4 - found.ndim) + found.shape)


def _scale(info: ZImgInfo, options: dict[str, Any]) -> None:
    """Voxel sizes in µm where the layer has units of length."""
    count = 3 if "z" in (options.get("axis_labels") or "z") else 2
    stated = list(options.get("scale", ()))[-count:]
    scale = [1.0] * (3 - len(stated)) + stated
    units = [str(each) for each in options.get("units") or ()][-count:]
    lengths = [in_um(unit) for unit in units]
    known = bool(lengths) and all(lengths)
    factors = [length or 1.0 for length in lengths] if known else [1.0, 1.0, 1.0]
    factors = [factors[0]] * (3 - len(factors)) + factors
    z, y, x = (abs(float(size)) * each for size, each in zip(scale, factors, strict=True))
    info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ = x, y, z
    if known:
        info.voxelSizeUnit = VoxelSizeUnit.um
