"""Stretch the contrast of grey values."""

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]


def stretched(image: Image, percentiles: tuple[float, float]) -> Image:
    """Map `image` between two of its percentiles to 0..1, and clip it.

    Parameters
    ----------
    image
        Any shape, finite float32.
    percentiles
        Percentiles, in 0..100, that become 0 and 1; the extremes are used if the two values are
        equal, as for a few bright voxels on a uniform background.

    Returns
    -------
    numpy.ndarray
        Shape of `image`, float32; zeros if all values are equal.
    """
    if image.size == 0:
        return image
    low, high = np.percentile(image.astype(np.float64), percentiles)
    if high <= low:
        low, high = float(image.min()), float(image.max())
    span = max(float(high - low), np.finfo(np.float32).tiny)
    return np.asarray(np.clip((image - low) / span, 0.0, 1.0), dtype=np.float32)
