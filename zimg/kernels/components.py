"""Connected components of a mask: labels and removal of small objects."""

from zimg._dispatch import array_namespace, device, hookable
from zimg._typing import Array, Namespace
from zimg.kernels.morphology import CONNECTIVITIES, neighbourhood
from zimg.ops import gather, jit, scatter_add, scatter_min, while_loop


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
    labels: Array = jit(_components, xp=xp)(mask, connectivity=connectivity, xp=xp)
    return labels


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
    kept: Array = jit(_remove_small, xp=xp)(mask, size, connectivity=connectivity, xp=xp)
    return kept


def _remove_small(mask: Array, size: int, *, connectivity: int, xp: Namespace) -> Array:
    labels = xp.reshape(components(mask, connectivity=connectivity, xp=xp), (-1,))
    ones = xp.ones(labels.shape, dtype=xp.int32, device=device(mask))
    sizes = scatter_add(ones, labels, labels.shape[0] + 1, xp=xp)
    return mask & xp.reshape(gather(sizes, labels, xp=xp) >= size, mask.shape)


def check_connectivity(connectivity: int) -> None:
    """Raise ValueError unless `connectivity` is 6, 18 or 26."""
    if connectivity not in CONNECTIVITIES:
        raise ValueError(f"connectivity must be 6, 18 or 26, got {connectivity!r}")


def _components(mask: Array, *, connectivity: int, xp: Namespace) -> Array:
    """Hook trees to the smallest neighbouring root and flatten them until nothing changes.

    A parent has a smaller index than its children, so a root is the first voxel of its object.
    """
    inside, on = xp.reshape(mask, (-1,)), device(mask)
    size = inside.shape[0]
    own = xp.arange(size, dtype=xp.int32, device=on)

    def hook(state: tuple[Array, Array]) -> tuple[Array, Array]:
        root, _ = state
        shown = xp.reshape(xp.where(inside, root, size), mask.shape)
        nearby = neighbourhood(shown, xp.minimum, connectivity=connectivity, xp=xp)
        owner = xp.where(inside, root, -1)
        lowest = scatter_min(xp.reshape(nearby, (-1,)), owner, size, empty=size, xp=xp)
        joined = _flattened(xp.minimum(root, lowest), xp=xp)
        return joined, xp.any(joined != root)

    root, _ = while_loop(lambda state: state[1], hook, (own, xp.any(inside)), xp=xp)
    labels = xp.where(inside, root + 1, 0)
    return xp.astype(xp.reshape(labels, mask.shape), xp.int32)


def _flattened(parent: Array, *, xp: Namespace) -> Array:
    """The root of every voxel, by pointer jumping until nothing changes."""

    def jump(state: tuple[Array, Array]) -> tuple[Array, Array]:
        parent, _ = state
        higher = gather(parent, parent, xp=xp)
        return higher, xp.any(higher != parent)

    start = (parent, xp.asarray(True, dtype=xp.bool, device=device(parent)))
    root, _ = while_loop(lambda state: state[1], jump, start, xp=xp)
    return root
