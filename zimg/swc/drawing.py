"""Draw a forest into a volume of any framework, slab by slab."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from zimg._dispatch import array_namespace
from zimg._dispatch import device as device_of
from zimg._typing import Array, ArrayFramework, Device
from zimg.arrays.export import exported
from zimg.arrays.interop import dtype_name
from zimg.kernels.rasterize import NOTHING, Capsules, first_capsule
from zimg.kernels.widen import widest_float
from zimg.ops import gather, upload
from zimg.ops import like as to_like
from zimg.ops.gather import index_dtype
from zimg.swc.capsules import Floats, Integers, Parts, Shape, capsule_parts, slabs
from zimg.swc.table import NodeTable, radii_from_zero, with_columns
from zimg.swc.units import TreeUnits

VOXELS_AT_ONCE = 1 << 20
"""Voxels that are processed together, of the volume and of the boxes: about 100 MB."""

_NOT_ARRAYS = ("memview", "tensorflow", "tf")

_COLUMNS: dict[str, Callable[[NodeTable], NDArray[Any]]] = {
    "tree": lambda tree: np.cumsum(tree.parent < 0),
    "id": lambda tree: tree.id,
    "type": lambda tree: tree.type,
    "label": lambda tree: tree.label,
}


class TreeDrawing(TreeUnits):
    """A forest as labelled voxels."""

    def rasterize(
        self,
        shape: Sequence[int],
        *,
        values: ArrayLike | str = 1,
        dtype: DTypeLike = "uint8",
        spacing: Sequence[float] = (1.0, 1.0, 1.0),
        framework: ArrayFramework = "numpy",
        device: Device = None,
        like: Array | None = None,
    ) -> Array:
        """Draw the forest into a new ``(Z, Y, X)`` volume.

        Positions count in voxels: the centre of the first voxel is at 0.

        Parameters
        ----------
        shape
            Sizes of the volume along z, y, x, at least 1. Whatever lies outside is cut off.
        values
            Values to draw: one number; one for each row; or ``"tree"`` (1 for the first tree, 2
            for the next, ...), ``"id"``, ``"type"`` or ``"label"``. An edge has the value of its
            lower node. Where several rows reach a voxel, the first wins, so that a soma stays
            whole. The background is 0.
        dtype
            NumPy dtype of the volume, or its name; it must hold the values.
        spacing
            Sizes of a voxel along x, y, z. Radii count in voxels along x and y; where these
            differ, in their geometric mean.
        framework, device
            Where to make the volume, as in `zimg.ZImg.to_arrays`.
        like
            Array whose framework and device to use instead.

        Returns
        -------
        Array
            ``(Z, Y, X)``. A voxel is drawn when its centre is no farther from an edge than the
            radius at the nearest point of the edge, or from a node than its radius. The voxels
            that an edge runs through are drawn whatever the radius, at least one for each step of
            a voxel along its longest axis, so edges are 26-connected and each node is in its
            voxel.

        Raises
        ------
        ValueError
            For invalid shapes, spacings, values or frameworks, values that `dtype` does not hold,
            and a tree in micrometres.
        TypeError
            When the framework lacks the dtype.

        Warns
        -----
        UserWarning
            When radii are negative, that is unknown; they are drawn as 0.

        Notes
        -----
        Distances are computed in float64 where the device supports it; in float32, a voxel whose
        centre lies on the surface may fall to the other side. Memory: the result and about 100 MB.

        Examples
        --------
        >>> tree = zimg.ZSwc.from_arrays([[2, 1, 0], [5, 1, 0]], 0.5, [-1, 0])
        >>> tree.rasterize((1, 3, 7))[0].tolist()
        [[0, 0, 0, 0, 0, 0, 0], [0, 0, 1, 1, 1, 1, 0], [0, 0, 0, 0, 0, 0, 0]]
        """
        sizes, sides = _sizes(shape), _sides(spacing)
        _require_drawable(self)
        solid = with_columns(self, radius=radii_from_zero(self, "drawn"))
        drawn = _values(self, values, np.dtype(dtype))
        if like is None:
            if framework in _NOT_ARRAYS:
                raise ValueError(f"cannot draw into {framework!r}: use 'numpy' and convert")
            like = exported(np.zeros(1, drawn.dtype), framework, device=device)
        table = to_like(drawn, like)
        drawn_slabs = [
            gather(table, _first_rows(parts, slab, sides, like), fill=drawn.dtype.type(0).item())
            for slab, parts in slabs(capsule_parts(solid, sizes, sides), sizes, VOXELS_AT_ONCE)
        ]
        return array_namespace(like).concat(drawn_slabs, axis=0)


def _sizes(shape: Sequence[int]) -> Shape:
    sizes = tuple(int(size) for size in shape)
    if len(sizes) != 3 or sizes != tuple(shape) or min(sizes) < 1:
        raise ValueError(f"shape must be three sizes of at least 1 along z, y, x, got {shape!r}")
    return sizes


def _sides(spacing: Sequence[float]) -> Floats:
    """Sizes of a voxel along z, y, x, in the unit of the radii."""
    sides = np.asarray(spacing, dtype=np.float64)
    if sides.shape != (3,) or not (np.isfinite(sides) & (sides > 0)).all():
        raise ValueError(f"spacing must be three numbers above 0 for x, y, z, got {spacing!r}")
    lengths: Floats = sides[::-1] / math.sqrt(sides[0] * sides[1])
    return lengths


def _require_drawable(tree: TreeUnits) -> None:
    if tree.unit not in ("voxel", None):
        raise ValueError(f"the tree is in {tree.unit}, but is drawn in voxels: use to_voxels first")
    if not (np.isfinite(tree.xyz).all() and np.isfinite(tree.radius).all()):
        raise ValueError("positions and radii must be finite to be drawn")


def _values(tree: NodeTable, values: ArrayLike | str, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Value of each row, in the dtype of the volume."""
    if isinstance(values, str):
        if values not in _COLUMNS:
            raise ValueError(
                f"values must be numbers or one of {', '.join(_COLUMNS)}, got {values!r}"
            )
        values = _COLUMNS[values](tree)
    given = np.asarray(values)
    if given.shape not in ((), (len(tree),)):
        raise ValueError(f"values have shape {given.shape}; expected one, or one per row")
    given = np.broadcast_to(given, (len(tree),))
    with np.errstate(invalid="ignore"):  # the comparison finds values out of range
        drawn = given.astype(dtype)
    if dtype.kind in "biu" and (wrong := np.flatnonzero(drawn != given)).size:
        raise ValueError(f"{dtype} cannot hold the value {given[wrong[0]]} of row {wrong[0]}")
    return drawn


