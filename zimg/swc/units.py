"""Unit and voxel size of a forest, stated in its comments so that files keep them."""

import math
import re
from collections.abc import Iterable, Sequence
from typing import Self, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from zimg.swc.headers import (
    IN_UM,
    Statement,
    Unit,
    VoxelSize,
    stated_by_others,
    without_units_of_others,
)
from zimg.swc.table import NodeTable, Table, with_columns
from zimg.values import ZImgInfo

Units = TypeVar("Units", bound="TreeUnits")
UNIT = re.compile(rf"unit ({'|'.join(get_args(Unit))})")
VOXEL_SIZE = re.compile(r"voxel size (\S+) (\S+) (\S+) um")


class TreeUnits(NodeTable):
    """Unit and voxel size of a forest, and conversions between voxels and micrometres."""

    @property
    def unit(self) -> Unit | None:
        """Unit of positions and radii, or None when it is not stated.

        ``"voxel"``, ``"nm"``, ``"um"``, ``"mm"``, ``"cm"`` or ``"m"``. A comment states it
        (``unit um``), so files keep it; the headers of SNT and navis are understood too. Assigning
        a unit changes the comment, not the numbers.
        """
        return _stated(self).unit

    @unit.setter
    def unit(self, unit: Unit | None) -> None:
        if unit is not None and unit not in get_args(Unit):
            known = ", ".join(map(repr, get_args(Unit)))
            raise ValueError(f"unit is {known} or None, got {unit!r}")
        _state(self, Statement(unit, self.voxel_size))

    @property
    def voxel_size(self) -> VoxelSize | None:
        """Size of the image's voxels along x, y, z in µm, or None when it is not stated.

        A comment states it (``voxel size 0.25 0.25 1.0 um``). Assigning three sizes or the
        `ZImgInfo` of the image changes that comment, not the numbers.
        """
        return _stated(self).voxel_size

    @voxel_size.setter
    def voxel_size(self, size: Sequence[float] | ZImgInfo | None) -> None:
        _state(self, Statement(self.unit, None if size is None else sizes_in_um(size)))

    def to_um(self, voxel_size: Sequence[float] | ZImgInfo | None = None) -> Self:
        """Return the forest in micrometres, as its comments then state.

        Parameters
        ----------
        voxel_size
            Size of a voxel along x, y, z in µm, or the `ZImgInfo` of the image; None uses the size
            that the forest states. Radii are multiplied by the geometric mean of x and y. A forest
            in another unit of length needs no voxel size.

        Returns
        -------
        ZSwc
            The same nodes with positions and radii in µm.

        Raises
        ------
        ValueError
            If the forest is in micrometres already, or the voxel size is unknown.
        ZException
            If the image has no unit.
        """
        if self.unit == "um":
            raise ValueError("the tree is in um already; tree.unit = None removes the statement")
        if self.unit in IN_UM:
            size = self.voxel_size if voxel_size is None else sizes_in_um(voxel_size)
            return _converted(self, np.full(3, IN_UM[self.unit]), Statement("um", size))
        size = _known_size(self, voxel_size)
        return _converted(self, np.array(size), Statement("um", size))

    def to_voxels(self, voxel_size: Sequence[float] | ZImgInfo | None = None) -> Self:
        """Return the forest in voxels; the inverse of `to_um`.

        Parameters
        ----------
        voxel_size
            As in `to_um`.

        Returns
        -------
        ZSwc
            The same nodes with positions and radii in voxels.

        Raises
        ------
        ValueError
            If the forest is in voxels already, or the voxel size is unknown.
        ZException
            If the image has no unit.
        """
        if self.unit == "voxel":
            raise ValueError(
                "the tree is in voxels already; tree.unit = None removes the statement"
            )
        size = _known_size(self, voxel_size)
        unit = 1.0 if self.unit is None else IN_UM[self.unit]
        return _converted(self, unit / np.array(size), Statement("voxel", size))


def sizes_in_um(size: Sequence[float] | ZImgInfo) -> VoxelSize:
    """Three checked sizes in µm, given or from the metadata of an image."""
    if isinstance(size, ZImgInfo):
        size = (size.voxelSizeXInUm(), size.voxelSizeYInUm(), size.voxelSizeZInUm())
    return _checked(size)


def require_one_unit(trees: Iterable[Table]) -> list[Table]:
    """`trees` as a list; raises a ValueError if they state different units."""
    forests = list(trees)
    stated = {tree.unit for tree in forests if isinstance(tree, TreeUnits)} - {None}
    if len(stated) > 1:
        one, other, *_ = sorted("voxels" if unit == "voxel" else str(unit) for unit in stated)
        raise ValueError(
            f"some trees are in {one}, others in {other}; convert them by to_um or to_voxels"
        )
    return forests


def _checked(size: Sequence[float]) -> VoxelSize:
    numbers = tuple(float(each) for each in size)
    if len(numbers) != 3 or not all(math.isfinite(each) and each > 0 for each in numbers):
        raise ValueError(
            f"voxel_size must be three positive numbers in um for x, y, z, got {size!r}"
        )
    return numbers


def _known_size(tree: TreeUnits, given: Sequence[float] | ZImgInfo | None) -> VoxelSize:
    """The given voxel size, or the one that the forest states."""
    size = tree.voxel_size if given is None else sizes_in_um(given)
    if size is None:
        raise ValueError("the tree states no voxel size: pass voxel_size, in um for x, y, z")
    return size


def _converted(tree: Units, factors: NDArray[np.float64], stated: Statement) -> Units:
    """`tree` with scaled positions and radii and a new statement."""
    radius = tree.radius * math.sqrt(factors[0] * factors[1])
    result = with_columns(tree, xyz=tree.xyz * factors, radius=radius)
    _state(result, stated)
    return result


def _stated(tree: NodeTable) -> Statement:
    """Statement of the comments: our own form has priority over those of other programs."""
    own, others = _own(tree.comments), stated_by_others(tree.comments)
    return Statement(own.unit or others.unit, own.voxel_size or others.voxel_size)


def _own(comments: Iterable[str]) -> Statement:
    comments = list(comments)
    unit = next(filter(None, map(UNIT.fullmatch, comments)), None)
    size = next(filter(None, map(VOXEL_SIZE.fullmatch, comments)), None)
    try:
        sizes = None if size is None else _checked([float(each) for each in size.groups()])
    except ValueError:
        sizes = None  # not written by this library
    return Statement(None if unit is None else unit[1], sizes)  # type: ignore[arg-type]


def _state(tree: NodeTable, stated: Statement) -> None:
    """Replace all comments about units by our own."""
    kept = [
        comment
        for comment in without_units_of_others(tree.comments)
        if _own([comment]) == Statement()
    ]
    if stated.unit is not None:
        kept.append(f"unit {stated.unit}")
    if stated.voxel_size is not None:
        kept.append(f"voxel size {' '.join(map(repr, stated.voxel_size))} um")
    tree.comments = kept
