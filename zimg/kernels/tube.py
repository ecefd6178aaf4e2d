"""Fields of tube segments: where a segment samples the signal, and the sampled values.

Arrays named `rows` are ``(n, 8)`` floating: ``radius, theta, psi, scale, length, x, y, z`` in trace
space (``zimg.tracing.segments`` says what they mean). Kernels broadcast over rows and reduce within
them, so the result of a row never depends on the rows beside it.
"""

from typing import NamedTuple

from zimg._dispatch import array_namespace, device
from zimg._typing import Array, Namespace
from zimg.kernels.pack import BYTES, PAIRS, Layout
from zimg.kernels.template import Template
from zimg.ops import barrier, gather

SLICES = 11
"""Sections along the axis of a field, whatever the length of the segment (behaviour of the reference)."""


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
    across, along = template.x * (radius * scale), template.y * radius
    wall = xp.sqrt(across * across + along * along) * template.inverse_norm
    # 1/|B| below one voxel, 2/|B| above two, 1 between; behaviour of the reference.
    one = xp.ones_like(wall)
    bounded = xp.maximum(one / xp.where(wall > 0, wall, one), xp.minimum(one, 2.0 / xp.where(wall > 0, wall, one)))
    stretch = (1.0 + template.surplus * bounded) * template.inverse_norm
    stretch = xp.where(template.inside, one, stretch)
    gain = xp.sqrt(radius) * xp.sqrt(xp.sqrt(scale))
    weight = template.value * xp.where(template.inside, gain, xp.ones_like(gain))
    weight = weight / xp.sum(xp.abs(weight), axis=1, keepdims=True)
    return _placed(rows, across * stretch, along * stretch, weight, layout, xp=xp)


def core_field(rows: Array, template: Template, layout: Layout) -> Field:
    """Field of the inside of segments, for the orientation search; weights ``(1, points)``."""
    xp = array_namespace(rows)
    radius, scale = rows[:, 0:1], rows[:, 3:4]
    weight = template.value / xp.sum(xp.abs(template.value))
    across, along = template.x * (radius * scale), template.y * radius
    return _placed(rows, across, along, weight[None, :], layout, xp=xp)


def _placed(
    rows: Array, across: Array, along: Array, weight: Array, layout: Layout, *, xp: Namespace
) -> Field:
    """Section coordinates turned into image axes, and the offsets of the slices."""
    steps = xp.arange(SLICES, dtype=rows.dtype, device=device(rows)) / (SLICES - 1)
    offset = (rows[:, 4:5] - 1.0) * steps
    theta, psi = rows[:, 1:2], rows[:, 2:3]
    ct, st, cp, sp = xp.cos(theta), xp.sin(theta), xp.cos(psi), xp.sin(psi)
    flat = 1.0 / layout.z_to_xy
    section = (
        across * cp - along * (ct * sp) + rows[:, 5:6],
        across * sp + along * (ct * cp) + rows[:, 6:7],
        (along * st + rows[:, 7:8]) * flat,
    )
    axis = (offset * (st * sp), offset * (-st * cp), offset * (ct * flat))
    return Field(section, axis, weight)


def sampled(
    words: Array, field: Field, layout: Layout, *, masked: bool
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
    valid = _strictly_inside(position, layout) if masked else None
    if masked:
        position = [xp.clip(p, 0.0, n - 1.0) for p, n in zip(position, layout.shape[::-1], strict=True)]
    floor = [xp.floor(p) for p in position]
    index = barrier(_flat_index(floor, words, layout, xp=xp), xp=xp)
    for p, f in zip(position, floor, strict=True):
        p -= f
    corners = barrier(_gathered(words, index, layout), xp=xp)
    value = _interpolated(corners, position, layout, xp=xp)
    if valid is not None:
        value *= xp.astype(valid, value.dtype)
    return value, valid


def _strictly_inside(position: list[Array], layout: Layout) -> Array:
    width, height, depth = layout.shape[::-1]
    x, y, z = position
    inside = (x > 0) & (x < width - 1)
    inside &= (y > 0) & (y < height - 1)
    inside &= (z > 0) & (z < depth - 1)
    return inside


def _flat_index(floor: list[Array], words: Array, layout: Layout, *, xp: Namespace) -> Array:
    """Word of the lowest corner of each sample's cell, flattened to one axis."""
    index_dtype = xp.int32 if words.shape[0] < 2**31 else xp.int64
    x, y, z = (xp.astype(f, index_dtype) for f in floor)
    z *= layout.plane
    y *= layout.row
    z += y
    z += x
    return z
