"""The image container: one array per time point, and metadata."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Self, overload

from zimg._dispatch import device
from zimg._signatures import of_forms
from zimg._typing import Array, Device, DType
from zimg.arrays.interop import dtype_name, framework_name
from zimg.arrays.storage import part
from zimg.image.arithmetic import ImageArithmetic
from zimg.image.create import FORMS, created
from zimg.image.file_methods import ImageFiles
from zimg.image.framework_arrays import ImageExchange
from zimg.image.geometry import ImageGeometry
from zimg.image.pictures import ImagePictures
from zimg.io.source import FileName, ZImgSource
from zimg.values.enums import Dimension, FileFormat
from zimg.values.indexing import box_of, info_of
from zimg.values.info import ZImgInfo
from zimg.values.region import ZImgRegion


class ZImg(ImageExchange, ImageArithmetic, ImageGeometry, ImageFiles, ImagePictures):
    """An image: per time point one C-contiguous ``(C, Z, Y, X)`` array of one framework.

    Parameters
    ----------
    source
        Source of the image:

        - nothing: an empty image;
        - an array of any framework, or a sequence of arrays, one per time. Further arguments:
          ``imgInfo`` (metadata; its sizes and type are ignored), ``copy_if_needed=True`` and
          ``layout="CZYX"`` (one letter of T, C, Z, Y, X per axis);
        - a `ZImgInfo`: zeros in NumPy memory;
        - a file name. Further arguments: ``region``, ``scene=0``, ``xRatio=1``, ``yRatio=1``,
          ``zRatio=1`` (reduction factors), ``format``;
        - a list of file names, with ``catDim``, ``catScenes`` and the arguments of a file;
        - a `ZImgSource`, with the reduction factors.

    Notes
    -----
    Arrays are shared if they are C-contiguous in the order C, Z, Y, X, up to axes of size 1;
    otherwise they are copied once, on their device. Read-only memory stays read-only. Operators and
    methods replace arrays and never write to them; only writing to `data` changes pixels. An empty
    image is false, since it has no time points.

    Examples
    --------
    >>> import numpy as np
    >>> volume = np.zeros((3, 4, 5), np.uint16)
    >>> ZImg(volume, layout="ZYX")
    ZImg(times=1, channels=1, z=3, y=4, x=5, uint16, numpy on cpu)
    """

    @overload
    def __init__(self) -> None: ...
    @overload
    def __init__(self, info: ZImgInfo, /) -> None: ...
    @overload
    def __init__(
        self,
        filename: FileName,
        region: ZImgRegion | None = None,
        scene: int = 0,
        xRatio: int = 1,
        yRatio: int = 1,
        zRatio: int = 1,
        format: FileFormat = FileFormat.Unknown,
    ) -> None: ...
    @overload
    def __init__(
        self, imgSource: ZImgSource, xRatio: int = 1, yRatio: int = 1, zRatio: int = 1
    ) -> None: ...
    @overload
    def __init__(
        self,
        filenames: Sequence[FileName],
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
    ) -> None: ...
    @overload
    def __init__(
        self,
        listOfndarray: Sequence[Array],
        imgInfo: ZImgInfo | None = None,
        copy_if_needed: bool = True,
        layout: str = "CZYX",
    ) -> None: ...
    @overload
    def __init__(
        self,
        ndarray: Array,
        imgInfo: ZImgInfo | None = None,
        copy_if_needed: bool = True,
        layout: str = "CZYX",
    ) -> None: ...
    @of_forms(*FORMS, bound=True)
    def __init__(self, *args: Any, **options: Any) -> None:
        source, *others = args or (None,)
        members = source if isinstance(source, list | tuple) else (source,)
        if any(isinstance(member, ZImg) for member in members):
            raise TypeError(
                "an image is not made of images; copy.copy(image) shares its arrays, "
                "copy.deepcopy(image) copies them, image.data are its arrays"
            )
        self._arrays, self._info = created(source, others, options)

    @classmethod
    def _of(cls, arrays: Iterable[Array], info: ZImgInfo) -> Self:
        """Make an image of stored arrays and matching `info`, without checks."""
        image = cls.__new__(cls)
        image._arrays, image._info = list(arrays), info
        return image

    def _rebind(self, arrays: Iterable[Array]) -> None:
        """Replace the stored arrays by others of the same shape and dtype."""
        self._arrays = list(arrays)

    @property
    def data(self) -> list[Array]:
        """The stored ``(C, Z, Y, X)`` arrays, one per time; writing to them changes the image."""
        return list(self._arrays)

    @property
    def info(self) -> ZImgInfo:
        """A copy of the metadata; assign a modified copy to change the metadata.

        Raises
        ------
        ValueError
            On assignment, if sizes, type or the lengths of lists do not match the image.
        """
        return self._info.copy()

    @info.setter
    def info(self, info: ZImgInfo) -> None:
        if not isinstance(info, ZImgInfo):
            raise TypeError(f"info must be a ZImgInfo, got {type(info).__name__}")
        have, given = ((i.size, i.dataTypeString()) for i in (self._info, info))
        if given != have:
            raise ValueError(f"info describes size and type {given}, but the image has {have}")
        for name in ("timeStamps", "channelNames", "channelColors"):
            if len(getattr(info, name)) != len(getattr(self._info, name)):
                raise ValueError(f"info.{name} must have length {len(getattr(self._info, name))}")
        self._info = info.copy()

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """Sizes along T, C, Z, Y, X."""
        x, y, z, c, t = self._info.size
        return t, c, z, y, x

    @property
    def dtype(self) -> DType:
        """Dtype of the stored arrays in their framework; None if empty."""
        return self._arrays[0].dtype if self._arrays else None

    @property
    def device(self) -> Device:
        """Device of the stored arrays; None if empty."""
        return device(self._arrays[0]) if self._arrays else None

    def isEmpty(self) -> bool:
        """Whether the image has no voxels.

        Returns
        -------
        bool
            True for ``ZImg()``.
        """
        return not self._arrays

    def __len__(self) -> int:
        """Number of time points."""
        return len(self._arrays)

    def __iter__(self) -> Iterator[Self]:
        """Yield an image per time point, sharing memory with this one."""
        return (self[t] for t in range(len(self)))

    def __getitem__(self, key: Any) -> Self:
        """Return a part of the image with five axes: a view if C-contiguous, else one copy.

        Parameters
        ----------
        key
            A `ZImgRegion`, or integers, slices with steps forward, and ``...`` for T, C, Z, Y, X.
            An integer keeps its axis with size 1.

        Returns
        -------
        ZImg
            Image on the same framework and device, with the metadata of the part; a step multiplies
            the voxel size. `position` is unchanged.

        Raises
        ------
        IndexError, TypeError, ValueError
            For invalid indices.
        ZException
            For a region outside the image.
        """
        box = box_of(key, self.shape)
        arrays = [part(x, box[1:]) for x in self._arrays[box[0]]]
        return self._of(arrays, info_of(self._info, box))

    def __copy__(self) -> Self:
        """Image that shares the arrays of this one."""
        return self._of(self._arrays, self._info)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Image with copies of the arrays, on their device, without gradients."""
        result = self.to(copy=True)
        memo[id(self)] = result
        return result

    def __repr__(self) -> str:
        if not getattr(self, "_arrays", None):  # missing while an image is constructed
            return "ZImg(empty)"
        t, c, z, y, x = self.shape
        held = f"{dtype_name(self.dtype)}, {framework_name(self._arrays[0])}"
        try:
            held += f" on {self.device}"
        except RuntimeError:  # memory of a donated JAX array
            held += ", deleted"
        return f"ZImg(times={t}, channels={c}, z={z}, y={y}, x={x}, {held})"

    def _repr_html_(self) -> str:
        """Card for notebooks: sizes, type, device, channels and a small projection."""
        from zimg.view.image_card import (
            image_card,
        )  # imported here because only notebooks need pictures

        return image_card(self)
