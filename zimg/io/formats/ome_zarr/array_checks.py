"""Check that arrays have supported voxel types and harmless codecs."""

import asyncio
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice, product
from typing import Any

import numpy as np
import zarr
from zarr.abc.store import Store

from zimg._errors import ZException
from zimg.arrays.interop import VOXEL_TYPES
from zimg.io.disk.limits import check_decoded
from zimg.io.formats.ome_zarr.stores import keys_below
from zimg.io.scenes.missing import MissingPlane, report_missing

TYPES = tuple(name for name in VOXEL_TYPES if name not in ("bool", "bfloat16"))
# Codecs from bytes to bytes, or numbers to numbers. Not among them: pickle, which runs code
# from the file, and codecs of objects.
SAFE = {
    *("bytes", "transpose", "zstd", "gzip", "blosc", "crc32c", "sharding_indexed"),
    *("zlib", "bz2", "lzma", "lz4", "delta", "shuffle", "bitround", "fixedscaleoffset"),
    *("quantize", "astype", "packbits", "crc32", "adler32", "fletcher32", "jenkins_lookup3"),
}
CHUNK_COST = 1024  # approximate bytes that zarr needs per chunk
FEW = 1000  # chunks requested one by one where a store cannot be listed


def check_array(array: "zarr.Array[Any]", where: str) -> np.dtype[Any]:
    """The voxel type of an array in native byte order.

    Parameters
    ----------
    array
        Open array; no chunk has been read.
    where
        Its path, for errors.

    Raises
    ------
    ZException
        For unsupported voxel types, and for codecs that are not known to be harmless.
    """
    dtype: np.dtype[Any] = np.dtype(array.dtype)
    if dtype == np.bool_:
        dtype = np.dtype(np.uint8)  # stored as bytes 0 and 1
    if dtype.newbyteorder("=").name not in TYPES:
        raise ZException(f"array {where!r} holds {dtype}; accepted are {', '.join(TYPES)}, bool")
    unsafe = sorted(set(_codecs(array.metadata.to_dict())) - SAFE)
    if unsafe:
        raise ZException(f"array {where!r} uses the codec {unsafe[0]!r}, which is not supported")
    if 0 in array.shape:
        raise ZException(f"array {where!r} of shape {array.shape} is empty")
    return dtype.newbyteorder("=")


def _codecs(metadata: dict[str, Any]) -> Iterator[str]:
    """Names of all codecs of an array, including those inside shards."""
    for key in ("codecs", "index_codecs", "filters"):
        for codec in metadata.get(key) or ():
            yield from _codec(codec)
    if metadata.get("compressor"):
        yield from _codec(metadata["compressor"])


def _codec(codec: Any) -> Iterator[str]:
    stated = codec if isinstance(codec, dict) else codec.get_config()
    yield str(stated.get("name", stated.get("id"))).removeprefix("numcodecs.")
    yield from _codecs(stated.get("configuration") or {})


def check_claims(
    array: "zarr.Array[Any]", box: Mapping[str, tuple[int, int]], letters: Sequence[str]
) -> None:
    """Refuse chunks above the decoding limit, and far too many chunks.

    Parameters
    ----------
    array
        Array of which no chunk has been read.
    box
        First voxel and the one after the last along t, c, z, y, x.
    letters
        Letter of each axis of `array`.

    Raises
    ------
    ZException
        Naming the array.
    """
    steps = array.chunks
    try:
        check_decoded(tuple(steps), array.dtype.itemsize)
        touched = [
            -(-box[letter][1] // step) - box[letter][0] // step
            for letter, step in zip(letters, steps, strict=True)
        ]
        check_decoded((math.prod(touched),), CHUNK_COST)
    except ZException as error:
        raise ZException(f"array {array.path!r} with chunks {tuple(steps)}: {error}") from error


def check_chunks(array: "zarr.Array[Any]") -> None:
    """Refuse an array without any chunk.

    Usually the chunks exist under other names, with ``.`` instead of ``/`` as separator or vice
    versa; decoding would return zeros for all of them.

    Raises
    ------
    ZException
        Naming the array and the key of its first chunk.
    """
    fill = array.fill_value
    if fill is not None and np.any(np.asarray(fill) != 0):
        return
    if not _has_chunks(array):
        key = array.metadata.encode_chunk_key((0,) * len(array.shape))
        why = f"array {array.path!r} has no chunks: none has a name like {key!r}"
        report_missing([MissingPlane(f"array {array.path!r}", why)])


def _has_chunks(array: "zarr.Array[Any]") -> bool:
    keys = keys_below(array.store, array.path)
    if keys is not None:
        first = array.metadata.encode_chunk_key((0,) * len(array.shape))
        form = re.compile(re.escape(first).replace("0", r"\d+"))
        return any(form.fullmatch(key) for key in keys)
    outer: Sequence[int] = array.shards or array.chunks
    counts = [-(-n // step) for n, step in zip(array.shape, outer, strict=True)]
    if np.prod(counts, dtype=float) > FEW:
        return True  # not known
    places = islice(product(*map(range, counts)), FEW)
    names = (f"{array.path}/{array.metadata.encode_chunk_key(place)}" for place in places)
    return _any_exists(array.store, (name.lstrip("/") for name in names))


def _any_exists(store: Store, keys: Iterable[str]) -> bool:
    """Whether `store` has one of `keys`, tested in order."""

    async def ask() -> bool:
        for key in keys:
            if await store.exists(key):
                return True
        return False

    # In a separate thread: that of the caller may run an event loop, as in notebooks.
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(lambda: asyncio.run(ask())).result()
