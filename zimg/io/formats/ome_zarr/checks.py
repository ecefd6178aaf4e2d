"""Arrays that may be decoded: of types that images have, by codecs that run nothing."""

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
from zimg.io.scenes.missing import MissingPlane, tell_missing

TYPES = tuple(name for name in VOXEL_TYPES if name not in ("bool", "bfloat16"))
# What turns bytes into bytes, or numbers into numbers. Not among them: pickle, which runs what is
# written in a file, and codecs of objects.
SAFE = {
    *("bytes", "transpose", "zstd", "gzip", "blosc", "crc32c", "sharding_indexed"),
    *("zlib", "bz2", "lzma", "lz4", "delta", "shuffle", "bitround", "fixedscaleoffset"),
    *("quantize", "astype", "packbits", "crc32", "adler32", "fletcher32", "jenkins_lookup3"),
}
CHUNK_COST = 1024  # bytes that zarr takes to keep track of one, about
FEW = 1000  # chunks that are asked for one by one where a store cannot list them


def check_array(array: "zarr.Array[Any]", where: str) -> np.dtype[Any]:
    """The voxel type of an array in native byte order.

    Parameters
    ----------
    array
        Open; none of its chunks has been read.
    where
        Its path, for errors.

    Raises
    ------
    ZException
        For a type that no image has, and for a codec that is not known to be harmless.
    """
    dtype: np.dtype[Any] = np.dtype(array.dtype)
    if dtype == np.bool_:
        dtype = np.dtype(np.uint8)  # its bytes are 0 and 1
    if dtype.newbyteorder("=").name not in TYPES:
        raise ZException(f"array {where!r} holds {dtype}; accepted are {', '.join(TYPES)}, bool")
    unsafe = sorted(set(_codecs(array.metadata.to_dict())) - SAFE)
    if unsafe:
        raise ZException(f"array {where!r} is packed by {unsafe[0]!r}, which is not decoded")
    if 0 in array.shape:
        raise ZException(f"array {where!r} of shape {array.shape} is empty")
    return dtype.newbyteorder("=")


def _codecs(metadata: dict[str, Any]) -> Iterator[str]:
    """Names of all codecs of an array, also of those inside of shards."""
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
    """Refuse chunks that are larger than what may be decoded at once, or far too many.

    Parameters
    ----------
    array
        None of its chunks has been read.
    box
        First voxel and the one after the last along t, c, z, y, x.
    letters
        Which of these each axis of `array` is.

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
    """Refuse an array of which no chunk is there, while its fill value says nothing.

    Its chunks are there under other names as a rule, with ``.`` between the numbers instead of
    ``/`` or the other way round; decoding would give zeros for all of them.

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
        why = f"no chunks found in array {array.path!r}: none is named as {key!r} is"
        tell_missing([MissingPlane(f"array {array.path!r}", why)])


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
    """Whether `store` has one of `keys`, asked in order until one is found."""

    async def ask() -> bool:
        for key in keys:
            if await store.exists(key):
                return True
        return False

    # In a thread of its own: the caller's may already run an event loop, as in a notebook.
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(lambda: asyncio.run(ask())).result()
