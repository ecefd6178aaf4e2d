"""Linear filters on the host: a hook for whatever the CPU can view, equal to the generic body.

Figures are CPU milliseconds on one x86-64 core, generic body on NumPy / host function.
"""

import inspect
import math
from typing import Any

import numpy as np

from zimg._dispatch import PRIMITIVES
from zimg._typing import Array, Namespace

from ._compiled import each, load, parts

FEWEST_VALUES = 2**16
"""Values that are worth a thread."""


def correlated(
    volume: Array, axis: int, taps: tuple[float, ...], /, *, xp: Namespace | None = None
) -> Array:
    """One pass per line; 3x640x640 values of float32, nine weights along y: 35 / 3 ms."""
    code: Any = load("_compiled_filters")
    if code is None or volume.dtype.kind != "f" or volume.dtype.itemsize < 4 or not volume.size:
        return inspect.unwrap(PRIMITIVES["correlated"])(volume, axis, taps, xp=xp)
    values = np.ascontiguousarray(volume)
    out, weights = np.empty_like(values), np.asarray(taps, values.dtype)
    shape = (
        math.prod(values.shape[:axis]),
        values.shape[axis],
        math.prod(values.shape[axis + 1 :]),
    )
    along = shape[2] == 1
    form = shape[:2] if along else shape
    given, lines = (values.reshape(form), weights, out.reshape(form)), shape[0]
    work = code.correlate_along if along else code.correlate_across
    count = lines if along else lines * shape[1]
    least = max(1, FEWEST_VALUES * count // values.size)
    each(lambda part: work(*given, part.start, part.stop), parts(count, least))
    return out
