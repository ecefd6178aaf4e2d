"""OME-Zarr stores, versions 0.1 to 0.5: images, plates, and plain arrays."""

import logging
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import zarr

from zimg._errors import ZException
from zimg.io.formats.ome_zarr.axes import axes_by_rank
from zimg.io.formats.ome_zarr.hierarchy import Hierarchy, joined, keys_of, ome_attributes
from zimg.io.formats.ome_zarr.lazy_scenes import LazyScenes, Make
from zimg.io.formats.ome_zarr.metadata import Multiscale, describe, inside, read_multiscale
from zimg.io.formats.ome_zarr.scene import ZarrScene
from zimg.io.formats.ome_zarr.stores import keys_below, steady, store_of
from zimg.values import FileFormat

IMAGE, PLATE, WELL, SERIES = "multiscales", "plate", "well", "bioformats2raw.layout"
LISTS_IMAGES = (IMAGE, PLATE, WELL, SERIES)


class OmeZarrReader:
    """An open store; chunks are closed after they are read.

    Parameters
    ----------
    path
        Folder, zip file, or address.
    format
        Ignored.

    Raises
    ------
    ZException
        When there is no Zarr group or array, or no image in it.

    Notes
    -----
    Scenes are found and opened on demand: requesting one of a plate opens the wells up to it and
    its field. A field is one scene, of its first multiscale image.
    """

    name = "OME-Zarr"

    def __init__(self, path: Path | str, format: FileFormat) -> None:  # noqa: ARG002
        self._store = store_of(path)
        self._nodes = Hierarchy(self._store)
        try:
            with steady(self._store):
                self.scenes = LazyScenes(self._root())
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the store."""
        self._store.close()

    def _root(self) -> Iterator[Make]:
        node = self._nodes.node("")
        if isinstance(node, zarr.Array):
            return iter([partial(self._plain, node)])
        described = ome_attributes(node)
        if not any(described.get(name) for name in LISTS_IMAGES):
            listed = keys_below(self._store, "") is not None
            arrays = ", ".join(sorted(node.array_keys())) if listed else "not known"
            raise ZException(
                f"the root group describes no image (no multiscales); arrays: {arrays}"
            )
        return self._images(described)

    def _images(self, described: Mapping[str, Any]) -> Iterator[Make]:
        """The images of the root group, or those of its plate, well or series."""
        for stated in described.get(IMAGE) or []:
            yield partial(self._opened, "", stated, described)
        if PLATE in described:
            for well in described[PLATE].get("wells") or []:
                yield from _or_error(partial(self._well, well))
        elif WELL in described:
            yield from _or_error(lambda: self._fields("", described))
        elif SERIES in described:
            yield from (partial(self._image_at, inside(path)) for path in self._series())

    def _well(self, stated: Mapping[str, Any]) -> list[Make]:
        """The fields of a well that a plate names."""
        return self._fields(inside(stated["path"]))

    def _fields(self, path: str, described: Mapping[str, Any] | None = None) -> list[Make]:
        """The fields of a well."""
        attributes = self._nodes.described(path) if described is None else described
        if WELL not in attributes:
            return [partial(self._image_at, path)]
        fields = attributes[WELL].get("images") or []
        return [partial(self._image_at, joined(path, inside(each["path"]))) for each in fields]

    def _image_at(self, path: str) -> ZarrScene:
        """The first image of a group."""
        with steady(self._store):
            described = self._nodes.described(path)
        found = described.get(IMAGE)
        if not found:
            raise ZException(f"the group {path!r} describes no image (no multiscales)")
        if len(found) > 1:
            logging.getLogger("zimg").warning(
                "group %r has %d images: only the first is read; open the group itself "
                "to read the others",
                path,
                len(found),
            )
        return self._opened(path, found[0], described)

    def _series(self) -> Iterator[str]:
        """Paths of numbered images, as listed in ``OME`` or found in the store."""
        try:
            listed = ome_attributes(self._nodes.group("OME")).get("series")
        except FileNotFoundError:
            listed = None
        if listed:
            yield from map(str, listed)
            return
        number = 0
        while self._has_group(str(number)):
            yield str(number)
            number += 1

    def _has_group(self, path: str) -> bool:
        try:
            self._nodes.group(path)
        except FileNotFoundError:
            return False
        return True

    def _opened(
        self, path: str, stated: Mapping[str, Any], attributes: Mapping[str, Any]
    ) -> ZarrScene:
        image = read_multiscale(stated)
        paths = [joined(path, each) for each in image.paths]
        return self._scene(image, paths, attributes, keys_of(path))

    def _plain(self, array: "zarr.Array[Any]") -> ZarrScene:
        names = getattr(array.metadata, "dimension_names", None)
        axes = axes_by_rank(len(array.shape), names)
        nothing = Multiscale(axes, [""], [1.0] * len(axes), [0.0] * len(axes))
        return self._scene(nothing, [""], {}, ())

    def _scene(
        self,
        image: Multiscale,
        paths: list[str],
        attributes: Mapping[str, Any],
        keys: tuple[str, ...],
    ) -> ZarrScene:
        return ZarrScene(
            [axis.letter for axis in image.axes],
            paths,
            self._nodes.array,
            lambda info: describe(info, image, attributes),
            lambda path: steady(self._store, *keys, *keys_of(path)),
        )


def _or_error(find: Callable[[], list[Make]]) -> Iterator[Make]:
    """The result of `find`, or one scene that raises the error when it is requested."""
    try:
        yield from find()
    except Exception as error:  # errors of a library, or from malformed metadata
        yield partial(_refuse, error)


def _refuse(error: Exception) -> NoReturn:
    raise error
