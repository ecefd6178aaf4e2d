"""Find the chunk that failed to decode."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import zarr

from zimg._errors import ZException

Box = tuple[slice, ...]


def failing_chunk(array: "zarr.Array[Any]", box: Box, error: Exception) -> Exception:
    """Return the error of the first chunk in a box that fails on its own.

    Parameters
    ----------
    array
        Array of the box.
    box
        One slice per axis; decoding of this box failed.
    error
        The error; returned when every single chunk can be decoded.
    """
    for part in _parts(box, array.chunks):
        try:
            array.get_basic_selection(part)
        except Exception as own:
            outer = array.shards or array.chunks
            place = tuple(each.start // n for each, n in zip(part, outer, strict=True))
            name = f"{array.path}/{array.metadata.encode_chunk_key(place)}".lstrip("/")
            at = f" at {tuple(each.start for each in part)}" if array.shards else ""
            return ZException(f"chunk {name!r}{at}: {_cause(own)}")
    return error


def _cause(error: BaseException) -> BaseException:
    """The first error of a group: from zarr 3.4 on, concurrent requests fail as a group."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _parts(box: Box, steps: Sequence[int]) -> Iterator[Box]:
    """Split a box into the parts of single chunks."""
    axes = []
    for each, step in zip(box, steps, strict=True):
        starts = [each.start, *range((each.start // step + 1) * step, each.stop, step)]
        axes.append([slice(a, b) for a, b in zip(starts, [*starts[1:], each.stop], strict=True)])
    yield from product(*axes)
