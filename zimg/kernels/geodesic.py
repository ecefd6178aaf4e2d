"""Shortest paths through the voxels of a mask, from neighbour to neighbour."""

import math
from collections.abc import Iterable
from functools import reduce
from itertools import product
from operator import and_

from zimg._dispatch import array_namespace, device, hookable
from zimg._typing import Array, Namespace
from zimg.kernels.widen import widest_float
from zimg.ops import gather, jit, scatter_set, while_loop

Step = tuple[int, ...]

# Steps (dz, dy, dx) to the 26 neighbours; a step and its opposite add up to 25 in this order.
NEIGHBOURS = tuple(step for step in product((-1, 0, 1), repeat=3) if any(step))
FACES = tuple(step for step in NEIGHBOURS if sum(map(abs, step)) == 1)


KIND_OF_STEP = tuple(3 * abs(dz) + abs(dy) + abs(dx) for dz, dy, dx in NEIGHBOURS)
"""Steps along an axis of the plane, along its diagonal, along z, in the x-z or y-z plane, in space:
1 to 5, in the order of `NEIGHBOURS`."""

KINDS = 6


def length_of_kinds(steps: tuple[float, ...], /) -> tuple[float, ...]:
    """Lengths of the kinds of steps, from 0, of which there is none, to 5."""
    lengths = dict(zip(KIND_OF_STEP, steps, strict=True))
    return 0.0, *(lengths[kind] for kind in range(1, KINDS))


def voxel_numbers(voxels: Array, shape: tuple[int, int, int], /) -> Array:
    """Number of each foreground voxel in raster order, -1 elsewhere.

    Parameters
    ----------
    voxels
        ``(n,)`` int32: flat indices of the foreground voxels, in order.
    shape
        Of the volume, of fewer than 2^31 voxels.

    Returns
    -------
    Array
        ``(Z, Y, X)`` int32, on the device of `voxels`.
    """
    xp, on = array_namespace(voxels), device(voxels)
    empty = xp.full((math.prod(shape),), -1, dtype=xp.int32, device=on)
    every = xp.arange(voxels.shape[0], dtype=xp.int32, device=on)
    return xp.reshape(scatter_set(empty, voxels, every, xp=xp), shape)


def neighbour_table(
    numbers: Array, voxels: Array, /, *, ways: tuple[Step, ...] = NEIGHBOURS
) -> Array:
    """Numbers of the neighbours of each foreground voxel.

    Parameters
    ----------
    numbers
        Of `voxel_numbers`.
    voxels
        ``(n,)`` flat indices of the foreground voxels, in order.
    ways
        Steps to the neighbours asked for.

    Returns
    -------
    Array
        ``(ways, n)`` int32; `n` where the neighbour is background
        or outside.
    """
    xp = array_namespace(numbers)
    table: Array = jit(_neighbour_table, xp=xp)(numbers, voxels, ways=ways, xp=xp)
    return table


def _neighbour_table(
    numbers: Array, voxels: Array, *, ways: tuple[Step, ...], xp: Namespace
) -> Array:
    _, rows, columns = numbers.shape
    plane = rows * columns
    z, y, x = voxels // plane, voxels % plane // columns, voxels % columns
    # whether there is a neighbour before and behind, along each axis
    there = [
        {-1: place > 0, 1: place < length - 1}
        for place, length in zip((z, y, x), numbers.shape, strict=True)
    ]
    flat, count = xp.reshape(numbers, (-1,)), voxels.shape[0]
    table = []
    for step in ways:
        inside = _all(there[axis][way] for axis, way in enumerate(step) if way)
        offset = step[0] * plane + step[1] * columns + step[2]
        found = gather(flat, xp.where(inside, voxels + offset, 0), xp=xp)
        table.append(xp.where(inside & (found >= 0), found, count))
    return xp.stack(table)


def _all(conditions: Iterable[Array]) -> Array:
    return reduce(and_, conditions)


@hookable
def cheapest_paths(
    voxels: Array,
    squared: Array,
    sources: Array,
    /,
    *,
    shape: tuple[int, int, int],
    steps: tuple[float, ...],
    xp: Namespace | None = None,
) -> tuple[Array, Array, Array]:
    """Cheapest paths from the sources through the voxels; thick places are cheap.

    Parameters
    ----------
    voxels
        ``(n,)`` int32: flat indices of the foreground voxels, in order.
    squared
        ``(n,)`` int32: squared distance of each voxel to the background.
    sources
        ``(s,)`` numbers of the voxels where the cost is 0, int32.
    shape
        Of the volume, of fewer than 2^31 voxels.
    steps
        Lengths of the 26 steps, in the order of `NEIGHBOURS`.
    xp
        Namespace of the arrays; found from `voxels` when None.

    Returns
    -------
    tuple of Array
        ``(n,)`` costs as of `geodesic_distance`; ``(n,)`` numbers of the voxels before and ``(n,)``
        rows of `NEIGHBOURS`, as of `predecessors`.
    """
    xp = xp or array_namespace(voxels)
    table = neighbour_table(voxel_numbers(voxels, shape), voxels)
    cost = geodesic_distance(table, squared, sources, steps=steps)
    return cost, *predecessors(table, squared, cost, steps=steps)


