"""Seconds to write and read OME-Zarr compared with uncompressed OME-TIFF: medians of pairs."""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

import zimg
from zimg import Compression, ZImg
from zimg.image import write
from zimg.io.parameters import ZImgWriteParameters

PLAIN = ZImgWriteParameters(compression=Compression.NONE)
LAYOUTS = {
    "zstd 32x256x256": ZImgWriteParameters(),
    "none 32x256x256": PLAIN,
    "zstd 64x64x64": ZImgWriteParameters(chunks=(64, 64, 64)),
}


def smooth(depth: int) -> ZImg:
    """A smooth signal with shot noise, uint16."""
    z, y, x = np.ogrid[:depth, :1024, :1024]
    signal = 500 + 300 * np.sin(x / 40) * np.cos(y / 50) * np.sin(z / 9 + 1)
    noisy = np.random.default_rng(0).poisson(signal)
    return ZImg(noisy.astype(np.uint16)[None])


def seconds(action: Callable[[], object]) -> float:
    """How long `action` takes."""
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def compare(image: ZImg, folder: Path, parameters: ZImgWriteParameters, rounds: int) -> list[float]:
    """Medians of the ratios of writing and of reading, OME-Zarr to OME-TIFF."""
    tiff, store = folder / "a.ome.tif", folder / "a.ome.zarr"
    pairs = []
    for _ in range(rounds):
        tiff_times = (
            seconds(lambda: write(tiff, image, parameters=PLAIN)),
            seconds(lambda: zimg.read(tiff)),
        )
        zarr_times = (
            seconds(lambda: write(store, image, parameters=parameters)),
            seconds(lambda: zimg.read(store)),
        )
        pairs.append([a / b for a, b in zip(zarr_times, tiff_times, strict=True)])
    return [median(column) for column in zip(*pairs, strict=True)]


def main(depth: int = 128, rounds: int = 5) -> None:
    """Say the ratios for each layout."""
    image = smooth(depth)
    with tempfile.TemporaryDirectory() as folder:
        for name, parameters in LAYOUTS.items():
            written, read = compare(image, Path(folder), parameters, rounds)
            sys.stdout.write(f"{name}: writing {written:.2f}, reading {read:.2f} (OME-TIFF = 1)\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
