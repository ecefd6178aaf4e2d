"""Several files read as one; each holds the same number of bytes of an image."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock

from zimg.io.disk.bytes import FileBytes

MOST_OPEN = 16  # files at a time

# Opens a file and returns the offset of the image in it.
Open = Callable[[Path], tuple[FileBytes, int]]


class JoinedFiles(FileBytes):
    """Files one after the other, each opened when it is read.

    Parameters
    ----------
    paths
        In order.
    each
        Bytes that are taken from every file.
    open_file
        Opens one.

    Notes
    -----
    Offsets count the bytes that are taken.
    """

    def __init__(self, paths: Sequence[Path], each: int, open_file: Open) -> None:
        self._paths, self._each, self._open_file = paths, each, open_file
        self.size = len(paths) * each
        self._turn = Lock()
        self._open: OrderedDict[int, tuple[FileBytes, int]] = OrderedDict()

    def missing(self, offset: int, count: int) -> list[Path]:
        """The missing files among those that should hold these bytes."""
        wanted = self._paths[offset // self._each : -(-(offset + count) // self._each)]
        return [path for path in wanted if not path.is_file()]

    def read(self, offset: int, count: int, what: str = "a block") -> bytes:
        """`count` bytes from `offset`; a `ZException` that names `what` when they do not exist."""
        place = bytearray(count)
        self.read_into(offset, memoryview(place), what)
        return bytes(place)

    def read_into(self, offset: int, place: memoryview, what: str = "a block") -> None:
        """Fill `place`, a view of bytes, from `offset`; errors as in `read`."""
        self.check(offset, len(place), what)
        with self._turn:  # packed files are read in order
            while len(place):
                number, within = divmod(offset, self._each)
                count = min(len(place), self._each - within)
                file, start = self._opened(number)
                name = f"{what} in {self._paths[number].name}"
                file.read_into(start + within, place[:count], name)
                if within + count == self._each:
                    file.finish(name)
                offset, place = offset + count, place[count:]

    def _opened(self, number: int) -> tuple[FileBytes, int]:
        if number not in self._open:
            if len(self._open) == MOST_OPEN:
                self._open.popitem(last=False)[1][0].close()
            self._open[number] = self._open_file(self._paths[number])
        self._open.move_to_end(number)
        return self._open[number]

    def close(self) -> None:
        """Close the files that are open."""
        with self._turn:
            while self._open:
                self._open.popitem()[1][0].close()
