"""What patches are cut from: files, opened where they are needed, and arrays."""

import os
from typing import Any

from zimg._typing import Array, Device, ImageFramework
from zimg.arrays.export import exported
from zimg.arrays.inputs import shape_of
from zimg.image import ZImg
from zimg.image import open as open_image
from zimg.image.lazy import ZImgFile

Corner = tuple[int, int, int]  # z, y, x


class Volume:
    """An image at one time: a file, or arrays.

    Parameters
    ----------
    source
        A path, a `ZImgFile`, a `ZImg`, or a ``(C, Z, Y, X)``, ``(Z, Y, X)`` or ``(Y, X)`` array.
    time
        Which time point.

    Raises
    ------
    ValueError
        For a time that is not there.
    """

    def __init__(self, source: Any, time: int = 0) -> None:
        self._time = time
        self._file: ZImgFile | None = None
        self._path, self._image = "", None
        if isinstance(source, str | os.PathLike):
            self._path = os.fspath(source)
        elif isinstance(source, ZImgFile):
            self._file = source
        else:
            self._image = source if isinstance(source, ZImg) else _image_of(source)
        self.info = self._opened().info.copy()
        if not 0 <= time < self.info.numTimes:
            raise ValueError(f"time is {time}, {source!r} has {self.info.numTimes} time points")

    def _opened(self) -> Any:
        """The image, or the file, which is opened once in each process."""
        if self._image is not None:
            return self._image
        if self._file is None:
            self._file = open_image(self._path)
        return self._file

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled: a file by its name."""
        return self.__dict__ | ({"_file": None} if self._path else {})

    @property
    def shape(self) -> Corner:
        """Voxels along z, y, x."""
        return self.info.depth, self.info.height, self.info.width

    def read(
        self,
        corner: Corner,
        shape: Corner,
        channels: slice,
        framework: ImageFramework,
        device: Device,
    ) -> Array:
        """The ``(C, Z, Y, X)`` voxels of a box; only stored blocks that meet it are decoded."""
        box = tuple(slice(a, a + n) for a, n in zip(corner, shape, strict=True))
        found = self._opened()[(self._time, channels, *box)].data[0]
        return exported(found, framework, device=device)


def _image_of(array: Any) -> ZImg:
    """An image of an array of two to four axes; a `ValueError` for others."""
    shape = shape_of(array)
    layouts = {2: "YX", 3: "ZYX", 4: "CZYX"}
    if shape is None or len(shape) not in layouts:
        given = type(array).__name__ if shape is None else f"shape {shape}"
        raise ValueError(f"patches are cut from paths, images, arrays of 2 to 4 axes, got {given}")
    return ZImg(array, layout=layouts[len(shape)])
