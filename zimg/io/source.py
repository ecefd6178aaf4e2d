"""Where an image comes from: one file, or several joined along an axis."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, overload
from urllib.parse import urlsplit
from urllib.request import url2pathname

from zimg._errors import ZException
from zimg._signatures import of_forms
from zimg.io.disk.atomic import recovered
from zimg.io.disk.errors import read_errors
from zimg.values.enums import Dimension, FileFormat
from zimg.values.fields import COUNT, FLAG, CheckedFields, Rule, items_of, lists, members
from zimg.values.region import ZImgRegion

FileName = str | os.PathLike[str]


class MissingFileError(ZException, FileNotFoundError):
    """A file does not exist."""


def _file_name(value: FileName) -> str:
    name = os.fspath(value)
    if not isinstance(name, str):
        raise TypeError(value)
    return name


def _region(value: ZImgRegion) -> ZImgRegion:
    """Copy a region."""
    if not isinstance(value, ZImgRegion):
        raise TypeError(value)
    return value.copy()


_RULES = {
    "filenames": lists("file names (str or Path)", _file_name),
    "catDim": members(Dimension),
    **dict.fromkeys(("catScenes", "expandXY", "expandWithMaxValue"), FLAG),
    "region": Rule("a ZImgRegion", _region),
    **dict.fromkeys(("scene", "totalFileSize"), COUNT),
    "format": members(FileFormat),
}


@dataclass(init=False)
class ZImgSource(CheckedFields):
    """One or several files and the part of them to read.

    Parameters
    ----------
    filename
        Name of one file (str or Path) or an address; further arguments are then `region`, `scene`,
        `format`.
    filenames
        Alternatively a list of names; further arguments are then those below in this order. Without
        either the source is empty.
    catDim
        Axis along which a list is concatenated; required with a list.
    catScenes
        Whether a list joins all scenes of each file; True for a list unless given.
    region
        Part of the (joined) image.
    scene
        Index of the image in the file.
    format
        Format to read; detected from the content when unknown.
    expandXY
        Whether smaller images of a list are centred and padded; True unless given.
    expandWithMaxValue
        Whether the padding is the largest value of the image, not the smallest.

    Attributes
    ----------
    filenames
        Absolute paths; assigned values are kept as given, without a check that the files exist.
    totalFileSize
        Bytes of all files when the source was made.

    Raises
    ------
    ZException
        When a file does not exist; it is a `FileNotFoundError` too.
    TypeError
        When an argument is unknown or of the wrong type, also on assignment.

    Examples
    --------
    The second scene of a file, and two files joined along z:

    >>> ZImgSource("cell.tif", scene=1).scene
    1
    >>> ZImgSource(["cell.tif", "cell.tif"], Dimension.Z).catDim
    Dimension.Z
    """

    if TYPE_CHECKING:  # paths and other sequences may be assigned, too

        @property
        def filenames(self) -> list[str]:
            """Absolute paths."""

        @filenames.setter
        def filenames(self, value: Sequence[FileName]) -> None: ...

    else:
        filenames: list[str]
    catDim: Dimension
    catScenes: bool
    region: ZImgRegion
    scene: int
    format: FileFormat
    expandXY: bool
    expandWithMaxValue: bool
    totalFileSize: int
    _rules: ClassVar[Mapping[str, Rule]] = _RULES
    _nested: ClassVar[tuple[str, ...]] = ("filenames", "region")

    @overload
    def __init__(self) -> None: ...
    @overload
    def __init__(
        self,
        filename: FileName,
        region: ZImgRegion | None = None,
        scene: int = 0,
        format: FileFormat = FileFormat.Unknown,
    ) -> None: ...
    @overload
    def __init__(
        self,
        filenames: Sequence[FileName],
        catDim: Dimension,
        catScenes: bool = True,
        region: ZImgRegion | None = None,
        scene: int = 0,
        format: FileFormat = FileFormat.Unknown,
        expandXY: bool = True,
        expandWithMaxValue: bool = False,
    ) -> None: ...
    def __init__(self, *args: Any, **options: Any) -> None:
        first, form, names = _form_of(args, options)
        try:
            chosen = form(*args[1:], **options)
        except TypeError as error:
            problem = str(error).partition("() ")[2]
            raise TypeError(f"a ZImgSource of {first} takes {_TAKEN[form]}: {problem}") from None
        self._take((("filenames", names), *chosen.items()))
        self.filenames, self.totalFileSize = _found(self.filenames)


def _form_of(
    args: tuple[Any, ...], options: dict[str, Any]
) -> tuple[str, Callable[..., dict[str, Any]], Sequence[Any]]:
    """The form of the arguments, the function for further arguments, and the file names."""
    given: list[Any] = [*args[:1]]
    given += [options.pop(name) for name in ("filename", "filenames") if name in options]
    if len(given) > 1:
        raise TypeError("a ZImgSource takes one file name, or one list of them")
    if not given:
        return "nothing", _nothing, ()
    if isinstance(given[0], str | os.PathLike):
        return "one file", _one, [given[0]]
    try:
        return "a list of files", _several, items_of(given[0])
    except TypeError:
        raise TypeError(
            f"filename of ZImgSource takes a str, a Path or a list of them, got {given[0]!r}"
        ) from None


def _found(names: list[str]) -> tuple[list[str], int]:
    """The absolute paths of existing files, or addresses, and the bytes of all files."""
    places = [located(name) for name in names]
    paths = [place for place in places if isinstance(place, Path)]
    for name, place in zip(names, places, strict=True):
        if not name or (isinstance(place, Path) and not _exists(place)):
            raise MissingFileError(f"file {name} does not exist")
    return [str(place) for place in places], sum(path.stat().st_size for path in paths)


def _exists(path: Path) -> bool:
    """Whether a file or folder exists, after completing an interrupted exchange."""
    with read_errors(path, "an image"):  # names that no file can have
        return path.exists() or bool(recovered(path))


def located(name: FileName) -> Path | str:
    """The absolute path for a name, or an address.

    ``file://`` addresses are paths; others, such as ``https://host/image.ome.zarr``, stay text.
    """
    text = os.fspath(name)
    scheme, found, _ = text.partition("://")
    if not found or len(scheme) < 2 or "/" in scheme or "\\" in scheme:
        return Path(text).absolute()
    return Path(url2pathname(urlsplit(text).path)) if scheme == "file" else text


def _nothing() -> dict[str, Any]:
    """The fields of a source without files."""
    return _one()


def _one(
    region: ZImgRegion | None = None, scene: int = 0, format: FileFormat = FileFormat.Unknown
) -> dict[str, Any]:
    """The fields of a source of one file."""
    return _several(Dimension.Z, False, region, scene, format)


def _several(
    catDim: Dimension,
    catScenes: bool = True,
    region: ZImgRegion | None = None,
    scene: int = 0,
    format: FileFormat = FileFormat.Unknown,
    expandXY: bool = True,
    expandWithMaxValue: bool = False,
) -> dict[str, Any]:
    """The fields of a source of several files."""
    return {
        "catDim": catDim,
        "catScenes": catScenes,
        "region": ZImgRegion() if region is None else region,
        "scene": scene,
        "format": format,
        "expandXY": expandXY,
        "expandWithMaxValue": expandWithMaxValue,
    }


_TAKEN = {
    _nothing: "no further arguments",
    _one: "region, scene and format",
    _several: "catDim, catScenes, region, scene, format, expandXY and expandWithMaxValue",
}


def _named(filename: FileName, filenames: Sequence[FileName]) -> None:
    """The first argument, which may be named."""


of_forms(_named, _one, _several, bound=True)(ZImgSource.__init__)
