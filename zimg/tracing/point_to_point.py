"""The path that a neurite takes between two points that a person gives."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zimg._typing import Array
from zimg.image import ZImg
from zimg.ops.placing import on_device_of_first
from zimg.swc import ZSwc
from zimg.tracing.box_path import cheapest_path, two_means_contrast
from zimg.tracing.hand_signal import HandSignal
from zimg.tracing.orientation import angles_of
from zimg.tracing.scorer import TubeScorer
from zimg.tracing.seeded import BRANCH_TYPE
from zimg.tracing.segments import (
    COLUMNS,
    LENGTH,
    POSITION,
    PSI,
    RADIUS,
    SCALE,
    THETA,
    axis_direction,
)
from zimg.tracing.signal import Signal

Floats = NDArray[np.float64]
Index = NDArray[np.int64]

MOST_VOXELS = 1_000_000
"""Voxels of the box in which a path is sought (behaviour of the reference)."""

FLAT_RATIO, FLAT_MARGIN = 3.0, 2
"""With planes further apart than this, the box has so many planes more at both ends."""

SMOOTHING = 2
"""Voxels before and after one of the path over which its position is averaged."""

SPACING = 3.0
"""Distance of the nodes, in voxels."""

RADII = np.exp(np.arange(-0.6, 2.6, 0.1))
"""Radii that are compared, from 0.55 to 12 voxels."""

TUBE_LENGTH = 5.0
"""Length of the tube whose radius is fitted at a node, in voxels."""


@on_device_of_first
def trace_path(
    image_or_array: ZImg | Array,
    a_xyz: Sequence[float],
    b_xyz: Sequence[float],
    /,
    *,
    channel: int = 0,
    time: int = 0,
    z_to_xy: float | None = None,
    invert: bool = False,
    edge_path: bool = False,
    dtype: str = "float32",
) -> ZSwc:
    """Follow the brightest path from one point to another.

    Parameters
    ----------
    image_or_array, channel, time, z_to_xy, invert, dtype
        As in `zimg.trace`.
    a_xyz, b_xyz
        ``(3,)`` x, y, z in voxels: the root and the tip of the result.
    edge_path
        Whether to follow strong edges instead, as the option `edgePath` of neuTube does.

    Returns
    -------
    ZSwc
        One path of nodes 3 voxels apart, of type 0, in voxels of the image; its root is `a_xyz`,
        its tip `b_xyz`. Radii are those of the short tubes along the path that fit best.

    Raises
    ------
    ValueError, TypeError
        As in `zimg.trace`; for a point outside the image, and for points so far apart that the box
        around them has more than a million voxels.

    Examples
    --------
    >>> image = zimg.read("cell.tif")
    >>> path = zimg.trace_path(image, (12, 37, 18), (68, 26, 14))
    >>> path.xyz[[0, -1]].tolist()
    [[12.0, 37.0, 18.0], [68.0, 26.0, 14.0]]
    """
    seen = HandSignal.of(
        image_or_array,
        channel=channel,
        time=time,
        z_to_xy=z_to_xy,
        invert=invert,
        caller="trace_path",
    )
    ends = [seen.point(a_xyz, "a_xyz"), seen.point(b_xyz, "b_xyz")]
    low, high = _box(np.stack(ends), seen.z_to_xy, seen.shape)
    offset = np.array([seen.before, 0, 0])
    values = Signal(seen.signal, seen.z_to_xy).crop(low + offset, high + offset)
    route = _route(values, ends, low, seen.z_to_xy, edges=edge_path)
    xyz = _smooth_path(seen.to_trace(route), [seen.to_trace(end) for end in ends])
    with TubeScorer(seen.signal, z_to_xy=seen.z_to_xy, dtype=dtype) as scorer:
        radius = fitted_radii(scorer, xyz)
    return ZSwc.from_arrays(seen.from_trace(xyz), radius, np.arange(len(xyz)) - 1, type=BRANCH_TYPE)


def _box(ends: Floats, ratio: float, shape: tuple[int, ...]) -> tuple[Index, Index]:
    """Half-open box, z y x, around two points x y z in which the path is sought."""
    points = np.rint(ends[:, ::-1])
    apart = float(np.linalg.norm(np.diff(points, axis=0) * np.array([ratio, 1.0, 1.0])))
    span = np.abs(np.diff(points, axis=0)[0]) + 1.0
    margin = np.maximum(np.rint(np.array([apart / 4.0, apart / 2.0, apart / 2.0]) - span), 0.0)
    if ratio > FLAT_RATIO:
        margin[0] = FLAT_MARGIN
    low = np.maximum(points.min(axis=0) - margin, 0).astype(np.int64)
    high = np.minimum(points.max(axis=0) + margin + 1, np.array(shape)).astype(np.int64)
    voxels = int(np.prod(high - low))
    if voxels > MOST_VOXELS:
        raise ValueError(
            f"a_xyz and b_xyz are too far apart: the box around them has {voxels} voxels, "
            f"at most {MOST_VOXELS} are searched"
        )
    return low, high


def _route(
    values: Floats, ends: Sequence[Floats], low: Index, ratio: float, *, edges: bool
) -> Floats:
    """Voxels x y z of the cheapest path; a straight one where all values are equal."""
    shown = _edge_strength(values) if edges else values
    contrast = two_means_contrast(shown)
    start, target = (np.rint(end[::-1]).astype(np.int64) - low for end in ends)
    spacing = np.array([ratio, 1.0, 1.0])
    if contrast is None or bool((start == target).all()):
        return np.stack(ends)
    found = cheapest_path(contrast.darkness(shown), start, target[None], spacing)
    if found is None:
        return np.stack(ends)
    return np.asarray((found[0] + low)[:, ::-1], dtype=np.float64)


def _edge_strength(values: Floats) -> Floats:
    """Gradient magnitude in grey values up to 255 (behaviour of the reference)."""
    padded = np.pad(values, 1, mode="edge")
    inner = (slice(1, -1),) * 3
    total = np.zeros_like(values)
    axes = [axis for axis in range(3) if values.shape[axis] > 1]
    for axis in axes:
        step = np.roll(padded, -1, axis)[inner] - np.roll(padded, 1, axis)[inner]
        total += step**2
    return np.minimum(np.rint(np.sqrt(total / (12.0 if len(axes) == 3 else 8.0))), 255.0)


def _smooth_path(route: Floats, ends: Sequence[Floats]) -> Floats:
    """Evenly spaced nodes along a path of voxels, between the two points, in trace space."""
    padded = np.pad(route, ((SMOOTHING, SMOOTHING), (0, 0)), mode="edge")
    window = 2 * SMOOTHING + 1
    mean = np.stack([padded[i : i + len(route)] for i in range(window)]).mean(axis=0)
    line = np.concatenate([ends[0][None], mean[1:-1], ends[1][None]])
    gone = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    count = max(2, round(float(gone[-1]) / SPACING) + 1)
    at = np.linspace(0.0, gone[-1], count)
    return np.stack([np.interp(at, gone, line[:, axis]) for axis in range(3)], axis=1)


def fitted_radii(scorer: TubeScorer, xyz: Floats) -> Floats:
    """Radius at each node of a path: that of the short tube along it which fits the signal best.

    Parameters
    ----------
    scorer
        The volume.
    xyz
        ``(n, 3)`` nodes in trace space, two or more.
    """
    along = np.gradient(xyz, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
    theta, psi = angles_of(along)
    rows = np.zeros((len(xyz), len(RADII), COLUMNS))
    rows[..., RADIUS], rows[..., SCALE], rows[..., LENGTH] = RADII, 1.0, TUBE_LENGTH
    rows[..., THETA], rows[..., PSI] = theta[:, None], psi[:, None]
    half = (TUBE_LENGTH - 1.0) / 2.0
    rows[..., POSITION] = xyz[:, None] - half * axis_direction(rows)
    dots = scorer.dot(rows.reshape(-1, COLUMNS)).reshape(len(xyz), len(RADII))
    best = RADII[np.argmax(dots, axis=1)]
    padded = np.pad(best, 1, mode="edge")
    return np.median(np.stack([padded[:-2], best, padded[2:]]), axis=0)
