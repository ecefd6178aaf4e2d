"""Volumes from arguments of the tracer: files, handles, images and arrays."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg.blocked.file_volume import MARGIN, FileVolume
from zimg.blocked.plan import ZYX, Box
from zimg.blocked.source import Factors, Volume
from zimg.image import ZImg, ZImgSource
from zimg.image.lazy import ZImgFile
from zimg.image.volume import volume_of
from zimg.tracing.preprocess import downsample as reduced


def volume_source(
    source: Any, *, channel: int = 0, time: int = 0, downsample: Sequence[int] = (1, 1, 1)
) -> Volume:
    """Create the volume described by an argument of the tracer.

    Parameters
    ----------
    source
        A `ZImgSource`, a file name, a handle of `zimg.open`, a `ZImg`, a ``(Z, Y, X)`` array of
        NumPy, Dask or Zarr, or an object with the interface of `Volume`.
    channel, time
        Channel and time of an image, from 0; an array has one of each.
    downsample
        Factors along x, y, z; a stored level with these factors is read if there is one.
    """
    x, y, z = downsample
    factors = (int(x), int(y), int(z))
    if min(factors) < 1:
        raise ValueError(f"downsample must be three integers of 1 or more, got {factors}")
    if hasattr(source, "fingerprint") and hasattr(source, "read"):
        if (channel, time, factors) != (0, 0, (1, 1, 1)):
            raise ValueError("channel, time and downsample are for images, not for a Volume")
        return source
    if isinstance(source, str | os.PathLike):
        source = ZImgSource(source)
    if isinstance(source, ZImgSource):
        return FileVolume.of(source, channel, time, factors)
    if isinstance(source, ZImgFile):
        return _handle_volume(source, channel, time, factors)
    array = (
        volume_of(source, channel, time, caller="tracing") if isinstance(source, ZImg) else source
    )
    if len(getattr(array, "shape", ())) != 3 or 0 in array.shape:
        raise ValueError(
            "a volume is a ZImgSource, a file name, a handle of zimg.open, a ZImg or a (Z, Y, X) "
            f"array, got {type(source).__name__} of shape {getattr(array, 'shape', None)}"
        )
    return ArrayVolume(array, f"the {type(array).__name__} of shape {tuple(array.shape)}", factors)


def _handle_volume(handle: ZImgFile, channel: int, time: int, factors: Factors) -> Volume:
    """Return the volume of an open handle, at the level of the handle."""
    path, scene, level, form, *_ = handle.__reduce__()[1]
    source = ZImgSource(path, None, scene, form)
    if level == 0:
        return FileVolume.of(source, channel, time, factors)
    if factors != (1, 1, 1):
        raise ValueError(f"downsample is only for handles of level 0; the handle has level {level}")
    ratios = handle.levels[level].ratios
    return FileVolume.of(source, channel, time, ratios)


@dataclass(frozen=True)
class ArrayVolume:
    """Volume in an array of NumPy, Dask or Zarr, or any array with the same indexing.

    Attributes
    ----------
    array
        ``(Z, Y, X)``.
    label
        Name of the array in messages.
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
        """Name of the array in messages."""
        return self.label

    @property
    def portable(self) -> bool:
        """Whether it can be sent to other processes: arrays in memory are not."""
        return not isinstance(self.array, np.ndarray)

    @property
    def planes(self) -> int:
        """Planes before downsampling."""
        return int(self.array.shape[0])

    def read(self, box: Box) -> NDArray[Any]:
        """Read the voxels of a box."""
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
        """Whether a Zarr array in a folder has no chunk in a box, which then holds only zeros."""
        margins = (0, 0, 0) if self.factors == (1, 1, 1) else (MARGIN,) * 3
        part = tuple(
            slice(max(0, a - m) * r, min((b + m) * r, n))
            for a, b, m, r, n in zip(
                box.low, box.high, margins, self.factors[::-1], self.array.shape, strict=True
            )
        )
        return _without_chunks(self.array, part)

    def identity(self) -> dict[str, Any]:
        """The type of the array; its content is in the fingerprint."""
        return {"array": type(self.array).__name__}

    def fingerprint(self) -> dict[str, Any]:
        """Shape, data type and a digest of the voxels in memory or of the Dask graph."""
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
    """Whether a Zarr array in a folder has no chunk in a part, which then holds only zeros."""
    folder = getattr(getattr(array, "store", None), "root", None)
    if not isinstance(folder, Path) or (array.fill_value is not None and array.fill_value != 0):
        return False
    steps = array.shards or array.chunks
    ranges = [range(p.start // n, -(-p.stop // n)) for p, n in zip(part, steps, strict=True)]
    keys = (array.metadata.encode_chunk_key(place) for place in product(*ranges))
    return not any(_is_there(folder / array.path / key) for key in keys)


def _is_there(path: Path) -> bool:
    """Whether a file exists; raises `OSError` if this cannot be determined."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _computed(part: Any) -> NDArray[Any]:
    """Convert a slice to a NumPy array; Dask computes it in this thread."""
    compute = getattr(part, "compute", None)
    return np.asarray(compute(scheduler="synchronous") if compute is not None else part)


def _three(values: Any) -> ZYX:
    z, y, x = values
    return z, y, x
