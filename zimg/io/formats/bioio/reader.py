"""Files without a reader of zimg, read by the installed plugins of bioio."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.arrays.interop import VOXEL_TYPES
from zimg.io.formats.bioio.plugins import plugins_for
from zimg.io.scenes.scene import Job, PlaneScene
from zimg.io.units import set_voxel_size
from zimg.values import FileFormat, ZImgInfo, ZImgRegion

AXES = "TCZYX"


class BioioReader:
    """An open file; the scenes of bioio are scenes.

    Parameters
    ----------
    path
        An existing file or folder.
    format
        Not looked at.

    Raises
    ------
    ZException
        When no plugin is installed for it, or none of those reads it: with the reason of each.
    """

    name = "bioio"

    def __init__(self, path: Path, format: FileFormat) -> None:  # noqa: ARG002
        reasons = []
        for plugin in plugins_for(path):
            try:
                self._reader: Any = plugin.metadata.get_reader()(str(path))
                self.scenes = [self._scene(name) for name in self._reader.scenes]
            except Exception as error:
                # The path is named once, with the format, in front of all reasons.
                message = " ".join(str(error).replace(str(path), path.name).split())
                reasons.append(f"{plugin.entrypoint.name}: {message}")
            else:
                return
        if not reasons:
            raise ZException(f"no installed plugin of bioio states the suffix {path.suffix!r}")
        raise ZException("; ".join(reasons))

    def _scene(self, name: str) -> "BioioScene":
        self._reader.set_scene(name)
        pixels = self._reader.xarray_dask_data
        sizes = dict(zip(pixels.dims, pixels.shape, strict=True))
        samples = sizes.pop("S", 1)
        if set(sizes) - set(AXES) or pixels.dtype.name not in VOXEL_TYPES:
            raise ZException(f"scene {name} is {pixels.dtype} with axes {list(pixels.dims)}")
        x, y, z, c, t = (sizes.get(axis, 1) for axis in "XYZCT")
        info = ZImgInfo(x, y, z, c * samples, t, *VOXEL_TYPES[pixels.dtype.name])
        size = self._reader.physical_pixel_sizes
        set_voxel_size(info, [size.X, size.Y, size.Z], "um")
        names = [str(each) for each in (self._reader.channel_names or ())]
        info.channelNames = names if len(names) == info.numChannels else info.channelNames
        return BioioScene(info, pixels)

    def close(self) -> None:
        """Do nothing: plugins open files while Dask arrays are computed."""


class BioioScene(PlaneScene):
    """One scene.

    Parameters
    ----------
    info
        Sizes and metadata.
    pixels
        A `DataArray` of a Dask array.
    """

    def __init__(self, info: ZImgInfo, pixels: Any) -> None:
        super().__init__(info, np.dtype(info.dataTypeString()))
        order = [*AXES[:2], "S", *AXES[2:]]
        for axis in order:
            if axis not in pixels.dims:
                pixels = pixels.expand_dims(axis)
        array = pixels.transpose(*order).data
        t, c, s, z, y, x = array.shape
        self._pixels = array.reshape((t, c * s, z, y, x))

    def plan(self, region: ZImgRegion, level: int = 0) -> Sequence[Job]:  # noqa: ARG002
        """Plan one job per time point; Dask computes the blocks that it needs."""

        def job(t: int) -> Job:
            def fill(out: list[NDArray[Any]]) -> None:
                part = self._pixels[(t, *region.czyx)]
                out[t - region.start.t][...] = np.asarray(part.compute(scheduler="synchronous"))

            return fill

        return [job(t) for t in range(region.start.t, region.end.t)]
