"""A Zarr hierarchy in a folder; links out of it are refused, and replacement is detected."""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import RawIOBase
from pathlib import Path

from zarr.abc.buffer import Buffer, BufferPrototype
from zarr.abc.store import ByteRequest
from zarr.storage import LocalStore

from zimg._errors import ZException
from zimg.io.disk.errors import ReplacedError
from zimg.io.formats.ome_zarr.sizes import METADATA, check_size, ends

Stamp = tuple[int, ...]


class ConfinedStore(LocalStore):
    """A read-only folder store that never follows links out of the folder.

    Parameters
    ----------
    root
        The folder. It is kept open to detect its replacement.
    """

    def __init__(self, root: Path | str, *, read_only: bool = True) -> None:
        super().__init__(Path(os.path.realpath(root)), read_only=read_only)
        self._stamps: dict[str, Stamp | None] = {}
        self._held = -1
        if hasattr(os, "O_DIRECTORY"):  # not on Windows, where an open folder cannot be renamed
            self._held = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)

    def close(self) -> None:
        """Close the folder."""
        held, self._held = self._held, -1
        if held >= 0:
            os.close(held)
        super().close()

    async def get(
        self,
        key: str,
        prototype: BufferPrototype | None = None,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        """The bytes of a key; None only if the key is absent."""
        self._check(key, byte_range)
        found = await super().get(key, prototype, byte_range)
        if found is None and (self.root / key).is_dir():
            raise ZException(f"{key} is a folder where a file is expected")
        return found

    def read_now(self, key: str, byte_range: ByteRequest | None) -> bytes | None:
        """The bytes of a key, or a part of them; None if the key is absent."""
        self._check(key, byte_range)
        path = self.root / key
        try:
            with path.open("rb", buffering=0) as file:
                size = os.fstat(file.fileno()).st_size
                start, end = ends(byte_range, size)
                file.seek(start)
                return _all_of(file, end - start)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except IsADirectoryError:
            raise ZException(f"{key} is a folder where a file is expected") from None

    def holds(self, key: str) -> bool:
        """Whether the name exists; an `OSError` where the disk cannot be read."""
        try:
            os.lstat(self.root / key)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    async def get_partial_values(
        self,
        prototype: BufferPrototype,
        key_ranges: Iterable[tuple[str, ByteRequest | None]],
    ) -> list[Buffer | None]:
        """Parts of the bytes of keys."""
        wanted = list(key_ranges)
        for key, part in wanted:
            self._check(key, part)
        return await super().get_partial_values(prototype, wanted)

    def _check(self, key: str, byte_range: ByteRequest | None) -> None:
        """Refuse keys outside the folder, other than regular files, and of invalid size."""
        path = self.root / key
        real = os.path.realpath(path)
        if os.path.commonpath((real, self.root)) != str(self.root):
            raise ZException(f"{key} is outside the store")
        try:
            found = path.stat()
        except OSError:
            return  # it may be absent; reading finds out
        if stat.S_ISREG(found.st_mode):
            check_size(key, found.st_size, byte_range)
        elif not stat.S_ISDIR(found.st_mode):
            raise ZException(f"{key} is not a regular file")
        if key.rpartition("/")[2] in METADATA:
            self._stamps.setdefault(key, _stamp(found))

    @contextmanager
    def steady(self, *keys: str) -> Iterator[None]:
        """Raise an error after the block if the folder or one of `keys` was replaced.

        Raises
        ------
        ReplacedError
            Also instead of an error of the block.
        """
        try:
            yield
        except Exception as error:
            self._check_same(keys, error)
            raise
        self._check_same(keys)

    def _check_same(self, keys: Iterable[str], cause: Exception | None = None) -> None:
        here: Stamp | None = None
        with suppress(OSError):
            here = _place(self.root.stat())
        same = self._held < 0 or here == _place(os.fstat(self._held))
        if not same or any(self._changed(key) for key in keys if key in self._stamps):
            raise ReplacedError(
                "the store was replaced while it was open; open it again"
            ) from cause

    def _changed(self, key: str) -> bool:
        try:
            return _stamp((self.root / key).stat()) != self._stamps[key]
        except OSError:
            return True

    def keys_below(self, prefix: str) -> Iterator[str]:
        """Yield names of files relative to a folder."""
        folder, waiting = self.root / prefix, [""]
        while waiting:
            inner = waiting.pop()
            with os.scandir(folder / inner) as entries:
                for entry in entries:
                    name = f"{inner}/{entry.name}" if inner else entry.name
                    if entry.is_dir():
                        waiting.append(name)
                    else:
                        yield name


def _place(found: os.stat_result) -> Stamp:
    return found.st_dev, found.st_ino


def _stamp(found: os.stat_result) -> Stamp:
    return (*_place(found), found.st_size, found.st_mtime_ns)


def _all_of(file: RawIOBase, count: int) -> bytes:
    """Read `count` bytes, with several calls if needed."""
    parts = []
    while count > 0:
        part = file.read(count) or b""
        if not part:
            break
        parts.append(part)
        count -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
