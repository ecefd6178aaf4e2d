"""Connected components of a mask: labels and removal of small objects."""

from zimg._dispatch import array_namespace, device, hookable
from zimg._typing import Array, Namespace
from zimg.kernels.morphology import CONNECTIVITIES
from zimg.kernels.voxels import (
    Grid,
    flattened,
    in_rows,
    on_foreground,
    parts_of,
    positions_in,
    run_bounds,
)
from zimg.ops import gather, scatter_add, scatter_min, while_loop

ROWS_BEFORE = ((0, -1), (-1, -1), (-1, 0), (-1, 1))
"""Steps (dz, dy) to the rows before one that may touch it."""

SWEEPS, JUMPS = 2, 2
"""Sweeps between two looks at whether anything changes, for which a device waits; and how often
each of them shortens the paths to the roots."""


@hookable
def components(mask: Array, /, *, connectivity: int = 26, xp: Namespace | None = None) -> Array:
    """Label the connected objects of a mask by their first voxel.

    Parameters
    ----------
    mask
        ``(Z, Y, X)`` bool, of fewer than 2^31 - 1 voxels.
    connectivity
        6, 18 or 26 neighbours.
    xp
        Namespace of `mask`; found from it when None.

    Returns
    -------
    Array
        ``(Z, Y, X)`` int32, on the device of `mask`; 0 in the background, and in an object 1 + the
        smallest flat index of its voxels (z slowest), so labels sort objects in raster order.

    Raises
    ------
    ValueError
        For another connectivity.
    """
    check_connectivity(connectivity)
    xp = xp or array_namespace(mask)
    flat = flattened(mask, xp=xp)
    return on_foreground(
        _labels, flat, connectivity=connectivity, shape=mask.shape, dtype=xp.int32, xp=xp
    )


def _labels(voxels: Array, *, grid: Grid, connectivity: int, xp: Namespace) -> Array:
    return (
        gather(voxels, object_roots(voxels, grid=grid, connectivity=connectivity, xp=xp), xp=xp) + 1
    )


@hookable
def remove_small(
    mask: Array, size: int, /, *, connectivity: int = 26, xp: Namespace | None = None
) -> Array:
    """Remove the connected objects of fewer than `size` voxels.

    Parameters
    ----------
    mask
        ``(Z, Y, X)`` bool, of fewer than 2^31 - 1 voxels.
    size
        Smallest number of voxels of an object that stays.
    connectivity
        6, 18 or 26 neighbours.
    xp
        Namespace of `mask`; found from it when None.

    Returns
    -------
    Array
        ``(Z, Y, X)`` bool, on the device of `mask`.

    Raises
    ------
    ValueError
        For another connectivity.
    """
    check_connectivity(connectivity)
    xp = xp or array_namespace(mask)
    flat = flattened(mask, xp=xp)
    return on_foreground(
        _large, flat, size, connectivity=connectivity, shape=mask.shape, dtype=xp.bool, xp=xp
    )


def _large(voxels: Array, size: int, *, grid: Grid, connectivity: int, xp: Namespace) -> Array:
    """Whether the object of each voxel has at least `size` voxels."""
    root = object_roots(voxels, grid=grid, connectivity=connectivity, xp=xp)
    sizes = scatter_add(xp.ones_like(root), root, root.shape[0], xp=xp)
    return gather(sizes, root, xp=xp) >= size


def check_connectivity(connectivity: int) -> None:
    """Raise ValueError unless `connectivity` is 6, 18 or 26."""
    if connectivity not in CONNECTIVITIES:
        raise ValueError(f"connectivity must be 6, 18 or 26, got {connectivity!r}")


def object_roots(voxels: Array, /, *, grid: Grid, connectivity: int, xp: Namespace) -> Array:
    """Number in the list of the first voxel of the object of each voxel.

    Parameters
    ----------
    voxels
        ``(n,)`` of `voxel_list`.
    grid
        Of the volume.
    connectivity
        6, 18 or 26.
    xp
        Namespace of `voxels`.

    Returns
    -------
    Array
        ``(n,)`` int32; `OUTSIDE` is an object of its own.

    Notes
    -----
    Parents come before their children. Every sweep hooks the later of two touching trees to the
    earlier one and halves the depth of all; without a change each voxel has its root.
    """
    positions = positions_in(voxels, grid, xp=xp)
    start, _ = run_bounds(positions, xp=xp)
    contacts = _contacts(positions, grid, connectivity, xp=xp)

    def sweeps(state: tuple[Array, Array]) -> tuple[Array, Array]:
        root = before = state[0]
        for _ in range(SWEEPS):
            for part in contacts:
                root = _hooked(root, part, xp=xp)
            for _ in range(JUMPS):
                root = gather(root, root, xp=xp)
        return root, xp.any(root != before)

    own = xp.arange(voxels.shape[0], dtype=xp.int32, device=device(voxels))
    touching = xp.any(xp.concat(contacts) != own[None, :])
    return while_loop(lambda state: state[1], sweeps, (start, touching), xp=xp)[0]


def _contacts(positions: Array, grid: Grid, connectivity: int, *, xp: Namespace) -> list[Array]:
    """Numbers ``(k, n)`` of neighbours in the rows before, a voxel's own where there is none.

    Of neighbours side by side, which are one run, only one need be among them.
    """
    own = xp.arange(positions.shape[0], dtype=xp.int32, device=device(positions))
    contacts: list[Array] = []
    for reach in (0, 1):
        steps = tuple(step for step in ROWS_BEFORE if _reach(step, connectivity) == reach)
        for part in parts_of(steps, own.shape[0]):
            ends = in_rows(positions, grid, part, reach=reach, missing=own, xp=xp)
            contacts.append(xp.concat(ends) if reach else ends[0])
    return contacts


def _reach(step: tuple[int, int], connectivity: int) -> int:
    """Along x in another row; below 0, no voxel there is a neighbour."""
    return min(CONNECTIVITIES.index(connectivity) + 1 - sum(map(abs, step)), 1)


def _hooked(root: Array, contacts: Array, /, *, xp: Namespace) -> Array:
    """Of two trees that touch, the later one gets the earlier one as its parent."""
    near = gather(root, contacts, xp=xp)
    low, high = xp.minimum(near, root[None, :]), xp.maximum(near, root[None, :])
    size = root.shape[0]
    low, high = xp.reshape(low, (-1,)), xp.reshape(high, (-1,))
    return xp.minimum(root, scatter_min(low, high, size, empty=size, xp=xp))
