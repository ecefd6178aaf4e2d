"""One position of an ND2 file: a frame for each time and z, all channels in it."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.disk.bytes import FileBytes
from zimg.io.formats.nd2.chunks import Chunks, Span
from zimg.io.scenes.missing import MissingPlane, existing
from zimg.io.scenes.scene import Job, PlaneScene
from zimg.io.scenes.strided import Piece, Strides
from zimg.values import ZImgInfo, ZImgRegion

Place = tuple[int, int]  # t, z


class Nd2Scene(PlaneScene):
    """One position.

    Parameters
    ----------
    file, chunks
        Open while the scene is used.
    info
        Sizes and metadata.
    frames
        Number of the frame at each time and z.
    row
        Bytes from one row of a frame to the next.
    packed
        Whether frames are packed by deflate.

    Raises
    ------
    ZException
        When a frame that is there is too short.
    """

    def __init__(
        self,
        file: FileBytes,
        chunks: Chunks,
        info: ZImgInfo,
        frames: Mapping[Place, int],
        row: int,
        *,
        packed: bool,
    ) -> None:
        dtype = np.dtype(info.dataTypeString())
        super().__init__(info, dtype)
        self._file, self._chunks, self._frames = file, chunks, frames
        self._stored, self._packed = dtype.newbyteorder("<"), packed
        item = dtype.itemsize
        step = item * info.numChannels
        self._strides = Strides(t=0, c=item, z=0, y=row, x=step)
        self._size = (info.height - 1) * row + info.width * step
        self.packed_bytes = file.size if packed else None

    def plan(self, region: ZImgRegion, level: int = 0) -> Sequence[Job]:  # noqa: ARG002
        """Plan one job per frame; missing frames are reported together."""
        return existing(self._jobs(region))

    def _jobs(self, region: ZImgRegion) -> Iterator[Job | MissingPlane]:
        start, end = region.start, region.end
        for t, z in product(range(start.t, end.t), range(start.z, end.z)):
            span = self._chunks.frame(self._frames[t, z])
            if span is None:
                why = "some frames were never written: the acquisition was ended before"
                yield MissingPlane(f"z={z} t={t}", why)
                continue
            put = t - start.t, 0, z - start.z, 0
            if self._packed:
                yield self._unpacking(span, region, put)
            else:
                yield self._reading(span, region, put)

    def _reading(self, span: Span, region: ZImgRegion, put: tuple[int, int, int, int]) -> Piece:
        """Make a job that reads the requested rows of an uncompressed frame."""
        if span.size < self._size:
            raise ZException(
                f"a frame has {span.size} bytes, {self._size} are needed: the file is damaged"
            )
        start, (x, y, _, c, _) = region.start, region.size
        s = self._strides
        place = span.offset + start.y * s.y + start.x * s.x + start.c * s.c
        return Piece(self._file, self._stored, place, (c, y, x), s, put)

    def _unpacking(self, span: Span, region: ZImgRegion, put: tuple[int, int, int, int]) -> Job:
        """Make a job that decompresses a frame and copies the requested part."""
        info, s = self.info, self._strides
        shape = info.numChannels, info.height, info.width
        c, _, y, x = region.czyx

        def job(out: list[NDArray[Any]]) -> None:
            data = self._file.read(*span, "a frame")
            found = zlib.decompressobj().decompress(data, self._size)
            if len(found) < self._size:
                raise ZException(
                    f"a frame unpacks to {len(found)} bytes, {self._size} are needed: it is damaged"
                )
            pixels: NDArray[Any] = np.ndarray(shape, self._stored, found, strides=(s.c, s.y, s.x))
            out[put[0]][:, put[2]] = pixels[c, y, x]

        return job
