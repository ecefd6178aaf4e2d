"""In what unit a forest is: stated in its comments, so that files carry it and tell it again."""

import math
import re
from collections.abc import Iterable, Sequence
from typing import Literal, Self, TypeVar

import numpy as np

from zimg.swc.table import NodeTable, Table, with_columns
from zimg.values import ZImgInfo

Unit = Literal["voxel", "um"]
VoxelSize = tuple[float, float, float]
Units = TypeVar("Units", bound="TreeUnits")
UNIT = re.compile(r"unit (voxel|um)")
VOXEL_SIZE = re.compile(r"voxel size (\S+) (\S+) (\S+) um")


class TreeUnits(NodeTable):
    """Unit and voxel size of a forest, and the way from voxels to micrometres and back."""

    @property
    def unit(self) -> Unit | None:
        """Unit of positions and radii: ``"voxel"``, ``"um"``, or None when it is not stated.

        A comment (``unit um``) states it, so files keep it. Assigning changes that comment, not
        the numbers.
        """
        found = _stated(self, UNIT)
        return found[1] if found else None  # type: ignore[return-value]  # one of two names

    @unit.setter
    def unit(self, unit: Unit | None) -> None:
        if unit not in ("voxel", "um", None):
            raise ValueError(f"unit is 'voxel', 'um' or None, got {unit!r}")
        _state(self, UNIT, None if unit is None else f"unit {unit}")

    @property
    def voxel_size(self) -> VoxelSize | None:
        """Size of the image's voxels along x, y, z in µm, or None when it is not stated.

        A comment (``voxel size 0.25 0.25 1.0 um``) states it. Assigning three sizes or the
        `ZImgInfo` of the image changes that comment, not the numbers.
        """
        found = _stated(self, VOXEL_SIZE)
        try:
            return None if found is None else _checked([float(size) for size in found.groups()])
        except ValueError:
            return None  # somebody else's words

    @voxel_size.setter
    def voxel_size(self, size: Sequence[float] | ZImgInfo | None) -> None:
        text = "" if size is None else " ".join(map(repr, sizes_in_um(size)))
        _state(self, VOXEL_SIZE, None if size is None else f"voxel size {text} um")

    def to_um(self, voxel_size: Sequence[float] | ZImgInfo | None = None) -> Self:
        """New forest in micrometres, that says so in its comments.

        Parameters
        ----------
        voxel_size
            Size of a voxel along x, y, z in µm, or the `ZImgInfo` of the image; None for the one
            that the forest states. Radii are multiplied by the geometric mean of x and y.

        Raises
        ------
        ValueError
            When the forest is in micrometres already, or no voxel size is known.
        ZException
            When the image has no unit.
        """
        if self.unit == "um":
            raise ValueError("the tree is in um already; tree.unit = None forgets it")
        return _converted(self, _known_size(self, voxel_size), 1, "um")

    def to_voxels(self, voxel_size: Sequence[float] | ZImgInfo | None = None) -> Self:
        """New forest in voxels, from one in micrometres; the other way of `to_um`.

        Parameters
        ----------
        voxel_size
            As in `to_um`.

        Raises
        ------
        ValueError
            When the forest is in voxels already, or no voxel size is known.
        ZException
            When the image has no unit.
        """
        if self.unit == "voxel":
            raise ValueError("the tree is in voxels already; tree.unit = None forgets it")
        return _converted(self, _known_size(self, voxel_size), -1, "voxel")


def sizes_in_um(size: Sequence[float] | ZImgInfo) -> VoxelSize:
    """Three sizes in µm, checked; those of an image from its metadata."""
    if isinstance(size, ZImgInfo):
        size = (size.voxelSizeXInUm(), size.voxelSizeYInUm(), size.voxelSizeZInUm())
    return _checked(size)


def require_one_unit(trees: Iterable[Table]) -> list[Table]:
    """`trees` as a list, unless they state different units."""
    forests = list(trees)
    units = {tree.unit for tree in forests if isinstance(tree, TreeUnits)} - {None}
    if len(units) > 1:
        raise ValueError(
            "some trees are in um, others in voxels; to_um or to_voxels makes them one"
        )
    return forests


def _checked(size: Sequence[float]) -> VoxelSize:
    numbers = tuple(float(each) for each in size)
    if len(numbers) != 3 or not all(math.isfinite(each) and each > 0 for each in numbers):
        raise ValueError(f"voxel_size is three positive numbers in um for x, y, z, got {size!r}")
    return numbers


def _known_size(tree: TreeUnits, given: Sequence[float] | ZImgInfo | None) -> VoxelSize:
    """Voxel size that is given, or that the forest states."""
    size = tree.voxel_size if given is None else sizes_in_um(given)
    if size is None:
        raise ValueError("the tree states no voxel size; give voxel_size, in um for x, y, z")
    return size


def _converted(tree: Units, size: VoxelSize, power: int, unit: Unit) -> Units:
    """`tree` multiplied by a power of the voxel size, with both stated."""
    factors = np.array(size) ** power
    radius = tree.radius * math.sqrt(factors[0] * factors[1])
    result = with_columns(tree, xyz=tree.xyz * factors, radius=radius)
    result.unit, result.voxel_size = unit, size
    return result


def _stated(tree: NodeTable, pattern: re.Pattern[str]) -> re.Match[str] | None:
    """The first comment of a form."""
    return next(filter(None, map(pattern.fullmatch, tree.comments)), None)


def _state(tree: NodeTable, pattern: re.Pattern[str], text: str | None) -> None:
    """Replace the comments of a form by one, or by none."""
    kept = [comment for comment in tree.comments if not pattern.fullmatch(comment)]
    tree.comments = kept if text is None else [*kept, text]
