"""Arguments of the kernels in ``segments.cu``, which a framework compiles for its device."""

from importlib.resources import files
from typing import Any

import numpy as np

from zimg._typing import Array
from zimg.kernels.pack import BYTES, PAIRS, Layout
from zimg.kernels.template import Template

THREADS = 128
"""Threads of a block; `__launch_bounds__` has the same number."""

MOST_POINTS = 256
"""Points that a template may have: the width of the tree of a sum."""

WHAT = {"dot": (0, 1), "full": (1, 4), "slices": (2, 11), "centroid": (3, 3)}
"""Number and width of everything that the kernel computes; core templates are not among it."""

KINDS = {BYTES: 0, PAIRS: 1}


def source() -> str:
    """The text of both kernels, CUDA C++ and C++ alike."""
    return (files(__package__) / "segments.cu").read_text(encoding="utf-8")


def macros(layout: Layout, dtype: str, size: int) -> tuple[str, ...]:
    """Options of the compiler.

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
    # NVRTC splits no options at spaces: a macro may hold one.
    return f"-DREAL={real}", f"-DKIND={KINDS.get(layout.kind, 2)}", f"-DINDEX={index}"


def given(words: Array, layout: Layout, template: Template) -> tuple[Any, ...]:
    """Arguments that both kernels begin with; arrays where a pointer is expected.

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
