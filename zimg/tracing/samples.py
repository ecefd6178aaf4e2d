"""A slightly smoothed image and its background at a fixed choice of voxels."""

import math
from typing import NamedTuple

from zimg._dispatch import array_namespace, device
from zimg._typing import Array, Namespace
from zimg.kernels.filters import as_float, reach_of, smoothed_planes
from zimg.kernels.order import median_box
from zimg.ops import fused, jit, row_plan, sample_linear, slabs_of

THIN = 5
"""Up to so many planes a stack is smoothed within its planes only."""

MOST_SAMPLES = 2_000_000

PER_SAMPLE = 4
"""Voxels of a slab for each sample that is interpolated at the same time."""


class Tissue(NamedTuple):
    """A volume, and the value of all voxels outside the tissue of a masked one."""

    volume: Array
    inside: Array | None = None
    outside: float = 0.0


def every(volume: Array, /) -> int:
    """Distance of the voxels that are chosen, in raster order."""
    return -(-math.prod(volume.shape) // MOST_SAMPLES)


def chosen(volume: Array, /) -> Array:
    """Every few voxels in raster order, ``(n,)``."""
    xp = array_namespace(volume)
    found: Array = jit(_chosen, xp=xp)(volume, first=0, step=every(volume), xp=xp)
    return found


def _chosen(volume: Array, *, first: int, step: int, xp: Namespace) -> Array:
    values = xp.reshape(volume, (-1,))[first::step]
    return xp.asarray(values, copy=True) if step > 1 else values  # a view would keep all voxels


def smooth_samples(tissue: Tissue, /) -> Array:
    """The volume, smoothed by a Gaussian of 1 voxel, at the chosen voxels, ``(n,)``."""
    volume, inside, outside = tissue
    xp, step, found = array_namespace(volume), every(volume), []
    sigmas = (1.0 if volume.shape[0] > THIN else 0.0, 1.0, 1.0)
    plane = math.prod(volume.shape[1:])
    for slab in slabs_of(volume, reach=reach_of(sigmas[0]), xp=xp):
        seen = None if inside is None else slab.around(inside)
        where = {"inner": slab.bounds, "first": -slab.first * plane % step, "step": step}
        samples = fused(_smooth_samples, volume, xp=xp)
        found.append(samples(slab.around(volume), seen, outside, sigmas=sigmas, **where, xp=xp))
    return found[0] if len(found) == 1 else xp.concat(found)


def _smooth_samples(
    planes: Array,
    inside: Array | None,
    outside: float,
    *,
    inner: tuple[int, int],
    sigmas: tuple[float, float, float],
    first: int,
    step: int,
    xp: Namespace,
) -> Array:
    values = _floats(planes, inside, outside, xp=xp)
    values = smoothed_planes(values, inner, sigmas, xp=xp)
    return _chosen(values, first=first, step=step, xp=xp)


def _floats(volume: Array, inside: Array | None, outside: float, *, xp: Namespace) -> Array:
    values = as_float(volume, xp=xp)
    return values if inside is None else xp.where(inside, values, outside)


def background_samples(tissue: Tissue, /) -> Array:
    """The median of the surroundings of the chosen voxels, ``(n,)``.

    It is taken at every few voxels and interpolated between them.
    """
    volume = tissue.volume
    xp, step, thin = array_namespace(volume), every(volume), volume.shape[0] <= THIN
    steps = (1 if thin else 2, 4, 4)
    coarse = jit(_coarse, xp=xp)(*tissue, steps=steps, xp=xp)
    values = median_box(coarse, (1, 13, 13) if thin else (5, 9, 9))
    count = -(-math.prod(volume.shape) // step)
    most = row_plan(xp=xp, on=device(volume)).slab // PER_SAMPLE
    between, how = jit(_between, xp=xp), {"step": step, "steps": steps, "shape": volume.shape}
    found = [
        between(values, first, count=min(most, count - first), **how, xp=xp)
        for first in range(0, count, most)
    ]
    return found[0] if len(found) == 1 else xp.concat(found)


def _coarse(
    volume: Array,
    inside: Array | None,
    outside: float,
    *,
    steps: tuple[int, int, int],
    xp: Namespace,
) -> Array:
    """Every few voxels along each axis, as floats."""
    z, y, x = steps
    seen = None if inside is None else inside[::z, ::y, ::x]
    return _floats(volume[::z, ::y, ::x], seen, outside, xp=xp)


def _between(
    values: Array,
    first: int,
    *,
    count: int,
    step: int,
    steps: tuple[int, int, int],
    shape: tuple[int, ...],
    xp: Namespace,
) -> Array:
    """Coarse values at `count` of the chosen voxels of a volume of `shape`, from `first` on."""
    on, (_, height, width) = device(values), shape
    integers = xp.int32 if math.prod(shape) < 2**31 else xp.int64
    index = (xp.arange(count, dtype=integers, device=on) + first) * step
    rows = index // width
    points = [
        xp.clip(xp.astype(place, values.dtype) / distance, 0.0, length - 1.0)
        for place, distance, length in zip(
            (rows // height, rows % height, index % width), steps, values.shape, strict=True
        )
    ]
    return sample_linear(values, xp.stack(points, axis=-1), xp=xp)
