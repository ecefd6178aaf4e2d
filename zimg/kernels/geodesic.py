"""Shortest paths through the voxels of a mask, from neighbour to neighbour."""

import math
from itertools import product

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

SWEEPS = 8
"""Sweeps over all voxels between two looks at whether anything changes: a device waits at each."""

TOGETHER = 2**25
"""Neighbours of voxels that are read at once; bounds the memory, at most 256 MiB for an array."""


def length_of_kinds(steps: tuple[float, ...], /) -> tuple[float, ...]:
    """Lengths of the kinds of steps; kind 0 does not occur."""
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
    places = (voxels // plane, voxels % plane // columns, voxels % columns)
    flat, parts = xp.reshape(numbers, (-1,)), _parts(voxels.shape[0], len(ways))

    def of(steps: tuple[Step, ...]) -> Array:
        """Rows of the table, read together."""
        moves = xp.asarray(steps, dtype=voxels.dtype, device=device(voxels))
        inside = voxels[None, :] >= 0
        for axis, (place, length) in enumerate(zip(places, numbers.shape, strict=True)):
            there = place[None, :] + moves[:, axis, None]
            inside = inside & (there >= 0) & (there < length)
        offset = moves[:, 0] * plane + moves[:, 1] * columns + moves[:, 2]
        found = gather(flat, xp.where(inside, voxels[None, :] + offset[:, None], 0), xp=xp)
        return xp.where(inside & (found >= 0), found, voxels.shape[0])

    table = [of(ways[part]) for part in parts]
    return table[0] if len(table) == 1 else xp.concat(table)


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
    """Cheapest paths from the sources through the voxels, where thick places cost less.

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
    """Cost of the cheapest path to each voxel, where thick places cost less.

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
    kind, parts = widest_float(table, xp=xp), _parts(table.shape[1])
    thick = _thickness(squared, kind, xp=xp)
    prices = _prices(table, thick, steps, xp=xp) if len(parts) == 1 else None
    own = xp.arange(table.shape[1], dtype=sources.dtype, device=device(table))
    far = xp.full_like(thick[:-1], xp.inf)
    start = xp.where(_among(own, sources, xp=xp), 0.0, far)
    end = xp.full((1,), xp.inf, dtype=kind, device=device(table))

    def sweep(cost: Array) -> Array:
        padded = xp.concat([cost, end])
        for part in parts:
            ways = table[part, :]
            price = _prices(ways, thick, steps[part], xp=xp) if prices is None else prices
            cost = xp.minimum(cost, xp.min(gather(padded, ways, xp=xp) + price, axis=0))
        return cost

    def sweeps(state: tuple[Array, Array]) -> tuple[Array, Array]:
        cost = before = state[0]
        for _ in range(SWEEPS):  # beyond the fixpoint nothing changes
            cost = sweep(cost)
        return cost, xp.any(cost < before)

    going = xp.asarray(True, dtype=xp.bool, device=device(table))
    cost, _ = while_loop(lambda state: state[1], sweeps, (start, going), xp=xp)
    return cost


def _parts(count: int, ways: int = len(NEIGHBOURS)) -> list[slice]:
    """Rows of the neighbour table to read together: all, unless there are many voxels."""
    rows = max(1, min(ways, TOGETHER // max(1, count)))
    return [slice(first, first + rows) for first in range(0, ways, rows)]


def _among(own: Array, sources: Array, /, *, xp: Namespace) -> Array:
    """Whether each of the numbers `own` is in `sources`."""
    ordered = xp.sort(sources)
    return gather(ordered, xp.searchsorted(ordered, own), fill=-1, xp=xp) == own


def _thickness(squared: Array, kind: object, /, *, xp: Namespace) -> Array:
    """1 + squared distance, with a last element for missing neighbours."""
    last = xp.ones((1,), dtype=kind, device=device(squared))
    return xp.concat([1 + xp.astype(squared, kind), last])


def _prices(ways: Array, thick: Array, steps: tuple[float, ...], /, *, xp: Namespace) -> Array:
    """``(k, n)`` costs of steps to each voxel from some of its neighbours.

    Divided, as in the definition: a product with a stored reciprocal differs in the last bit, and
    last bits decide ties. (A number over an array is such a product in PyTorch.)
    """
    own = thick[:-1]
    length = xp.stack([xp.full_like(own, step) for step in steps])
    return length / gather(thick, ways, xp=xp) + length / own[None, :]


def predecessors(
    table: Array, squared: Array, cost: Array, /, *, steps: tuple[float, ...]
) -> tuple[Array, Array]:
    """The predecessor of each voxel on its cheapest path, and the kind of the step.

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
    thick, on = _thickness(squared, cost.dtype, xp=xp), device(cost)
    padded = xp.concat([cost, xp.full((1,), xp.inf, dtype=cost.dtype, device=on)])
    rows = xp.arange(len(steps), dtype=table.dtype, device=on)[:, None]
    best = own = xp.full_like(cost, xp.inf)
    chosen = xp.full_like(table[0, :], table.shape[1])
    taken = xp.full_like(table[0, :], -1)
    for part in _parts(table.shape[1]):
        ways = table[part, :]
        before = gather(padded, ways, xp=xp)
        total = before + _prices(ways, thick, steps[part], xp=xp)
        low = xp.min(total, axis=0)
        near = xp.min(xp.where(total == low[None, :], before, xp.inf), axis=0)
        alike = (total == low[None, :]) & (before == near[None, :])
        row = xp.min(xp.where(alike, rows[part, :], len(steps)), axis=0)
        way = xp.min(xp.where(rows[part, :] == row[None, :], ways, table.shape[1]), axis=0)
        # rows are in raster order, so a later one wins only where it is better
        better = (low < best) | ((low == best) & (near < own))
        best, own = xp.where(better, low, best), xp.where(better, near, own)
        chosen, taken = xp.where(better, way, chosen), xp.where(better, row, taken)
    alone = (cost == 0) | (cost == xp.inf)
    return xp.where(alone, table.shape[1], chosen), xp.where(alone, -1, taken)
