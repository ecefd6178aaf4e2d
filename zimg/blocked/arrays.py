"""Volumes in arrays: NumPy, Dask, Zarr or anything that is indexed like them, box by box."""

import hashlib
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg.blocked.plan import ZYX, Box
from zimg.blocked.source import Factors
from zimg.blocked.volumes import MARGIN
from zimg.tracing.preprocess import downsample as reduced


@dataclass(frozen=True)
class ArrayVolume:
    """An array that is sliced box by box: NumPy, Dask, Zarr or anything that is indexed like them.

    Attributes
    ----------
    array
        ``(Z, Y, X)``.
    label
        How errors call it.
    """

    array: Any
    label: str = "the array"
    factors: Factors = (1, 1, 1)

    @property
    def shape(self) -> ZYX:
        """Voxels along z, y, x, after downsampling."""
        return _three(-(-n // r) for n, r in zip(self.array.shape, self.factors[::-1], strict=True))

    @property
    def dtype(self) -> np.dtype[Any]:
        """Voxel type."""
        return np.dtype(self.array.dtype)

    @property
    def name(self) -> str:
        """What it is."""
        return self.label

    @property
    def portable(self) -> bool:
        """Whether it can be pickled small: an array in memory is not sent to other processes."""
        return not isinstance(self.array, np.ndarray)

    @property
    def planes(self) -> int:
        """Planes before downsampling."""
        return int(self.array.shape[0])

    def read(self, box: Box) -> NDArray[Any]:
        """Voxels of a box."""
        if self.factors == (1, 1, 1):
            return _computed(self.array[box.slices])
        low = [max(0, a - MARGIN) for a in box.low]
        high = [min(n, b + MARGIN) for b, n in zip(box.high, self.shape, strict=True)]
        wide = tuple(
            slice(a * r, b * r) for a, b, r in zip(low, high, self.factors[::-1], strict=True)
        )
        voxels = np.asarray(reduced(_computed(self.array[wide]), self.factors))
        cut = [slice(a - m, b - m) for a, b, m in zip(box.low, box.high, low, strict=True)]
        return np.ascontiguousarray(voxels[tuple(cut)])

    def known_empty(self, box: Box) -> bool:
        """Whether a box is known to hold zeros: a Zarr array in a folder has no chunk of it."""
        margins = (0, 0, 0) if self.factors == (1, 1, 1) else (MARGIN,) * 3
        part = tuple(
            slice(max(0, a - m) * r, min((b + m) * r, n))
            for a, b, m, r, n in zip(
                box.low, box.high, margins, self.factors[::-1], self.array.shape, strict=True
            )
        )
        return _without_chunks(self.array, part)

    def identity(self) -> dict[str, Any]:
        """The kind of array; what it holds is in the fingerprint."""
        return {"array": type(self.array).__name__}

    def fingerprint(self) -> dict[str, Any]:
        """Shape, type and a digest: of all voxels in memory, of the graph of a Dask array."""
        return {
            "shape": list(self.shape),
            "dtype": self.dtype.name,
            "sha256": hashlib.sha256(_content(self.array)).hexdigest(),
        }


def _content(array: Any) -> bytes:
    if isinstance(array, np.ndarray):
        return hashlib.sha256(np.ascontiguousarray(array).view(np.uint8).data).digest()
    if hasattr(array, "__dask_tokenize__"):
        return repr(array.__dask_tokenize__()).encode()
    return f"{getattr(array, 'store', '')!r} {getattr(array, 'path', '')!r}".encode()


def _without_chunks(array: Any, part: tuple[slice, ...]) -> bool:
    """Whether a Zarr array in a folder has no chunk that meets a part, so that it holds zeros."""
    folder = getattr(getattr(array, "store", None), "root", None)
    if not isinstance(folder, Path) or (array.fill_value is not None and array.fill_value != 0):
        return False
    steps = array.shards or array.chunks
    ranges = [range(p.start // n, -(-p.stop // n)) for p, n in zip(part, steps, strict=True)]
    keys = (array.metadata.encode_chunk_key(place) for place in product(*ranges))
    return not any(_is_there(folder / array.path / key) for key in keys)


def _is_there(path: Path) -> bool:
    """Whether a file exists; an `OSError` where the disk does not tell."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _computed(part: Any) -> NDArray[Any]:
    """A slice as a NumPy array; Dask computes it in this thread."""
    compute = getattr(part, "compute", None)
    return np.asarray(compute(scheduler="synchronous") if compute is not None else part)


def _three(values: Any) -> ZYX:
    z, y, x = values
    return z, y, x
