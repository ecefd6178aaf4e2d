"""Maxima of an image: plateaus above their surroundings, and peaks of a distance image."""

from zimg._dispatch import array_namespace, device, hookable
from zimg._typing import Array, Namespace
from zimg.kernels.components import components
from zimg.kernels.distance import squared_distance
from zimg.kernels.morphology import combine_three, cut, neighbourhood
from zimg.kernels.widen import widened
from zimg.ops import compact, gather, jit, to_host, while_loop
from zimg.ops.gather import index_dtype


@hookable
def regional_maxima(volume: Array, /, *, xp: Namespace | None = None) -> Array:
    """One voxel of each regional maximum.

    A regional maximum is an 18-connected plateau of equal values above 0 that no 18-neighbour
    of its voxels exceeds; the border has fewer neighbours.

    Parameters
    ----------
    volume
        ``(Z, Y, X)``, real, without NaN.
    xp
        Namespace of `volume`; found from it when None.

    Returns
    -------
    Array
        ``(Z, Y, X)`` bool, on the device of `volume`: the first voxel of each plateau in raster
        order (z slowest).
    """
    xp = xp or array_namespace(volume)
    first: Array = jit(_regional_maxima, xp=xp)(widened(volume, xp=xp), xp=xp)
    return first


def _regional_maxima(volume: Array, *, xp: Namespace) -> Array:
    """Voxels not below any neighbour, without plateaus that have a higher neighbour."""
    positive = volume > 0
    peak = positive & (volume == _highest(volume, xp=xp))

    def erode(state: tuple[Array, Array]) -> tuple[Array, Array]:
        peak, _ = state
        # No neighbour of a peak is higher; an equal one that is no peak leads further up.
        beside = _highest(xp.where(peak, xp.zeros_like(volume), volume), xp=xp)
        left = peak & (beside != volume)
        return left, xp.any(left != peak)

    peak, _ = while_loop(lambda state: state[1], erode, (peak, xp.any(peak)), xp=xp)
    label = xp.reshape(components(peak, connectivity=18, xp=xp), (-1,))
    own = xp.arange(1, label.shape[0] + 1, dtype=label.dtype, device=device(label))
    return xp.reshape(label == own, volume.shape)


def _highest(volume: Array, *, xp: Namespace) -> Array:
    return neighbourhood(volume, xp.maximum, connectivity=18, xp=xp)


@hookable
def local_maxima(distance: Array, /, *, xp: Namespace | None = None) -> Array:
    """Strict maxima among 26 neighbours, ties broken by raster order.

    A voxel is one if its value is positive, larger than those of the 13 neighbours before it in
    raster order (z slowest) and not smaller than those of the 13 after it. Only values count:
    a plateau may have several such voxels, or none.

    Parameters
    ----------
    distance
        ``(Z, Y, X)``, integer (not unsigned), not negative.
    xp
        Namespace of `distance`; found from it when None.

    Returns
    -------
    Array
        ``(Z, Y, X)`` bool, on the device of `distance`.

    Notes
    -----
    Behaviour of the reference's seed extraction.
    """
    xp = xp or array_namespace(distance)
    peaks: Array = jit(_local_maxima, xp=xp)(distance, xp=xp)
    return peaks


def _local_maxima(distance: Array, *, xp: Namespace) -> Array:
    row = combine_three(distance, 2, xp.maximum, xp=xp)
    plane = combine_three(row, 1, xp.maximum, xp=xp)
    before, after = xp.zeros_like(distance), xp.zeros_like(distance)
    for axis, reach in ((2, distance), (1, row), (0, plane)):
        before = xp.maximum(before, _moved(reach, axis, 1, xp=xp))
        after = xp.maximum(after, _moved(reach, axis, -1, xp=xp))
    return (distance > before) & (distance >= after)


def _moved(volume: Array, axis: int, step: int, *, xp: Namespace) -> Array:
    """`volume` shifted by one voxel along `axis`, filled with zeros."""
    length = volume.shape[axis]
    edge = xp.zeros_like(cut(volume, axis, 0, 1))
    if step > 0:
        return xp.concat([edge, cut(volume, axis, 0, length - 1)], axis=axis)
    return xp.concat([cut(volume, axis, 1, length), edge], axis=axis)


@hookable
def distance_peaks(
    mask: Array, /, *, most: int, xp: Namespace | None = None
) -> tuple[Array, Array]:
    """Local maxima of the distance to the background, and their squared distances.

    Parameters
    ----------
    mask
        ``(Z, Y, X)`` bool. Everything outside the volume is background.
    most
        Squared distances above this count as this.
    xp
        Namespace of `mask`; found from it when None.

    Returns
    -------
    Array, Array
        Flat indices (z slowest) of the `local_maxima` of the squared distance to the background, in
        ascending order and the indexing dtype, and their squared distances, int32: both ``(n,)``,
        on the device of `mask`.
    """
    xp = xp or array_namespace(mask)
    distance = xp.clip(squared_distance(mask, xp=xp), 0, most)
    peaks = xp.reshape(local_maxima(distance, xp=xp), (-1,))
    own = xp.arange(peaks.shape[0], dtype=index_dtype(xp=xp, on=device(mask)), device=device(mask))
    count = int(to_host(xp.count_nonzero(peaks)))
    places, _ = compact(own, peaks, count, fill=0, xp=xp)
    return places, gather(xp.reshape(distance, (-1,)), places, xp=xp)


def ridge_maxima(distance: Array, /) -> Array:
    """Strict maxima among the 8 neighbours in at least one of the three planes through a voxel.

    Ties are broken by raster order, as in `local_maxima`, of whose voxels most are among these.

    Parameters
    ----------
    distance
        ``(Z, Y, X)``, integer (not unsigned), not negative.

    Returns
    -------
    Array
        ``(Z, Y, X)`` bool, on the device of `distance`: the middle lines of tubes, the middle
        surfaces of thicker objects.
    """
    xp = array_namespace(distance)
    peaks: Array = jit(_ridge_maxima, xp=xp)(distance, xp=xp)
    return peaks


def _ridge_maxima(distance: Array, *, xp: Namespace) -> Array:
    peak = None
    for slow, fast in ((1, 2), (0, 2), (0, 1)):
        row = combine_three(distance, fast, xp.maximum, xp=xp)
        before, after = (
            xp.maximum(_moved(distance, fast, step, xp=xp), _moved(row, slow, step, xp=xp))
            for step in (1, -1)
        )
        found = (distance > before) & (distance >= after)
        peak = found if peak is None else peak | found
    return peak
