"""Select the volume that an algorithm works on."""

import math

import numpy as np

from zimg._typing import Array
from zimg.arrays.inputs import shape_of, voxels
from zimg.arrays.interop import in_float32
from zimg.image.img import ZImg
from zimg.ops.memory import host_view, on_host, shareable
from zimg.values.info import ZImgInfo

HALVES = ("bfloat16", "float16")
"""Types that few operations accept."""


def volume_of(image_or_array: ZImg | Array, channel: int, time: int, *, caller: str) -> Array:
    """Return the ``(Z, Y, X)`` array of a channel of an image, or of an array of a volume or plane.

    Parameters
    ----------
    image_or_array
        A `ZImg`, or a ``(Z, Y, X)`` or ``(Y, X)`` array of any framework.
    channel, time
        Channel and time point of the image; 0 for an array.
    caller
        Name of the caller for errors.

    Returns
    -------
    Array
        Shared memory, except for arrays in foreign byte order, and for 16-bit floats, which become
        float32 on their device, since few operations accept them.

    Raises
    ------
    ValueError
        For a channel or time point that does not exist, or an invalid array.
    """
    if isinstance(image_or_array, ZImg):
        times, channels = image_or_array.shape[:2]
        if not (0 <= time < times and 0 <= channel < channels):
            raise ValueError(
                f"an image of {channels} channels and {times} time points has no channel {channel} "
                f"at time {time}"
            )
        return in_float32(image_or_array.data[time][channel, ...], *HALVES)
    if channel or time:
        raise ValueError(
            f"an array has a single channel and time point, got channel={channel}, time={time}"
        )
    shape = shape_of(image_or_array)
    if shape is None or len(shape) not in (2, 3) or 0 in shape:
        given = type(image_or_array).__name__ if shape is None else shape
        raise ValueError(f"{caller} needs a ZImg or a (Z, Y, X) or (Y, X) array, got {given}")
    volume = voxels(image_or_array, copy_if_needed=True)
    if isinstance(volume, np.ndarray) and not volume.dtype.isnative:
        volume = volume.astype(volume.dtype.newbyteorder("="))
    return in_float32(volume if len(shape) == 3 else volume[None, :, :], *HALVES)


def as_numpy(volume: Array, /) -> Array:
    """A volume that the host can read as a NumPy array, any other as it is.

    The memory is shared, but that bfloat16, which NumPy lacks, becomes float32.
    """
    if not on_host(volume):
        return volume
    host = host_view(shareable(volume))
    return host.astype(np.float32) if host.dtype.kind == "V" else host


def z_to_xy_ratio(info: ZImgInfo, downsample: tuple[int, int, int] = (1, 1, 1)) -> float:
    """Voxel size in z over the mean of x and y, after downsampling by factors along x, y, z.

    1.0 when a size is missing, not finite or not above 0 (behaviour of the reference).
    """
    sizes = (info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ)
    if not all(math.isfinite(size) and size > 0 for size in sizes):
        return 1.0
    x, y, z = (size * factor for size, factor in zip(sizes, downsample, strict=True))
    return 2.0 * z / (x + y)
