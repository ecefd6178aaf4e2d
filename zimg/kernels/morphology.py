"""Combinations of each voxel with its neighbours, as passes along one axis at a time."""

from collections.abc import Callable
from itertools import combinations

from zimg._dispatch import array_namespace, device, hookable
from zimg._typing import Array, Namespace
from zimg.ops import cut as cut  # for the kernels that combine neighbours
from zimg.ops import jit

CONNECTIVITIES = (6, 18, 26)
"""Neighbours that share a face; a face or an edge; a face, an edge or a corner."""

Combine = Callable[[Array, Array], Array]


def combine_three(volume: Array, axis: int, combine: Combine, /, *, xp: Namespace) -> Array:
    """Combine each voxel with the one before and the one after it along `axis`.

    Parameters
    ----------
    volume
        ``(Z, Y, X)``.
    axis
        0, 1 or 2.
    combine
        Elementwise, associative and commutative: a minimum, a maximum, a sum.
    xp
        Namespace of `volume`.

    Returns
    -------
    Array
        ``(Z, Y, X)``; voxels at the border have one neighbour fewer.
    """
    length = volume.shape[axis]
    if length == 1:
        return volume
    pairs = combine(cut(volume, axis, 0, length - 1), cut(volume, axis, 1, length))
    inner = combine(cut(pairs, axis, 0, length - 2), cut(volume, axis, 2, length))
    first, last = cut(pairs, axis, 0, 1), cut(pairs, axis, length - 2, length - 1)
    return xp.concat([first, inner, last], axis=axis)


def combine_box(
    volume: Array,
    combine: Combine,
    reach: int,
    /,
    *,
    axes: tuple[int, ...] = (0, 1, 2),
    xp: Namespace,
) -> Array:
    """Combine each voxel with all in the box around it, by minimum or maximum.

    Parameters
    ----------
    volume
        ``(Z, Y, X)``.
    combine
        As for `neighbourhood`.
    reach
        Half width of the box, from 0: it has 2 * `reach` + 1 voxels along each of `axes`.
    axes
        Axes along which the box extends.
    xp
        Namespace of `volume`.

    Returns
    -------
    Array
        ``(Z, Y, X)``; boxes end at the border.
    """
    for axis in axes:
        for _ in range(reach):
            volume = combine_three(volume, axis, combine, xp=xp)
    return volume


def neighbourhood(volume: Array, combine: Combine, /, *, connectivity: int, xp: Namespace) -> Array:
    """Combine each voxel with itself and all its neighbours, by minimum or maximum.

    Parameters
    ----------
    volume
        ``(Z, Y, X)``.
    combine
        As for `combine_three`, and with ``combine(a, a) == a``: boxes overlap.
    connectivity
        6, 18 or 26.
    xp
        Namespace of `volume`.

    Returns
    -------
    Array
        ``(Z, Y, X)``.
    """
    if connectivity == 26:
        return combine_box(volume, combine, 1, xp=xp)
    lines = [combine_three(volume, axis, combine, xp=xp) for axis in range(3)]
    if connectivity == 18:
        lines = [combine_three(lines[a], b, combine, xp=xp) for a, b in combinations(range(3), 2)]
    return combine(combine(lines[0], lines[1]), lines[2])


@hookable
def majority(mask: Array, /, *, xp: Namespace | None = None) -> Array:
    """Drop foreground voxels that few of their neighbours support.

    A foreground voxel stays if at least 4 of its 26 neighbours are foreground; at the border, where
    there are `b` neighbours, if ``26 n >= 4 b`` for `n` of them. Background is never added.

    Parameters
    ----------
    mask
        ``(Z, Y, X)`` bool.
    xp
        Namespace of `mask`; found from it when None.

    Returns
    -------
    Array
        ``(Z, Y, X)`` bool, on the device of `mask`.

    Notes
    -----
    One pass that reads its input only. The rule is behaviour of the reference.
    """
    xp = xp or array_namespace(mask)
    kept: Array = jit(_majority, xp=xp)(mask, xp=xp)
    return kept


def _majority(mask: Array, *, xp: Namespace) -> Array:
    count = xp.astype(mask, xp.uint8)  # at most 27 voxels
    box = xp.ones((1, 1, 1), dtype=xp.int16, device=device(mask))
    for axis in range(3):
        count = combine_three(count, axis, xp.add, xp=xp)
        ones = xp.ones(
            tuple(n if a == axis else 1 for a, n in enumerate(mask.shape)),
            dtype=xp.int16,
            device=device(mask),
        )
        box = box * combine_three(ones, axis, xp.add, xp=xp)
    # The condition for n = count - 1 and b = box - 1: a voxel is not its own neighbour.
    return mask & (xp.astype(count, xp.int16) * 13 >= box * 2 + 11)
