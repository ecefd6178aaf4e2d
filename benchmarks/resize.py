"""Seconds of resizing compared with the reference, in turns: a table on standard output.

``python -m benchmarks.resize FOLDER [ROUNDS]`` needs
`ZIMG_REFERENCE_PYTHON` (see `benchmarks.pairs`). Both sides make a 128-cubed image of one of
256 cubed; the reference changes its operand, so each call has a copy, made before the clock starts.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.pairs import OURS, THEIRS, Pair, Pairs

# Runs in both interpreters: the names that it uses are in both packages.
PROGRAM = """
import json, sys
import zimg
from time import perf_counter
import numpy as np

z, y, x = np.ogrid[:256, :256, :256]
signal = 100 * (1 + np.sin(x / 40) * np.sin(y / 50) * np.sin(z / 9)) + 20
data = np.random.default_rng(0).poisson(signal)

print("ready", flush=True)
for line in sys.stdin:
    dtype, call, how, side = line.split()
    image = zimg.ZImg(data.clip(0, 255).astype(dtype)[None])
    began = perf_counter()
    if call == "resize":
        result = image.resize(int(side), int(side), int(side), getattr(zimg.Interpolant, how))
    else:
        result = image.blockDownsample(*[int(side)] * 3, getattr(zimg.ImgMergeMode, how))
    took = perf_counter() - began
    total = float(np.asarray(result.data[0]).sum(dtype=np.float64))
    print("took", json.dumps({"seconds": took, "sum": total}), flush=True)
"""
TYPES = ("uint8", "uint16", "float32")
RESIZED = ("Linear", "Cubic", "Lanczos3", "Nearest")
MERGED = ("Max", "Mean", "Median", "First", "Interpolation")
CALLS = [
    *(f"resize {how} {side}" for how in RESIZED for side in (128,)),
    "resize Cubic 100",
    *(f"blockDownsample {how} 2" for how in MERGED),
    *(f"blockDownsample {how} 3" for how in ("Mean", "Median")),
]


def measured(pairs: Pairs, rounds: int) -> Iterator[tuple[str, Pair]]:
    """Name and answers of each row."""
    for dtype in TYPES:
        for call in CALLS:
            yield f"{dtype} {call}", pairs.run(f"{dtype} {call}", rounds)


def main(folder: Path, rounds: int) -> None:
    """Print a row for each type and call as soon as it is measured."""
    folder.mkdir(parents=True, exist_ok=True)
    write = sys.stdout.write
    write("| 256 cubed | ours, s | reference, s | ratio | means apart |\n|---|--:|--:|--:|--:|\n")
    with Pairs(PROGRAM, folder) as pairs:
        for name, pair in measured(pairs, rounds):
            ours, theirs = pair.median(OURS), pair.median(THEIRS)
            total = pair.median(THEIRS, "sum")
            apart = abs(pair.median(OURS, "sum") / total - 1.0)
            write(f"| {name} | {ours:.3f} | {theirs:.3f} | {pair.ratio:.2f} | {apart:.1e} |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5)
