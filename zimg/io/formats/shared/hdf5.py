"""HDF5 files that hold one image below a group of their root, and the way to its parts."""

from pathlib import Path
from typing import Any, ClassVar

import h5py
from h5py import h5g, h5i, h5l, h5o

from zimg._errors import ZException
from zimg.io.disk.bytes import FileBytes
from zimg.io.scenes.scene import Scene
from zimg.values import FileFormat


class AbsentError(ZException):
    """A path does not exist in the file."""


def child(parent: h5g.GroupID, name: str) -> Any:
    """A member of a group; an `AbsentError` if missing, a `ZException` for a link."""
    key = name.encode()
    if not parent.links.exists(key):
        raise AbsentError("some planes have no dataset: the file is incomplete or damaged")
    if parent.links.get_info(key).type != h5l.TYPE_HARD:
        raise ZException(f"{name} in {path_of(parent)} is a link: links are not followed")
    return h5o.open(parent, key)


def group(parent: h5g.GroupID, name: str) -> h5g.GroupID:
    """The group in a group; errors as in `child`."""
    found = child(parent, name)
    if not isinstance(found, h5g.GroupID):
        raise ZException(f"{name} in {path_of(parent)} is not a group")
    return found


def path_of(place: Any) -> str:
    """The path of an open object in its file."""
    return (h5i.get_name(place) or b"/").decode("utf-8", "replace")


class Hdf5Reader:
    """An open HDF5 file of one scene; formats say where it is and make it.

    Parameters
    ----------
    path
        An existing file.
    format
        Ignored; there is only one format.

    Attributes
    ----------
    name
        Of the format.
    kind
        What such a file is called in errors.
    root
        Name of the group of the image in the root of the file.

    Raises
    ------
    ZException
        When the file lacks that group, as HDF5 files of other programs do, or is damaged.
    """

    name: ClassVar[str]
    kind: ClassVar[str]
    root: ClassVar[str]

    def __init__(self, path: Path, format: FileFormat) -> None:  # noqa: ARG002
        self._bytes = FileBytes(path)
        self._file: h5py.File | None = None
        try:
            self._file = h5py.File(path, "r", locking=False)
            self.scenes = (self._only_scene(self._file),)
        except BaseException:
            self.close()
            raise

    def _only_scene(self, file: h5py.File) -> Scene:
        top = h5g.open(file.id, b"/")
        if not top.links.exists(self.root.encode()):
            names = ", ".join(list(file)[:5]) or "nothing"
            raise ZException(
                f"the file is not {self.kind} file: it has no group /{self.root}, but {names}"
            )
        # With a user block, offsets of chunks depend on the version of HDF5.
        chunks = None if file.userblock_size else self._bytes
        return self._scene(top, group(top, self.root), chunks, self._bytes.size)

    def _scene(
        self, top: h5g.GroupID, image: h5g.GroupID, chunks: FileBytes | None, size: int
    ) -> Scene:
        """The scene: the root of the file, its image, where chunks are read, bytes of the file."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
        self._bytes.close()
