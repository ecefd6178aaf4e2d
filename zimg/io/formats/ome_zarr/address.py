"""A Zarr hierarchy at an address, where what may not be read counts as absent."""

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from zarr.abc.buffer import Buffer, BufferPrototype
from zarr.abc.store import ByteRequest, RangeByteRequest
from zarr.storage import ObjectStore

from zimg._errors import ZException
from zimg.io.formats.ome_zarr.sizes import check_size


class AddressStore(ObjectStore[Any]):
    """What obstore opens, read only.

    Parameters
    ----------
    store
        Of obstore.

    Notes
    -----
    Buckets without the right to list answer 403 (Forbidden) for keys that do not exist, so such a
    key is absent. `forbidden` tells whether that was the answer to any.
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
        """The bytes of a key; None where there are none, or where they may not be read."""
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
        """All bytes of a key, when they are not too many."""
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
        """Whether there is something under a key that may be read."""
        try:
            return await super().exists(key)
        except self._denied:
            self.forbidden = True
            return False

    def refuse_absent(self, path: str) -> ZException:
        """The error that there is nothing at a path, with the answer of the server."""
        more = " (the server answered 403, Forbidden)" if self.forbidden else ""
        return ZException(f"there is no Zarr array at {path or 'its root'!r}{more}")
