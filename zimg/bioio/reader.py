"""Images in files as a bioio reader: scenes, levels, channel names and physical sizes."""

from typing import Any

import numpy as np
import xarray
from bioio_base import exceptions, io, types
from bioio_base.dimensions import DimensionNames
from bioio_base.reader import Reader as Base

from zimg._errors import ZException
from zimg.image import open as open_image
from zimg.image.lazy import ZImgFile
from zimg.values import VoxelSizeUnit

AXES = ("T", "C", "Z", "Y", "X")


class Reader(Base):  # type: ignore[misc, unused-ignore]  # bioio-base has no types here
    """A file of any format of this library.

    Parameters
    ----------
    image
        Path of a file or folder on this machine, or the address of an OME-Zarr store.
    fs_kwargs
        Accepted for bioio, and not used.

    Raises
    ------
    bioio_base.exceptions.UnsupportedFileFormatError
        When it cannot be read; the text has the reason.
    """

    def __init__(
        self,
        image: types.PathLike,
        fs_kwargs: dict[str, Any] | None = None,
        **options: Any,  # noqa: ARG002
    ) -> None:
        self._fs, self._path = io.pathlike_to_fs(
            image, enforce_exists=True, fs_kwargs=fs_kwargs or {}
        )
        try:
            self._file: ZImgFile = open_image(str(image))
        except ZException as error:
            raise exceptions.UnsupportedFileFormatError(
                "zimg-xp", str(image), str(error)
            ) from error
        self._infos = self._file.scenes

    @staticmethod
    def _is_supported_image(fs: Any, path: str, **options: Any) -> bool:  # noqa: ARG004
        """Whether a file can be opened."""
        try:
            open_image(
                fs.unstrip_protocol(path) if fs.protocol != ("file", "local") else path
            ).close()
        except ZException as error:
            raise exceptions.UnsupportedFileFormatError("zimg-xp", path, str(error)) from error
        return True

    @property
    def scenes(self) -> tuple[str, ...]:
        """Names of the scenes, which are numbered."""
        return tuple(f"Image:{number}" for number in range(len(self._infos)))

    @property
    def resolution_levels(self) -> tuple[int, ...]:
        """Numbers of the stored sizes, 0 for the full one."""
        return tuple(range(len(self._handle(0).levels)))

    def _handle(self, level: int) -> ZImgFile:
        scene = self._file.scene(self.current_scene_index)
        return scene.level(level) if level else scene

    def _read_delayed(self) -> xarray.DataArray:
        """A lazy array with axes T, C, Z, Y, X."""
        return self._array(self._handle(self.current_resolution_level).to_dask())

    def _read_immediate(self) -> xarray.DataArray:
        """An array with axes T, C, Z, Y, X."""
        return self._array(np.asarray(self._handle(self.current_resolution_level)))

    def _array(self, pixels: Any) -> xarray.DataArray:
        info = self._infos[self.current_scene_index]
        names = [name or f"Channel:{number}" for number, name in enumerate(info.channelNames)]
        coordinates = {DimensionNames.Channel: names}
        return xarray.DataArray(pixels, dims=AXES, coords=coordinates)

    @property
    def physical_pixel_sizes(self) -> types.PhysicalPixelSizes:
        """Micrometres along z, y, x; None where the file states no unit."""
        info = self._handle(self.current_resolution_level).info
        if info.voxelSizeUnit == VoxelSizeUnit.none:
            return types.PhysicalPixelSizes(None, None, None)
        sizes = info.voxelSizeZInUm(), info.voxelSizeYInUm(), info.voxelSizeXInUm()
        return types.PhysicalPixelSizes(*sizes)
