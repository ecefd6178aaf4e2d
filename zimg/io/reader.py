"""What a reader of a file format offers to the rest of the library."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from zimg.image import ZImgInfo, ZImgRegion

# Fills its part of the buffers, one ``(C, Z, Y, X)`` array per time of the region that was planned.
Job = Callable[[list[NDArray[Any]]], None]


class Scene(Protocol):
    """One image of a file."""

    @property
    def info(self) -> ZImgInfo:
        """Sizes, type and metadata, read without pixels."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Voxel type of the buffers to fill, in native byte order."""

    def plan(self, region: ZImgRegion) -> Sequence[Job]:
        """What has to be decoded for a resolved region, each stored block once.

        Everything that can be known to be wrong without decoding raises here, before memory is
        asked for. Jobs write to disjoint places and may run in any order, in several threads.
        """


class Reader(Protocol):
    """An open file."""

    @property
    def name(self) -> str:
        """The format, as it is named in errors."""

    @property
    def scenes(self) -> Sequence[Scene]:
        """The images in the file, in its order."""

    def close(self) -> None:
        """Close the file."""


@dataclass(frozen=True, slots=True)
class Box:
    """Where a decoded block meets the wanted region: what to take of it, and where it goes."""

    take: tuple[slice, ...]
    put: tuple[slice, ...]

    @classmethod
    def meeting(
        cls, block: Sequence[tuple[int, int]], wanted: Sequence[tuple[int, int]]
    ) -> "Box | None":
        """The intersection of two boxes given as (start, end) per axis; None when it is empty."""
        low = [max(b[0], w[0]) for b, w in zip(block, wanted, strict=True)]
        high = [min(b[1], w[1]) for b, w in zip(block, wanted, strict=True)]
        if any(first >= last for first, last in zip(low, high, strict=True)):
            return None
        return cls(_from(low, high, block), _from(low, high, wanted))


def _from(
    low: Sequence[int], high: Sequence[int], box: Sequence[tuple[int, int]]
) -> tuple[slice, ...]:
    """Slices from `low` to `high`, counted from the starts of `box`."""
    return tuple(
        slice(first - start, last - start)
        for first, last, (start, _) in zip(low, high, box, strict=True)
    )
