"""Resize stored arrays channel by channel, in their framework and on their device."""

from collections.abc import Callable

from zimg._dispatch import array_namespace
from zimg._typing import Array
from zimg.arrays.interop import in_float32
from zimg.kernels.resample import resampled


def per_channel(work: Callable[[Array], Array], x: Array) -> Array:
    """Apply `work` to each channel of a ``(C, Z, Y, X)`` array in turn, to save memory."""
    xp = array_namespace(x)
    return xp.stack([work(x[c, ...]) for c in range(x.shape[0])], axis=0)


def resized_array(
    x: Array, sizes: tuple[int, int, int], interpolant: str = "Cubic", *, smooth: bool = True
) -> Array:
    """Resample a ``(C, Z, Y, X)`` array.

    Parameters
    ----------
    x
        Real, of any framework.
    sizes
        Along z, y, x.
    interpolant
        Member of `Interpolant`.
    smooth
        Whether to widen the kernel along axes that shrink.

    Returns
    -------
    Array
        ``(C, *sizes)``, in the dtype and on the device of `x`.
    """
    found = per_channel(
        lambda volume: resampled(in_float32(volume, "bfloat16"), sizes, interpolant, smooth=smooth),
        x,
    )
    return array_namespace(x).astype(found, x.dtype, copy=False)
