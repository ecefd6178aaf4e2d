"""Seconds of OME-TIFF and HDF5Img compared with the reference and with tifffile.

``python -m benchmarks.files --json out.json`` prints the tables of docs/formats-speed.md; it needs
4 GiB of disk with ``--large``. ``--docs`` writes ``docs/benchmarks/files.json``. The reference is
installed in an environment of its own unless `--rival` or `ZIMG_REFERENCE_PYTHON` names an
interpreter that has it. Both sides write the same pixels to
a new file, and read one file: the reference's, or tifffile's and ours. The reference has one level
for zstd in TIFF, that of libtiff, 9, and one for deflate, 6; we are given the same.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import tifffile

from benchmarks import rival
from benchmarks.pairs import OURS, THEIRS, Pair, Pairs, Players
from benchmarks.summary import Summary, command

# Runs in both interpreters: the names that it uses are in both packages.
PROGRAM = """
import json, os, resource, sys
import zimg
from time import perf_counter
import numpy as np

side, folder = sys.argv[1:]
planes = int(os.environ.get("PLANES", "128"))
z, y, x = np.ogrid[:planes, :1024, :1024]
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
    used = resource.getrusage(resource.RUSAGE_SELF)
    lines = open("/proc/self/io").read().splitlines()
    found = dict(line.split(": ") for line in lines)
    counted = {"asked": int(found["rchar"]), "fetched": int(found["read_bytes"])}
    return {**counted, "cpu": used.ru_utime + used.ru_stime}

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
        depth = 2 * planes if rest[1] == "large" else planes
        region = zimg.ZImgRegion((start, start, 0, 0, 0), (start + 256, start + 256, depth, 1, 1))
        found, answer = cost(lambda: zimg.ZImg(path, region))
        rows = [i % 1024 for i in range(start, start + 256)]
        wanted = data[:, :, rows][..., rows]
        assert np.array_equal(np.asarray(found.data[0])[:, :planes], wanted), "other pixels"
        assert found.data[0].shape[1] == depth, "other planes"
        del found
    print("took", json.dumps(answer), flush=True)
"""
# The same against tifffile, both in an interpreter of this project; and one plane of many pages.
TIFFFILE = """
import json, os, resource, sys
from time import perf_counter, sleep
import numpy as np
import tifffile
import zimg
from zimg import Compression, FileFormat, ZImgRegion, ZImgWriteParameters

side, folder = sys.argv[1:]
planes = int(os.environ.get("PLANES", "128"))
z, y, x = np.ogrid[:planes, :1024, :1024]
signal = 200 * (1 + np.sin(x / 40) * np.sin(y / 50) * np.sin(z / 9)) + 100
data = np.random.default_rng(0).poisson(signal).astype(np.uint16)
image = zimg.ZImg(data, layout="ZYX")
compressions = {"NONE": (Compression.NONE, {}), "DEFLATE": (Compression.ADOBE_DEFLATE,
    {"compression": "zlib", "predictor": 2, "tile": (512, 512)})}

def write(path, compression):
    own, options = compressions[compression]
    if side == "ours":
        image.save(path, FileFormat.OmeTiff, ZImgWriteParameters(compression=own))
    else:
        axes = {"axes": "ZYX"}
        tifffile.imwrite(path, data, ome=True, metadata=axes, photometric="minisblack", **options)

def read(path):
    return zimg.read(path) if side == "ours" else tifffile.imread(path)

def plane(path, number):
    if side == "ours":
        return zimg.read(path, region=ZImgRegion((0, 0, number, 0, 0), (9, 8, number + 1, 1, 1)))
    return tifffile.imread(path, key=number)

def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime

many = f"{folder}/many.tif"
print("ready", flush=True)
for line in sys.stdin:
    what, *rest = line.split()
    if what == "pages" and not os.path.exists(many):
        with tifffile.TiffWriter(many) as file:
            for number in range(int(rest[1])):
                page = np.full((8, 9), number % 251, np.uint8)
                file.write(page, photometric="minisblack", metadata=None)
        sleep(1)
    before, began = cpu(), perf_counter()
    if what == "write":
        found = write(f"{folder}/{side}_tf_{rest[0]}.ome.tif", rest[0])
    elif what == "read":
        found = read(f"{folder}/{rest[1]}_tf_{rest[0]}.ome.tif")
    else:
        found = plane(many, int(rest[0]))
    answer = {"seconds": perf_counter() - began, "cpu": cpu() - before}
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


