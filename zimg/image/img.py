"""The image: one array per time point, and what is known about them."""

import os
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from importlib import import_module
from typing import Any, Self

from zimg._dispatch import device
from zimg._typing import Array, Device, DType
from zimg.image.arithmetic import ImageArithmetic
from zimg.image.export import exported
from zimg.image.geometry import ImageGeometry
from zimg.image.host import aligned_zeros
from zimg.image.info import ZImgInfo, cut, described
from zimg.image.interop import VOXEL_TYPES, dtype_name, framework_name, stored
from zimg.image.region import ZImgRegion
from zimg.image.source import ZImgSource
from zimg.image.values import Dimension, FileFormat

# The forms of the constructor, by the name that the reference gives their first argument.
_FIRST_ARGUMENTS = ("ndarray", "listOfndarray", "filename", "filenames", "imgSource")


class ZImg(ImageArithmetic, ImageGeometry):
    """An image: per time point one C-contiguous ``(C, Z, Y, X)`` array of one framework.

    Parameters
    ----------
    source
        What the image is made of:

        - nothing: an empty image;
        - an array of any framework, or a sequence of arrays, one per time. Further arguments:
          ``imgInfo`` (metadata; its sizes and type are ignored), ``copy_if_needed=True`` and
          ``layout="CZYX"`` (one letter of T, C, Z, Y, X per axis);
        - a `ZImgInfo`: zeros in NumPy memory;
        - a file name. Further arguments: ``region``, ``scene=0``, ``xRatio``, ``yRatio``,
          ``zRatio`` (only 1), ``format``;
        - a list of file names, with ``catDim``, ``catScenes`` and those of a file;
        - a `ZImgSource`, with the ratios.

    Notes
    -----
    Arrays are shared when they already are C-contiguous in the order C, Z, Y, X, up to axes of size
    1; otherwise they are copied once, on their device. What is read-only stays so.

    Examples
    --------
    >>> import numpy as np
    >>> volume = np.zeros((3, 4, 5), np.uint16)
    >>> ZImg(volume, layout="ZYX")
    ZImg(times=1, channels=1, z=3, y=4, x=5, uint16, numpy on cpu)
    """

    def __init__(self, source: Any = None, /, *args: Any, **options: Any) -> None:
        if source is None:
            for name in _FIRST_ARGUMENTS:
                source = options.pop(name, source)
        self._arrays: list[Array] = []
        self._info = ZImgInfo()
        self._form(source)(source, *args, **options)

    @classmethod
    def _of(cls, arrays: Iterable[Array], info: ZImgInfo) -> Self:
        """An image of arrays that already are what is stored, described by exactly this `info`."""
        image = cls()
        image._arrays, image._info = list(arrays), info
        return image

    def _rebind(self, arrays: Iterable[Array]) -> None:
        """Replace the stored arrays by others of their shape and dtype; nothing is written to."""
        self._arrays = list(arrays)

    def _form(self, source: Any) -> Callable[..., None]:
        """The constructor for this kind of source."""
        if source is None:
            return self._init_empty
        if isinstance(source, ZImgInfo):
            return self._init_zeros
        if isinstance(source, ZImgSource):
            return self._init_source
        if isinstance(source, str | os.PathLike):
            return self._init_file
        if isinstance(source, list | tuple):
            names = source and all(isinstance(name, str | os.PathLike) for name in source)
            return self._init_files if names else self._init_times
        return self._init_array

    def _init_empty(self, _: None) -> None:
        """Leave everything empty."""

    def _init_zeros(self, info: ZImgInfo) -> None:
        if 0 in info.size:
            return
        types = {kind: name for name, kind in reversed(VOXEL_TYPES.items()) if name != "bfloat16"}
        dtype = types.get((info.bytesPerVoxel, info.voxelFormat))
        if dtype is None:
            raise ValueError(f"an image cannot hold voxels of type {info.dataTypeString()}")
        shape = info.numChannels, info.depth, info.height, info.width
        self._set([aligned_zeros(shape, dtype) for _ in range(info.numTimes)], info)

    def _init_array(
        self,
        array: Any,
        imgInfo: ZImgInfo | None = None,
        copy_if_needed: bool = True,
        layout: str = "CZYX",
    ) -> None:
        self._set(stored(array, layout, copy_if_needed=copy_if_needed), imgInfo)

    def _init_times(
        self,
        arrays: Sequence[Any],
        imgInfo: ZImgInfo | None = None,
        copy_if_needed: bool = True,
        layout: str = "CZYX",
    ) -> None:
        if not arrays:
            raise ValueError("a list of arrays needs one array per time point, got none")
        parts = [stored(array, layout, copy_if_needed=copy_if_needed) for array in arrays]
        self._set([point for part in parts for point in part], imgInfo)

    def _init_file(
        self,
        filename: str | os.PathLike[str],
        region: ZImgRegion | None = None,
        scene: int = 0,
        xRatio: int = 1,
        yRatio: int = 1,
        zRatio: int = 1,
        format: FileFormat = FileFormat.Unknown,
    ) -> None:
        self._init_source(
            ZImgSource(filename, region, scene, format), xRatio=xRatio, yRatio=yRatio, zRatio=zRatio
        )

    def _init_files(
        self,
        filenames: Sequence[str | os.PathLike[str]],
        catDim: Dimension,
        catScenes: bool,
        region: ZImgRegion | None = None,
        scene: int = 0,
        xRatio: int = 1,
        yRatio: int = 1,
        zRatio: int = 1,
        format: FileFormat = FileFormat.Unknown,
        expandXY: bool = True,
        expandWithMaxValue: bool = False,
    ) -> None:
        source = ZImgSource(
            filenames, catDim, catScenes, region, scene, format, expandXY, expandWithMaxValue
        )
        self._init_source(source, xRatio=xRatio, yRatio=yRatio, zRatio=zRatio)

    def _init_source(
        self, source: ZImgSource, xRatio: int = 1, yRatio: int = 1, zRatio: int = 1
    ) -> None:
        if (xRatio, yRatio, zRatio) != (1, 1, 1):
            raise ValueError(
                f"ratios ({xRatio}, {yRatio}, {zRatio}): images are read at ratio 1 only"
            )
        image = import_module("zimg.io").read_source(source)
        self._arrays, self._info = image._arrays, image._info

    def _set(self, arrays: list[Array], info: ZImgInfo | None) -> None:
        """Take over `arrays`, which must be alike, and the metadata of `info`."""
        kinds = {(framework_name(x), str(device(x))) for x in arrays}
        if len(kinds) > 1:
            raise TypeError(f"time points must be of one framework and device, got {sorted(kinds)}")
        if len({(tuple(x.shape), dtype_name(x.dtype)) for x in arrays}) > 1:
            found = ", ".join(f"{tuple(x.shape)} {dtype_name(x.dtype)}" for x in arrays)
            raise ValueError(f"time points must be alike in shape and dtype, got {found}")
        self._arrays = arrays
        self._info = described(_sizes_and_type(arrays), info) if info else _sizes_and_type(arrays)

    @property
    def data(self) -> list[Array]:
        """The stored arrays, ``(C, Z, Y, X)`` at each time; writing to one changes the image."""
        return list(self._arrays)

    @property
    def info(self) -> ZImgInfo:
        """A copy of the metadata; assign a changed one to replace it.

        Raises
        ------
        ValueError
            On assignment, when sizes, type or the lengths of its lists are not those of the image.
        """
        return deepcopy(self._info)

    @info.setter
    def info(self, info: ZImgInfo) -> None:
        have, given = ((i.size, i.dataTypeString()) for i in (self._info, info))
        if given != have:
            raise ValueError(f"info is of an image of size and type {given}, this one is {have}")
        for name in ("timeStamps", "channelNames", "channelColors"):
            if len(getattr(info, name)) != len(getattr(self._info, name)):
                raise ValueError(f"{name} needs {len(getattr(self._info, name))} values")
        self._info = deepcopy(info)

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """Sizes along T, C, Z, Y, X."""
        x, y, z, c, t = self._info.size
        return t, c, z, y, x

    @property
    def dtype(self) -> DType:
        """Dtype of the stored arrays, as their framework names it; None when empty."""
        return self._arrays[0].dtype if self._arrays else None

    @property
    def device(self) -> Device:
        """Device of the stored arrays; None when empty."""
        return device(self._arrays[0]) if self._arrays else None

    @staticmethod
    def readImgInfo(source: ZImgSource) -> ZImgInfo:
        """What the file of `source` says about its image, the region applied; reads no pixels."""
        info: ZImgInfo = import_module("zimg.io").read_source_info(source)
        return info

    @staticmethod
    def readImgInfos(
        filename: str | os.PathLike[str], format: FileFormat = FileFormat.Unknown
    ) -> list[ZImgInfo]:
        """What a file says about each of its scenes; reads no pixels."""
        infos: list[ZImgInfo] = import_module("zimg.io").read_infos(filename, format=format)
        return infos

    def isEmpty(self) -> bool:
        """Whether there is no voxel."""
        return not self._arrays

    def to_arrays(
        self, framework: str = "auto", *, device: Device = None, copy: bool | None = None
    ) -> list[Array]:
        """The arrays of all times in a framework: views where possible and safe.

        Parameters
        ----------
        framework
            ``auto`` (as stored), ``numpy``, ``torch``, ``jax``, ``cupy``, ``array_api_strict``,
            ``array_api``, ``memview``.
        device
            Where they shall be; None for where they are. Only ``cpu`` brings them to the host.
        copy
            True: always copies; False: views or a `ValueError`; None: copies where needed.

        Returns
        -------
        list of arrays
            ``(C, Z, Y, X)`` each, dtype as stored.
        """
        return [exported(x, framework, device=device, copy=copy) for x in self._arrays]

    def __getitem__(self, region: ZImgRegion) -> "ZImg":
        """The part of the image in `region`: shared where it is C-contiguous, else copied once."""
        if not isinstance(region, ZImgRegion):
            raise TypeError(f"an image is indexed by a ZImgRegion, got {region!r}")
        box = region.resolve(self._info.size)
        parts: Iterable[Array] = (x[box.czyx] for x in self._arrays[box.times])
        result = ZImg()
        result._set([stored(x, "CZYX", copy_if_needed=True)[0] for x in parts], None)
        result._info = cut(self._info, box)
        return result

    def __repr__(self) -> str:
        if self.isEmpty():
            return "ZImg(empty)"
        t, c, z, y, x = self.shape
        held = f"{dtype_name(self.dtype)}, {framework_name(self._arrays[0])} on {self.device}"
        return f"ZImg(times={t}, channels={c}, z={z}, y={y}, x={x}, {held})"

    def _repr_html_(self) -> str:
        """A card for notebooks: sizes, type, place, channels and a small projection."""
        card: str = import_module("zimg.view").image_card(self)
        return card


def _sizes_and_type(arrays: list[Array]) -> ZImgInfo:
    """What the stored arrays themselves tell."""
    c, z, y, x = arrays[0].shape
    return ZImgInfo(x, y, z, c, len(arrays), *VOXEL_TYPES[dtype_name(arrays[0].dtype)])
