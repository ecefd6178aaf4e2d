"""Vaa3D's raw stacks, and those packed by differences (v3dpbd)."""

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
    """An open stack, raw or packed.

    Parameters
    ----------
    path
        An existing file.
    format
        Not looked at: the first bytes tell.

    Raises
    ------
    ZException
        When the header is of another program or the file too short for it.
    """

    name = "Vaa3D"
    scenes: tuple[Scene, ...]

    def __init__(self, path: Path, format: FileFormat) -> None:  # noqa: ARG002
        self._file = FileBytes(path)
        try:
            key = self._file.read(0, len(RAW), "its header")
            if key == OTHER_PACKED:
                raise ZException(f"stacks packed as {OTHER_PACKED.decode()} are not read")
            if key not in (RAW, PACKED):
                raise ZException(f"it begins with {key!r}, not with {RAW!r}")
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
        # before the metadata, which has a name for each channel that is claimed
        self._file.check(header.offset, header.count * step, "its image")
        strides = Strides(0, step * x * y * z, step * x * y, step * x, step)
        return StridedScene(self._file, header.info(), header.stored, header.offset, strides)

    def _packed(self, header: Header) -> Scene:
        check_claim(header.count, self._file.size)
        unpack: Callable[..., NDArray[Any]] = unpack_8_bits
        if header.stored.itemsize == 2:
            unpack = unpack_16_bits

        def decode() -> NDArray[Any]:
            data = self._file.read(header.offset, self._file.size - header.offset, "its voxels")
            x, y, z, c = header.sizes
            voxels = unpack(data, header.count, header.stored)
            return voxels.reshape(c, z, y, x)

        return WholeScene(header.info(), header.stored.newbyteorder("="), decode)
