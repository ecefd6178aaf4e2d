"""Volumes and executors that fail in a planned way; importable by worker processes."""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from zimg.blocked.executors import worker_number
from zimg.blocked.plan import ZYX, Box


@dataclass(frozen=True)
class FlakyVolume:
    """Voxels in a file; reads of a box that meets `voxel` fail while `fails` has lines left.

    Attributes
    ----------
    path
        ``.npy`` file.
    fails
        Text file: each failing read takes one of its lines, which names what happens.
    voxel
        z y x that fails.
    """

    path: str
    fails: str
    voxel: ZYX
    factors: tuple[int, int, int] = (1, 1, 1)
    portable: bool = True
    name: str = "the flaky volume"
    array: Any = field(default=None, compare=False)

    @property
    def _voxels(self) -> np.ndarray:
        return np.load(self.path, mmap_mode="r")

    @property
    def shape(self) -> ZYX:
        return self._voxels.shape

    @property
    def dtype(self) -> Any:
        return self._voxels.dtype

    def read(self, box: Box) -> np.ndarray:
        met = all(a <= v < b for a, v, b in zip(box.low, self.voxel, box.high, strict=True))
        kind = self._next() if met and box.shape != self.shape else ""
        if kind == "die":
            os._exit(9)
        if kind == "os":
            raise OSError(5, "Input/output error")
        if kind == "bad":
            raise ValueError("chunk c/0/1 is damaged")
        voxels = np.array(self._voxels[box.slices])
        return voxels[:-1] if kind == "short" else voxels

    def _next(self) -> str:
        path = Path(self.fails)
        lines = path.read_text().split()
        if not lines:
            return ""
        if lines[0] == "always":
            return lines[1]
        path.write_text(" ".join(lines[1:]))
        return lines[0]

    def identity(self) -> dict[str, Any]:
        return {"files": [self.path]}

    def fingerprint(self) -> dict[str, Any]:
        return {"shape": list(self.shape), "dtype": self.dtype.name}


def number_after(seconds: float) -> int:
    """Task: return the number of the worker after a delay."""
    time.sleep(seconds)
    return worker_number()
