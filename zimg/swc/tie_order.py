"""The order in which the reference takes edges of equal cost: that of its quicksort."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Index = NDArray[np.int64]


def reference_order(costs: Sequence[float]) -> list[int]:
    """Indices that sort `costs` in ascending order, ties as the reference leaves them.

    Ties are common, since every pair of chains in contact costs the same, and they decide the
    topology of a tree. The sort takes the first element of a part as pivot, fills the hole it
    leaves alternately by the first smaller element from the right and the first larger one from
    the left, and goes on with both sides.
    """
    values = np.asarray(costs, dtype=np.float64)
    index = np.arange(len(values))
    parts = [(0, len(values))]
    while parts:
        low, high = parts.pop()
        if high - low < 2:
            continue
        middle = _partition(values[low:high], index[low:high])
        parts += [(low, low + middle), (low + middle + 1, high)]
    return index.tolist()


def _partition(values: Floats, index: Index) -> int:
    """Partition views in place round their first element; where that ends up."""
    pivot, own = values[0], index[0]
    if not (values[1:] < pivot).any():  # the common case, a run of ties, moves nothing
        return 0
    left, right = 0, len(values) - 1
    while left < right:
        while left < right and values[right] >= pivot:
            right -= 1
        values[left], index[left] = values[right], index[right]
        while left < right and values[left] <= pivot:
            left += 1
        values[right], index[right] = values[left], index[left]
    values[left], index[left] = pivot, own
    return left
