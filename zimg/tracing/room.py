"""Whether the memory of a device holds what tracing makes of a volume."""

import math

from zimg._dispatch import array_namespace, device
from zimg._errors import ZException
from zimg._typing import Array
from zimg.ops.memory import free_memory

OWN, COPIES = 15, 3
"""Bytes per voxel that tracing allocates at its peak on a device, and how many times the size of a
voxel in addition.

Counted on Torch for 4 million voxels, for the stage that needs most and without the volume itself:
13 bytes for voxels of 8 bits, 16 for 16 bits, 20 for floats. The limit leaves a third of that to
the allocator and to images with more foreground."""

FIXED = 3 * 2**28
"""Bytes that tracing allocates for volumes of any size, a quarter more than is counted: chunks of
4096 segments take 610 MB where their kernels run uncompiled."""

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
    needed = bytes_per_voxel(volume) * math.prod(volume.shape) / math.prod(factors)
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


def bytes_per_voxel(volume: Array, /) -> int:
    """Bytes that tracing allocates for each voxel of `volume`."""
    xp = array_namespace(volume)
    if xp.isdtype(volume.dtype, "bool"):  # refused later, by its type
        return OWN + COPIES
    info = xp.iinfo if xp.isdtype(volume.dtype, "integral") else xp.finfo
    return OWN + COPIES * int(info(volume.dtype).bits) // 8
