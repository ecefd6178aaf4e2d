"""A Zarr hierarchy at an address; keys that the server forbids count as absent."""

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from zarr.abc.buffer import Buffer, BufferPrototype
from zarr.abc.store import ByteRequest, RangeByteRequest
from zarr.storage import ObjectStore

from zimg._errors import ZException
from zimg.io.formats.ome_zarr.sizes import check_size


class AddressStore(ObjectStore[Any]):
    """A read-only store opened by obstore.

    Parameters
    ----------
    store
        Store of obstore.

    Notes
    -----
    Buckets that cannot be listed answer 403 (Forbidden) for keys that do not exist, so such keys
    count as absent. `forbidden` records whether any request got that answer.
    """

    def __init__(self, store: Any) -> None:
        super().__init__(store, read_only=True)
        self._denied: Any = import_module("obstore.exceptions").PermissionDeniedError
        self.forbidden = False

    async def get(
        self,
        key: str,
        prototype: BufferPrototype,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        """The bytes of a key; None if the key is absent or forbidden."""
        try:
            if byte_range is None:
                return await self._whole(key, prototype)
            found = await super().get(key, prototype, byte_range)
        except self._denied:
            self.forbidden = True
            return None
        if found is not None and not isinstance(byte_range, RangeByteRequest):
            check_size(key, len(found), byte_range)
        return found

    async def _whole(self, key: str, prototype: BufferPrototype) -> Buffer | None:
        """All bytes of a key, if they are within the size limit."""
        try:
            answer = await import_module("obstore").get_async(self.store, key)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        check_size(key, answer.meta["size"], None)
        return prototype.buffer.from_bytes(await answer.bytes_async())

    async def get_partial_values(
        self,
        prototype: BufferPrototype,
        key_ranges: Iterable[tuple[str, ByteRequest | None]],
    ) -> list[Buffer | None]:
        """Parts of the bytes of keys."""
        wanted = list(key_ranges)
        try:
            return await super().get_partial_values(prototype, wanted)
        except self._denied:
            return [await self.get(key, prototype, part) for key, part in wanted]

    async def exists(self, key: str) -> bool:
        """Whether a key exists and can be read."""
        try:
            return await super().exists(key)
        except self._denied:
            self.forbidden = True
            return False

    def refuse_absent(self, path: str) -> ZException:
        """Raise the error for a missing array, with the answer of the server."""
        more = " (the server answered 403, Forbidden)" if self.forbidden else ""
        return ZException(f"there is no Zarr array at {path or 'its root'!r}{more}")
