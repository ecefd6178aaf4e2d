"""Where an image comes from: one file, or several joined along an axis."""

import os
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

from zimg._errors import ZException
from zimg.image.region import ZImgRegion
from zimg.image.values import Dimension, FileFormat

FileName = str | os.PathLike[str]


class MissingFileError(ZException, FileNotFoundError):
    """A file does not exist."""


@dataclass(init=False)
class ZImgSource:
    """Files, and which part of them is meant.

    Parameters
    ----------
    filenames
        One file name, or a list of them; none for an empty source.
    catDim
        Axis along which a list is joined; needed with a list.
    catScenes
        Whether a list joins all scenes of each file.
    region
        Part of the (joined) image.
    scene
        Which image of the file.
    format
        Reader to use; found from the content when unknown.
    expandXY
        Whether smaller images of a list are centred and padded.
    expandWithMaxValue
        Whether the padding is the largest value of the image, not the smallest.

    Attributes
    ----------
    filenames
        Absolute paths.
    totalFileSize
        Bytes of all files when the source was made.

    Raises
    ------
    ZException
        When a file does not exist; it is a `FileNotFoundError` too.
    """

    filenames: list[str]
    catDim: Dimension
    catScenes: bool
    region: ZImgRegion
    scene: int
    format: FileFormat
    expandXY: bool
    expandWithMaxValue: bool
    totalFileSize: int

    def __init__(
        self,
        filenames: FileName | Sequence[FileName] = (),
        *args: object,
        **options: object,
    ) -> None:
        if "filename" in options:  # the reference's name for a single one
            filenames = options.pop("filename")  # type: ignore[assignment]
        single = isinstance(filenames, str | os.PathLike)
        names = [filenames] if isinstance(filenames, str | os.PathLike) else list(filenames)
        self.filenames = [str(Path(name).absolute()) for name in names]
        for given, name in zip(names, self.filenames, strict=True):
            if not os.fspath(given) or not Path(name).exists():
                raise MissingFileError(f"file {os.fspath(given)} does not exist")
        self.totalFileSize = sum(Path(name).stat().st_size for name in self.filenames)
        choose = self._choose if single or not names else self._choose_joined
        choose(*args, **options)  # type: ignore[arg-type]  # checked by the call itself

    def _choose(
        self,
        region: ZImgRegion | None = None,
        scene: int = 0,
        format: FileFormat = FileFormat.Unknown,
        *,
        catDim: Dimension = Dimension.Z,
        catScenes: bool = False,
        expandXY: bool = True,
        expandWithMaxValue: bool = False,
    ) -> None:
        self.catDim, self.catScenes = Dimension(catDim), catScenes
        self.region = ZImgRegion() if region is None else deepcopy(region)
        self.scene, self.format = scene, FileFormat(format)
        self.expandXY, self.expandWithMaxValue = expandXY, expandWithMaxValue

    def _choose_joined(
        self,
        catDim: Dimension,
        catScenes: bool = True,
        region: ZImgRegion | None = None,
        scene: int = 0,
        format: FileFormat = FileFormat.Unknown,
        expandXY: bool = True,
        expandWithMaxValue: bool = False,
    ) -> None:
        self._choose(
            region,
            scene,
            format,
            catDim=catDim,
            catScenes=catScenes,
            expandXY=expandXY,
            expandWithMaxValue=expandWithMaxValue,
        )
