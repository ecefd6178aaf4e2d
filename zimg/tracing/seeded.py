"""Tracing from a point that a person gives, and joining the branch to a tree."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg import neutube_json
from zimg._progress import Reporter
from zimg._typing import Array
from zimg.image import ZImg
from zimg.image.volume import volume_of
from zimg.ops import fastest
from zimg.ops.placing import on_device_of_first
from zimg.swc import ZSwc
from zimg.tracing.automatic import TraceWarning, ratio_of
from zimg.tracing.brightness import prepared, thick
from zimg.tracing.chains import Chain
from zimg.tracing.config import Config, TraceConfig, check_config, resolve_config
from zimg.tracing.forest import circles
from zimg.tracing.grow import GrowthOptions, grow_chains
from zimg.tracing.preprocess import check_signal
from zimg.tracing.scorer import TubeScorer
from zimg.tracing.seed_scores import score_seeds

Floats = NDArray[np.float64]

SEED_RADIUS = 3.0
"""Radius from which the tube at a seed is fitted, in voxels (behaviour of the reference)."""

REACH = 10.0
"""A branch joins a tree whose surface is nearer, in voxels (behaviour of the reference)."""

BRANCH_TYPE = 0
"""SWC type of nodes traced by hand (behaviour of the reference)."""


@on_device_of_first
def trace_from(
    image_or_array: ZImg | Array,
    seed_xyz: Sequence[float],
    /,
    tree: ZSwc | None = None,
    *,
    channel: int = 0,
    time: int = 0,
    z_to_xy: float | None = None,
    invert: bool = False,
    config: Config = None,
    overrides: TraceConfig | Mapping[str, Any] | None = None,
    dtype: str = "float32",
) -> ZSwc:
    """Trace the neurite at a point in both directions.

    Parameters
    ----------
    image_or_array, channel, time, z_to_xy, invert, dtype
        As in `zimg.trace`.
    seed_xyz
        ``(3,)`` x, y, z in voxels.
    tree
        What is traced already: the branch ends where it meets the tree, and is joined to it when an
        end comes within 10 voxels of its surface.
    config, overrides
        As in `zimg.trace`; `minManualScore` is the least score, `tuneEnd` applies.

    Returns
    -------
    ZSwc
        A copy of `tree` with the branch, or the branch by itself.

    Warns
    -----
    TraceWarning
        Where nothing was traced; the result is then a copy of `tree`, or empty.

    Raises
    ------
    ValueError, TypeError
        As `zimg.trace`; and for a point outside the image.

    Examples
    --------
    >>> branch = zimg.trace_from(image, (40, 32, 16))  # doctest: +SKIP
    """
    options = _options(config, overrides)
    volume = fastest(volume_of(image_or_array, channel, time, caller="trace_from"))
    check_signal(volume)
    point = point_in(volume, seed_xyz, "seed_xyz")
    ratio = ratio_of(image_or_array, z_to_xy)
    stack, shift = thick(volume)
    claimed = np.zeros(stack.shape, np.uint8)
    host = ZSwc() if tree is None else ZSwc.concatenate([tree])
    if len(host):
        moved = host.translated((0.0, 0.0, float(shift)))
        claimed = np.asarray(moved.rasterize(stack.shape, spacing=(1.0, 1.0, ratio)))
    with TubeScorer(prepared(stack, invert=invert).signal, z_to_xy=ratio, dtype=dtype) as scorer:
        start = point + np.array([0.0, 0.0, float(shift)])
        chain = _chain_at(scorer, start, claimed, options)
    if chain is None:
        where = ", ".join(f"{value:g}" for value in point)
        warnings.warn(
            f"nothing was traced from ({where}): no tube fits there, or it is traced already; "
            "try a point in the middle of the neurite, or a lower minManualScore",
            TraceWarning,
            stacklevel=2,
        )
        return host
    rings = circles([chain])
    xyz = rings.center / np.array([1.0, 1.0, ratio]) - np.array([0.0, 0.0, float(shift)])
    if volume.shape[0] == 1:
        xyz[:, 2] = 0.0
    return joined(host, xyz, rings.radius, z_to_xy=ratio)


def _options(config: Config, overrides: TraceConfig | Mapping[str, Any] | None) -> TraceConfig:
    preset = neutube_json.TRACE_CONFIG if config is None else config
    options = resolve_config(preset, overrides=overrides)
    check_config(options)
    return options


def point_in(volume: Array, point: Sequence[float], name: str) -> Floats:
    """A point x, y, z as an array, if it lies in the volume."""
    given = np.asarray(point, dtype=np.float64)
    if given.shape != (3,):
        raise ValueError(f"{name} must be three numbers x, y, z, got {point!r}")
    upper = np.array(volume.shape[::-1]) - 1
    if not np.all((given >= 0) & (given <= upper)):
        raise ValueError(f"{name} must lie between (0, 0, 0) and {tuple(upper)}, got {point!r}")
    return given


def _chain_at(
    scorer: TubeScorer, start: Floats, claimed: NDArray[np.uint8], options: TraceConfig
) -> Chain | None:
    """The chain that grows from a point, or None."""
    report = Reporter()
    radius = np.array([SEED_RADIUS])
    seeds = score_seeds(scorer, start[None], radius, exact=True, report=report)
    growth = GrowthOptions(options.minManualScore, 0.0, options.tuneEnd)
    chains = grow_chains(scorer, seeds, claimed, growth, report=report)
    return chains[0] if chains else None


def joined(host: ZSwc, xyz: Floats, radius: Floats, *, z_to_xy: float) -> ZSwc:
    """`host` with a path of nodes joined to it, or beside it where none of its ends is near.

    Parameters
    ----------
    host
        A forest in voxels; may be empty.
    xyz, radius
        ``(n, 3)`` and ``(n,)`` nodes of the path in voxels.
    z_to_xy
        Size of a voxel in z divided by its size in x and y.
    """
    scale = np.array([1.0, 1.0, z_to_xy])
    anchor = -1
    if len(host):
        xyz, radius = _outside(host, xyz, radius, scale)
        gaps = np.stack(
            [
                np.linalg.norm((host.xyz - xyz[end]) * scale, axis=1) - host.radius - radius[end]
                for end in (0, -1)
            ]
        )
        end, nearest = np.unravel_index(int(np.argmin(gaps)), gaps.shape)
        if end == 1:
            xyz, radius = xyz[::-1], radius[::-1]
        anchor = int(nearest) if gaps.min() < REACH else -1
    first = len(host)
    parent = np.concatenate([host.parent, [anchor], first + np.arange(len(xyz) - 1)])
    return ZSwc.from_arrays(
        np.concatenate([host.xyz, xyz]),
        np.concatenate([host.radius, radius]),
        parent.astype(np.int64),
        type=np.concatenate([host.type, np.full(len(xyz), BRANCH_TYPE)]),
    )


def _outside(host: ZSwc, xyz: Floats, radius: Floats, scale: Floats) -> tuple[Floats, Floats]:
    """The path without the nodes at its ends that lie in nodes of the host, but for one each."""
    inside = np.array(
        [
            bool((np.linalg.norm((host.xyz - point) * scale, axis=1) < host.radius).any())
            for point in xyz
        ]
    )
    free = np.flatnonzero(~inside)
    if not free.size:
        return xyz[:1], radius[:1]
    kept = slice(max(int(free[0]) - 1, 0), int(free[-1]) + 2)
    return xyz[kept], radius[kept]
