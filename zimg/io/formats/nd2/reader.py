"""ND2 files, opened for reading."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

from zimg.io.disk.bytes import FileBytes
from zimg.io.formats.nd2.chunks import Chunks
from zimg.io.formats.nd2.metadata import STAMPS, Description, stamps
from zimg.io.formats.nd2.scene import Nd2Scene
from zimg.values import FileFormat

AXES = "TPZ"


class Nd2Reader:
    """An open ND2 file; a position of the stage is a scene.

    Parameters
    ----------
    path
        An existing file.
    format
        Not looked at: there is one only.

    Raises
    ------
    ZException
        When it is truncated or damaged, packed with loss, or of the time before 2010.

    Notes
    -----
    The package nd2 reads the metadata. Frames are read here, by the map of chunks, as nd2 gives
    zeros for those that are missing or cut off.
    """

    name = "ND2"

    def __init__(self, path: Path, format: FileFormat) -> None:  # noqa: ARG002
        self._file = FileBytes(path)
        try:
            self._chunks = Chunks(self._file)
            self.scenes = list(self._positions(Description.of(path, self._file.size)))
        except BaseException:
            self.close()
            raise

    def _positions(self, description: Description) -> Iterator[Nd2Scene]:
        span = self._chunks.find(STAMPS)
        times = b"" if span is None else self._file.read(*span, "the time stamps")
        numbers = _frames(description)
        for position in range(description.count("P")):
            frames = {(t, z): n for (t, p, z), n in numbers.items() if p == position}
            info = description.info(position)
            found = stamps(times, [frames[t, 0] for t in range(info.numTimes)])
            info.timeStamps = found or info.timeStamps
            packed = description.attributes.compressionType == "lossless"
            yield Nd2Scene(self._file, self._chunks, info, frames, description.row, packed=packed)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _frames(description: Description) -> dict[tuple[int, ...], int]:
    """The number of the frame at each time, position and z."""
    letters = [letter for letter, _ in description.loops]
    found = {}
    for number, places in enumerate(product(*(range(count) for _, count in description.loops))):
        at = dict(zip(letters, places, strict=True))
        found[tuple(at.get(axis, 0) for axis in AXES)] = number
    return found
