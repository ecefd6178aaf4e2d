"""Read Vaa3D stacks, raw (v3draw) and compressed (v3dpbd)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.disk.bytes import FileBytes
from zimg.io.formats.vaa3d.metadata import OTHER_PACKED, PACKED, RAW, Header, read_header
from zimg.io.formats.vaa3d.packed import check_claim, unpack_8_bits, unpack_16_bits
from zimg.io.scenes.scene import Scene
from zimg.io.scenes.strided import StridedScene, Strides
from zimg.io.scenes.whole import WholeScene
from zimg.values import FileFormat


class Vaa3DReader:
    """An open stack, raw or compressed.

    Parameters
    ----------
    path
        An existing file.
    format
        Ignored; the first bytes identify the variant.

    Raises
    ------
    ZException
        When the header is not one of Vaa3D, or the file is too short.
    """

    name = "Vaa3D"
    scenes: tuple[Scene, ...]

    def __init__(self, path: Path, format: FileFormat) -> None:  # noqa: ARG002
        self._file = FileBytes(path)
        try:
            key = self._file.read(0, len(RAW), "the header")
            if key == OTHER_PACKED:
                raise ZException(f"stacks compressed as {OTHER_PACKED.decode()} are not supported")
            if key not in (RAW, PACKED):
                raise ZException(f"the file begins with {key!r}: expected {RAW!r}")
            header = read_header(self._file, packed=key == PACKED)
            self.scenes = (self._packed(header) if key == PACKED else self._raw(header),)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _raw(self, header: Header) -> Scene:
        x, y, z, _ = header.sizes
        step = header.stored.itemsize
        # before metadata with a name per claimed channel are made
        self._file.check(header.offset, header.count * step, "the image")
        strides = Strides(0, step * x * y * z, step * x * y, step * x, step)
        return StridedScene(self._file, header.info(), header.stored, header.offset, strides)

    def _packed(self, header: Header) -> Scene:
        check_claim(header.count, self._file.size)
        unpack: Callable[..., NDArray[Any]] = unpack_8_bits
        if header.stored.itemsize == 2:
            unpack = unpack_16_bits

        def decode() -> NDArray[Any]:
            data = self._file.read(header.offset, self._file.size - header.offset, "the voxels")
            x, y, z, c = header.sizes
            voxels = unpack(data, header.count, header.stored)
            return voxels.reshape(c, z, y, x)

        return WholeScene(header.info(), header.stored.newbyteorder("="), decode)
