"""Source text, compiler options and arguments of the CUDA kernels in ``segments.cu``."""

from importlib.resources import files
from typing import Any

import numpy as np

from zimg._typing import Array
from zimg.kernels.pack import BYTES, PAIRS, Layout
from zimg.kernels.template import Template

THREADS = 128
"""Threads per block; equals `__launch_bounds__` in the source."""

MOST_POINTS = 256
"""Largest number of template points: `WIDTH` in the source."""

WHAT = {"dot": (0, 1), "full": (1, 4), "slices": (2, 11), "centroid": (3, 3)}
"""Code and columns of each score that the kernel computes; core templates have none."""

KINDS = {BYTES: 0, PAIRS: 1}


def source() -> str:
    """Source of both kernels; it compiles as CUDA C++ and as C++."""
    return (files(__package__) / "segments.cu").read_text(encoding="utf-8")


def macros(layout: Layout, dtype: str, size: int) -> tuple[str, ...]:
    """Macro definitions for the compiler.

    Parameters
    ----------
    layout
        Of the packed volume.
    dtype
        Name of the dtype of the samples, ``float32`` or ``float64``.
    size
        Number of words of the packed volume.
    """
    real = "float" if dtype == "float32" else "double"
    index = "int" if size < 2**31 else "long long"
    # Each option is one argument, so "long long" needs no quotes.
    return f"-DREAL={real}", f"-DKIND={KINDS.get(layout.kind, 2)}", f"-DINDEX={index}"


def given(words: Array, layout: Layout, template: Template) -> tuple[Any, ...]:
    """Leading arguments of both kernels; the kernels receive arrays as pointers.

    Raises
    ------
    ValueError
        For a template of more than 256 points.
    """
    n = int(template.inner.shape[0])
    if n > MOST_POINTS:
        raise ValueError(f"template has {n} points; the kernel takes at most {MOST_POINTS}")
    shape = tuple(map(np.int32, layout.shape))
    arrays = (template.wall_x, template.wall_y, template.inner, template.outer)
    sums = (template.surplus, template.inner_sum, template.outer_sum)
    return (words, *shape, np.float64(layout.z_to_xy), *arrays, *sums, np.int32(n))
