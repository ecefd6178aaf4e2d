"""Voxels stored as text, read as if they were stored as binary numbers."""

import os
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.disk.bytes import FileBytes
from zimg.io.disk.limits import check_decoded

# Bytes per number while a text is parsed: a string object and its slot in the list.
COST = 64


class TextBytes(FileBytes):
    """Numbers in decimal, or bytes in hexadecimal, separated by white space.

    Parameters
    ----------
    path
        An existing file.
    encoding
        ``text`` or ``hex``.
    dtype
        Type of the numbers, with the byte order that `read` gives.
    start
        Where the text begins; it ends with the file.

    Notes
    -----
    Offsets count bytes of binary numbers. The whole text is parsed on the first access.
    """

    def __init__(
        self, path: str | os.PathLike[str], encoding: str, dtype: np.dtype[Any], start: int = 0
    ) -> None:
        super().__init__(path)
        self._encoding, self._dtype, self._start = encoding, dtype, start
        self._turn = Lock()
        self._found: NDArray[np.uint8] | None = None

    def check(self, offset: int, count: int, what: str) -> None:
        """Raise a `ZException` if a text of this size cannot hold these bytes."""
        check_text(self._encoding, self.size - self._start, offset + count, self._dtype, what)

    def read(self, offset: int, count: int, what: str = "a block") -> bytes:
        """`count` bytes from `offset`; a `ZException` that names `what` when they do not exist."""
        return bytes(self._part(offset, count, what))

    def read_into(self, offset: int, place: memoryview, what: str = "a block") -> None:
        """Fill `place`, a view of bytes, from `offset`; errors as in `read`."""
        place[:] = self._part(offset, len(place), what).data

    def length(self, what: str = "the image") -> int:
        """Number of bytes of all numbers."""
        return len(self._all(what))

    def _part(self, offset: int, count: int, what: str) -> NDArray[np.uint8]:
        found = self._all(what)
        if offset + count > len(found):
            raise ZException(
                f"{what} ends after {len(found)} of {offset + count} bytes as text: "
                "the file is truncated"
            )
        return found[offset : offset + count]

    def _all(self, what: str) -> NDArray[np.uint8]:
        with self._turn:
            if self._found is None:
                check_decoded((self.size - self._start,), COST)
                text = self._stored(self._start, self.size - self._start, what)
                self._found = self._parsed(text, what)
            return self._found

    def _parsed(self, text: bytes, what: str) -> NDArray[np.uint8]:
        try:
            if self._encoding == "hex":
                return np.frombuffer(bytes.fromhex(text.decode("ascii")), np.uint8)
            numbers = parsed_numbers(text, self._dtype)
        except (ValueError, OverflowError) as error:
            raise ZException(f"{what} is not text of {self._dtype} values: {error}") from error
        return numbers.view(np.uint8)


def parsed_numbers(text: bytes, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Numbers of a text; a `ValueError` or `OverflowError` for others than those of the type."""
    if dtype.kind == "f":
        return np.array([float(each) for each in text.split()], dtype)
    numbers = [int(each) for each in text.split()]
    limits = np.iinfo(dtype)
    for found in (min(numbers, default=0), max(numbers, default=0)):
        if not limits.min <= found <= limits.max:  # NumPy before 2.2 would wrap it
            raise OverflowError(f"{found} is out of range")
    return np.array(numbers, dtype)


def check_text(encoding: str, stored: int, needed: int, dtype: np.dtype[Any], what: str) -> None:
    """Raise a `ZException` if `stored` bytes of text cannot represent `needed` bytes."""
    least = 2 * needed if encoding == "hex" else 2 * (needed // dtype.itemsize) - 1
    if least > stored:
        raise ZException(
            f"{what} takes at least {least} bytes of text, "
            f"but the file has {stored}: it is truncated"
        )
