"""Open stores of Zarr hierarchies: folders, zip files and addresses."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from zarr.abc.store import Store

from zimg._errors import ZException
from zimg.io.formats.ome_zarr.address import AddressStore
from zimg.io.formats.ome_zarr.folder import ConfinedStore
from zimg.io.formats.ome_zarr.zip_file import ZipFolder

# Schemes that obstore opens; whoever writes http:// accepts a connection without encryption.
SCHEMES = ("http", "https", "s3", "gs", "az", "abfs", "abfss")
# The default of obstore retries for minutes.
PATIENCE = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}


def store_of(path: Path | str) -> Store:
    """The store in a folder, in a zip file, or at an address such as ``https://host/a.ome.zarr``.

    Raises
    ------
    ZException
        When the scheme of an address is unknown, or obstore is not installed.
    """
    scheme, found, _ = str(path).partition("://")
    if not found:
        return ConfinedStore(path) if os.path.isdir(path) else ZipFolder(path)  # noqa: PTH112
    if scheme not in SCHEMES:
        raise ZException(f"unsupported address {scheme}://: expected {'://, '.join(SCHEMES)}://")
    if find_spec("obstore") is None:
        raise ZException('addresses need obstore; pip install "zimg-xp[cloud]" adds it')
    from_url = import_module("obstore.store").from_url
    options = {"client_options": {"allow_http": True}} if scheme == "http" else {}
    return AddressStore(from_url(str(path).rstrip("/"), retry_config=PATIENCE, **options))


def steady(store: Store, *keys: str) -> AbstractContextManager[None]:
    """Raise an error after the block if a folder, or one of its files, was replaced.

    Parameters
    ----------
    store
        Store of a folder; others are not checked: a zip file stays open, and addresses give no
        sign.
    *keys
        Keys of metadata that were read before.

    Raises
    ------
    ReplacedError
        When the folder or a key is no longer the one that was opened.
    """
    return store.steady(*keys) if isinstance(store, ConfinedStore) else nullcontext()


def keys_below(store: Store, prefix: str) -> Iterator[str] | None:
    """Yield keys below `prefix`, relative to it; None if the store cannot list them."""
    if isinstance(store, ConfinedStore | ZipFolder):
        return store.keys_below(prefix)
    return None
