"""Compiled weighted sums of each value and its neighbours along an axis.

Sums are taken in the order of the generic body and without fused multiplication: equal bit for bit.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import numpy as np

from ._compiled import jit
from ._compiled_samples import view

INNER = 2048
"""Values of a line that are summed together: they stay in the first-level cache."""


@view
def _weighted(own, weight, out):
    for i in range(out.shape[0]):
        out[i] = own[i] * weight


@view
def _add_pair(before, after, weight, out):
    for i in range(out.shape[0]):
        out[i] += (before[i] + after[i]) * weight


@jit
def correlate_across(volume, taps, out, first, last):
    """Sum along the middle axis of `volume`, ``(outer, n, inner)``; `first`, `last` count lines."""
    n, inner, reach = volume.shape[1], volume.shape[2], taps.shape[0] - 1
    for line in range(first, last):
        o, i = line // n, line % n
        for start in range(0, inner, INNER):
            end = min(start + INNER, inner)
            target = out[o, i, start:end]
            _weighted(volume[o, i, start:end], taps[0], target)
            for k in range(1, reach + 1):
                before = volume[o, max(i - k, 0), start:end]
                after = volume[o, min(i + k, n - 1), start:end]
                _add_pair(before, after, taps[k], target)


@jit
def correlate_along(volume, taps, out, first, last):
    """Sum along the last axis of `volume`, ``(lines, n)``."""
    n, reach = volume.shape[1], taps.shape[0] - 1
    padded = np.empty(n + 2 * reach, volume.dtype)
    for line in range(first, last):
        padded[:reach], padded[reach + n :] = volume[line, 0], volume[line, n - 1]
        padded[reach : reach + n] = volume[line]
        _weighted(volume[line], taps[0], out[line])
        for k in range(1, reach + 1):
            before, after = padded[reach - k : reach - k + n], padded[reach + k : reach + k + n]
            _add_pair(before, after, taps[k], out[line])
