"""Grey values stretched to the range that a picture shows."""

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]


def stretched(image: Image, percentiles: tuple[float, float]) -> Image:
    """`image` between two of its percentiles as 0..1, clipped.

    Parameters
    ----------
    image
        Any shape, finite float32.
    percentiles
        What becomes 0 and 1, in 0..100; the extremes do when the two values are equal, as those of
        a few bright voxels on an even ground are.

    Returns
    -------
    numpy.ndarray
        Shape of `image`, float32; zeros where all values are equal.
    """
    if image.size == 0:
        return image
    low, high = np.percentile(image.astype(np.float64), percentiles)
    if high <= low:
        low, high = float(image.min()), float(image.max())
    span = max(float(high - low), np.finfo(np.float32).tiny)
    return np.asarray(np.clip((image - low) / span, 0.0, 1.0), dtype=np.float32)
