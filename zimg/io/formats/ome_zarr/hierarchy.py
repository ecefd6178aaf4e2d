"""Groups and arrays of a Zarr hierarchy by path, and OME metadata of groups."""

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
        Store of a folder, a zip file or an address.

    Notes
    -----
    All nodes have the Zarr version of the root, which is detected once to save requests.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._version: Any = None

    def node(self, path: str) -> "zarr.Group | zarr.Array[Any]":
        """The group or array at `path`; consolidated metadata are not used.

        Raises
        ------
        ZException
            When neither exists.
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
        """The group at `path`; a `FileNotFoundError` if absent."""
        options: dict[str, Any] = {"mode": "r", "use_consolidated": False}
        name = inside(path) if path else ""
        return zarr.open_group(self.store, path=name, zarr_format=self._version, **options)

    def array(self, path: str) -> "zarr.Array[Any]":
        """The array at `path`; a `ZException` if absent."""
        try:
            return zarr.open_array(self.store, path=path, mode="r", zarr_format=self._version)
        except FileNotFoundError as error:
            if isinstance(self.store, AddressStore):
                raise self.store.refuse_absent(path) from error
            raise ZException(f"there is no Zarr array at {path or 'its root'!r}") from error

    def described(self, path: str) -> Mapping[str, Any]:
        """OME metadata of the group at `path`; a `ZException` if the group is absent."""
        try:
            return ome_attributes(self.group(path))
        except FileNotFoundError as error:
            raise ZException(f"there is no Zarr group at {path!r}") from error
        except (zarr.errors.ContainsArrayError, zarr.errors.NodeTypeValidationError) as error:
            raise ZException(
                f"{path!r} is an array, where a group with an image is expected"
            ) from error


def ome_attributes(node: zarr.Group) -> Mapping[str, Any]:
    """OME metadata of a group: under ``ome`` from version 0.5 on, before that at the top level."""
    attributes: dict[str, Any] = dict(node.attrs)
    return {**attributes, **attributes["ome"]} if "ome" in attributes else attributes


def keys_of(path: str) -> tuple[str, ...]:
    """The keys where metadata of a node may be stored."""
    return tuple(f"{path}/{name}".lstrip("/") for name in METADATA)


def joined(path: str, name: str) -> str:
    """Path of a node below another one."""
    return f"{path}/{name}" if path else name
