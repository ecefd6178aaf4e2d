"""Seeds of tracing: the centres of a mask."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace
from zimg._typing import Array, Namespace
from zimg.kernels.components import remove_small
from zimg.kernels.distance import listed_distance
from zimg.kernels.extrema import distance_peaks, listed_peaks, listed_ridges
from zimg.kernels.voxels import Grid, flattened, is_empty, voxel_list
from zimg.ops import jit, to_host
from zimg.ops.memory import on_host
from zimg.tracing.border import fetched, values_at

LARGEST_SQUARE = 65534
"""Cap of squared distances: the reference stores them in 16 bits."""

NOISE_FACTOR = 16000
"""Voxels that an object needs at least, per seed and voxel of the volume."""


@dataclass(frozen=True, slots=True)
class Seeds:
    """Places to start a trace from, on the host, in **reverse** raster order.

    Attributes
    ----------
    points
        ``(n, 3)`` float64 voxel indices x, y, z.
    value
        ``(n,)`` float64 distance to the background in voxels.
    """

    points: NDArray[np.float64]
    value: NDArray[np.float64]

    def __len__(self) -> int:
        return self.value.size

    def chosen(self, keep: NDArray[np.bool_]) -> "Seeds":
        """The seeds for which `keep`, ``(n,)``, holds."""
        return Seeds(self.points[keep], self.value[keep])


MAXIMA, SKELETON = 1, 2
"""Values of `TraceConfig.seedMethod`."""

SKELETON_STEP = 4
"""Of the voxels of a skeleton, those are seeds whose indices sum to a multiple of this."""


def extract_seeds(mask: Array, /, *, method: int = MAXIMA) -> Seeds:
    """Maxima of the distance to the background, off the border of the volume.

    Parameters
    ----------
    mask
        ``(Z, Y, X)`` bool. Distances are in voxels, whatever their shape, and everything outside is
        background.
    method
        `MAXIMA`: strict maxima; `SKELETON`: every few voxels of the middle lines as well.

    Returns
    -------
    Seeds
        None of them in the outermost layer of any axis; hence none at all in fewer than 3 planes.

    Notes
    -----
    `MAXIMA` is behaviour of the reference, which lacks the other method.
    """
    if method == MAXIMA and on_host(mask):
        places, depths = distance_peaks(mask, most=LARGEST_SQUARE)
        flat, squares = to_host(places).astype(np.intp), to_host(depths)
    else:
        flat, squares = _peaks_and_lines(mask, method)
    zyx = np.stack(np.unravel_index(flat[::-1], mask.shape), axis=1)
    inner = np.all((zyx > 0) & (zyx < np.asarray(mask.shape) - 1), axis=1)
    value = np.sqrt(squares[::-1].astype(np.float64))
    return Seeds(zyx[:, ::-1].astype(np.float64), value).chosen(inner)


def _peaks_and_lines(mask: Array, method: int) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Flat indices and squared distances of the centres of a mask, on the host."""
    xp = array_namespace(mask)
    voxels = voxel_list(flattened(mask, xp=xp), xp=xp)
    if is_empty(voxels):
        return np.empty(0, np.intp), np.empty(0, np.int32)
    squared, chosen = jit(_centres, xp=xp)(
        voxels, grid=Grid.of(mask.shape), lines=method == SKELETON, xp=xp
    )
    return fetched(voxels, squared, chosen)


def _centres(voxels: Array, *, grid: Grid, lines: bool, xp: Namespace) -> tuple[Array, Array]:
    """Squared distances of the voxels of a list, and which of these are centres."""
    squared = xp.clip(listed_distance(voxels, grid=grid, xp=xp), 0, LARGEST_SQUARE)
    chosen = listed_peaks(voxels, squared, grid=grid, xp=xp)
    if not lines:
        return squared, chosen
    ridges = listed_ridges(voxels, squared, grid=grid, xp=xp)
    return squared, chosen | ridges & _every_few(voxels, grid)


def _every_few(voxels: Array, grid: Grid) -> Array:
    """Whether voxels are on every fourth diagonal plane."""
    _, height, width = grid.shape
    z, y, x = voxels // (height * width), voxels // width % height, voxels % width
    return (z + y + x) % SKELETON_STEP == 0


def remove_noise(mask: Array, seeds: Seeds, /) -> tuple[Array, Seeds]:
    """Drop objects that are small for so many seeds, and their seeds.

    Parameters
    ----------
    mask
        ``(Z, Y, X)`` bool.
    seeds
        The seeds of `mask`.

    Returns
    -------
    Array, Seeds
        The remaining mask and seeds; the arguments themselves if all remain.

    Notes
    -----
    Behaviour of the reference: the smallest object grows with the density of seeds. It extracts the
    seeds again, which finds those that are left here: all voxels nearer to a voxel than the
    background belong to its object, so other objects do not matter to its distance.
    """
    size = smallest_object(len(seeds), math.prod(mask.shape))
    if size == 0:
        return mask, seeds
    cleaned = remove_small(mask, size)
    return cleaned, seeds.chosen(values_at(cleaned, _flat(seeds, mask.shape)))


def smallest_object(seeds: int, voxels: int) -> int:
    """Voxels that a 26-connected object needs to stay; 0 keeps everything."""
    return NOISE_FACTOR * seeds // voxels


def unmarked(seeds: Seeds, trace_mask: NDArray[np.uint8], /) -> Seeds:
    """The seeds that earlier tracing has not reached.

    Parameters
    ----------
    seeds
        Points in image voxels.
    trace_mask
        ``(Z, Y, X)`` on the host; not 0 where a chain has been.

    Returns
    -------
    Seeds
        In the same order.
    """
    return seeds.chosen(marks_at(seeds, trace_mask) == 0)


def marks_at(seeds: Seeds, marks: NDArray[Any]) -> NDArray[Any]:
    """Values of a volume on the host at the voxels of seeds, ``(n,)``."""
    return np.asarray(marks.reshape(-1)[_flat(seeds, marks.shape)])


def _flat(seeds: Seeds, shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Flat indices of the voxels of seeds."""
    x, y, z = seeds.points.astype(np.intp).T
    return np.ravel_multi_index((z, y, x), shape)
