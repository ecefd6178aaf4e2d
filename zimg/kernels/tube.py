"""Fields of tube segments: where a segment samples the signal, and the sampled values.

Arrays named `rows` are ``(n, 11)`` floating: ``radius, theta, psi, scale, length, x, y, z`` in
trace space (``zimg.tracing.segments`` says what they mean), then x, y, z of a voxel as whole
numbers, from which the position counts: coordinates stay small, so their precision does not depend
on the size of the volume. Kernels broadcast over rows and reduce within them, so the result of a
row never depends on the rows beside it.
"""

from typing import NamedTuple

from zimg._dispatch import array_namespace, device
from zimg._typing import Array, Namespace
from zimg.kernels.pack import BYTES, PAIRS, Layout
from zimg.kernels.template import Template
from zimg.ops import barrier, gather

SLICES = 11
"""Sections along the axis, whatever the length of the segment (behaviour of the reference)."""


class Field(NamedTuple):
    """Sample positions of a batch of segments, factored into section and axis, in voxels.

    The position of point ``p`` in slice ``s`` is ``section[p] + axis[s]`` on each image axis.
    """

    section: tuple[Array, Array, Array]
    axis: tuple[Array, Array, Array]
    weight: Array


def full_field(rows: Array, template: Template, layout: Layout) -> Field:
    """Field of whole segments: the negative ring keeps a bounded distance from the wall.

    Weights have unit absolute sum in each slice and are the same in all slices, ``(n, points)``.
    """
    xp = array_namespace(rows)
    radius, scale = rows[:, 0:1], rows[:, 3:4]
    # The point of the wall in the direction of each ring point; inside points are their own.
    across = template.wall_x * (radius * scale)
    along = template.wall_y * radius
    stretch = _stretch(across, along, template, xp=xp)
    across *= stretch
    along *= stretch
    gain = xp.sqrt(radius) * xp.sqrt(xp.sqrt(scale))
    unit = 1.0 / (gain * template.inner_sum + template.outer_sum)
    weight = template.inner * (gain * unit)
    weight += template.outer * unit
    return _placed(rows, across, along, weight, layout, SLICES, xp=xp)


def _stretch(across: Array, along: Array, template: Template, *, xp: Namespace) -> Array:
    """Distance of each point from the axis, relative to the wall.

    Its surplus counts in radii where the wall is 1 to 2 voxels from the axis, in voxels where it is
    nearer, in pairs of voxels where it is farther (behaviour of the reference).
    """
    one = xp.ones_like(across[:, 0:1])
    wall = across * across
    wall += along * along
    wall = xp.sqrt(xp.maximum(wall, 1e-12 * one))  # the derivative of the root is infinite at 0
    stretch = xp.minimum(xp.maximum(wall, one), 2.0 * one) / wall
    stretch *= template.surplus
    stretch += 1.0
    return stretch


def core_field(rows: Array, template: Template, layout: Layout, slices: int = SLICES) -> Field:
    """Field of the inside of segments, for the orientation search; weights ``(1, points)``."""
    xp = array_namespace(rows)
    radius, scale = rows[:, 0:1], rows[:, 3:4]
    weight = template.inner / template.inner_sum
    across, along = template.wall_x * (radius * scale), template.wall_y * radius
    return _placed(rows, across, along, weight[None, :], layout, slices, xp=xp)


def _placed(
    rows: Array,
    across: Array,
    along: Array,
    weight: Array,
    layout: Layout,
    slices: int,
    *,
    xp: Namespace,
) -> Field:
    """Section coordinates turned into image axes, and the offsets of the slices."""
    steps = xp.arange(slices, dtype=rows.dtype, device=device(rows)) / (slices - 1)
    offset = (rows[:, 4:5] - 1.0) * steps
    theta, psi = rows[:, 1:2], rows[:, 2:3]
    ct, st, cp, sp = xp.cos(theta), xp.sin(theta), xp.cos(psi), xp.sin(psi)
    flat = 1.0 / layout.z_to_xy
    x = across * cp
    x -= along * (ct * sp)
    x += rows[:, 5:6]
    y = across * sp
    y += along * (ct * cp)
    y += rows[:, 6:7]
    z = along * (st * flat)
    z += rows[:, 7:8] * flat
    axis = (offset * (st * sp), offset * (-st * cp), offset * (ct * flat))
    return Field((x, y, z), axis, weight)


