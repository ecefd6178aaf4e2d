"""Seconds of OME-TIFF and HDF5Img compared with the reference: a table for docs/formats-speed.md.

``python -m benchmarks.files FOLDER [ROUNDS]`` needs 4 GiB of disk and
`ZIMG_REFERENCE_PYTHON` (see `benchmarks.pairs`). Both sides write the same pixels to a new
file, and read one file: the reference's. The reference has one level for zstd in TIFF, that of
libtiff, 9, and one for deflate, 6; we are given the same.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import tifffile

from benchmarks.pairs import OURS, THEIRS, Pair, Pairs

# Runs in both interpreters: the names that it uses are in both packages.
PROGRAM = """
import json, os, sys
import zimg
from time import perf_counter
import numpy as np

side, folder = sys.argv[1:]
z, y, x = np.ogrid[:128, :1024, :1024]
signal = 200 * (1 + np.sin(x / 40) * np.sin(y / 50) * np.sin(z / 9)) + 100
data = np.random.default_rng(0).poisson(signal).astype(np.uint16)[None]
image = zimg.ZImg(data)
formats = {"ome.tif": zimg.FileFormat.OmeTiff, "nim": zimg.FileFormat.HDF5Img}

def parameters(compression):
    options = zimg.ZImgWriteParameters()
    options.compression = getattr(zimg.Compression, compression)
    if compression == "ZSTD":
        options.zstdCompressionLevel = 9
    return options

def cost(action):
    before, began = counters(), perf_counter()
    result = action()
    took = perf_counter() - began
    after = counters()
    return result, {"seconds": took, **{key: after[key] - before[key] for key in after}}

def counters():
    lines = open("/proc/self/io").read().splitlines()
    found = dict(line.split(": ") for line in lines)
    return {"asked": int(found["rchar"]), "fetched": int(found["read_bytes"])}

def forget(path):
    file = os.open(path, os.O_RDONLY)
    os.fsync(file)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(file)

print("ready", flush=True)
for line in sys.stdin:
    what, suffix, compression, *rest = line.split()
    if what == "write":
        path = f"{folder}/{side}_{compression}.{suffix}"
        if os.path.exists(path):
            os.remove(path)
        _, answer = cost(lambda: image.save(path, formats[suffix], parameters(compression)))
        answer["size"] = os.path.getsize(path)
    elif what == "read":
        path = f"{folder}/theirs_{compression}.{suffix}"
        found, answer = cost(lambda: zimg.ZImg(path))
        assert np.array_equal(np.asarray(found.data[0]), data), "other pixels"
        del found
    elif what == "large":
        large = zimg.ZImg(np.concatenate([np.tile(data, (1, 1, 2, 2))] * 2, axis=1))
        path = f"{folder}/large_{compression}.{suffix}"
        _, answer = cost(lambda: large.save(path, formats[suffix], parameters(compression)))
        del large
    else:
        path, start = f"{folder}/{rest[1]}_{compression}.{suffix}", int(rest[2])
        if rest[0] == "cold":
            forget(path)
        depth = 256 if rest[1] == "large" else 128
        region = zimg.ZImgRegion((start, start, 0, 0, 0), (start + 256, start + 256, depth, 1, 1))
        found, answer = cost(lambda: zimg.ZImg(path, region))
        rows = [i % 1024 for i in range(start, start + 256)]
        wanted = data[:, :, rows][..., rows]
        assert np.array_equal(np.asarray(found.data[0])[:, :128], wanted), "other pixels"
        assert found.data[0].shape[1] == depth, "other planes"
        del found
    print("took", json.dumps(answer), flush=True)
"""
# What is measured: how it is called in the table, what is asked, the bar.
WHOLE = [
    (f"{name}, {compression.lower()}: {what}", f"{what} {suffix} {compression}", 1.0)
    for name, suffix, compression in (
        ("OME-TIFF", "ome.tif", "NONE"),
        ("OME-TIFF", "ome.tif", "LZW"),
        ("OME-TIFF", "ome.tif", "ADOBE_DEFLATE"),
        ("OME-TIFF", "ome.tif", "ZSTD"),
        ("HDF5Img", "nim", "ZSTD"),
        ("HDF5Img", "nim", "DEFLATE"),
    )
    for what in ("write", "read")
]
# The region of the HDF5Img file meets all its chunks.
ROI = [
    *(
        (f"HDF5Img, {c.lower()}: 256 x 256 x 128", f"roi nim {c} warm theirs 384", 1.0)
        for c in ("ZSTD", "DEFLATE")
    ),
    *(
        (
            f"OME-TIFF of 2 GiB, {c.lower()}, {state}: 256-cubed",
            f"roi ome.tif {c} {state} large 896",
            0.5,
        )
        for c in ("NONE", "ZSTD")
        for state in ("warm", "cold")
    ),
]


def measured(pairs: Pairs, rounds: int) -> Iterator[tuple[str, float, Pair]]:
    """Name, bar and answers of each row."""
    for name, request, bar in WHOLE:
        yield name, bar, pairs.run(request, rounds, warm_up=request.startswith("read"))
    for compression in ("NONE", "ZSTD"):
        pairs.ask(OURS, f"large ome.tif {compression}")
    for name, request, bar in ROI:
        yield name, bar, pairs.run(request, rounds)


def needed(path: Path, start: int = 896, end: int = 1152) -> int:
    """Stored bytes of the tiles that the region touches."""
    total = 0
    with tifffile.TiffFile(path) as file:
        for page in file.pages:
            across = -(-page.imagewidth // page.tilewidth)
            first, last = start // page.tilewidth, (end - 1) // page.tilewidth
            counts = page.databytecounts
            total += sum(
                counts[row * across + column]
                for row in range(first, last + 1)
                for column in range(first, last + 1)
            )
    return total


def main(folder: Path, rounds: int) -> None:
    """Print the tables as they stand in the documentation."""
    say = sys.stdout.write
    say("| what | ours / reference | bar | ours | reference |\n|---|---|---|---|---|\n")
    regions = []
    with Pairs(PROGRAM, folder) as pairs:
        for name, bar, pair in measured(pairs, rounds):
            times = " | ".join(f"{pair.median(side):.2f} s" for side in (OURS, THEIRS))
            say(f"| {name} | {pair.ratio:.2f} | {bar} | {times} |\n")
            sys.stdout.flush()
            if "2 GiB" in name:
                regions.append((name, pair))
    say("\n| region | tiles it touches | ours asked for | fetched from disk: ours, reference |\n")
    say("|---|---|---|---|\n")
    for name, pair in regions:
        compression = "NONE" if "none" in name else "ZSTD"
        sizes = [needed(folder / f"large_{compression}.ome.tif"), pair.median(OURS, "asked")]
        fetched = [pair.median(side, "fetched") for side in (OURS, THEIRS)]
        row = [f"{size / 1e6:.1f} MB" for size in (*sizes, *fetched)]
        say(f"| {name} | {row[0]} | {row[1]} | {row[2]}, {row[3]} |\n")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    main(Path(sys.argv[1]).absolute(), int(sys.argv[2]) if len(sys.argv) > 2 else 5)
