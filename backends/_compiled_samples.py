"""Compiled samples of a tube segment: positions, reads and interpolation.

The loops follow two rules, each of which is worth a factor. Positions, reads and interpolation are
loops of their own, over several slices at a time: the first and the last become vector
instructions. The compiler is promised that arrays passed to a function do not overlap: they never
may.

A number that is written where a compiled function is called makes a form of that function for this
number alone: ``np.int64(1)`` does not.

Words of packed bytes come as uint32, of packed pairs as int32, and voxels as floats: the type
chooses the code.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.extending import overload

from ._compiled import jit

FAST = {"reassoc", "contract", "arcp", "nsz"}
"""Sums in any order and fused multiplication; NaN and infinity keep their meaning."""

BLOCK = 896
"""Samples at a time: long enough for vectors, short enough for the first-level cache."""


VECTOR = 32
"""Samples that a loop takes at a time; `BLOCK` is a multiple."""


class _Apart(CompilerBase):
    """The default pipeline with the assumption that array arguments do not overlap."""

    def define_pipelines(self) -> list[Any]:
        self.state.flags.noalias = True
        return [DefaultPassBuilder.define_nopython_pipeline(self.state)]


def kernel(function: Callable[..., Any], /) -> Callable[..., Any]:
    """Compile a function for compiled callers; its array arguments must not overlap."""
    return part(function, fastmath=FAST, pipeline_class=_Apart)


def view(function: Callable[..., Any], /) -> Callable[..., Any]:
    """As `part`, without reference counting, for a function that allocates no array."""
    return part(function, _nrt=False)


def part(function: Callable[..., Any], /, **options: Any) -> Callable[..., Any]:
    """Compile a function without an entry from Python, for compiled callers.

    It is not cached by itself, since its callers contain it.
    """
    options = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "cache": False, **options}
    return jit(function, **options)


@kernel
def full_section(row, rest, z_to_xy, template, x, y, z, weight):
    """Points of a whole segment's sections in voxels from `rest`, and their weights."""
    wall_x, wall_y, inner, outer, surplus, sums = template
    n, real = wall_x.shape[0], wall_x.dtype.type
    ct, st, cp, sp = np.cos(row[1]), np.sin(row[1]), np.cos(row[2]), np.sin(row[2])
    gain = np.sqrt(row[0]) * np.sqrt(np.sqrt(row[3]))
    unit = 1.0 / (gain * sums[0] + sums[1])
    inside, outside = real(gain * unit), real(unit)
    wide, high = real(row[0] * row[3]), real(row[0])
    ux, uy, vx, vy, vz = real(cp), real(sp), real(-ct * sp), real(ct * cp), real(st / z_to_xy)
    x0, y0, z0 = real(rest[0]), real(rest[1]), real(rest[2])
    one, two, tiny = real(1.0), real(2.0), real(1e-6)
    for p in range(n):
        across, along = wall_x[p] * wide, wall_y[p] * high
        wall = max(np.sqrt(across * across + along * along), tiny)
        stretch = one + surplus[p] * (min(max(wall, one), two) / wall)
        across *= stretch
        along *= stretch
        x[p] = across * ux + along * vx + x0
        y[p] = across * uy + along * vy + y0
        z[p] = along * vz + z0
        weight[p] = inner[p] * inside + outer[p] * outside


@kernel
def core_points(across, along, ahead, n, frame, rest, x, y, z):
    """Points of the inside of a segment in voxels from `rest`, from those in its own frame."""
    real = across.dtype.type
    ux, uy, vx, vy = real(frame[0]), real(frame[1]), real(frame[2]), real(frame[3])
    vz, ax, ay, az = real(frame[4]), real(frame[5]), real(frame[6]), real(frame[7])
    x0, y0, z0 = real(rest[0]), real(rest[1]), real(rest[2])
    for p in range(n):
        x[p] = across[p] * ux + along[p] * vx + (ahead[p] * ax + x0)
        y[p] = across[p] * uy + along[p] * vy + (ahead[p] * ay + y0)
        z[p] = along[p] * vz + (ahead[p] * az + z0)


@kernel
def moved(section, n, offset, out):
    """Coordinates of the points of a section moved by an offset."""
    for p in range(n):
        out[p] = section[p] + offset


@kernel
def place(x, y, z, n, row, plane, index):
    """Replace positions by their fractions within a cell, and write the cells."""
    for p in range(n):
        i, j, k = np.floor(x[p]), np.floor(y[p]), np.floor(z[p])
        x[p] -= i
        y[p] -= j
        z[p] -= k
        index[p] = np.int32(k) * plane + np.int32(j) * row + np.int32(i)


