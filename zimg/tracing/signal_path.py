"""The test whether the signal supports a connection: a bright path from end to chain."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zimg.tracing.box_path import Contrast, cheapest_path, two_means_contrast
from zimg.tracing.chains import Chain, knots
from zimg.tracing.contacts import HEAD, TAIL, Contact
from zimg.tracing.distances import surface_distance
from zimg.tracing.segments import (
    LENGTH,
    POSITION,
    RADIUS,
    SCALE,
    Rows,
    axis_direction,
    axis_point,
    contains,
    local_coordinates,
    point_at,
)
from zimg.tracing.signal import Signal

Index = NDArray[np.int64]

STRETCH = 27.5
"""Length of the target on either side of the nearest segment, in voxels."""

MARGIN = 10
"""Voxels around start and target that a path may use."""

LARGE_BOX = 100_000
"""Voxels between start and end from which on the length of a path is not counted."""


@dataclass(frozen=True)
class SignalPath:
    """A path that the signal supports.

    Attributes
    ----------
    length
        Its cost, which adds to the distance of the chains.
    orientation
        ``(3,)`` unit vector along its last steps in trace space, None when it is too short.
    """

    length: float
    orientation: Rows | None


def bright_ends(chains: Sequence[Chain], signal: Signal) -> Rows:
    """Brightest point between each end and the middle of its segment, ``(chains, 2, 3)``.

    Points on and outside the border of the image count as darkest.
    """
    walks = [_end_walk(chain, end) for chain in chains for end in (HEAD, TAIL)]
    values = signal.sample(np.concatenate(walks))
    parts = np.split(
        np.where(np.isnan(values), -np.inf, values), np.cumsum([len(w) for w in walks])
    )
    best = [walk[int(np.argmax(part))] for walk, part in zip(walks, parts[:-1], strict=True)]
    return np.array(best).reshape(len(chains), 2, 3)


def _end_walk(chain: Chain, end: int) -> Rows:
    """Points on the axis of an end segment from the end to its middle, one voxel apart."""
    row = chain.segments[0 if end == HEAD else -1]
    top = float(row[LENGTH]) - 1.0
    steps = np.arange(0.0, top / 2.0 + 1e-9)
    return axis_point(row, steps if end == HEAD else top - steps)


def signal_path(
    hook: Chain, bright: Rows, loop: Chain, near: Contact, signal: Signal
) -> SignalPath | None:
    """Follow the signal from an end of `hook` to the part of `loop` it comes near.

    Parameters
    ----------
    hook, loop
        The two chains.
    bright
        ``(2, 3)`` bright ends of `hook`. The one nearer to `loop` starts the path; it need not be
        the end that `near` names.
    near
        Nearest approach of the two.
    signal
        The image.

    Returns
    -------
    SignalPath or None
        None when the path is dark, or runs back through the hook, or starts outside the image.

    Notes
    -----
    A path through a large box does not lengthen the connection, as in the reference, which looks
    for it in the whole volume; here it stays in the box. All image access divides z by the voxel
    ratio, which the reference forgets.
    """
    end = _nearer_end(bright, loop)
    start = np.rint(signal.index_of(bright[end : end + 1])[0]).astype(np.int64)
    first, last = _stretch(loop, near)
    targets = _voxels(loop.segments[first : last + 1], signal)
    if (start < 0).any() or (start >= signal.shape_zyx).any() or not len(targets):
        return None
    contrast = _contrast(hook, loop, end, targets, signal)
    low = np.maximum(np.minimum(start, targets.min(axis=0)) - MARGIN, 0)
    high = np.minimum(np.maximum(start, targets.max(axis=0)) + MARGIN + 1, signal.shape_zyx)
    box = signal.crop(low, high)
    spacing = np.array([signal.z_to_xy, 1.0, 1.0])
    found = cheapest_path(contrast.darkness(box), start - low, targets - low, spacing)
    if found is None:
        return None
    voxels, cost = found
    values = box[tuple(voxels.T)]
    points = signal.points_of(voxels + low)
    if not _supported(values, contrast) or _runs_back(points, hook, end):
        return None
    middle = point_at(loop.segments[(first + last) // 2], 0.5)
    large = _is_large(start, signal.index_of(middle[None])[0])
    return SignalPath(0.0 if large else cost, _orientation(points))


def _nearer_end(bright: Rows, loop: Chain) -> int:
    """End whose bright point is nearer to the tube through the knots of `loop`; of equals the head.

    The tube is made of sections one voxel apart, between the knots.
    """
    index, fraction = knots(loop)
    rows = loop.segments[index]
    rows[:, POSITION], rows[:, LENGTH] = point_at(rows, fraction), 1.0
    steps = np.maximum(1, np.ceil(np.linalg.norm(np.diff(rows[:, POSITION], axis=0), axis=1)))
    interval = np.repeat(np.arange(len(steps)), steps.astype(np.int64))
    along = np.arange(len(interval)) - np.repeat(np.cumsum(steps) - steps, steps.astype(np.int64))
    along /= steps[interval]
    sections = np.concatenate([rows[interval], rows[-1:]])
    for column in (RADIUS, SCALE, POSITION):
        change = rows[interval + 1, column] - rows[interval, column]
        share = along if change.ndim == 1 else along[:, None]
        sections[:-1, column] += share * change
    head, tail = (
        surface_distance(np.broadcast_to(point, (len(sections), 3)), sections)[0].min()
        for point in bright
    )
    return HEAD if head <= tail else TAIL


def _stretch(loop: Chain, near: Contact) -> tuple[int, int]:
    """First and last segment of the part of `loop` around the nearest one."""
    row = loop.segments[near.index]
    offset = local_coordinates(row, near.nearest)[2]
    here = axis_point(row, np.clip(offset, 0.0, row[LENGTH] - 1.0))
    ends = point_at(loop.segments, 0.0), point_at(loop.segments, 1.0)
    before = _walked(here, ends[0][near.index :: -1])
    after = _walked(here, ends[1][near.index :])
    return near.index - before, near.index + after


def _walked(here: Rows, stops: Rows) -> int:
    """Index of the stop at which a walk from `here` has gone far enough, or of the last."""
    gone = np.cumsum(np.linalg.norm(np.diff(stops, axis=0, prepend=here[None]), axis=1))
    return min(int(np.searchsorted(gone, STRETCH)), len(stops) - 1)


def _voxels(rows: Rows, signal: Signal) -> Index:
    """Voxels of the image inside any of the segments, ``(n, 3)`` z y x, each once."""
    found = [np.zeros((0, 3), dtype=np.int64)]
    shape = np.array(signal.shape_zyx)
    for row in rows:
        width = row[RADIUS] * max(1.0, row[SCALE])
        half = np.abs(axis_direction(row)) * row[LENGTH] / 2.0 + width
        center = point_at(row, 0.5)
        low = np.ceil(signal.index_of((center - half)[None])[0]).astype(np.int64)
        high = np.floor(signal.index_of((center + half)[None])[0]).astype(np.int64) + 1
        low, high = np.clip(low, 0, shape), np.clip(high, 0, shape)
        box = np.indices(np.maximum(high - low, 0)).reshape(3, -1).T + low
        found.append(box[contains(row, signal.points_of(box))])
    return np.unique(np.concatenate(found), axis=0)


def _contrast(hook: Chain, loop: Chain, end: int, targets: Index, signal: Signal) -> Contrast:
    """Contrast in the box around the hook's end segment and the target.

    In a box of one value: between it and the darker chain's mean signal.
    """
    center = point_at(hook.segments[0 if end == HEAD else -1], 0.5)
    anchor = np.rint(signal.index_of(center[None])[0]).astype(np.int64)
    anchor = np.clip(anchor, 0, np.array(signal.shape_zyx) - 1)
    low, high = np.minimum(anchor, targets.min(axis=0)), np.maximum(anchor, targets.max(axis=0))
    values = signal.crop(low, high + 1)
    contrast = two_means_contrast(values)
    if contrast is not None:
        return contrast
    dark = float(values.flat[0])
    bright = float(min(hook.mean_signal.min(), loop.mean_signal.min()))
    return Contrast((dark + bright) / 2.0, max(1.0, abs(bright - dark)) / 9.2)


def _supported(values: Rows, contrast: Contrast) -> bool:
    """Whether a path has few dark voxels, and fewer of them than of bright ones."""
    dark = int(((values < contrast.threshold - contrast.width) | (values == 0.0)).sum())
    bright = len(values) - dark
    return not ((dark >= 2 and dark >= bright) or dark >= 5)


def _runs_back(points: Rows, hook: Chain, end: int) -> bool:
    """Whether the path enters the hook further back than the second segment from its end."""
    rows = hook.segments if end == HEAD else hook.segments[::-1]
    inside = contains(rows[None], points[:, None])
    return bool((inside.any(axis=1) & (np.argmax(inside, axis=1) >= 2)).any())


def _orientation(points: Rows) -> Rows | None:
    """Direction of the last steps to the target, up to five."""
    along = points[-1] - points[max(len(points) - 6, 0)]
    size = float(np.linalg.norm(along))
    return along / size if size > 0.0 else None


def _is_large(start: Index, end: Rows) -> bool:
    return bool(abs(np.prod(np.rint(end) - start)) >= LARGE_BOX)
