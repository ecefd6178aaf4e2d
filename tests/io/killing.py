"""Kills processes while they save, at random moments, and looks at what they leave behind.

``python killing.py PATH KILLS`` prints what it found as JSON; it is a program of its own because it
forks, which is safe only where no other library has started threads.
"""

import json
import os
import random
import signal
import sys
from collections import Counter
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg import ZImg, ZImgWriteParameters, read, write

PLANAR = (".png", ".jpg", ".jxr")
WITHOUT_LOSS = {".jxr": ZImgWriteParameters(jpegXRQuality=1.0)}


def images(suffix: str) -> dict[str, NDArray[np.uint16]]:
    """An old and a new image that differ in every voxel, as large as the format takes them."""
    shape = (1, 1, 600, 700) if suffix in PLANAR else (2, 6, 300, 600)
    old = np.random.default_rng(0).integers(0, 2**16, shape, np.uint16)
    return {"old": old, "new": ~old}


def killed_while_saving(path: Path, kills: int) -> dict[str, Any]:
    """Let `kills` processes be killed while they replace an old image by a new one.

    Parameters
    ----------
    path
        File or folder to save, in an empty folder.
    kills
        How many processes; each is killed at a random moment of up to twice as long as
        saving takes, during which it saves again and again.

    Returns
    -------
    dict
        ``found`` counts ``old``, ``new`` and anything else by what it was; ``leftovers`` has the
        names beside the image after one saving more.
    """
    both, found = images(path.suffix), Counter[str]()
    save(path, both["new"])  # the first is slow: what it needs is imported
    began = perf_counter()
    save(path, both["old"])
    span, moments = 2 * (perf_counter() - began), random.Random(0)
    for _ in range(kills):
        save(path, both["old"])
        kill(path, both["new"], moments.random() * span)
        found[what_is_there(path, both)] += 1
    save(path, both["old"])
    return {"found": dict(found), "leftovers": sorted(e.name for e in path.parent.iterdir())}


def save(path: Path, data: NDArray[np.uint16]) -> None:
    """Write an image without loss."""
    write(path, ZImg(data), parameters=WITHOUT_LOSS.get(path.suffix))


def kill(path: Path, data: NDArray[np.uint16], after: float) -> None:
    """Fork a process that saves `data` again and again, and kill it after so many seconds."""
    child = os.fork()
    if child == 0:
        try:
            while True:
                save(path, data)
        finally:
            os._exit(1)
    sleep(after)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        raise RuntimeError("the process ended before it was killed")


def what_is_there(path: Path, both: dict[str, NDArray[np.uint16]]) -> str:
    """``old`` or ``new`` when an image is there whole, otherwise what was found."""
    try:
        (data,) = read(path).data
    except Exception as error:  # any at all is a result here
        return f"{type(error).__name__}: {error}"
    return next((name for name, each in both.items() if np.array_equal(data, each)), "mixed")


if __name__ == "__main__":
    json.dump(killed_while_saving(Path(sys.argv[1]), int(sys.argv[2])), sys.stdout)
