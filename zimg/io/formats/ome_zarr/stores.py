"""Where the keys of a Zarr hierarchy are: a folder that nothing leads out of, or an address."""

import os
from collections.abc import Iterable, Iterator
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from zarr.abc.buffer import Buffer, BufferPrototype
from zarr.abc.store import ByteRequest, RangeByteRequest, Store
from zarr.storage import LocalStore, ObjectStore

from zimg._errors import ZException
from zimg.io.disk.limits import check_decoded

# Schemes that obstore opens; http without encryption is asked for by whoever names it.
SCHEMES = ("http", "https", "s3", "gs", "az", "abfs", "abfss")
# Without it obstore would go on for minutes.
PATIENCE = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}


class ConfinedStore(LocalStore):
    """A folder, read only, of which nothing outside is read, whatever links lie in it.

    Parameters
    ----------
    root
        The folder.
    """

    def __init__(self, root: Path | str, *, read_only: bool = True) -> None:
        super().__init__(Path(os.path.realpath(root)), read_only=read_only)

    async def get(
        self,
        key: str,
        prototype: BufferPrototype | None = None,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        """The bytes of a key; None only where there is nothing of that name."""
        self._check(key)
        self._check_size(key, byte_range)
        found = await super().get(key, prototype, byte_range)
        if found is None and (self.root / key).is_dir():
            raise ZException(f"{key} is a folder where a file is expected")
        return found

    async def get_partial_values(
        self,
        prototype: BufferPrototype,
        key_ranges: Iterable[tuple[str, ByteRequest | None]],
    ) -> list[Buffer | None]:
        """Parts of the bytes of keys."""
        wanted = list(key_ranges)
        for key, part in wanted:
            self._check(key)
            self._check_size(key, part)
        return await super().get_partial_values(prototype, wanted)

    def _check(self, key: str) -> None:
        real = os.path.realpath(self.root / key)
        if os.path.commonpath((real, self.root)) != str(self.root):
            raise ZException(f"{key} leads out of the store")

    def _check_size(self, key: str, byte_range: ByteRequest | None) -> None:
        """Refuse a file too large to be read whole, and a part of it that it does not have."""
        try:
            size = (self.root / key).stat().st_size
        except OSError:
            return  # there may be none; reading it tells
        if byte_range is None:
            check_decoded((size,), 1)
        elif isinstance(byte_range, RangeByteRequest):
            start, end = byte_range.start, byte_range.end
            if not 0 <= start <= end <= size:
                raise ZException(f"{key} of {size} bytes refers to its bytes {start} to {end}")


def store_of(path: Path | str) -> Store:
    """The store in a folder, or at an address such as ``https://host/image.ome.zarr``.

    Raises
    ------
    ZException
        When the scheme of an address is not known, or what opens addresses is not installed.
    """
    scheme, found, _ = str(path).partition("://")
    if not found:
        return ConfinedStore(path)
    if scheme not in SCHEMES:
        raise ZException(f"addresses begin with {'://, '.join(SCHEMES)}://, not {scheme}://")
    if find_spec("obstore") is None:
        raise ZException('addresses need obstore; pip install "zimg-xp[cloud]" adds it')
    from_url = import_module("obstore.store").from_url
    options = {"client_options": {"allow_http": True}} if scheme == "http" else {}
    opened = from_url(str(path).rstrip("/"), retry_config=PATIENCE, **options)
    return ObjectStore(opened, read_only=True)


def keys_below(store: Store, prefix: str) -> Iterator[str] | None:
    """Keys of a folder one by one, relative to `prefix`; None where a store cannot list them."""
    if isinstance(store, LocalStore):
        return _files_below(store.root / prefix)
    return None


def _files_below(folder: Path) -> Iterator[str]:
    """Names of files relative to `folder`, found as they are asked for."""
    waiting = [""]
    while waiting:
        inner = waiting.pop()
        with os.scandir(folder / inner) as entries:
            for entry in entries:
                name = f"{inner}/{entry.name}" if inner else entry.name
                if entry.is_dir():
                    waiting.append(name)
                else:
                    yield name