AGAINST_TIFFFILE = [
    ("OME-TIFF, none: write", "write NONE", 1.0),
    ("OME-TIFF, deflate: write, ours with a pyramid", "write DEFLATE", 1.0),
    *(
        (f"OME-TIFF of {whose}, {c.lower()}: read", f"read {c} {side}", 1.0)
        for whose, side in (("tifffile", THEIRS), ("ours", OURS))
        for c in ("NONE", "DEFLATE")
    ),
    ("one plane out of 100,000 pages, again", "pages 5000 100000", 1.0),
]


def measured(pairs: Pairs, rounds: int, *, large: bool) -> Iterator[tuple[str, float, Pair]]:
    """Name, bar and answers of each row."""
    for name, request, bar in WHOLE:
        yield name, bar, pairs.run(request, rounds, warm_up=request.startswith("read"))
    if large:
        for compression in ("NONE", "ZSTD"):
            pairs.ask(OURS, f"large ome.tif {compression}")
    for name, request, bar in ROI:
        if large or "2 GiB" not in name:
            yield name, bar, pairs.run(request, rounds)


def against_tifffile(folder: Path, rounds: int) -> Iterator[tuple[str, float, Pair]]:
    """Rows of this library and tifffile, in one interpreter each."""
    with Players({OURS: sys.executable, THEIRS: sys.executable}, TIFFFILE, folder) as players:
        for name, request, bar in AGAINST_TIFFFILE:
            answers = players.turns((OURS, THEIRS), request, rounds + 1)
            yield f"{name} (tifffile)", bar, Pair(**{k: v[1:] for k, v in answers.items()})


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


def table(
    rows: Iterator[tuple[str, float, Pair]], summary: Summary, *, docs: bool
) -> dict[str, Pair]:
    """Print rows as they stand in the documentation; what was answered, by name."""
    say, found = sys.stdout.write, {}
    say("| what | ours / theirs, wall | CPU | bar | ours | theirs |\n|---|---|---|---|---|---|\n")
    for name, bar, pair in rows:
        times = " | ".join(f"{pair.median(side):.3f} s" for side in (OURS, THEIRS))
        say(f"| {name} | {pair.ratio:.2f} | {pair.ratio_of('cpu'):.2f} | {bar} | {times} |\n")
        sys.stdout.flush()
        found[name] = pair
        summary.pair(name, pair.ours, pair.theirs)
        if docs:
            summary.save("files")
    return found


def touched(folder: Path, found: dict[str, Pair]) -> None:
    """Print what the regions of the large files needed, asked for and fetched."""
    say = sys.stdout.write
    say("\n| region | tiles it touches | ours asked for | fetched from disk: ours, reference |\n")
    say("|---|---|---|---|\n")
    for name, pair in found.items():
        if "2 GiB" not in name:
            continue
        compression = "NONE" if "none" in name else "ZSTD"
        sizes = [needed(folder / f"large_{compression}.ome.tif"), pair.median(OURS, "asked")]
        fetched = [pair.median(side, "fetched") for side in (OURS, THEIRS)]
        row = [f"{size / 1e6:.1f} MB" for size in (*sizes, *fetched)]
        say(f"| {name} | {row[0]} | {row[1]} | {row[2]}, {row[3]} |\n")


def main() -> None:
    """Play all rounds, row by row, and keep the figures of every run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rival", help="a Python that has the reference")
    parser.add_argument("--alone", action="store_true", help="no rows of the reference")
    parser.add_argument("--docs", action="store_true", help="write the figures of the docs")
    parser.add_argument("--json", type=Path, help="file for the figures of every run")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--planes", type=int, default=128, help="of 1024 x 1024, uint16")
    parser.add_argument("--large", action="store_true", help="regions of a file of 2 GiB too")
    parser.add_argument("--folder", type=Path, help="where files are written; a temporary one")
    options = parser.parse_args()
    os.environ["PLANES"] = str(options.planes)
    if not options.alone:
        rival.choose_interpreter(options.rival)
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder, summary = Path(name), Summary(command())
        found = table(against_tifffile(folder, options.rounds), summary, docs=options.docs)
        if not options.alone:
            with Pairs(PROGRAM, folder) as pairs:
                asked = measured(pairs, options.rounds, large=options.large)
                rows = table(asked, summary, docs=options.docs)
            found |= rows
            touched(folder, rows)
    if options.json:
        text = json.dumps({name: asdict(pair) for name, pair in found.items()}, indent=1)
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    main()