@kernel
def test(position, n, low, high, valid):
    """Clear `valid` of positions not strictly between the bounds, and move them to the bounds."""
    zero = position.dtype.type(0.0)
    for p in range(n):
        at = position[p]
        if not (at > low and at < high):
            valid[p] = zero
        at = at if at > low else low  # of NaN as well
        position[p] = at if at < high else high


@kernel
def read_bytes(words, base, index, n, row, plane, x, y, z, read, out):
    """Samples of packed bytes: four corners in a word, two reads."""
    real = out.dtype.type
    first, second, above = read[0], read[1], np.uint64(plane)
    for p in range(n):
        at = np.uint64(base + index[p])
        first[p] = words[at]
        second[p] = words[at + above]
    for p in range(n):
        a, b = first[p], second[p]
        a0, a1 = real(np.int32(a & 255)), real(np.int32((a >> 8) & 255))
        a2, a3 = real(np.int32((a >> 16) & 255)), real(np.int32((a >> 24) & 255))
        b0, b1 = real(np.int32(b & 255)), real(np.int32((b >> 8) & 255))
        b2, b3 = real(np.int32((b >> 16) & 255)), real(np.int32((b >> 24) & 255))
        a0, a2 = a0 + x[p] * (a1 - a0), a2 + x[p] * (a3 - a2)
        b0, b2 = b0 + x[p] * (b1 - b0), b2 + x[p] * (b3 - b2)
        a0, b0 = a0 + y[p] * (a2 - a0), b0 + y[p] * (b2 - b0)
        out[p] = a0 + z[p] * (b0 - a0)


@kernel
def read_pairs(words, base, index, n, row, plane, x, y, z, read, out):
    """Samples of packed pairs: two neighbours along x in a word, four reads."""
    real = out.dtype.type
    first, second, third, fourth = read[0], read[1], read[2], read[3]
    ahead, above = np.uint64(row), np.uint64(plane)
    for p in range(n):
        at = np.uint64(base + index[p])
        first[p], second[p] = words[at], words[at + ahead]
        third[p], fourth[p] = words[at + above], words[at + above + ahead]
    for p in range(n):
        a, b, c, d = first[p], second[p], third[p], fourth[p]
        a0, a1 = real(np.int32(a & 65535)), real(np.int32((a >> 16) & 65535))
        a2, a3 = real(np.int32(b & 65535)), real(np.int32((b >> 16) & 65535))
        b0, b1 = real(np.int32(c & 65535)), real(np.int32((c >> 16) & 65535))
        b2, b3 = real(np.int32(d & 65535)), real(np.int32((d >> 16) & 65535))
        a0, a2 = a0 + x[p] * (a1 - a0), a2 + x[p] * (a3 - a2)
        b0, b2 = b0 + x[p] * (b1 - b0), b2 + x[p] * (b3 - b2)
        a0, b0 = a0 + y[p] * (a2 - a0), b0 + y[p] * (b2 - b0)
        out[p] = a0 + z[p] * (b0 - a0)


@kernel
def read_plane(words, base, index, n, row, x, y, read, out):
    """Samples within a plane of voxels: a voxel in a word, four reads."""
    first, second, third, fourth = read[0], read[1], read[2], read[3]
    one, ahead = np.uint64(1), np.uint64(row)
    for p in range(n):
        at = np.uint64(base + index[p])
        first[p], second[p] = words[at], words[at + one]
        third[p], fourth[p] = words[at + ahead], words[at + ahead + one]
    for p in range(n):
        a = first[p] + x[p] * (second[p] - first[p])
        b = third[p] + x[p] * (fourth[p] - third[p])
        out[p] = a + y[p] * (b - a)


@kernel
def between(low, high, fraction, n, out):
    """Interpolate between two planes."""
    for p in range(n):
        out[p] = low[p] + fraction[p] * (high[p] - low[p])


def interpolate(words, base, index, n, row, plane, x, y, z, read, out):
    """Write the samples at ``base + index`` to `out`; `read` holds words between the loops."""
    raise NotImplementedError("compiled code only")


@overload(interpolate)
def _interpolate(words, base, index, n, row, plane, x, y, z, read, out):
    if words.dtype is types.uint32:
        return _bytes
    return _pairs if words.dtype is types.int32 else _plain


def _bytes(words, base, index, n, row, plane, x, y, z, read, out):
    read_bytes(words, base, index, n, row, plane, x, y, z, read, out)


def _pairs(words, base, index, n, row, plane, x, y, z, read, out):
    read_pairs(words, base, index, n, row, plane, x, y, z, read, out)


