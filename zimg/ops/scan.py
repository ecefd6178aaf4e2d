"""Running extremes along the first axis."""

from collections.abc import Callable

from zimg._dispatch import array_namespace, hookable
from zimg._typing import Array, Namespace


@hookable
def cumulative_max(x: Array, /, *, xp: Namespace | None = None) -> Array:
    """Largest value so far along the first axis.

    Parameters
    ----------
    x
        ``(n, ...)``, real, without NaN (not uint16, which some frameworks cannot compare).
    xp
        Namespace of `x`; found from it when None.

    Returns
    -------
    Array
        Shape, dtype and device of `x`.
    """
    xp = xp or array_namespace(x)
    return _doubling(x, xp.maximum, xp=xp)


@hookable
def cumulative_min(x: Array, /, *, xp: Namespace | None = None) -> Array:
    """Smallest value so far along the first axis; everything else as in `cumulative_max`.

    Parameters
    ----------
    x
        ``(n, ...)``, real, without NaN (not uint16, which some frameworks cannot compare).
    xp
        Namespace of `x`; found from it when None.

    Returns
    -------
    Array
        Shape, dtype and device of `x`.
    """
    xp = xp or array_namespace(x)
    return _doubling(x, xp.minimum, xp=xp)


def _doubling(x: Array, pick: Callable[[Array, Array], Array], *, xp: Namespace) -> Array:
    """Combine with the array shifted by 1, 2, 4, ...: log2(n) passes instead of n steps."""
    step = 1
    while step < x.shape[0]:
        x = xp.concat([x[:step, ...], pick(x[step:, ...], x[:-step, ...])], axis=0)
        step *= 2
    return x
