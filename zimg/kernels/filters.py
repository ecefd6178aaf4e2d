"""Linear filters of a volume, one axis after the other."""

import math

from zimg._dispatch import array_namespace, hookable
from zimg._typing import Array, Namespace
from zimg.kernels.widen import widened
from zimg.ops import cut, fused, jit, slabs_of

Sigmas = tuple[float, float, float]

REACH = 4.0
"""Standard deviations at which a Gaussian ends."""


def gaussian(volume: Array, sigmas: Sigmas, /) -> Array:
    """`volume` smoothed by a Gaussian.

    Parameters
    ----------
    volume
        ``(Z, Y, X)``, real.
    sigmas
        Standard deviations along z, y, x in voxels; 0 leaves an axis as it is. The border is
        repeated outside the volume.

    Returns
    -------
    Array
        ``(Z, Y, X)`` float32 (float64 stays), on the device of `volume`.
    """
    xp, parts = array_namespace(volume), []
    smooth = fused(_smoothed, volume, xp=xp)
    for slab in slabs_of(volume, reach=reach_of(sigmas[0]), xp=xp):
        parts.append(smooth(slab.around(volume), inner=slab.bounds, sigmas=sigmas, xp=xp))
    return parts[0] if len(parts) == 1 else xp.concat(parts, axis=0)


def reach_of(sigma: float) -> int:
    """Distance of the furthest voxel that a Gaussian weights."""
    return len(_bell(sigma)) - 1 if sigma > 0 else 0


def _smoothed(planes: Array, *, inner: tuple[int, int], sigmas: Sigmas, xp: Namespace) -> Array:
    return smoothed_planes(as_float(planes, xp=xp), inner, sigmas, xp=xp)


def smoothed_planes(
    planes: Array, inner: tuple[int, int], sigmas: Sigmas, /, *, xp: Namespace
) -> Array:
    """Smooth some planes of a volume of floats.

    Parameters
    ----------
    planes
        ``(Z, Y, X)``, floating: the planes and those around them within `reach_of` the first sigma.
    inner
        First and last + 1 of the planes of the result.
    sigmas
        As for `gaussian`.
    xp
        Namespace of `planes`.
    """
    for axis, sigma in enumerate(sigmas):
        if sigma > 0 and planes.shape[axis] > 1:
            planes = correlated(planes, axis, _bell(sigma), xp=xp)
        if axis == 0:
            planes = cut(planes, 0, *inner)
    return planes


def as_float(volume: Array, /, *, xp: Namespace) -> Array:
    """`volume` as float32; floating types are unchanged."""
    if xp.isdtype(volume.dtype, "real floating"):
        return volume
    return xp.astype(widened(volume, xp=xp), xp.float32)


def edged(volume: Array, reach: tuple[int, ...], /, *, xp: Namespace) -> Array:
    """`volume` with its border repeated `reach` times at both ends of each axis."""
    for axis, count in enumerate(reach):
        if count:
            length = volume.shape[axis]
            first, last = cut(volume, axis, 0, 1), cut(volume, axis, length - 1, length)
            volume = xp.concat([*[first] * count, volume, *[last] * count], axis=axis)
    return volume


def _bell(sigma: float) -> tuple[float, ...]:
    """Weights of a Gaussian at 0, 1, 2, ... voxels; with those at -1, -2, ... they sum to 1."""
    half = [math.exp(-0.5 * (k / sigma) ** 2) for k in range(math.ceil(REACH * sigma) + 1)]
    total = 2.0 * sum(half) - half[0]
    return tuple(weight / total for weight in half)


@hookable
def correlated(
    volume: Array, axis: int, taps: tuple[float, ...], /, *, xp: Namespace | None = None
) -> Array:
    """Sums of each value and its neighbours along one axis, with symmetric weights.

    Parameters
    ----------
    volume
        ``(Z, Y, X)``, floating.
    axis
        0, 1 or 2. The border is repeated outside the volume.
    taps
        Weights of a value itself, of those 1 away, 2 away, and so on.
    xp
        Namespace of `volume`; found from it when None.

    Returns
    -------
    Array
        Shape, dtype and device of `volume`.
    """
    xp = xp or array_namespace(volume)
    return jit(_weighted, xp=xp)(volume, axis=axis, taps=taps, xp=xp)


def _weighted(volume: Array, *, axis: int, taps: tuple[float, ...], xp: Namespace) -> Array:
    reach, length = len(taps) - 1, volume.shape[axis]
    padded = edged(volume, tuple(reach if a == axis else 0 for a in range(3)), xp=xp)
    total = volume * taps[0]
    for k in range(1, reach + 1):
        before = cut(padded, axis, reach - k, reach - k + length)
        total = total + (before + cut(padded, axis, reach + k, reach + k + length)) * taps[k]
    return total
