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
from zimg.ops.placing import on_device_of_first
from zimg.swc import ZSwc
from zimg.swc.table import UNLABELLED
from zimg.tracing.automatic import TraceWarning
from zimg.tracing.chains import Chain
from zimg.tracing.config import Config, TraceConfig, check_config, resolve_config
from zimg.tracing.forest import circles
from zimg.tracing.grow import GrowthOptions, grow_chains
from zimg.tracing.hand_signal import HandSignal
from zimg.tracing.scorer import TubeScorer
from zimg.tracing.seed_scores import score_seeds

Floats = NDArray[np.float64]

SEED_RADIUS = 3.0
"""Radius from which the tube at a seed is fitted, in voxels (behaviour of the reference)."""

REACH = 10.0
"""A branch is joined to a node whose surface is nearer, in voxels (behaviour of the reference)."""

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
    level: int = 0,
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
        Tree in voxels that is traced already. The branch ends where it meets the tree, and is
        joined to it if one of its ends is less than 10 voxels from the surface of a node.
    config, level, overrides
        As in `zimg.trace`. Of the options, `minManualScore` (least score of a tube) and `tuneEnd`
        apply.

    Returns
    -------
    ZSwc
        Positions x, y, z in voxels of the image, radii in voxels of x and y: a copy of `tree` with
        the branch (type 0), or the branch alone.

    Warns
    -----
    TraceWarning
        If nothing was traced; the result is then a copy of `tree`, or empty.

    Raises
    ------
    ValueError, TypeError
        As in `zimg.trace`; for a point outside the image, or a tree in µm.

    Examples
    --------
    The neurite through a point, then another one, joined to the first if it is near:

    >>> image = zimg.read("cell.tif")
    >>> branch = zimg.trace_from(image, (40, 34, 13))
    >>> len(branch.roots), branch.total_length() > 40
    (1, True)
    >>> both = zimg.trace_from(image, (66, 26, 14), tree=branch)  # doctest: +SKIP
    """
    options = _options(config, level, overrides)
    seen = HandSignal.of(
        image_or_array,
        channel=channel,
        time=time,
        z_to_xy=z_to_xy,
        invert=invert,
        caller="trace_from",
    )
    point = seen.point(seed_xyz, "seed_xyz")
    host = _host(tree)
    with TubeScorer(seen.signal, z_to_xy=seen.z_to_xy, dtype=dtype) as scorer:
        chain = _chain_at(scorer, seen.to_voxels(point), seen.claimed(host), options)
    if chain is None:
        _warn(point)
        return host
    rings = circles([chain])
    return joined(host, seen.from_trace(rings.center), rings.radius, z_to_xy=seen.z_to_xy)


def _host(tree: ZSwc | None) -> ZSwc:
    """A copy of the tree to which the branch is joined; empty for None."""
    if tree is None:
        return ZSwc()
    if tree.unit == "um":
        raise ValueError("tree must be in voxels of the image, got one in um")
    return ZSwc.concatenate([tree])


def _warn(point: Floats) -> None:
    where = ", ".join(f"{value:g}" for value in point)
    warnings.warn(
        f"nothing was traced from ({where}): no tube fits there, or it is traced already; "
        "try a point in the middle of the neurite, or a lower minManualScore",
        TraceWarning,
        stacklevel=4,
    )


def _options(
    config: Config, level: int, overrides: TraceConfig | Mapping[str, Any] | None
) -> TraceConfig:
    preset = neutube_json.TRACE_CONFIG if config is None else config
    options = resolve_config(preset, level=level, overrides=overrides)
    check_config(options)
    return options


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
    """`host` with a path of nodes joined to it, or next to it if neither end is near.

    Parameters
    ----------
    host
        Forest in voxels; may be empty.
    xyz, radius
        ``(n, 3)`` and ``(n,)`` nodes of the path in voxels.
    z_to_xy
        Size of a voxel in z divided by its size in x and y.
    """
    anchor = -1
    if len(host):
        to_nodes = _distances(host, xyz, z_to_xy)
        kept = _outside(to_nodes < host.radius)
        xyz, radius, to_nodes = xyz[kept], radius[kept], to_nodes[kept]
        gaps = to_nodes[[0, -1]] - host.radius - radius[[0, -1], None]
        end, nearest = np.unravel_index(int(np.argmin(gaps)), gaps.shape)
        if end == 1:
            xyz, radius = xyz[::-1], radius[::-1]
        anchor = int(nearest) if gaps.min() < REACH else -1
    count, first = len(xyz), len(host)
    ids = int(host.id.max(initial=0)) + 1 + np.arange(count)
    parent = np.concatenate([host.parent, [anchor], first + np.arange(count - 1)])
    return ZSwc.from_arrays(
        np.concatenate([host.xyz, xyz]),
        np.concatenate([host.radius, radius]),
        parent.astype(np.int64),
        type=np.concatenate([host.type, np.full(count, BRANCH_TYPE)]),
        id=np.concatenate([host.id, ids]),
        label=np.concatenate([host.label, np.full(count, UNLABELLED)]),
        comments=host.comments,
    )


def _distances(host: ZSwc, xyz: Floats, z_to_xy: float) -> Floats:
    """``(n, m)`` distances of points from the nodes of a forest, in voxels of the x, y plane."""
    scale = np.array([1.0, 1.0, z_to_xy])
    found: Floats = np.linalg.norm((xyz[:, None] - host.xyz) * scale, axis=2)
    return found


def _outside(inside: NDArray[np.bool_]) -> slice:
    """Rows of a path without those at its ends that lie in nodes of the host, but for one each."""
    free = np.flatnonzero(~inside.any(axis=1))
    if not free.size:
        return slice(0, 1)
    return slice(max(int(free[0]) - 1, 0), int(free[-1]) + 2)
