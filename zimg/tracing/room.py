"""Whether the memory of a device holds what tracing makes of a volume."""

import math

from zimg._dispatch import device
from zimg._errors import ZException
from zimg._typing import Array
from zimg.ops.memory import free_memory

PEAK = 64
"""Bytes per voxel that tracing allocates at its peak on a device, for 8-bit voxels.

Counted on Torch for 4 million voxels: 58 for the noise in accurate mode, 46 for regional maxima, 38
for connected components."""

FIXED = 2**27
"""Bytes that tracing allocates for volumes of any size: chunks of 4096 segments take 86 MB, and the
noise is sampled at 2 million voxels at most."""

GIB = 2**30


def check_room(volume: Array, /, *, factors: tuple[int, int, int] = (1, 1, 1)) -> None:
    """Raise unless the device of `volume` has the memory to trace it.

    Parameters
    ----------
    volume
        ``(Z, Y, X)`` on any device; host memory and devices that do not report free memory are not
        checked.
    factors
        By which the volume is reduced first, x, y, z.

    Raises
    ------
    ZException
        Names what is needed, what is free, and what would fit.
    """
    free = free_memory(volume)
    if free is None:
        return
    needed = PEAK * math.prod(volume.shape) / math.prod(factors)
    if needed + FIXED <= free:
        return
    more = math.ceil((needed / max(free - FIXED, 1)) ** (1 / 3))
    x, y, z = (factor * more for factor in factors)
    size = " x ".join(map(str, volume.shape))
    raise ZException(
        f"cannot trace a volume of {size} voxels on {device(volume)}: it takes about "
        f"{(needed + FIXED) / GIB:.1f} GiB and {free / GIB:.1f} GiB are free; reduce it by "
        f"downsample=({x}, {y}, {z}), trace it on the CPU, or in blocks by zimg.BlockedTracer"
    )