def sampled(
    words: Array, rows: Array, field: Field, layout: Layout, *, masked: bool
) -> tuple[Array, Array | None]:
    """Trilinear samples of a packed volume at the positions of `field`.

    A sample is valid when it lies strictly inside the box of voxel centres (behaviour of the
    reference); invalid samples are 0.

    Returns
    -------
    values, valid
        ``(n, slices, points)``; `valid` is None unless `masked`, without which the caller promises
        that every sample is valid.
    """
    xp = array_namespace(words, field.weight)
    # The barriers keep a compiler from recomputing the section in every slice and the index in
    # every gather; elsewhere they do nothing.
    section, axis = barrier((field.section, field.axis), xp=xp)
    position = [q[:, None, :] + a[:, :, None] for q, a in zip(section, axis, strict=True)]
    valid = None
    if masked:
        low, high = _bounds(rows, layout)
        valid = _strictly_between(position, low, high)
        position = [
            xp.minimum(xp.maximum(p, a), b) for p, a, b in zip(position, low, high, strict=True)
        ]
    floor = [xp.floor(p) for p in position]
    index = barrier(_flat_index(floor, rows, words, layout, xp=xp), xp=xp)
    fraction = [_fraction(p, f) for p, f in zip(position, floor, strict=True)]
    read = barrier(_gathered(words, index, layout, xp=xp), xp=xp)
    value = _interpolated(read, fraction, layout, xp=xp)
    if valid is not None:
        value *= xp.astype(valid, value.dtype)
    return value, valid


def _bounds(rows: Array, layout: Layout) -> tuple[list[Array], list[Array]]:
    """First and last voxel of the volume on each axis, relative to each row's, ``(n, 1, 1)``."""
    low = [-rows[:, 8 + i, None, None] for i in range(3)]
    return low, [a + (n - 1.0) for a, n in zip(low, layout.shape[::-1], strict=True)]


def _strictly_between(position: list[Array], low: list[Array], high: list[Array]) -> Array:
    x, y, z = ((p > a) & (p < b) for p, a, b in zip(position, low, high, strict=True))
    x &= y
    x &= z
    return x


def _flat_index(
    floor: list[Array], rows: Array, words: Array, layout: Layout, *, xp: Namespace
) -> Array:
    """Word of the lowest corner of each sample's cell, flattened to one axis."""
    index_dtype = xp.int32 if words.shape[0] < 2**31 else xp.int64
    start = xp.astype(rows[:, 8:11], index_dtype)
    start = start[:, 2] * layout.plane + start[:, 1] * layout.row + start[:, 0]
    x, y, z = (xp.astype(f, index_dtype) for f in floor)
    z *= layout.plane
    y *= layout.row
    z += y
    z += x
    z += start[:, None, None]
    return z


def _fraction(position: Array, floor: Array) -> Array:
    """`position` - `floor`, computed in place."""
    position -= floor
    return position


def _gathered(words: Array, index: Array, layout: Layout, *, xp: Namespace) -> tuple[Array, ...]:
    """The words with the corners of each cell; `index` is overwritten.

    One word per plane when words hold four corners, one per row when they hold two, else all eight.
    """
    steps = {
        BYTES: (layout.plane,),
        PAIRS: (layout.row, layout.plane - layout.row, layout.row),
    }.get(
        layout.kind,
        (1, layout.row - 1, 1, layout.plane - layout.row - 1, 1, layout.row - 1, 1),
    )
    read = [_read(words, index, xp=xp)]
    for step in steps:
        index += step
        read.append(_read(words, index, xp=xp))
    return tuple(read)


def _read(words: Array, index: Array, *, xp: Namespace) -> Array:
    return xp.reshape(gather(words, xp.reshape(index, (-1,)), xp=xp), index.shape)


def _interpolated(
    read: tuple[Array, ...], fraction: list[Array], layout: Layout, *, xp: Namespace
) -> Array:
    """Trilinear interpolation of eight corners, in place to save memory in eager frameworks."""
    dtype = fraction[0].dtype
    half = len(read) // 2
    low = _plane(read[:half], fraction, layout, dtype, xp=xp)
    high = _plane(read[half:], fraction, layout, dtype, xp=xp)
    return _lerp(low, high, fraction[2])


def _plane(
    read: tuple[Array, ...], fraction: list[Array], layout: Layout, dtype: object, *, xp: Namespace
) -> Array:
    """Interpolation along x and y within one plane of a cell."""
    bits = {BYTES: 8, PAIRS: 16}.get(layout.kind, 0)
    corners = [v for word in read for v in _unpacked(word, bits, dtype, xp=xp)]
    front = _lerp(corners[0], corners[1], fraction[0])
    back = _lerp(corners[2], corners[3], fraction[0])
    return _lerp(front, back, fraction[1])


def _unpacked(word: Array, bits: int, dtype: object, *, xp: Namespace) -> list[Array]:
    """The unsigned values of `bits` bits in each int32 word, lowest first; overwrites `word`."""
    if not bits:
        return [word]
    values = [xp.astype(word & (2**bits - 1), dtype)]
    for _ in range(32 // bits - 1):
        word >>= bits
        values.append(xp.astype(word & (2**bits - 1), dtype))
    return values


def _lerp(low: Array, high: Array, fraction: Array) -> Array:
    """``low + fraction * (high - low)``, computed in `high`."""
    high -= low
    high *= fraction
    high += low
    return high
