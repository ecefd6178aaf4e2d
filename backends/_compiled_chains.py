"""Compiled selection of the branch voxels that become nodes, and the sort of the reference."""

import math

import numpy as np

from ._compiled import jit

LEAF = 16
"""Neighbours on a branch whose box is looked at as one."""

THIN_END = 2.0


@jit
def sorted_as_reference(values, index):
    """Sort values and an index in place with the quicksort of the reference.

    A part whose first element is its smallest loses it and moves nothing, so runs of ties are
    skipped at once.
    """
    low_of, high_of = np.empty(128, np.int64), np.empty(128, np.int64)
    low_of[0], high_of[0], parts = 0, values.size, 1
    while parts:
        parts -= 1
        low, high = low_of[parts], high_of[parts]
        if high - low < 2:
            continue
        lowest = values[low]
        for i in range(low + 1, high):
            lowest = min(lowest, values[i])
        while low < high and values[low] == lowest:
            low += 1
        if high - low < 2:
            continue
        middle = _partitioned(values, index, low, high)
        # the shorter part first: the stack stays short
        if middle - low < high - middle - 1:
            low_of[parts], high_of[parts] = middle + 1, high
            low_of[parts + 1], high_of[parts + 1] = low, middle
        else:
            low_of[parts], high_of[parts] = low, middle
            low_of[parts + 1], high_of[parts + 1] = middle + 1, high
        parts += 2


@jit
def _partitioned(values, index, low, high):
    """Partition a range around its first element and return the final position of that element."""
    pivot, own = values[low], index[low]
    left, right = low, high - 1
    while left < right:
        while left < right and values[right] >= pivot:
            right -= 1
        values[left], index[left] = values[right], index[right]
        while left < right and values[left] <= pivot:
            left += 1
        values[right], index[right] = values[left], index[left]
    values[left], index[left] = pivot, own
    return left


@jit
def _boxes(points, levels):
    """Bounding boxes of runs of points as a complete binary tree, root first."""
    leaves = 1 << levels
    low = np.full((2 * leaves, 3), np.inf)
    high = np.full((2 * leaves, 3), -np.inf)
    left = np.zeros(2 * leaves, np.int32)
    for i in range(len(points)):
        box = leaves + i // LEAF
        left[box] += 1
        for axis in range(3):
            low[box, axis] = min(low[box, axis], points[i, axis])
            high[box, axis] = max(high[box, axis], points[i, axis])
    for box in range(leaves - 1, 0, -1):
        left[box] = left[2 * box] + left[2 * box + 1]
        for axis in range(3):
            low[box, axis] = min(low[2 * box, axis], low[2 * box + 1, axis])
            high[box, axis] = max(high[2 * box, axis], high[2 * box + 1, axis])
    return low, high, left


@jit
def _closed(points, node, radius, is_open, low, high, left, waiting):
    """Mark the points inside the ball of a node as closed."""
    leaves = len(left) // 2
    x, y, z = points[node]
    waiting[0], size = 1, 1
    while size:
        size -= 1
        box = waiting[size]
        if left[box] == 0:
            continue
        dx = max(low[box, 0] - x, x - high[box, 0], 0.0)
        dy = max(low[box, 1] - y, y - high[box, 1], 0.0)
        dz = max(low[box, 2] - z, z - high[box, 2], 0.0)
        if math.sqrt(dx * dx + dy * dy + dz * dz) >= radius:
            continue
        if box < leaves:
            waiting[size], waiting[size + 1] = 2 * box, 2 * box + 1
            size += 2
            continue
        begin = (box - leaves) * LEAF
        closed = 0
        for i in range(begin, min(begin + LEAF, len(points))):
            if is_open[i]:
                u, v, w = points[i, 0] - x, points[i, 1] - y, points[i, 2] - z
                if not math.sqrt(u * u + v * v + w * w) >= radius:
                    is_open[i] = False
                    closed += 1
        while closed and box:
            left[box] -= closed
            box //= 2


@jit
def _kept(points, radius):
    """Whether each point lies outside the balls of points kept before it, thickest first."""
    count = len(points)
    levels = 0
    while LEAF << levels < count:
        levels += 1
    low, high, left = _boxes(points, levels)
    index = np.arange(count)
    sorted_as_reference(-radius, index)
    is_open, kept = np.ones(count, np.bool_), np.zeros(count, np.bool_)
    waiting = np.empty(2 * levels + 4, np.int64)
    for node in index:
        if is_open[node]:
            kept[node] = True
            _closed(points, node, radius[node], is_open, low, high, left, waiting)
    return kept


@jit
def chain_nodes(points, radius, offsets):
    """Points of each branch that become nodes, without thin ends, and the start of each branch."""
    chosen = np.empty(len(points), np.int64)
    starts = np.empty(len(offsets), np.int64)
    size = 0
    for branch in range(len(offsets) - 1):
        begin, end = offsets[branch], offsets[branch + 1]
        kept = np.flatnonzero(_kept(points[begin:end], radius[begin:end])) + begin
        first, last = 0, len(kept)
        if last > 1 and THIN_END * radius[kept[0]] < radius[kept[1]]:
            first = 1
        if last - first > 1 and THIN_END * radius[kept[last - 1]] < radius[kept[last - 2]]:
            last -= 1
        starts[branch] = size
        chosen[size : size + last - first] = kept[first:last]
        size += last - first
    starts[len(offsets) - 1] = size
    return chosen[:size].copy(), starts
