"""A volume prepared for trilinear sampling: neighbouring voxels packed into one integer word."""

from dataclasses import dataclass

from zimg._dispatch import array_namespace, device, hookable
from zimg._typing import Array, DType, Namespace
from zimg.ops import jit, row_plan, slabs_of

BYTES, PAIRS, PLAIN = "bytes", "pairs", "plain"


@dataclass(frozen=True)
class Layout:
    """Layout of the words of a packed volume.

    Kernels compute with its numbers and never branch on them, so that a framework can compile them
    once for volumes of all shapes; only `kind` is static.

    Attributes
    ----------
    kind
        ``"bytes"``: the four corners of an xy cell in one int32 (8-bit voxels); ``"pairs"``: two
        neighbours along x (16-bit voxels); ``"plain"``: one voxel in the compute dtype.
    shape
        ``(depth, height, width)`` of the volume.
    z_to_xy
        Size of a voxel in z divided by its size in x and y.
    """

    kind: str
    shape: tuple[int, int, int]
    z_to_xy: float

    @property
    def row(self) -> int:
        """Words per padded row."""
        return self.shape[2] + 1

    @property
    def plane(self) -> int:
        """Words per padded plane."""
        return (self.shape[1] + 1) * self.row

    @property
    def upper(self) -> tuple[float, float, float]:
        """Largest coordinates inside the volume, in trace space, x y z."""
        depth, height, width = self.shape
        return width - 1.0, height - 1.0, (depth - 1.0) * self.z_to_xy


@hookable
def pack_volume(
    volume: Array, /, *, z_to_xy: float, dtype: object, xp: Namespace | None = None
) -> tuple[Array, Layout]:
    """Pack a ``(Z, Y, X)`` volume for the tube kernels.

    Each axis gets one padding voxel behind its end, so that the neighbour of every voxel exists.
    Packed values are exact. Voxels other than uint8 and uint16 are kept one per word in `dtype`.

    Returns
    -------
    words, layout
        ``((Z + 1) * (Y + 1) * (X + 1),)`` or more on the device of `volume`, and how to read it.
        Words of the padding behind rows and columns hold anything, and so do words behind the
        last, which frameworks get that compile for shapes: there are few lengths.
    """
    xp = xp or array_namespace(volume)
    depth, height, width = volume.shape
    kind = kind_of(volume.dtype, xp=xp)
    plan = row_plan(xp=xp, on=device(volume))
    size = plan.words((depth + 1) * (height + 1) * (width + 1))
    made = dtype if kind == PLAIN else xp.int32
    words = jit(_words, xp=xp)(volume, kind=kind, dtype=made, size=size, xp=xp)
    return words, Layout(kind, (depth, height, width), float(z_to_xy))


def _words(volume: Array, *, kind: str, dtype: object, size: int, xp: Namespace) -> Array:
    """The words of a volume in one row of `size`."""
    slabs = slabs_of(volume, xp=xp)
    parts = [_words_of_planes(slab.around(volume), kind, dtype, xp=xp) for slab in slabs]
    missing = size - sum(part.shape[0] for part in parts)
    return xp.concat([*parts, xp.zeros((missing,), dtype=parts[0].dtype, device=device(volume))])


def _words_of_planes(planes: Array, kind: str, dtype: object, *, xp: Namespace) -> Array:
    """The words of some planes, ``(n,)``; a cell of words lies within its plane."""
    values = _padded(xp.astype(planes, dtype), xp=xp)
    if kind == PAIRS:
        values = values | (_shifted(values, 2, xp=xp) << 16)
    elif kind == BYTES:
        pair = values | (_shifted(values, 2, xp=xp) << 8)
        values = pair | (_shifted(pair, 1, xp=xp) << 16)
    return xp.reshape(values, (-1,))


def kind_of(dtype: DType, *, xp: Namespace) -> str:
    """Kind of packing for a type of voxels."""
    return BYTES if dtype == xp.uint8 else PAIRS if dtype == xp.uint16 else PLAIN


def _padded(values: Array, *, xp: Namespace) -> Array:
    """`values` with one voxel of zeros behind each row and column."""
    for axis in (1, 2):
        shape = tuple(1 if a == axis else n for a, n in enumerate(values.shape))
        zeros = xp.zeros(shape, dtype=values.dtype, device=device(values))
        values = xp.concat([values, zeros], axis=axis)
    return values


def _shifted(values: Array, axis: int, *, xp: Namespace) -> Array:
    """The next voxel along `axis`; values behind the padding are never read."""
    return xp.roll(values, -1, axis=axis)
