"""OME-Zarr stores, versions 0.1 to 0.5: images, plates, and arrays that nothing describes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, overload

import zarr

from zimg._errors import ZException
from zimg.io.formats.ome_zarr.axes import axes_by_rank
from zimg.io.formats.ome_zarr.metadata import Multiscale, describe, inside, read_multiscale
from zimg.io.formats.ome_zarr.scene import ZarrScene
from zimg.io.formats.ome_zarr.stores import store_of
from zimg.io.scenes.scene import Scene
from zimg.values import FileFormat

Make = Callable[[], ZarrScene]


class LazyScenes(Sequence[Scene]):
    """Scenes that are opened when they are asked for: a plate may have thousands.

    Parameters
    ----------
    makers
        One function per scene.
    """

    def __init__(self, makers: Sequence[Make]) -> None:
        self._makers = [cache(make) for make in makers]

    def __len__(self) -> int:
        return len(self._makers)

    @overload
    def __getitem__(self, index: int) -> Scene: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Scene]: ...
    def __getitem__(self, index: int | slice) -> Scene | Sequence[Scene]:
        if isinstance(index, slice):
            return [make() for make in self._makers[index]]
        return self._makers[index]()


class OmeZarrReader:
    """An open store: nothing is kept open between the chunks that are read.

    Parameters
    ----------
    path
        Folder, or address.
    format
        Any; there is one way to read it.

    Raises
    ------
    ZException
        When there is no Zarr group or array, or none that is an image.
    """

    name = "OME-Zarr"

    def __init__(self, path: Path | str, format: FileFormat) -> None:  # noqa: ARG002
        self._store = store_of(path)
        node = self._node("")
        if isinstance(node, zarr.Array):
            self.scenes = LazyScenes([partial(self._plain, node)])
            return
        makers = list(self._images("", _described(node)))
        if not makers:
            arrays = ", ".join(sorted(node.array_keys())) if _can_list(path) else "not known"
            raise ZException(f"its group describes no image (no multiscales); arrays: {arrays}")
        self.scenes = LazyScenes(makers)

    def close(self) -> None:
        """Nothing is open."""

    def _node(self, path: str) -> "zarr.Group | zarr.Array[Any]":
        """The group or array at `path`; metadata that were gathered elsewhere are not trusted."""
        if path:
            inside(path)
        try:
            return zarr.open_group(self._store, path=path, mode="r", use_consolidated=False)
        except (
            FileNotFoundError,
            zarr.errors.ContainsArrayError,
            zarr.errors.NodeTypeValidationError,
        ):
            return self._array(path)

    def _array(self, path: str) -> "zarr.Array[Any]":
        try:
            return zarr.open_array(self._store, path=path, mode="r")
        except FileNotFoundError as error:
            raise ZException(f"there is no Zarr array at {path or 'its root'!r}") from error

    def _images(self, path: str, described: Mapping[str, Any]) -> Iterator[Make]:
        """The images of a group: its own, those of a plate or well, or those it numbers."""
        for stated in described.get("multiscales") or []:
            yield partial(self._described, path, stated, described)
        if "plate" in described:
            for well in described["plate"].get("wells") or []:
                yield from self._below(_joined(path, inside(well["path"])))
        elif "well" in described:
            for field in described["well"].get("images") or []:
                yield from self._below(_joined(path, inside(field["path"])))
        elif "bioformats2raw.layout" in described:
            for series in self._series(path):
                yield from self._below(_joined(path, inside(series)))

    def _below(self, path: str) -> Iterator[Make]:
        node = self._node(path)
        if isinstance(node, zarr.Array):
            raise ZException(f"{path!r} is an array, where a group with an image is expected")
        found = list(self._images(path, _described(node)))
        if not found:
            raise ZException(f"the group {path!r} describes no image")
        yield from found

    def _series(self, path: str) -> list[str]:
        """Paths of numbered images, as ``OME`` lists them or as they are found."""
        try:
            listed = _described(zarr.open_group(self._store, path=_joined(path, "OME"), mode="r"))
        except FileNotFoundError:
            listed = {}
        if listed.get("series"):
            return [str(each) for each in listed["series"]]
        names: list[str] = []
        while self._has_group(_joined(path, str(len(names)))):
            names.append(str(len(names)))
        return names

    def _has_group(self, path: str) -> bool:
        try:
            zarr.open_group(self._store, path=path, mode="r", use_consolidated=False)
        except FileNotFoundError:
            return False
        return True

    def _described(
        self, path: str, stated: Mapping[str, Any], attributes: Mapping[str, Any]
    ) -> ZarrScene:
        image = read_multiscale(stated)
        return ZarrScene(
            [axis.letter for axis in image.axes],
            [_joined(path, each) for each in image.paths],
            self._array,
            lambda info: describe(info, image, attributes),
        )

    def _plain(self, array: "zarr.Array[Any]") -> ZarrScene:
        names = getattr(array.metadata, "dimension_names", None)
        axes = axes_by_rank(len(array.shape), names)
        nothing = Multiscale(axes, [""], [1.0] * len(axes), [0.0] * len(axes))
        return ZarrScene(
            [axis.letter for axis in axes],
            [""],
            self._array,
            lambda info: describe(info, nothing, {}),
        )


def _described(node: "zarr.Group") -> Mapping[str, Any]:
    """What a group says as OME-Zarr: under ``ome`` from version 0.5, before it by itself."""
    attributes: dict[str, Any] = dict(node.attrs)
    return {**attributes, **attributes["ome"]} if "ome" in attributes else attributes


def _joined(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def _can_list(path: Path | str) -> bool:
    return "://" not in str(path)
