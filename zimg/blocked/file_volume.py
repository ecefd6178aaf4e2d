"""Volumes in files, read box by box."""

import hashlib
import os
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.blocked.plan import ZYX, Box
from zimg.blocked.source import Factors
from zimg.image import FileFormat, ZImgInfo, ZImgSource
from zimg.image.lazy import ZImgFile
from zimg.io.reading import read_arrays, read_source_info
from zimg.tracing.preprocess import downsample as reduced

MEBIBYTE = 1 << 20
MARGIN = 4
"""Reduced voxels read around a box and discarded: the reach of the smoothing cubic kernel."""
SLAB = 32
"""Reduced planes computed at a time, so that a whole box is never held at full resolution."""

METADATA = ("zarr.json", ".zattrs", ".zarray", ".zgroup", ".zmetadata")
"""Metadata files of a Zarr store."""


@lru_cache(maxsize=8)
def _opened(path: str, scene: int, level: int, format: int, version: int) -> ZImgFile:
    """Open a file once per process; a changed file has another version."""
    del version
    return ZImgFile(path, scene, level, FileFormat(format))


def _version(path: str) -> int:
    return os.stat(path).st_mtime_ns if os.path.exists(path) else 0  # noqa: PTH110, PTH116


@dataclass(frozen=True)
class FileVolume:
    """One channel at one time point of the files of a `ZImgSource`.

    Attributes
    ----------
    source
        Files and region.
    channel, time
        From 0, counted from the start of the region.
    factors
        Downsampling along x, y, z.
    level
        Stored level with exactly these factors; 0 if full resolution is read and reduced.
    shape, dtype
        At the traced resolution.
    """

    source: ZImgSource
    channel: int
    time: int
    factors: Factors
    level: int
    shape: ZYX
    dtype: np.dtype[Any]
    base: ZYX = field(repr=False)
    portable = True

    @classmethod
    def of(
        cls, source: ZImgSource, channel: int = 0, time: int = 0, factors: Factors = (1, 1, 1)
    ) -> "FileVolume":
        """Create a volume from the description of the files; no pixels are read.

        Raises
        ------
        ZException
            If a file cannot be opened or lacks the channel or time.
        """
        info = read_source_info(source)
        if not (0 <= channel < info.numChannels and 0 <= time < info.numTimes):
            raise ZException(
                f"invalid channel/time selection (c={channel}, t={time}) for "
                f"{source.filenames[0]}: it has {info.numChannels} channel(s) and "
                f"{info.numTimes} time point(s), counted from 0"
            )
        base = info.depth, info.height, info.width
        level, shape = _level(source, info, factors)
        dtype = np.dtype(info.dataTypeString())
        return cls(deepcopy(source), channel, time, factors, level, shape, dtype, base)

    @property
    def name(self) -> str:
        """The files."""
        names = self.source.filenames
        return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"

    @property
    def planes(self) -> int:
        """Planes before downsampling."""
        return self.base[0]

    @property
    def info(self) -> ZImgInfo:
        """Description of the image in the region of the source."""
        return read_source_info(self.source)

    def read(self, box: Box) -> NDArray[Any]:
        """Read the voxels of a box at the traced resolution."""
        if self.level or self.factors == (1, 1, 1):
            return self._stored(box)
        if box.shape == self.shape:
            return np.asarray(reduced(self._stored(Box((0, 0, 0), self.base)), self.factors))
        (first, *low), (last, *high) = box.low, box.high
        slabs = (range(z, min(z + SLAB, last)) for z in range(first, last, SLAB))
        parts = [
            self._reduced(Box((s.start, low[0], low[1]), (s.stop, high[0], high[1]))) for s in slabs
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def known_empty(self, box: Box) -> bool:
        """Whether the file is known to have no chunk in a box, which then holds only zeros."""
        if not self._single:
            return False
        as_stored = self.level or self.factors == (1, 1, 1)
        place = self._place(box if as_stored else self._wide(box)[0])
        return _opened(*self._key()).empty(place)

    def _reduced(self, box: Box) -> NDArray[Any]:
        """Reduce a box from full resolution, with a margin that is cut off afterwards."""
        wide, low = self._wide(box)
        voxels = np.asarray(reduced(self._stored(wide), self.factors))
        cut = [slice(a - m, b - m) for a, b, m in zip(box.low, box.high, low, strict=True)]
        return np.ascontiguousarray(voxels[tuple(cut)])

    def _wide(self, box: Box) -> tuple[Box, list[int]]:
        """Return a box with a margin in full resolution and its start in the reduced volume."""
        ratios = self.factors[::-1]
        low = [max(0, a - MARGIN) for a in box.low]
        high = [min(n, b + MARGIN) for b, n in zip(box.high, self.shape, strict=True)]
        wide = Box(
            _three(a * r for a, r in zip(low, ratios, strict=True)),
            _three(min(b * r, n) for b, r, n in zip(high, ratios, self.base, strict=True)),
        )
        return wide, low

    def _stored(self, box: Box) -> NDArray[Any]:
        """Read a box given in voxels of the stored level."""
        t, c, z, y, x = self._place(box)
        if self._single:
            return _opened(*self._key()).voxels((t, c, z, y, x))[0][0]
        part = deepcopy(self.source)
        part.region = type(part.region)(
            (x.start, y.start, z.start, c.start, t.start), (x.stop, y.stop, z.stop, c.stop, t.stop)
        )
        return np.asarray(read_arrays(part)[0][0][0])

    def _place(self, box: Box) -> tuple[slice, slice, slice, slice, slice]:
        """Return a box of the stored level as slices t, c, z, y, x of the file."""
        start, ratios = self.source.region.start, self.factors if self.level else (1, 1, 1)
        z, y, x = (
            slice(a + s // r, b + s // r)
            for a, b, s, r in zip(
                box.low, box.high, (start.z, start.y, start.x), ratios[::-1], strict=True
            )
        )
        c, t = self.channel + start.c, self.time + start.t
        return slice(t, t + 1), slice(c, c + 1), z, y, x

    @property
    def _single(self) -> bool:
        return len(self.source.filenames) == 1 and not self.source.catScenes

    def _key(self) -> tuple[str, int, int, int, int]:
        path = self.source.filenames[0]
        return path, self.source.scene, self.level, int(self.source.format), _version(path)

    def identity(self) -> dict[str, Any]:
        """Files, scene, region, channel and time."""
        source = self.source
        return {
            "files": list(source.filenames),
            "scene": source.scene,
            "region": [list(source.region.start), list(source.region.end)],
            "join": source.catDim.name if len(source.filenames) > 1 else "",
        }

    def fingerprint(self) -> dict[str, Any]:
        """Shape, data type and a digest of a sample of the files or of their metadata."""
        digest = hashlib.sha256()
        for path in self.source.filenames:
            for part in _evidence(Path(path)) if "://" not in path else self._layout(path):
                digest.update(part)
        return {
            "shape": list(self.shape),
            "dtype": self.dtype.name,
            "level": self.level,
            "sha256": digest.hexdigest(),
        }

    def _layout(self, address: str) -> list[bytes]:
        """Sizes and chunks of the levels of a remote store."""
        handle = _opened(address, self.source.scene, 0, int(self.source.format), 0)
        levels = [(level.size, handle.level(n).chunks) for n, level in enumerate(handle.levels)]
        return [repr((handle.shape, handle.dtype.name, levels)).encode()]


def _level(source: ZImgSource, info: ZImgInfo, factors: Factors) -> tuple[int, ZYX]:
    """Return the stored level with the given factors (0 if none) and the traced shape."""
    base = info.depth, info.height, info.width
    shape = _three(-(-n // r) for n, r in zip(base, factors[::-1], strict=True))
    single = len(source.filenames) == 1 and not source.catScenes
    if factors == (1, 1, 1) or not single:
        return 0, shape
    with ZImgFile(source.filenames[0], source.scene, 0, source.format) as handle:
        whole = (handle.info.depth, handle.info.height, handle.info.width) == base
        for number, level in enumerate(handle.levels):
            if number and level.ratios == factors and whole:
                x, y, z = level.size
                return number, (z, y, x)
    return 0, shape


def _evidence(path: Path) -> list[bytes]:
    """Return a sample of the content of a file (size, first and last MiB) or store (metadata)."""
    if path.is_dir():
        places = [f"{above}{name}" for above in ("", "*/", "*/*/") for name in METADATA]
        found = sorted(file for place in places for file in path.glob(place))
        return [p.relative_to(path).as_posix().encode() + p.read_bytes() for p in found]
    if not path.is_file():
        return []
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(MEBIBYTE)
        file.seek(max(0, size - MEBIBYTE))
        return [str(size).encode(), head, file.read(MEBIBYTE)]


def _three(values: Any) -> ZYX:
    z, y, x = values
    return z, y, x
