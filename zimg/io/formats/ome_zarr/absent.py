"""Find boxes of an array without stored chunks, which need not be read."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from zimg.io.formats.ome_zarr.direct import DirectArray
from zimg.io.formats.ome_zarr.folder import ConfinedStore
from zimg.io.formats.ome_zarr.zip_file import ZipFolder


def known_empty(array: "zarr.Array[Any]", box: tuple[slice, ...]) -> bool:
    """Whether a box is known, without decoding, to hold zeros because no chunk is stored.

    Parameters
    ----------
    array
        Of a level.
    box
        Slices with start and stop along the axes of the array.
    """
    store, fill = array.store, array.fill_value
    if fill is not None and np.any(np.asarray(fill) != 0):
        return False
    if not isinstance(store, ConfinedStore | ZipFolder):
        return False  # asking costs as much there as reading
    places = _places(box, array.shards or array.chunks)
    keys = (f"{array.path}/{array.metadata.encode_chunk_key(place)}" for place in places)
    if not any(store.holds(key.lstrip("/")) for key in keys):
        return True
    direct = DirectArray.of(array) if array.shards else None
    if direct is None:
        return False
    indices: dict[tuple[int, ...], NDArray[np.uint64] | None] = {}
    return not any(direct.holds(place, indices) for place in _places(box, array.chunks))


def _places(box: tuple[slice, ...], steps: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Chunks that intersect a box."""
    pairs = zip(box, steps, strict=True)
    return product(*(range(each.start // step, -(-each.stop // step)) for each, step in pairs))
