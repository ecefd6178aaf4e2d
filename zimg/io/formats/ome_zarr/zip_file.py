"""A Zarr hierarchy in a zip file: ``.ozx`` of OME-NGFF (RFC 9), or any zipped store."""

import asyncio
import zipfile
import zlib
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path

from zarr.abc.buffer import Buffer, BufferPrototype
from zarr.abc.store import ByteRequest, Store

from zimg._errors import ZException
from zimg.io.formats.ome_zarr.sizes import METADATA, check_size, ends


class ZipFolder(Store):
    """A read-only zip file; the hierarchy is at its root, or in its only folder.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    ZException
        When the file is not a zip file or has no Zarr metadata.
    """

    supports_writes = supports_deletes = False
    supports_listing = True

    def __init__(self, path: Path | str) -> None:
        super().__init__(read_only=True)
        try:
            self._file = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise ZException(f"the zip file cannot be read: {error}") from error
        try:
            self._top = self._root()
        except BaseException:
            self.close()
            raise

    def _root(self) -> str:
        """Prefix of the hierarchy, ending in a slash unless it is the root."""
        names = self._file.namelist()
        present = set(names)
        tops = {name.partition("/")[0] for name in names if "/" in name}
        for top in ("", *(f"{each}/" for each in tops if len(tops) == 1)):
            if any(top + mark in present for mark in METADATA):
                return top
        raise ZException("the zip file has no Zarr metadata at its root")

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()

    def __eq__(self, other: object) -> bool:
        return self is other

    async def get(
        self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """The bytes of a key; None if absent."""
        data = await asyncio.to_thread(self.read_now, key, byte_range)
        return None if data is None else prototype.buffer.from_bytes(data)

    async def get_partial_values(
        self,
        prototype: BufferPrototype,
        key_ranges: Iterable[tuple[str, ByteRequest | None]],
    ) -> list[Buffer | None]:
        """Parts of the bytes of keys."""
        return [await self.get(key, prototype, part) for key, part in key_ranges]

    def read_now(self, key: str, byte_range: ByteRequest | None) -> bytes | None:
        """The bytes of a key; None if absent."""
        try:
            entry = self._file.getinfo(self._top + key)
        except KeyError:
            return None
        check_size(key, entry.file_size, byte_range)
        start, end = ends(byte_range, entry.file_size)
        try:
            with self._file.open(entry) as opened:
                opened.seek(start)
                return opened.read(end - start)
        except (zipfile.BadZipFile, EOFError, RuntimeError, zlib.error) as error:
            raise ZException(f"{key} of the zip file cannot be read: {error}") from error

    def holds(self, key: str) -> bool:
        """Whether a key exists."""
        return self._top + key in self._file.NameToInfo

    async def exists(self, key: str) -> bool:
        """Whether a key exists."""
        return self.holds(key)

    def keys_below(self, prefix: str) -> Iterator[str]:
        """Names of files relative to a folder."""
        start = f"{self._top}{prefix}/" if prefix else self._top
        for name in self._file.namelist():
            if name.startswith(start) and not name.endswith("/"):
                yield name.removeprefix(start)

    async def list(self) -> AsyncIterator[str]:
        """All keys."""
        for name in self.keys_below(""):
            yield name

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """All keys that begin with `prefix`."""
        for name in self.keys_below(""):
            if name.startswith(prefix):
                yield name

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Names in a folder."""
        for name in {key.partition("/")[0] for key in self.keys_below(prefix.rstrip("/"))}:
            yield name

    async def set(self, key: str, value: Buffer) -> None:
        """Refuse: the store is read-only."""
        raise NotImplementedError(key)

    async def delete(self, key: str) -> None:
        """Refuse: the store is read-only."""
        raise NotImplementedError(key)
