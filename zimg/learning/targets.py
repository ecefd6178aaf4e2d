"""What a network shall answer for a patch: a tree drawn there, or labels cut there."""

import os
from typing import Any, Protocol

import numpy as np

from zimg._typing import Array, Device, ImageFramework
from zimg.image.volume import z_to_xy_ratio
from zimg.learning.volumes import Corner, Volume
from zimg.swc import ZSwc

TREES = (".swc", ".eswc")


class Target(Protocol):
    """The answer for the boxes of one volume."""

    def cut(self, corner: Corner, shape: Corner, like: Array) -> Array:
        """The ``(Z, Y, X)`` answer for a box, on the device of `like`."""

    def centre(self, choice: float) -> Corner | None:
        """A place that matters, by a number from 0 to 1; None where none is known."""


class TreeTarget:
    """A tree, drawn into each box on the device of the patch.

    Parameters
    ----------
    tree
        A `ZSwc`, or the path of an SWC file. Its unit is the voxel unless it states another.
    volume
        Whose voxels it is drawn into.
    values
        As of `ZSwc.rasterize`: what is drawn, 1 or ``"tree"``, ``"type"``, ...
    """

    def __init__(self, tree: Any, volume: Volume, values: Any = 1) -> None:
        found = tree if isinstance(tree, ZSwc) else ZSwc(tree)
        in_voxels = found.unit in (None, "voxel")
        self._tree = found if in_voxels else found.to_voxels(volume.info)
        self._values = values
        self._spacing = (1.0, 1.0, z_to_xy_ratio(volume.info))
        # Boxes of the edges, so that a patch draws what reaches it and no more.
        up = np.where(self._tree.parent < 0, np.arange(len(self._tree)), self._tree.parent)
        ends = np.stack([self._tree.xyz, self._tree.xyz[up]])
        reach = np.maximum(self._tree.radius, self._tree.radius[up])[:, None] + 1.0
        reach = reach / np.array(self._spacing)
        self._low, self._high = ends.min(axis=0) - reach, ends.max(axis=0) + reach

    def cut(self, corner: Corner, shape: Corner, like: Array) -> Array:
        """The tree in a box; uint8, or as wide as its values."""
        first = np.asarray(corner[::-1], np.float64)
        last = first + shape[::-1]
        near = ((self._high >= first) & (self._low <= last)).all(axis=1)
        part, values = self._part(np.flatnonzero(near), first)
        kind = "uint8" if isinstance(values, int) else "int32"
        return part.rasterize(shape, values=values, dtype=kind, spacing=self._spacing, like=like)

    def _part(self, rows: Any, origin: Any) -> tuple[ZSwc, Any]:
        """The nodes of some rows and their parents, moved, and what to draw for each."""
        tree = self._tree
        parents = tree.parent[rows]
        needed = np.unique(np.concatenate([rows, parents[parents >= 0]]))
        row_of = np.full(len(tree) + 1, -1)
        row_of[needed] = np.arange(len(needed))
        linked = np.isin(needed, rows)  # the edge of a parent that is only an end is elsewhere
        up = np.where(linked, row_of[tree.parent[needed]], -1)
        others = {"type": tree.type[needed], "id": tree.id[needed]}
        part = ZSwc.from_arrays(tree.xyz[needed] - origin, tree.radius[needed], up, **others)
        if isinstance(self._values, str) and self._values == "tree":
            number = dict(zip(tree.id, np.cumsum(tree.parent < 0), strict=True))
            return part, np.array([number[each] for each in part.id], np.int64)
        return part, self._values

    def centre(self, choice: float) -> Corner | None:
        """A node of the tree."""
        if not len(self._tree):
            return None
        x, y, z = np.rint(self._tree.xyz[int(choice * len(self._tree))]).astype(int)
        return int(z), int(y), int(x)


class LabelTarget:
    """Labels of the same size as the volume, cut where the patch is.

    Parameters
    ----------
    source
        As of a `Volume`; its first channel.
    volume
        Whose voxels they are of.
    time
        Which time point.
    where
        Framework and device of what is cut.

    Raises
    ------
    ValueError
        When they are of another size.
    """

    def __init__(
        self, source: Any, volume: Volume, time: int, where: tuple[ImageFramework, Device]
    ) -> None:
        self._labels, self._where = Volume(source, time), where
        if self._labels.shape != volume.shape:
            raise ValueError(
                f"labels are {self._labels.shape}, the volume is {volume.shape} along z, y, x"
            )

    def cut(self, corner: Corner, shape: Corner, like: Array) -> Array:  # noqa: ARG002
        """The labels of a box, in their own type."""
        return self._labels.read(corner, shape, slice(0, 1), *self._where)[0, ...]

    def centre(self, choice: float) -> Corner | None:  # noqa: ARG002
        """Unknown: it would need the whole volume."""
        return None


def target_of(
    source: Any, volume: Volume, time: int, values: Any, where: tuple[ImageFramework, Device]
) -> Target | None:
    """The target that a tree, a path, an image or an array stands for; None for None."""
    if source is None:
        return None
    named = isinstance(source, str | os.PathLike)
    if isinstance(source, ZSwc) or (named and os.fspath(source).lower().endswith(TREES)):
        return TreeTarget(source, volume, values)
    return LabelTarget(source, volume, time, where)
