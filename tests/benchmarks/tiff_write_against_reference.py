"""Writing OME-TIFF, paired with the reference: ``python tiff_write_against_reference.py [PAIRS]``.

`ZIMG_REFERENCE_PYTHON` names an interpreter that has the reference installed. The two write the
same 256 MiB by turns, each in a process of its own that lives on; a row has the medians and the
median of the ratios of neighbours. The reference has no level for zstd but that of libtiff, 9, and
none for deflate but 6.
"""

import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import IO

WORKER = """
import sys, time
import zimg
import numpy as np
data = np.load(sys.argv[1])
for line in sys.stdin:
    path, compression, level = line.split()
    parameters = zimg.ZImgWriteParameters()
    parameters.compression = getattr(zimg.Compression, compression)
    if level != "0" and compression == "ZSTD":
        parameters.zstdCompressionLevel = int(level)
    image = zimg.ZImg(data)
    began = time.perf_counter()
    image.save(path, zimg.FileFormat.OmeTiff, parameters)
    print("took", time.perf_counter() - began, flush=True)
"""
VOLUME = """
import sys
import numpy as np
z, y, x = np.ogrid[:128, :1024, :1024]
signal = 200 * (1 + np.sin(x / 40) * np.sin(y / 50) * np.sin(z / 9)) + 100
np.save(sys.argv[1], np.random.default_rng(0).poisson(signal).astype(np.uint16)[None])
"""
ROWS = {"NONE": 0, "LZW": 0, "ADOBE_DEFLATE": 6, "ZSTD": 9}


class Worker:
    """A process that writes files when told to."""

    def __init__(self, interpreter: str, volume: Path) -> None:
        self._process = subprocess.Popen(
            [interpreter, "-c", WORKER, volume],
            cwd=volume.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def seconds(self, path: Path, compression: str, level: int) -> float:
        """How long a file takes."""
        to, by = self._process.stdin, self._process.stdout
        assert to is not None
        assert by is not None
        to.write(f"{path} {compression} {level}\n")
        to.flush()
        return float(_answer(by).split()[1])

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def _answer(lines: IO[str]) -> str:
    for line in lines:
        if line.startswith("took"):
            return line
    raise RuntimeError("the process has ended")


def main(pairs: int) -> None:
    """Print a table."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([sys.executable, "-c", VOLUME, folder / "volume.npy"], check=True)
        reference = Worker(os.environ["ZIMG_REFERENCE_PYTHON"], folder / "volume.npy")
        ours = Worker(sys.executable, folder / "volume.npy")
        for compression, level in ROWS.items():
            times = [
                tuple(
                    each.seconds(folder / f"{number}.ome.tif", compression, level)
                    for number, each in enumerate((reference, ours))
                )
                for _ in range(pairs + 1)
            ][1:]  # the first is warming up
            sizes = [(folder / f"{number}.ome.tif").stat().st_size >> 20 for number in (0, 1)]
            one, other = (median(column) for column in zip(*times, strict=True))
            ratio = median(b / a for a, b in times)
            row = f"{compression:14} reference {one:6.2f} s {sizes[0]} MiB, ours {other:6.2f} s"
            sys.stdout.write(f"{row} {sizes[1]} MiB, ratio {ratio:.2f}\n")
            sys.stdout.flush()
        reference.close()
        ours.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
