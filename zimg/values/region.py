"""Regions of images."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, SupportsIndex

from zimg._errors import ZException
from zimg.values.enums import ZVoxelCoordinate
from zimg.values.fields import CheckedFields, Rule, items_of

TO_THE_END = -1


def _corner(value: ZVoxelCoordinate | Iterable[SupportsIndex]) -> ZVoxelCoordinate:
    """Copy a coordinate, or make one from five integers."""
    if isinstance(value, ZVoxelCoordinate):
        return value.copy()
    return ZVoxelCoordinate(tuple(items_of(value)))


@dataclass(init=False)
class ZImgRegion(CheckedFields):
    """A half-open box in x, y, z, channel and time.

    Parameters
    ----------
    start
        First voxel; a `ZVoxelCoordinate` or five integers in the order x, y, z, c, t (tuple,
        list or 1-D array). The region keeps a copy.
    end
        One past the last voxel along each axis; -1 means the end of the image.

    Notes
    -----
    Any integers are accepted; regions are checked when an image is read.
    ``region.start.x = 7`` changes the region.

    Examples
    --------
    >>> ZImgRegion((4, 0, 0, 0, 0), (8, -1, -1, -1, -1)).resolve((16, 9, 3, 2, 1))
    ZImgRegion(start=(4, 0, 0, 0, 0), end=(8, 9, 3, 2, 1))
    """

    if TYPE_CHECKING:  # five integers can be assigned, too

        @property
        def start(self) -> ZVoxelCoordinate:
            """First voxel."""

        @start.setter
        def start(self, value: ZVoxelCoordinate | Iterable[SupportsIndex]) -> None: ...

        @property
        def end(self) -> ZVoxelCoordinate:
            """One past the last voxel."""

        @end.setter
        def end(self, value: ZVoxelCoordinate | Iterable[SupportsIndex]) -> None: ...

    else:
        start: ZVoxelCoordinate
        end: ZVoxelCoordinate
    _rules: ClassVar[Mapping[str, Rule]] = dict.fromkeys(
        ("start", "end"), Rule("five integers x, y, z, c, t", _corner)
    )
    _nested: ClassVar[tuple[str, ...]] = ("start", "end")

    def __init__(
        self,
        start: ZVoxelCoordinate | Iterable[SupportsIndex] = (0,) * 5,
        end: ZVoxelCoordinate | Iterable[SupportsIndex] = (TO_THE_END,) * 5,
    ) -> None:
        self.start, self.end = start, end

    def __repr__(self) -> str:
        return f"ZImgRegion(start={tuple(self.start)}, end={tuple(self.end)})"

    def resolve(self, size: Sequence[int]) -> "ZImgRegion":
        """Replace open ends by the size of an image, and check the region.

        Parameters
        ----------
        size
            Voxels along x, y, z, number of channels, number of times.

        Returns
        -------
        ZImgRegion
            With ``0 <= start < end <= size`` along every axis.

        Raises
        ------
        ZException
            When the region is empty or outside the image; regions are never clipped.
        """
        start = tuple(self.start)
        end = tuple(n if e == TO_THE_END else e for e, n in zip(self.end, size, strict=True))
        if not all(0 <= s < e <= n for s, e, n in zip(start, end, size, strict=True)):
            raise ZException(
                f"Invalid image region: start {start}, end {tuple(self.end)} in an image of "
                f"{tuple(size)} voxels (x, y, z, c, t); each axis needs 0 <= start < end <= size, "
                "or end -1"
            )
        return ZImgRegion(start, end)

    @property
    def size(self) -> tuple[int, ...]:
        """Size of a resolved region along x, y, z, c, t."""
        return tuple(e - s for s, e in zip(self.start, self.end, strict=True))

    @property
    def times(self) -> slice:
        """Time points of a resolved region."""
        return slice(self.start.t, self.end.t)

    @property
    def czyx(self) -> tuple[slice, slice, slice, slice]:
        """Index of a resolved region in the ``(C, Z, Y, X)`` array of one time point."""
        c, z, y, x = (slice(getattr(self.start, a), getattr(self.end, a)) for a in "czyx")
        return c, z, y, x
