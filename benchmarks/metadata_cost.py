"""Seconds and memory of opening large files for what they say, and memory of streamed writing.

``python -m benchmarks.metadata_cost [open|write] [GIGABYTES]`` makes its files in a temporary
folder (100,000 chunk files among them) and prints a line for each; the image of the streamed writes
has 2 GB unless said otherwise. Each measurement runs in a fresh process, whose memory growth is the
resident one at its peak less that after importing and after the same was done with a small file.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
import zarr

PAGES = 100_000
PLANE = 2048  # voxels along x and y of streamed images, uint16
BLOCK = 256
NAMES = ("a.tif", "a.ome.tif", "a.nim", "a.ome.zarr")
OPENINGS = ("ZImg.readImgInfos(path)", "zimg.open(path)")
# The peak since the last reset, which Linux alone can reset.
PEAK = """
def peak(reset=False):
    if reset:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))
"""
OPEN = f"""
import sys, time
import zimg
from zimg import ZImg
{PEAK}
call, small, large = sys.argv[1:]
path = small
kept = eval(call)
path, before = large, peak(reset=True)
before, start, busy = peak(), time.perf_counter(), time.process_time()
kept = eval(call)
took, busy = time.perf_counter() - start, time.process_time() - busy
print(f"{{took:6.2f}} s ({{busy:.2f}} s busy) {{(peak() - before) / 1e6:7.1f}} MB")
"""
WRITE = f"""
import sys
from benchmarks.metadata_cost import Blocks, Planes
from zimg import ZImg
{PEAK}
kind, path, small, depth = sys.argv[1:]
make = {{"slices": Planes, "blocks": Blocks}}[kind]
ZImg.writeImg(small, make(2))
before = peak(reset=True)
ZImg.writeImg(path, make(int(depth)))
print(f"{{(peak() - before) / 1e6:7.1f}} MB")
"""


def providers() -> tuple[type, type]:
    """Classes that give an image plane by plane and block by block, made when they are needed."""
    from zimg import ZImg, ZImgInfo
    from zimg.image import ZImgBlockProvider, ZImgSliceProvider

    def voxels(*shape: int) -> Any:
        return np.random.default_rng(0).poisson(500, shape).astype(np.uint16)

    class Planes(ZImgSliceProvider):
        def __init__(self, depth: int) -> None:
            self.depth, self.plane = depth, voxels(1, 1, PLANE, PLANE)

        def imgInfo(self) -> ZImgInfo:  # noqa: N802 (as in the reference)
            return ZImgInfo(PLANE, PLANE, self.depth, 1, 1, 2)

        def slice(self, z: int, t: int) -> ZImg:  # noqa: ARG002
            return ZImg(self.plane)

    class Blocks(ZImgBlockProvider):
        def __init__(self, depth: int) -> None:
            self.steps = -(-depth // 32), PLANE // BLOCK, PLANE // BLOCK
            self.depth, self.cube = depth, voxels(1, min(32, depth), BLOCK, BLOCK)

        def imgInfo(self) -> ZImgInfo:  # noqa: N802
            return ZImgInfo(PLANE, PLANE, self.depth, 1, 1, 2)

        def numBlocks(self) -> int:  # noqa: N802
            return int(np.prod(self.steps))

        def blockCoord(self, index: int) -> tuple[int, int, int, int, int]:  # noqa: N802
            z, y, x = np.unravel_index(index, self.steps)
            return int(x) * BLOCK, int(y) * BLOCK, int(z) * 32, 0, 0

        def block(self, index: int) -> ZImg:
            deep = min(32, self.depth - self.blockCoord(index)[2])
            return ZImg(self.cube[:, :deep])

    return Planes, Blocks


Planes, Blocks = providers()


def tiff(path: Path, count: int) -> Path:
    """A TIFF file of many small pages."""
    page = np.zeros((8, 8), np.uint8)
    with tifffile.TiffWriter(path) as file:
        for _ in range(count):
            file.write(page, photometric="minisblack", metadata=None, contiguous=False)
    return path


def store(path: Path, side: int, written: int) -> Path:
    """A store of 100 times ``side * side`` chunks, of which some exist."""
    axes = [{"name": a, "type": "space"} for a in "zyx"]
    scale = [{"type": "scale", "scale": [1.0, 1.0, 1.0]}]
    datasets = [{"path": "0", "coordinateTransformations": scale}]
    described = {"ome": {"version": "0.5", "multiscales": [{"axes": axes, "datasets": datasets}]}}
    group: Any = zarr.create_group(path, attributes=described)
    shape = (100, 8 * side, 8 * side)
    group.create_array("0", shape=shape, chunks=(1, 8, 8), dtype="u1", compressors=None)
    for number in range(written):
        z, y, x = np.unravel_index(number, (100, side, side))
        chunk = path / f"0/c/{z}/{y}/{x}"
        chunk.parent.mkdir(parents=True, exist_ok=True)
        chunk.write_bytes(bytes(64))
    return path


def output_of(program: str, *arguments: object) -> str:
    """What a process of its own prints."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.rstrip()


def openings(folder: Path) -> None:
    """Say what it costs to open large files."""
    files = {
        f"TIFF of {PAGES} pages": (tiff(folder / "s.tif", 2), tiff(folder / "l.tif", PAGES)),
        "OME-Zarr of 1e6 chunks, 3 written": (
            store(folder / "s.ome.zarr", 1, 1),
            store(folder / "l.ome.zarr", 100, 3),
        ),
        "OME-Zarr of 1e6 chunks, 1e5 written": (
            store(folder / "t.ome.zarr", 1, 1),
            store(folder / "m.ome.zarr", 100, PAGES),
        ),
    }
    for name, pair in files.items():
        for call in OPENINGS:
            sys.stdout.write(f"{name:38} {call:25} {output_of(OPEN, call, *pair)}\n")
            sys.stdout.flush()


def writes(folder: Path, gigabytes: float) -> None:
    """Say how much memory streamed writing takes."""
    depth = max(2, int(gigabytes * 1e9 / (2 * PLANE * PLANE)))
    for kind in ("slices", "blocks"):
        for name in NAMES:
            small = folder / f"small-{name}"
            result = output_of(WRITE, kind, folder / name, small, depth)
            sys.stdout.write(f"{name:12} of {kind}, {gigabytes} GB: {result}\n")
            sys.stdout.flush()


def main(what: str = "", gigabytes: float = 2.0) -> None:
    """Say all of it, or a part."""
    with tempfile.TemporaryDirectory() as name:
        if what != "write":
            openings(Path(name))
        if what != "open":
            writes(Path(name), gigabytes)


if __name__ == "__main__":
    main(sys.argv[1] if sys.argv[1:] else "", *map(float, sys.argv[2:3]))
