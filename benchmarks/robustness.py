"""Does a trace stay the same where the image says the same? A table of properties.

    python benchmarks/robustness.py [--mode accurate|reference|both] [VOLUME.tif ...]

Each volume is traced as it is and after a change that a tracer should not notice; the numbers are
F1 within 2 voxels between the two trees, in the frame of the first. Without volumes: phantoms.
"""

import argparse
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tifffile
from numpy.typing import NDArray

import zimg
from zimg.phantom import neurite, neuron
from zimg.swc.comparing import compare

Volume = NDArray[np.generic]
EDGE = 8


class Change(NamedTuple):
    """A change of the image, and its reverse for trees; z_to_xy stays."""

    image: Callable[[Volume], Volume]
    back: Callable[[zimg.ZSwc, tuple[int, ...]], zimg.ZSwc] = lambda tree, _: tree


def moved(x: float, y: float, z: float) -> Callable[[zimg.ZSwc, tuple[int, ...]], zimg.ZSwc]:
    """Trees moved by a step."""
    return lambda tree, _: tree.translated((x, y, z))


def mirrored(axis: int) -> Change:
    """The image turned around along one of its axes z, y, x."""

    def back(tree: zimg.ZSwc, shape: tuple[int, ...]) -> zimg.ZSwc:
        turned = tree.translated((0.0, 0.0, 0.0))
        turned.xyz[:, 2 - axis] = shape[axis] - 1 - turned.xyz[:, 2 - axis]
        return turned

    return Change(lambda image: np.flip(image, axis).copy(), back)


def exchanged(tree: zimg.ZSwc, _: tuple[int, ...]) -> zimg.ZSwc:
    """x and y of a tree exchanged."""
    turned = tree.translated((0.0, 0.0, 0.0))
    turned.xyz[:, :2] = tree.xyz[:, 1::-1]
    return turned


def padded(image: Volume) -> Volume:
    """Background of the image's own noise around it."""
    low = image[np.unravel_index(np.argsort(image, axis=None)[: image.size // 2], image.shape)]
    shape = (image.shape[0], image.shape[1] + 2 * EDGE, image.shape[2] + 2 * EDGE)
    around = np.random.default_rng(0).choice(low, shape).astype(image.dtype)
    around[:, EDGE:-EDGE, EDGE:-EDGE] = image
    return around


def hot(image: Volume) -> Volume:
    """One voxel far above all others."""
    out = image.astype(np.float32)
    out[image.shape[0] // 2, 3, 4] = 1e4
    return out


def gamma(power: float) -> Change:
    """Grey values between the extremes, raised to a power."""

    def bent(image: Volume) -> Volume:
        top = float(image.max())
        return np.asarray(np.rint((image / top) ** power * top), dtype=image.dtype)

    return Change(bent)


CHANGES = {
    "crop 8": Change(lambda image: image[:, EDGE:-EDGE, EDGE:-EDGE].copy(), moved(EDGE, EDGE, 0.0)),
    "pad 8": Change(padded, moved(-EDGE, -EDGE, 0.0)),
    "mirror x": mirrored(2),
    "mirror y": mirrored(1),
    "mirror z": mirrored(0),
    "exchange x, y": Change(lambda image: image.swapaxes(1, 2).copy(), exchanged),
    "times 2": Change(lambda image: image.astype(np.uint16) * 2),
    "plus 50, 16 bit": Change(lambda image: image.astype(np.uint16) + 50),
    "times 16 plus 1000": Change(lambda image: image.astype(np.uint16) * 16 + 1000),
    "float": Change(lambda image: image.astype(np.float32)),
    "float / 1000": Change(lambda image: (image / 1000).astype(np.float32)),
    "hot voxel": Change(hot),
    "gamma 0.7": gamma(0.7),
    "gamma 1.4": gamma(1.4),
    "inverted": Change(lambda image: 255 - image),
}


def agreement(first: zimg.ZSwc, second: zimg.ZSwc, shape: tuple[int, ...], change: str) -> float:
    """F1 of two trees; after a crop, inside the common field."""
    if change == "crop 8":
        first = inside(first, shape)
    return compare(second, first).f1


def inside(tree: zimg.ZSwc, shape: tuple[int, ...]) -> zimg.ZSwc:
    """The nodes of a finely sampled tree that a crop shows."""
    fine = tree.resampled(1.0)
    x, y = fine.xyz[:, 0], fine.xyz[:, 1]
    keep = (x >= EDGE) & (x < shape[2] - EDGE) & (y >= EDGE) & (y < shape[1] - EDGE)
    return zimg.ZSwc.from_arrays(fine.xyz[keep], fine.radius[keep], np.full(keep.sum(), -1))


def rows(volume: Volume, z_to_xy: float, mode: str) -> dict[str, float]:
    """Agreement for each change."""
    first = zimg.trace(volume, z_to_xy=z_to_xy, mode=mode)
    found = {}
    for name, change in CHANGES.items():
        options = {"invert": True} if name == "inverted" and mode == "accurate" else {}
        image = change.image(volume)
        tree = zimg.trace(image, z_to_xy=z_to_xy, mode=mode, **options)
        found[name] = agreement(first, change.back(tree, volume.shape), volume.shape, name)
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", default="both")
    parser.add_argument("volumes", nargs="*", type=Path)
    given = parser.parse_args()
    warnings.simplefilter("ignore", zimg.TraceWarning)
    images = {path.stem: (tifffile.imread(path), 1.0) for path in given.volumes}
    if not images:
        phantom = neuron()
        images = {"phantom": (phantom.volume, phantom.z_to_xy), "neurite": (neurite().volume, 1.0)}
    modes = ("accurate", "reference") if given.mode == "both" else (given.mode,)
    for mode in modes:
        table = {name: rows(volume, ratio, mode) for name, (volume, ratio) in images.items()}
        sys.stdout.write(f"{mode:22}" + "".join(f"{name[:14]:>16}" for name in table) + "\n")
        for change in CHANGES:
            cells = "".join(f"{table[name][change]:16.3f}" for name in table)
            sys.stdout.write(f"{change:22}{cells}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
