"""Weights of resampling along one axis, as plain numbers."""

import math
from collections.abc import Callable
from functools import lru_cache


def _box(x: float) -> float:
    return float(-0.5 <= x < 0.5)


def _triangle(x: float) -> float:
    return max(0.0, 1.0 - abs(x))


def _keys(x: float) -> float:
    """Cubic convolution with a = -1/2 (doi:10.1109/TASSP.1981.1163711)."""
    x = abs(x)
    if x <= 1.0:
        return (1.5 * x - 2.5) * x * x + 1.0
    return ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0 if x < 2.0 else 0.0


def _lanczos(x: float, lobes: int) -> float:
    if x == 0.0 or abs(x) >= lobes:
        return float(x == 0.0)
    angle = math.pi * x
    return lobes * math.sin(angle) * math.sin(angle / lobes) / angle**2


# Kernel and how far it reaches, in old voxels.
_KERNELS: dict[str, tuple[Callable[[float], float], float]] = {
    "Nearest": (_box, 0.5),
    "Linear": (_triangle, 1.0),
    "Cubic": (_keys, 2.0),
    "Lanczos2": (lambda x: _lanczos(x, 2), 2.0),
    "Lanczos3": (lambda x: _lanczos(x, 3), 3.0),
}

Taps = dict[int, float]


@lru_cache(maxsize=16)  # the axes of an image, and its channels, often have one size
def taps(length: int, size: int, kernel: str, *, smooth: bool) -> tuple[Taps, ...]:
    """Weights of the old voxels that each new voxel reads.

    Parameters
    ----------
    length, size
        Old and new number of voxels.
    kernel
        ``"Nearest"``, ``"Linear"``, ``"Cubic"``, ``"Lanczos2"`` or ``"Lanczos3"``.
    smooth
        Whether the kernel is widened by the old over the new number where that is below 1.

    Returns
    -------
    tuple of dict
        For each new voxel the weights, that sum to 1 and are not 0, by old voxel, ascending.

    Notes
    -----
    Voxel centres lie at half voxels, and the border voxel is repeated. Where a new centre falls
    right between two old ones, rounding decides which of them is the nearest, or both: the formula
    is the reference's, step by step.
    """
    function, support = _KERNELS[kernel]
    step = 1.0 / (size / length)
    wide = max(step, 1.0) if smooth else 1.0
    reach = math.ceil(support * wide)
    return tuple(
        _weights(place * step + 0.5 * (step - 1.0), reach, length, lambda x: function(x / wide))
        for place in range(size)
    )


def _weights(centre: float, reach: int, length: int, kernel: Callable[[float], float]) -> Taps:
    first = math.floor(centre) - reach
    near = [(i, kernel(centre - i)) for i in range(first, first + 2 * reach + 2)]
    total = sum(weight for _, weight in near)
    found: Taps = {}
    for i, weight in near:
        if weight != 0.0:
            inside = min(max(i, 0), length - 1)
            found[inside] = found.get(inside, 0.0) + weight / total
    return found
