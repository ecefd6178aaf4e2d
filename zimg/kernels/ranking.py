"""Ranking of many orientations of a tube at once, as a matrix product over crops of the signal.

For a given radius every orientation's core field is a fixed set of weights on the voxels around
the centre, so the sums over all fields are one product of a crop of the signal with a matrix that
does not depend on the image.
"""

from zimg._dispatch import array_namespace, device
from zimg._typing import Array, Namespace
from zimg.kernels.pack import BYTES, PAIRS, Layout
from zimg.ops import gather


def best_ranked(
    words: Array,
    centres: Array,
    touched: Array,
    weighted: Array,
    counted: Array,
    weight_sums: Array,
    *,
    layout: Layout,
    reach: int,
    kept: int,
) -> Array:
    """Numbers of the `kept` orientations of the highest `orientation_ranks`; arguments as there."""
    given = (touched, weighted, counted, weight_sums)
    return highest(orientation_ranks(words, centres, *given, layout=layout, reach=reach), kept)


def highest(ranks: Array, kept: int) -> Array:
    """Positions of the `kept` highest of each row, ascending, ``(n, kept)`` int16."""
    xp = array_namespace(ranks)
    order = xp.argsort(-ranks, axis=1, stable=True)
    return xp.astype(xp.sort(order[:, :kept], axis=1), xp.int16)


def orientation_ranks(
    words: Array,
    centres: Array,
    touched: Array,
    weighted: Array,
    counted: Array,
    weight_sums: Array,
    *,
    layout: Layout,
    reach: int,
) -> Array:
    """Approximate correlation of the signal around each centre with every orientation, ``(n, m)``.

    Parameters
    ----------
    words
        Packed volume.
    centres
        ``(n, 3)`` x, y, z in *image* voxels, at least `reach` + 1 voxels from every border.
    touched
        ``(k,)`` flat indices into the ``(2 reach + 1)³`` crop of the voxels that any field uses.
    weighted, counted
        ``(k, m)`` weight of each voxel in an orientation's weighted and plain sum of samples.
    weight_sums
        ``(3,)`` number of samples, sum of their weights, sum of the squares of their weights.
    layout, reach
        Static: how to read `words`, and half the size of a crop.
    """
    xp = array_namespace(centres)
    crop = _centred_crops(words, centres, layout, reach, xp=xp)
    crop = xp.take(crop, touched, axis=1)
    weighted_sum, plain_sum = crop @ weighted, crop @ counted
    square_sum = (crop * crop) @ counted
    count, total, squares = (weight_sums[i] for i in range(3))
    product_sum = weighted_sum - plain_sum * (total / count)
    variance = square_sum - plain_sum * plain_sum / count
    spread = (squares - total * total / count) * variance
    flat = spread <= 0
    root = xp.sqrt(xp.where(flat, xp.ones_like(spread), spread))
    return xp.where(flat, xp.zeros_like(root), product_sum / root)


def _centred_crops(
    words: Array, centres: Array, layout: Layout, reach: int, *, xp: Namespace
) -> Array:
    """Cubes of the signal around each centre, interpolated, ``(n, (2 reach + 1)³)``."""
    side = 2 * reach + 2
    floor = xp.floor(centres)
    base = xp.astype(floor, xp.int32 if words.shape[0] < 2**31 else xp.int64)
    corner = (base[:, 2] - reach) * layout.plane + (base[:, 1] - reach) * layout.row
    corner = corner + base[:, 0] - reach
    steps = xp.arange(side, dtype=corner.dtype, device=device(centres))
    offset = steps[:, None, None] * layout.plane + steps[:, None] * layout.row + steps
    index = xp.reshape(corner, (-1, 1)) + xp.reshape(offset, (1, -1))
    read = xp.reshape(gather(words, xp.reshape(index, (-1,)), xp=xp), (-1, side, side, side))
    bits = {BYTES: 8, PAIRS: 16}.get(layout.kind)
    value = xp.astype(read & (2**bits - 1), centres.dtype) if bits else read
    fraction = xp.reshape(centres - floor, (-1, 3, 1, 1, 1))
    value = value[:, :-1, ...] + fraction[:, 2, ...] * (value[:, 1:, ...] - value[:, :-1, ...])
    value = value[:, :, :-1, :] + fraction[:, 1, ...] * (value[:, :, 1:, :] - value[:, :, :-1, :])
    value = value[..., :-1] + fraction[:, 0, ...] * (value[..., 1:] - value[..., :-1])
    return xp.reshape(value, (value.shape[0], -1))
