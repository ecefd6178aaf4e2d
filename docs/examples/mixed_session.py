"""Read in NumPy, filter in JAX, trace in Torch, save; each step says whether memory is shared."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jax
import numpy as np

import zimg
from zimg.io import write_tiff
from zimg.phantom import neurite
from zimg.swc.compare import compare


def address(array: Any) -> int:
    """Where the memory of an array of NumPy, JAX or Torch begins."""
    if isinstance(array, np.ndarray):
        return array.ctypes.data
    return array.data_ptr() if hasattr(array, "data_ptr") else array.unsafe_buffer_pointer()


def step(name: str, before: Any, after: Any, *, shared: bool, why: str) -> None:
    """Check whether two arrays begin at the same address, and say so."""
    assert (address(before) == address(after)) == shared, f"{name}: not what was expected"
    print(f"{name:22} {'shared' if shared else 'copied'}: {why}")


@jax.jit
def smoothed(volume: jax.Array) -> jax.Array:
    """Mean of each voxel and its two neighbours along every axis, in uint8."""
    values = volume.astype("float32")
    for axis in (1, 2, 3):
        values = (jax.numpy.roll(values, 1, axis) + values + jax.numpy.roll(values, -1, axis)) / 3
    return jax.numpy.round(values).astype("uint8")


def main(folder: Path) -> None:
    phantom = neurite()
    path = folder / "neurite.ome.tif"
    write_tiff(zimg.ZImg(phantom.volume, layout="ZYX"), path)

    image = zimg.read(path)  # NumPy
    (read,) = image.to_arrays("numpy", copy=False)
    step("file, NumPy", image.data[0], read, shared=True, why="the array that the image holds")

    (in_jax,) = image.to_arrays("jax", copy=False)
    step("NumPy to JAX", read, in_jax, shared=True, why="our readers align memory to 64 bytes")

    filtered = zimg.ZImg(smoothed(in_jax), image.info)
    (kept,) = filtered.data
    step("filter in JAX", in_jax, kept, shared=False, why="JAX never writes in place")

    (view,) = filtered.to_arrays("numpy", copy=False)
    step("JAX to NumPy", kept, view, shared=True, why="a read-only view, as JAX is immutable")
    assert not view.flags.writeable

    try:
        filtered.to_arrays("torch", copy=False)
    except ValueError as refused:
        print(f"{'JAX to Torch, no copy':22} refused: {refused}")
    (in_torch,) = filtered.to_arrays("torch")
    step("JAX to Torch", kept, in_torch, shared=False, why="Torch could write into it")

    signal = zimg.ZImg(in_torch, filtered.info)
    step(
        "Torch to ZImg", in_torch, signal.data[0], shared=True, why="it is (C, Z, Y, X) in C order"
    )

    tree = zimg.trace(signal, z_to_xy=phantom.z_to_xy)  # computed by Torch
    tree.save(folder / "neurite.swc")
    agreement = compare(zimg.ZSwc(folder / "neurite.swc"), phantom.tree)
    print(f"traced {signal}")
    print(f"{len(tree)} nodes; F1 with the known tree {agreement.f1:.2f} within 2 voxels")
    assert agreement.f1 > 0.9


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with TemporaryDirectory() as scratch:
            main(Path(scratch))
