"""A file that stays open between reads and can be read by several threads."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock, RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.disk.errors import read_errors
from zimg.io.registry import open_file
from zimg.io.scenes.scene import Job, Level, Reader, Scene
from zimg.values import FileFormat, ZImgInfo, ZImgRegion


class SharedFile:
    """An open file that is closed after the last reader is done.

    Parameters
    ----------
    path
        File or folder that is an image.
    format
        Format to read; detected when unknown.

    Raises
    ------
    ZException
        When it cannot be opened.
    """

    def __init__(self, path: str, format: FileFormat) -> None:
        self.path, self.closed = path, False
        self._reader: Reader = open_file(path, format)
        self._readers, self._counting, self.planning = 0, Lock(), RLock()
        self.name = self._reader.name

    @contextmanager
    def reading(self) -> Iterator[Sequence[Scene]]:
        """Keep the scenes readable inside the block; errors name the file."""
        with self._counting:
            if self.closed:
                raise ZException(f"{self.path} is closed; open it again to read it")
            self._readers += 1
        try:
            with read_errors(self.path, self.name):
                yield self._reader.scenes
        finally:
            self._leave()

    def close(self) -> None:
        """Refuse new reads; the file is closed after the last read ends."""
        with self._counting:
            self.closed, last = True, not (self.closed or self._readers)
        if last:
            self._reader.close()

    def _leave(self) -> None:
        with self._counting:
            self._readers -= 1
            last = self.closed and not self._readers
        if last:
            self._reader.close()

    def __del__(self, ending: Callable[[], bool] = sys.is_finalizing) -> None:
        # At the end of the interpreter modules are cleared first, and the system closes files.
        if hasattr(self, "name") and not ending():  # it was opened
            self.close()

    @property
    def version(self) -> int:
        """A value that changes when the file changes."""
        return os.stat(self.path).st_mtime_ns if os.path.exists(self.path) else 0  # noqa: PTH116, PTH110


class LockedScene:
    """A scene whose plans several threads may request; jobs run concurrently.

    Parameters
    ----------
    scene
        Of an open file.
    lock
        Lock held while planning.
    """

    def __init__(self, scene: Scene, lock: RLock) -> None:
        self._scene, self._lock = scene, lock

    @property
    def info(self) -> ZImgInfo:
        """Sizes, type and metadata at full resolution."""
        return self._scene.info

    @property
    def dtype(self) -> np.dtype[Any]:
        """Voxel type in native byte order."""
        return self._scene.dtype

    @property
    def packed_bytes(self) -> int | None:
        """Bytes in which the voxels are packed."""
        return self._scene.packed_bytes

    @property
    def levels(self) -> Sequence[Level]:
        """Stored resolution levels."""
        return self._scene.levels

    def blocks(self, level: int) -> NDArray[np.int64]:
        """Stored blocks."""
        with self._lock:
            return self._scene.blocks(level)

    def plan(self, region: ZImgRegion, level: int = 0) -> Sequence[Job]:
        """Plan the jobs that decode a region."""
        with self._lock:
            return self._scene.plan(region, level)

    def empty(self, region: ZImgRegion, level: int = 0) -> bool:
        """Whether a region is known, without decoding, to hold zeros; few formats record that."""
        ask = getattr(self._scene, "empty", None)
        if ask is None:
            return False
        with self._lock:
            return bool(ask(region, level))