def _plain(words, base, index, n, row, plane, x, y, z, read, out):
    read_plane(words, base, index, n, row, x, y, read, read[4])
    read_plane(words, base + plane, index, n, row, x, y, read, read[5])
    between(read[4], read[5], z, n, out)


@part
def inside_volume(row, upper):
    """Whether every sample of a row's field lies inside the volume, by its bounding sphere."""
    wall = row[0] * max(row[3], 1.0)
    half = (row[4] - 1.0) / 2.0
    far = np.sqrt(half**2 + (wall + 1.64 * max(wall, 1.0)) ** 2)
    st = np.sin(row[1])
    x = row[5] + half * (st * np.sin(row[2]))
    y = row[6] - half * (st * np.cos(row[2]))
    z = row[7] + half * np.cos(row[1])
    low = x > far and y > far and z > far
    return low and x < upper[0] - far and y < upper[1] - far and z < upper[2] - far


@part
def locate(position, z_to_xy, layout, rest, low, high):
    """Split a position into a voxel and a rest in voxels; the volume's bounds from that voxel.

    `layout` holds depth, height and width. Returns the flat index of the voxel.
    """
    x, y, z = np.floor(position[0]), np.floor(position[1]), np.floor(position[2] / z_to_xy)
    rest[0], rest[1] = position[0] - x, position[1] - y
    rest[2] = (position[2] - z * z_to_xy) / z_to_xy
    low[0], low[1], low[2] = -x, -y, -z
    high[0], high[1] = layout[2] - 1.0 - x, layout[1] - 1.0 - y
    high[2] = layout[0] - 1.0 - z
    return (np.int64(z) * (layout[1] + 1) + np.int64(y)) * (layout[2] + 1) + np.int64(x)


@part
def scratch(words, steps, real):
    """Arrays for `sample`: positions, cells, and words between the loops."""
    n = BLOCK
    at = (np.empty(n, real), np.empty(n, real), np.empty(n, real))
    read = (
        np.empty(n, words.dtype), np.empty(n, words.dtype), np.empty(n, words.dtype),
        np.empty(n, words.dtype), np.empty(n, words.dtype), np.empty(n, words.dtype),
    )  # fmt: skip
    return at, np.empty(n, steps.dtype), read, np.empty(3), np.empty(3, real), np.empty(3, real)


@view
def sample(words, base, row, z_to_xy, upper, steps, section, n, slices, arrays, value, valid):
    """Samples of all slices of a row, ``(slices * n,)``; returns whether `valid` was needed."""
    x, y, z = arrays[0]
    real = x.dtype.type
    masked = not inside_volume(row, upper)
    st, step = np.sin(row[1]), (row[4] - 1.0) / (slices - 1)
    ax, ay = step * (st * np.sin(row[2])), -step * (st * np.cos(row[2]))
    az = step * (np.cos(row[1]) / z_to_xy)
    together = max(1, BLOCK // n)
    for first in range(0, slices, together):
        last = min(first + together, slices)
        for s in range(first, last):
            here = slice((s - first) * n, (s - first + 1) * n)
            moved(section[0], n, real(ax * s), x[here])
            moved(section[1], n, real(ay * s), y[here])
            moved(section[2], n, real(az * s), z[here])
        count, there = (last - first) * n, slice(first * n, first * n + BLOCK)
        read_at(words, base, steps, count, arrays, masked, value[there], valid[there])
    return masked


@view
def read_at(words, base, steps, n, arrays, masked, value, valid):
    """Samples at the positions in `arrays`; with `masked`, `valid` is 1 or 0 and 0 has value 0.

    A little more than `n` is written, so that all loops have whole vectors.
    """
    at, index, read, _, low, high = arrays
    x, y, z = at
    more = (n + VECTOR - 1) // VECTOR * VECTOR
    for p in range(n, more):
        x[p], y[p], z[p] = x[0], y[0], z[0]
    n = more
    if masked:
        cleared(valid, valid.shape[0], 1.0)
        test(x, n, low[0], high[0], valid)
        test(y, n, low[1], high[1], valid)
        test(z, n, low[2], high[2], valid)
    place(x, y, z, n, steps[0], steps[1], index)
    interpolate(words, base, index, n, steps[0], steps[1], x, y, z, read, value)
    if masked:
        scaled(value, valid, n)


@kernel
def cleared(value, n, to):
    """Fill an array."""
    for p in range(n):
        value[p] = to


@kernel
def scaled(value, factor, n):
    """Multiply in place."""
    for p in range(n):
        value[p] *= factor[p]
