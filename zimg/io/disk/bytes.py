"""Bytes of a file, read from several threads and never beyond its end."""

import os
import stat
from pathlib import Path
from threading import Lock

from zimg._errors import ZException


def check_regular(path: str | os.PathLike[str]) -> None:
    """Refuse pipes, devices and sockets, whose opening or reading may never end.

    Raises
    ------
    ZException
        If the path exists and is neither a regular file nor a folder.
    """
    mode = os.stat(path).st_mode  # noqa: PTH116 (a path of any kind)
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise ZException(f"{os.fspath(path)} is not a regular file")


class FileBytes:
    """A file open for reading at any place.

    Parameters
    ----------
    path
        An existing file.

    Raises
    ------
    ZException
        When it is not a regular file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        check_regular(path)
        self._file = Path(path).open("rb", buffering=0)  # noqa: SIM115  # closed by `close`
        self._lock = Lock()
        self.status: os.stat_result | None = os.fstat(self._file.fileno())
        self.size = self.status.st_size

    def check(self, offset: int, count: int, what: str) -> None:
        """Raise a `ZException` that names `what` unless these bytes exist."""
        if offset < 0 or count < 0 or offset + count > self.size:
            raise ZException(
                f"{what} takes bytes {offset} to {offset + count}, but the file ends at "
                f"{self.size}: it is truncated or damaged"
            )

    def read(self, offset: int, count: int, what: str = "a block") -> bytes:
        """`count` bytes from `offset`; a `ZException` that names `what` when they do not exist."""
        self.check(offset, count, what)
        return self._stored(offset, count, what)

    def _stored(self, offset: int, count: int, what: str) -> bytes:
        """Read `count` bytes whose existence has been checked."""
        parts = []
        while count > 0:  # one call may return less, above 2 GiB for certain
            part = self._read_some(offset, count)
            if not part:
                raise ZException(f"{what} cannot be read: the file was shortened while it was read")
            parts.append(part)
            offset, count = offset + len(part), count - len(part)
        return b"".join(parts) if len(parts) != 1 else parts[0]

    def read_into(self, offset: int, place: memoryview, what: str = "a block") -> None:
        """Fill `place`, a view of bytes, from `offset`; errors as in `read`."""
        self.check(offset, len(place), what)
        if not hasattr(os, "preadv"):
            place[:] = self.read(offset, len(place), what)
            return
        while len(place):
            count = os.preadv(self._file.fileno(), [place], offset)
            if not count:
                raise ZException(f"{what} cannot be read: the file was shortened while it was read")
            offset, place = offset + count, place[count:]

    def finish(self, what: str = "the image") -> None:
        """Check what follows the image, for kinds of files that end with a checksum."""

    def _read_some(self, offset: int, count: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self._file.fileno(), count, offset)
        with self._lock:  # Windows: the place is shared by all threads
            self._file.seek(offset)
            return self._file.read(count)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
