"""Record what the reference's resize and blockDownsample give: run with the reference's Python.

Usage: ``python record_geometry.py OUTPUT.npz``.
"""

import sys
from itertools import product

import zimg  # before NumPy, whose libraries it does not tolerate

import numpy as np  # isort: skip

KERNELS = ["Nearest", "Linear", "Cubic", "Lanczos2", "Lanczos3"]
MODES = ["Max", "Mean", "Median", "First", "Interpolation"]
SIZES = [(3, 2, 3), (11, 9, 2)]


def volume(dtype):
    draw = np.random.default_rng(0)
    if dtype == "float32":
        return draw.normal(size=(1, 5, 6, 7)).astype(dtype)
    limits = np.iinfo(dtype)
    return draw.integers(limits.min, limits.max, (1, 5, 6, 7), dtype, endpoint=True)


def main(output):
    found = {}
    for dtype in ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32"):
        found[dtype] = volume(dtype)
        for kernel, wide, nearest, size in product(KERNELS, (0, 1), (0, 1), SIZES):
            image = zimg.ZImg(volume(dtype))
            interpolant = getattr(zimg.Interpolant, kernel)
            image.resize(*size, interpolant, bool(wide), bool(nearest))
            key = "_".join(map(str, ("resize", dtype, kernel, wide, nearest, *size)))
            found[key] = np.array(image.data[0])
        for mode in MODES:
            image = zimg.ZImg(volume(dtype))
            image.blockDownsample(2, 3, 2, getattr(zimg.ImgMergeMode, mode))
            found[f"block_{dtype}_{mode}_2_3_2"] = np.array(image.data[0])
    np.savez_compressed(output, **found)


main(sys.argv[1])
