"""Groups and arrays of a Zarr hierarchy by their paths, and what groups say as OME-Zarr."""

from collections.abc import Mapping
from typing import Any

import zarr
from zarr.abc.store import Store

from zimg._errors import ZException
from zimg.io.formats.ome_zarr.address import AddressStore
from zimg.io.formats.ome_zarr.metadata import inside
from zimg.io.formats.ome_zarr.sizes import METADATA

Node = "zarr.Group | zarr.Array[Any]"


class Hierarchy:
    """The nodes of a store.

    Parameters
    ----------
    store
        Of a folder, a zip file or an address.

    Notes
    -----
    All nodes have the version of the root, which is found once: trying both costs requests.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._version: Any = None

    def node(self, path: str) -> "zarr.Group | zarr.Array[Any]":
        """The group or array at `path`; metadata that were gathered elsewhere are not trusted.

        Raises
        ------
        ZException
            When there is neither.
        """
        try:
            found: Any = self.group(path)
        except (
            FileNotFoundError,
            zarr.errors.ContainsArrayError,
            zarr.errors.NodeTypeValidationError,
        ):
            found = self.array(path)
        if not path:
            self._version = found.metadata.zarr_format
        return found

    def group(self, path: str) -> zarr.Group:
        """The group at `path`; a `FileNotFoundError` when there is none."""
        options: dict[str, Any] = {"mode": "r", "use_consolidated": False}
        name = inside(path) if path else ""
        return zarr.open_group(self.store, path=name, zarr_format=self._version, **options)

    def array(self, path: str) -> "zarr.Array[Any]":
        """The array at `path`; a `ZException` when there is none."""
        try:
            return zarr.open_array(self.store, path=path, mode="r", zarr_format=self._version)
        except FileNotFoundError as error:
            if isinstance(self.store, AddressStore):
                raise self.store.refuse_absent(path) from error
            raise ZException(f"there is no Zarr array at {path or 'its root'!r}") from error

    def described(self, path: str) -> Mapping[str, Any]:
        """What the group at `path` says as OME-Zarr; a `ZException` when there is none."""
        try:
            return said_by(self.group(path))
        except FileNotFoundError as error:
            raise ZException(f"there is no Zarr group at {path!r}") from error
        except (zarr.errors.ContainsArrayError, zarr.errors.NodeTypeValidationError) as error:
            raise ZException(
                f"{path!r} is an array, where a group with an image is expected"
            ) from error


def said_by(node: zarr.Group) -> Mapping[str, Any]:
    """What a group says as OME-Zarr: under ``ome`` from version 0.5, before it by itself."""
    attributes: dict[str, Any] = dict(node.attrs)
    return {**attributes, **attributes["ome"]} if "ome" in attributes else attributes


def keys_of(path: str) -> tuple[str, ...]:
    """The keys under which metadata of a node may lie."""
    return tuple(f"{path}/{name}".lstrip("/") for name in METADATA)


def joined(path: str, name: str) -> str:
    """The path of a node below another one."""
    return f"{path}/{name}" if path else name
