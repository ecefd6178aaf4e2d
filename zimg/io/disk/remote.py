"""Bytes of a file at an address, fetched in ranges."""

import io
import os
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from zimg._errors import ZException
from zimg.io.disk.bytes import FileBytes

SCHEMES = ("http", "https", "s3", "gs", "az", "abfs", "abfss")  # that obstore opens
# The default of obstore retries for minutes.
PATIENCE = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}
BLOCK = 2**16  # bytes that are fetched for a small read, aligned
BLOCKS = 256  # kept, 16 MiB


class RemoteBytes(FileBytes):
    """A file at an address such as ``https://host/a.tif`` or ``s3://bucket/a.czi``.

    Parameters
    ----------
    address
        Without a query.

    Raises
    ------
    ZException
        When the scheme is unknown, obstore is not installed, or the file cannot be asked for.

    Notes
    -----
    Small reads fetch the aligned block around them, which is kept: metadata lie close together.
    Reads of a block or more fetch what they ask for.
    """

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in SCHEMES:
            known = "://, ".join(SCHEMES)
            raise ZException(f"unsupported address {parts.scheme}://: expected {known}://")
        if parts.query or parts.fragment:
            raise ZException("addresses of single files with a query or fragment are not read")
        if find_spec("obstore") is None:
            raise ZException('addresses need obstore; pip install "zimg-xp[cloud]" adds it')
        folder, _, self._key = address.rpartition("/")
        options = {"client_options": {"allow_http": True}} if parts.scheme == "http" else {}
        store = import_module("obstore.store")
        self._store = store.from_url(folder, retry_config=PATIENCE, **options)
        self._obstore = import_module("obstore")
        with named_causes():
            self.size = int(self._obstore.head(self._store, self._key)["size"])
        self.status = None
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._lock = Lock()

    def _read_some(self, offset: int, count: int) -> bytes:
        if count >= BLOCK:
            return self._fetched(offset, offset + count)
        number = offset // BLOCK
        inside = offset - number * BLOCK
        return self._block(number)[inside : inside + count]

    def _block(self, number: int) -> bytes:
        with self._lock:
            if number in self._blocks:
                self._blocks.move_to_end(number)
                return self._blocks[number]
        found = self._fetched(number * BLOCK, min((number + 1) * BLOCK, self.size))
        with self._lock:
            self._blocks[number] = found
            while len(self._blocks) > BLOCKS:
                self._blocks.popitem(last=False)
        return found

    def _fetched(self, start: int, end: int) -> bytes:
        with named_causes():
            found = bytes(self._obstore.get_range(self._store, self._key, start=start, end=end))
        if len(found) != end - start:
            raise ZException(f"the server sent {len(found)} bytes of {end - start}")
        return found

    def read_into(self, offset: int, place: memoryview, what: str = "a block") -> None:
        """Fill `place`, a view of bytes, from `offset`."""
        place[:] = self.read(offset, len(place), what)

    def close(self) -> None:
        """Release the fetched bytes."""
        self._blocks.clear()


@contextmanager
def named_causes() -> Iterator[None]:
    """Turn errors of obstore, which print their insides, into one line."""
    try:
        yield
    except Exception as error:
        if isinstance(error, FileNotFoundError) or type(error).__name__ == "NotFoundError":
            raise ZException("the server has no such file") from error
        if not type(error).__module__.startswith("obstore"):
            raise
        cause, _, _ = str(error).partition("Debug source:")
        raise ZException(" ".join(cause.split()).rstrip(":.")) from error


class Stream(io.RawIOBase):
    """A Python file object for packages that accept one.

    Parameters
    ----------
    file
        Open while this is used; closed by whoever opened it.
    name
        Of the file.
    """

    def __init__(self, file: FileBytes, name: str) -> None:
        self._file, self.name, self._place = file, name, 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the offset of the next byte."""
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move to an offset."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._file.size}[whence]
        self._place = max(base + offset, 0)
        return self._place

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """Fill a buffer with the next bytes of the file."""
        count = max(min(len(buffer), self._file.size - self._place), 0)
        buffer[:count] = self._file.read(self._place, count)
        self._place += count
        return count


def is_address(path: object) -> bool:
    """Whether a name is an address."""
    return isinstance(path, str) and "://" in path


def opened_bytes(path: str | os.PathLike[str]) -> FileBytes:
    """The bytes of a file on this machine or at an address."""
    return RemoteBytes(str(path)) if is_address(path) else FileBytes(path)


def opened_stream(file: FileBytes, path: str | os.PathLike[str]) -> Any:
    """The path of a local file or a stream of an address, for packages that accept either."""
    return Stream(file, str(path)) if isinstance(file, RemoteBytes) else Path(path)
