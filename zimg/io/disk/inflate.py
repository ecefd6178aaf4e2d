"""Compressed bytes of a file, decompressed from the start as far as needed."""

import bz2
import os
import zlib
from collections.abc import Callable
from threading import Lock
from typing import Protocol

from zimg._errors import ZException
from zimg.io.disk.bytes import FileBytes


class Machine(Protocol):
    """The common interface of the decompressors of zlib and bz2."""

    @property
    def eof(self) -> bool:
        """Whether the end was reached and the checksum was right."""

    @property
    def unused_data(self) -> bytes:
        """Bytes after the end."""

    def decompress(self, data: bytes, most: int, /) -> bytes:
        """Decompress some bytes of `data` and of the input that is still buffered."""


MACHINES: dict[str, Callable[[], Machine]] = {
    "zlib": lambda: zlib.decompressobj(zlib.MAX_WBITS),
    "gzip": lambda: zlib.decompressobj(zlib.MAX_WBITS + 16),
    "bzip2": bz2.BZ2Decompressor,
}
# First bytes of a further member: both formats may hold several members.
MEMBERS = {"gzip": b"\x1f\x8b", "bzip2": b"BZh"}
# Unpacked bytes per packed byte, at most. Deflate: 258 bytes take two bits or more (RFC 1951).
# bzip2: a block of 900,000 bytes takes 37 or more, and five of its bytes may stand for 255.
HIGHEST = {"zlib": 1032, "gzip": 1032, "bzip2": 2**21}
CHUNK = 2**20  # packed bytes that are read, and unpacked bytes that are passed over, at a time
AFTER_IMAGE = 2**20  # bytes behind an image that are unpacked to get at the checksum


class PackedBytes(FileBytes):
    """A compressed file, read as if it were uncompressed.

    Parameters
    ----------
    path
        An existing file.
    packing
        ``zlib``, ``gzip`` or ``bzip2``.
    start, count
        Where the packed bytes lie; up to the end of the file when `count` is None.

    Notes
    -----
    Offsets count decompressed bytes. Reading forwards continues; reading backwards starts again
    from the beginning, so any order works but ascending order is fast.
    """

    def __init__(
        self, path: str | os.PathLike[str], packing: str, start: int = 0, count: int | None = None
    ) -> None:
        super().__init__(path)
        self._packing, self._start = packing, start
        try:
            self._end = self.size if count is None else start + count
            super().check(start, self._end - start, "the compressed image")
        except BaseException:
            self.close()
            raise
        self._turn = Lock()
        self._begin()

    def _begin(self) -> None:
        self._machine = MACHINES[self._packing]()
        self._waiting, self._place, self.done = b"", self._start, 0

    def check(self, offset: int, count: int, what: str) -> None:
        """Raise a `ZException` when so many packed bytes cannot hold these bytes."""
        check_packed(self._packing, self._end - self._start, offset, count, what)

    def length(self, what: str = "the image") -> int:
        """Number of unpacked bytes; unpacks all of them and keeps none."""
        with self._turn:
            while self._unpack(CHUNK, what):
                pass
            return self.done

    def read(self, offset: int, count: int, what: str = "a block") -> bytes:
        """`count` bytes from `offset`; a `ZException` that names `what` when they do not exist."""
        self.check(offset, count, what)
        place = bytearray(count)
        self.read_into(offset, memoryview(place), what)
        return bytes(place)

    def read_into(self, offset: int, place: memoryview, what: str = "a block") -> None:
        """Fill `place`, a view of bytes, from `offset`; errors as in `read`."""
        self.check(offset, len(place), what)
        with self._turn:
            if offset < self.done:
                self._begin()
            while self.done < offset:
                self._some(min(CHUNK, offset - self.done), what)
            while len(place):
                part = self._some(len(place), what)
                place[: len(part)] = part
                place = place[len(part) :]

    def finish(self, what: str = "the image") -> None:
        """Continue to the end when it is near, to detect truncation and wrong checksums."""
        with self._turn:
            last = self.done + AFTER_IMAGE
            while self.done < last and self._unpack(CHUNK, what):
                pass

    def _some(self, most: int, what: str) -> bytes:
        """Up to `most` of the next bytes, at least one."""
        part = self._unpack(most, what)
        if not part:
            raise ZException(
                f"{what} ends after {self.done} decompressed bytes: the file is truncated"
            )
        return part

    def _unpack(self, most: int, what: str) -> bytes:
        """Up to `most` of the next bytes, none at the end."""
        try:
            while not self._machine.eof or self._next_member(what):
                part = self._machine.decompress(self._waiting, most)
                rest = getattr(self._machine, "unconsumed_tail", b"")
                self._waiting = self._machine.unused_data if self._machine.eof else rest
                if part:
                    self.done += len(part)
                    return part
                if not self._machine.eof and not self._waiting:
                    self._waiting = self._packed(what)
        except (zlib.error, OSError, EOFError) as error:
            raise ZException(
                f"{what} cannot be decompressed, the file is damaged: {error}"
            ) from error
        return b""

    def _next_member(self, what: str) -> bool:
        """Start the next member, if any; zeros between members are padding."""
        rest = self._waiting.lstrip(b"\0")
        while len(rest) < 3 and self._place < self._end:
            rest = (rest + self._packed(what)).lstrip(b"\0")
        first = MEMBERS.get(self._packing)
        if first is None or not rest.startswith(first):
            return False
        self._machine, self._waiting = MACHINES[self._packing](), rest
        return True

    def _packed(self, what: str) -> bytes:
        """The next packed bytes."""
        count = min(CHUNK, self._end - self._place)
        if not count:
            raise ZException(
                f"{what} ends after {self.done} decompressed bytes: the file is truncated"
            )
        data = super().read(self._place, count, what)
        self._place += count
        return data


def check_packed(packing: str, packed: int, offset: int, count: int, what: str) -> None:
    """Raise a `ZException` when `packed` bytes cannot unpack to bytes up to `offset` + `count`."""
    if min(offset, count) < 0 or offset + count > HIGHEST[packing] * (packed + 1):
        raise ZException(
            f"{what} takes bytes {offset} to {offset + count}, which {packed} compressed bytes "
            "cannot hold: the file is truncated or damaged"
        )
