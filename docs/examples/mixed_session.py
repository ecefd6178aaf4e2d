"""Read in NumPy, filter in JAX, trace in Torch, save; each step says whether memory is shared."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jax
import numpy as np

import zimg
from zimg.phantom import neurite
from zimg.swc.comparing import compare


def address(array: Any) -> int:
    """Where the memory of an array of NumPy, JAX or Torch begins."""
    if isinstance(array, np.ndarray):
        return array.ctypes.data
    return array.data_ptr() if hasattr(array, "data_ptr") else array.unsafe_buffer_pointer()


def step(name: str, before: zimg.ZImg, after: zimg.ZImg, *, shared: bool, why: str) -> None:
    """Check whether two images begin at the same address, and say so."""
    same = address(before.data[0]) == address(after.data[0])
    assert same == shared, f"{name}: not what was expected"
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
    zimg.write(path, zimg.ZImg(phantom.volume, layout="ZYX"))

    image = zimg.read(path)  # one NumPy array, (C, Z, Y, X)

    in_jax = image.to("jax", copy=False)  # ValueError if it had to copy
    step("NumPy to JAX", image, in_jax, shared=True, why="our readers align memory to 64 bytes")

    filtered = zimg.ZImg(smoothed(in_jax.data[0]), image.info)
    step("filter in JAX", in_jax, filtered, shared=False, why="JAX never writes in place")

    view = filtered.to("numpy", copy=False)
    step("JAX to NumPy", filtered, view, shared=True, why="a read-only view, as JAX is immutable")
    assert not view.data[0].flags.writeable

    try:
        filtered.to("torch", copy=False)
    except ValueError as refused:
        print(f"{'JAX to Torch, no copy':22} refused: {refused}")

    signal = filtered.to("torch")
    step("JAX to Torch", filtered, signal, shared=False, why="Torch could write into it")

    again = zimg.ZImg(signal.data[0][0], layout="ZYX", copy_if_needed=False)
    step("Torch to Torch", signal, again, shared=True, why="a channel is one piece of memory")

    tree = zimg.trace(again, z_to_xy=phantom.z_to_xy)  # computed by Torch
    tree.save(folder / "neurite.swc")
    agreement = compare(zimg.ZSwc(folder / "neurite.swc"), phantom.tree)
    print(f"traced {again}")
    print(f"{len(tree)} nodes; F1 with the known tree {agreement.f1:.2f} within 2 voxels")
    assert agreement.f1 > 0.9


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with TemporaryDirectory() as scratch:
            main(Path(scratch))