def _first_rows(parts: Parts, shape: Shape, sides: Floats, like: Array) -> Array:
    """The first row that reaches each voxel of a slab, computed in batches of voxels."""
    xp, on = array_namespace(like), device_of(like)
    found = xp.full(shape, NOTHING, dtype=index_dtype(xp=xp, on=on), device=on)
    counts = (parts.high - parts.low).prod(axis=1)
    end = np.cumsum(counts)
    total = int(counts.sum())
    for done in range(0, total, VOXELS_AT_ONCE):
        count = _power_of_two(min(total - done, VOXELS_AT_ONCE))
        which = (end > done) & (end - counts < done + count)
        capsules = _capsules(parts.at(which), (end - counts - done)[which], count, sides, like)
        reached = first_capsule(capsules, count=count, shape=shape, spacing=tuple(sides.tolist()))
        found = xp.minimum(found, reached)
    return found


def _capsules(parts: Parts, begin: Integers, count: int, sides: Floats, like: Array) -> Capsules:
    """Parts on a device, padded to a power of two, so that few shapes are compiled."""
    xp, on = array_namespace(like), device_of(like)
    spare = _power_of_two(len(begin)) - len(begin)
    whole = dtype_name(index_dtype(xp=xp, on=on))
    real = dtype_name(widest_float(like, xp=xp))

    def placed(column: NDArray[Any], dtype: str, fill: int) -> Array:
        padding = ((0, spare), *((0, 0),) * (column.ndim - 1))
        padded = np.pad(column, padding, constant_values=fill)
        return upload(padded, on=on, dtype=dtype, xp=xp)

    return Capsules(
        begin=placed(begin, whole, count),  # behind all voxels of the batch
        number=placed(parts.axes.row, whole, 0),
        corner=placed(parts.low, whole, 0),
        size=placed(parts.high - parts.low, whole, 1),
        start=placed((parts.axes.first - parts.low) * sides, real, 0),
        step=placed(parts.axes.step * sides, real, 0),
        radius=placed(parts.axes.radius, real, 0),
        taper=placed(parts.axes.taper, real, 0),
    )


def _power_of_two(count: int) -> int:
    return 1 << max(count - 1, 0).bit_length()
