"""MRC and CCP4 files (.mrc, .rec, .map): a header of 1024 bytes, then one volume or several."""

import math
from pathlib import Path

from zimg.io.disk.bytes import FileBytes
from zimg.io.disk.limits import check_entries
from zimg.io.formats.mrc.metadata import HEADER, Header
from zimg.io.scenes.strided import StridedScene, Strides
from zimg.values import FileFormat


class MrcReader:
    """An open file; a volume is a scene.

    Parameters
    ----------
    path
        An existing file.
    format
        Not looked at.

    Raises
    ------
    ZException
        When the header is damaged, the voxels are complex or packed, or the file is too short.

    Notes
    -----
    Columns, rows and sections are x, y and z as they are stored, also where the header names
    other axes of the cell; their voxel sizes are those of the named axes.
    """

    name = "MRC"

    def __init__(self, path: Path, format: FileFormat) -> None:  # noqa: ARG002 (it is the only one)
        self._file = FileBytes(path)
        try:
            header = Header(self._file.read(0, min(HEADER, self._file.size), "the header"))
            check_entries(self._file.size, volumes=header.volumes)
            self.scenes = [self._scene(header, number) for number in range(header.volumes)]
        except BaseException:
            self.close()
            raise

    def _scene(self, header: Header, number: int) -> StridedScene:
        info, item = header.info(), header.stored.itemsize
        row, plane = info.width * item, info.width * info.height * item
        volume = math.prod(info.size) * item
        strides = Strides(t=volume, c=volume, z=plane, y=row, x=item)
        start = HEADER + header.extended + number * volume
        return StridedScene(self._file, info, header.stored, start, strides)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
