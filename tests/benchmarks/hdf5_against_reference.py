"""Times of HDF5Img files, written and read, beside those of the reference.

``python hdf5_against_reference.py FOLDER [ROUNDS]`` writes files of 256 MiB to an empty folder and
prints, per operation, the median over rounds of our time divided by that of the reference. Both are
asked in turn, each in a process of its own that stays. `ZIMG_REFERENCE_PYTHON` names an interpreter
that has the reference installed; it may not be one of this project.
"""

import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

SIDES = ("ours", "theirs")
OPERATIONS = tuple(
    f"{what} {how}" for how in ("zstd", "deflate") for what in ("write", "read", "roi")
)
# Runs in both interpreters: the names that it uses are in both packages.
PROGRAM = """
import sys
import zimg
from time import perf_counter
import numpy as np

side, folder = sys.argv[1:]
y, x = np.mgrid[:1024, :1024]
rng = np.random.default_rng(0)
smooth = [400 + 300 * np.sin(x / 60 + z / 20) * np.cos(y / 45) for z in range(128)]
data = np.stack([rng.poisson(plane) for plane in smooth]).astype(np.uint16)[None]
image = zimg.ZImg(data)
ways = {"zstd": zimg.Compression.ZSTD, "deflate": zimg.Compression.DEFLATE}
print("ready", flush=True)
for line in sys.stdin:
    what, how = line.split()
    options = zimg.ZImgWriteParameters()
    options.compression = ways[how]
    region = zimg.ZImgRegion((384, 384, 0, 0, 0), (640, 640, 128, 1, 1))
    own, shared = f"{folder}/{side}_{how}.nim", f"{folder}/theirs_{how}.nim"
    began = perf_counter()
    if what == "write":
        image.save(own, zimg.FileFormat.Unknown, options)
    elif what == "read":
        found, wanted = zimg.ZImg(shared), data
    else:
        found, wanted = zimg.ZImg(shared, region), data[:, :, 384:640, 384:640]
    took = perf_counter() - began
    if what != "write":
        assert np.array_equal(np.asarray(found.data[0]), wanted), "other pixels"
        del found
    print("took", took, flush=True)
"""


def started(side: str, folder: Path) -> "subprocess.Popen[str]":
    """A process that waits for operations."""
    python = sys.executable if side == "ours" else os.environ["ZIMG_REFERENCE_PYTHON"]
    process = subprocess.Popen(
        [python, "-c", PROGRAM, side, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=folder,
    )
    answer(process, "ready")
    return process


def answer(process: Any, word: str) -> str:
    """The rest of the next line that begins with `word`; the reference prints others."""
    for line in process.stdout:
        if line.startswith(word):
            return str(line[len(word) :]).strip()
    raise RuntimeError("a process ended before it answered")


def timed(process: Any, operation: str) -> float:
    """Seconds that one operation takes."""
    print(operation, file=process.stdin, flush=True)
    return float(answer(process, "took"))


def main(folder: Path, rounds: int) -> None:
    """Alternate and print the table."""
    processes = {side: started(side, folder) for side in SIDES}
    for operation in OPERATIONS:
        took: dict[str, list[float]] = {side: [] for side in SIDES}
        for number in range(rounds + 1):
            for side in SIDES[:: 1 if number % 2 else -1]:
                seconds = timed(processes[side], operation)
                if number:  # the first one warms up
                    took[side].append(seconds)
        ratio = median(a / b for a, b in zip(took["ours"], took["theirs"], strict=True))
        ours, theirs = (median(took[side]) for side in SIDES)
        row = f"{operation:14} {ratio:6.2f}  ours {ours:.3f} s, reference {theirs:.3f} s\n"
        sys.stdout.write(row)
        sys.stdout.flush()
    for process in processes.values():
        process.stdin.close()
        process.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), int(sys.argv[2]) if len(sys.argv) > 2 else 5)