def geodesic_distance(
    table: Array,
    squared: Array,
    sources: Array,
    /,
    *,
    steps: tuple[float, ...],
) -> Array:
    """Cost of the cheapest path to each voxel; thick places are cheap.

    Parameters
    ----------
    table
        ``(26, n)`` of `neighbour_table`.
    squared
        ``(n,)`` int32: squared distance of each voxel to the background.
    sources
        ``(s,)`` numbers of the voxels where the cost is 0.
    steps
        Lengths of the 26 steps.

    Returns
    -------
    Array
        ``(n,)``, float64 where the device has it, else float32; infinity where no path leads.

    Notes
    -----
    A step of length d from u to v costs ``d / (1 + I(u)) + d / (1 + I(v))``, I the squared distance
    (behaviour of the reference). Costs are positive and rounding is monotone, so there is one
    fixpoint whatever the order of the work: every implementation gives the same bits.
    """
    xp = array_namespace(table)
    cost: Array = jit(_geodesic, xp=xp)(table, squared, sources, steps=steps, xp=xp)
    return cost


def _geodesic(
    table: Array, squared: Array, sources: Array, *, steps: tuple[float, ...], xp: Namespace
) -> Array:
    kind = widest_float(table, xp=xp)
    thick = _thickness(squared, kind, xp=xp)
    count = table.shape[1]
    own = xp.arange(count, dtype=sources.dtype, device=device(table))
    start = xp.where(_among(own, sources, xp=xp), 0.0, xp.full_like(thick[:count], xp.inf))
    end = xp.full((1,), xp.inf, dtype=kind, device=device(table))

    def sweep(state: tuple[Array, Array]) -> tuple[Array, Array]:
        cost, _ = state
        padded, lowest = xp.concat([cost, end]), cost
        for row, step in enumerate(steps):
            offered = gather(padded, table[row, :], xp=xp)
            lowest = xp.minimum(lowest, offered + _price(thick, table[row, :], step, xp=xp))
        return lowest, xp.any(lowest < cost)

    going = xp.asarray(True, dtype=xp.bool, device=device(table))
    cost, _ = while_loop(lambda state: state[1], sweep, (start, going), xp=xp)
    return cost


def _among(own: Array, sources: Array, /, *, xp: Namespace) -> Array:
    """Which of the numbers `own` are in `sources`."""
    ordered = xp.sort(sources)
    return gather(ordered, xp.searchsorted(ordered, own), fill=-1, xp=xp) == own


def _thickness(squared: Array, kind: object, /, *, xp: Namespace) -> Array:
    """1 + squared distance, with a last element for neighbours that are not there."""
    last = xp.ones((1,), dtype=kind, device=device(squared))
    return xp.concat([1 + xp.astype(squared, kind), last])


def _price(thick: Array, neighbours: Array, step: float, /, *, xp: Namespace) -> Array:
    """Cost of a step to each voxel from its neighbours.

    Divided, as in the definition: a product with a stored reciprocal differs in the last bit, and
    last bits decide ties. (A number over an array is such a product in PyTorch.)
    """
    own = thick[: neighbours.shape[0]]
    length = xp.full_like(own, step)
    return length / gather(thick, neighbours, xp=xp) + length / own


def predecessors(
    table: Array, squared: Array, cost: Array, /, *, steps: tuple[float, ...]
) -> tuple[Array, Array]:
    """The neighbour from which the cheapest path comes, and by which step.

    Parameters
    ----------
    table, squared, steps
        As for `geodesic_distance`.
    cost
        Its result.

    Returns
    -------
    tuple of Array
        ``(n,)`` numbers of voxels, `n` at a source and where no path leads, in the type of `table`;
        and the row of `table` it stands in, -1 there. Among equals the one of smallest own cost,
        then the first in raster order is taken.
    """
    xp = array_namespace(table)
    found: tuple[Array, Array] = jit(_predecessors, xp=xp)(table, squared, cost, steps=steps, xp=xp)
    return found


def _predecessors(
    table: Array, squared: Array, cost: Array, *, steps: tuple[float, ...], xp: Namespace
) -> tuple[Array, Array]:
    thick = _thickness(squared, cost.dtype, xp=xp)
    end = xp.full((1,), xp.inf, dtype=cost.dtype, device=device(cost))
    padded = xp.concat([cost, end])
    best = own = xp.full_like(cost, xp.inf)
    chosen = xp.full_like(table[0, :], table.shape[1])
    taken = xp.full_like(table[0, :], -1)
    for row, step in enumerate(steps):
        neighbours = table[row, :]
        before = gather(padded, neighbours, xp=xp)
        total = before + _price(thick, neighbours, step, xp=xp)
        # rows are in raster order, so a later one wins only where it is better
        better = (total < best) | ((total == best) & (before < own))
        best, own = xp.where(better, total, best), xp.where(better, before, own)
        chosen = xp.where(better, neighbours, chosen)
        taken = xp.where(better, row, taken)
    alone = (cost == 0) | (cost == xp.inf)
    return xp.where(alone, table.shape[1], chosen), xp.where(alone, -1, taken)
