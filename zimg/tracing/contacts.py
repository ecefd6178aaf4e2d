"""Nearest approaches of the ends of chains to other chains: candidates from a k-d tree."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from zimg.tracing.chains import Chain
from zimg.tracing.distances import axis_line_distance, surface_distance
from zimg.tracing.segments import (
    COLUMNS,
    LENGTH,
    RADIUS,
    SCALE,
    Rows,
    axis_point,
    flipped,
    point_at,
)

HEAD, TAIL = 0, 1

PROBE_LENGTH = 2.0
"""Length of the stub that stands for a chain's end; its axis is one voxel long."""

BATCH = 1 << 16
"""Pairs per batch, so that the temporaries stay in the cache levels and below 100 MB."""

Index = NDArray[np.int64]


@dataclass(frozen=True)
class Contact:
    """The nearest approach of one chain's ends to another chain.

    Attributes
    ----------
    end
        `HEAD` or `TAIL` of the hook chain.
    index
        Segment of the loop chain.
    nearest
        ``(3,)`` nearest point of that segment, in trace space.
    distance
        Surface distance of the end to that segment, in voxels.
    axis_distance
        Distance of the two infinite axis lines.
    """

    end: int
    index: int
    nearest: Rows
    distance: float
    axis_distance: float


def probes(chain: Chain) -> Rows:
    """Stubs at the head and at the tail, both pointing inwards, ``(2, 8)``."""
    rows = np.stack([chain.segments[0], flipped(chain.segments[-1])])
    rows[:, LENGTH] = PROBE_LENGTH
    return rows


def contacts(chains: Sequence[Chain], reach: float) -> dict[tuple[int, int], Contact | None]:
    """Nearest approaches of all ordered pairs of chains that may come within `reach`.

    Parameters
    ----------
    chains
        Chains in trace space.
    reach
        Largest surface distance of interest, in voxels.

    Returns
    -------
    dict
        By (hook, loop), in ascending order; None for a pair that comes near only if an insertion
        changes the loop chain. A pair that is not there cannot come within `reach`.
    """
    if len(chains) < 2:
        return {}
    stubs = np.concatenate([probes(chain) for chain in chains])
    rows = np.concatenate([chain.segments for chain in chains])
    owner = np.repeat(np.arange(len(chains)), [len(chain) for chain in chains])
    stub, row, apart = _candidates(stubs, rows, owner, reach + _growth(chains)[owner])
    table: dict[tuple[int, int], Contact | None] = dict.fromkeys(
        map(tuple, np.unique(np.stack([stub // 2, owner[row]], axis=-1), axis=0).tolist())
    )
    near = apart <= reach + 0.5 + _bounding_radius(rows[row])
    start = np.searchsorted(owner, np.arange(len(chains)))
    for hook, loop, found in _nearest_of_pairs(stubs, rows, owner, stub[near], row[near]):
        table[hook, loop] = replace(found, index=found.index - int(start[loop]))
    return table


def after_insertion(
    stored: Sequence[Contact | None], hook_probes: Rows, rows: Rows, new: range, reach: float
) -> list[Contact | None]:
    """Nearest approaches of some hooks to a chain that has got a branch point.

    Parameters
    ----------
    stored
        Their approaches to the chain before, None where it was out of reach.
    hook_probes
        ``(hooks, 2, 8)`` their probes.
    rows
        Segments of the chain as it is now.
    new
        Which of them are new: one put in between, or the two parts of one that was cut.
    reach
        Largest surface distance of interest, in voxels.

    Returns
    -------
    list
        Up to `reach` as if all had been compared with all segments again.
    """
    cut = new.start if len(new) == 2 else None
    worth = [reach if old is None else min(old.distance, reach) for old in stored]
    near = np.flatnonzero(_may_reach(hook_probes, rows[new.start : new.stop], np.array(worth)))
    stubs = hook_probes[near].reshape(-1, COLUMNS)
    stub = np.repeat(np.arange(len(stubs)), len(new))
    row = np.tile(np.arange(new.start, new.stop), len(stubs))
    found = _nearest_of_pairs(stubs, rows, np.zeros(len(rows), dtype=np.int64), stub, row)
    out = [old and replace(old, index=old.index + (old.index >= new.start)) for old in stored]
    for place, (_, _, fresh) in zip(near.tolist(), found, strict=True):
        old, moved = stored[place], out[place]
        if old is None or moved is None or old.index == cut:
            out[place] = fresh
        else:
            out[place] = min(moved, fresh, key=_preference)
    return out


def _may_reach(hook_probes: Rows, rows: Rows, reach: Rows) -> NDArray[np.bool_]:
    """Which hooks, ``(hooks, 2, 8)``, may have one of `rows` within their own `reach`."""
    centers = point_at(rows, 0.5) - point_at(hook_probes, 0.5)[:, :, None]
    apart = np.linalg.norm(centers, axis=-1) - _bounding_radius(rows) - 0.5
    return np.asarray(apart.min(axis=(1, 2)) <= reach + 1e-6)


def _preference(found: Contact) -> tuple[float, float, int, int]:
    return found.distance, found.axis_distance, found.index, found.end


def _growth(chains: Sequence[Chain]) -> Rows:
    """How much nearer an insertion can bring each chain, at most, ``(chains,)``."""
    return np.array(
        [
            chain.segments[:, LENGTH].max()
            + chain.segments[:, RADIUS].max() * max(1.0, chain.segments[:, SCALE].max())
            for chain in chains
        ]
    )


def _bounding_radius(rows: Rows) -> Rows:
    """Radius of a ball round the centre that holds the segment and its half voxel at both ends."""
    return np.hypot(rows[:, LENGTH] / 2.0, rows[:, RADIUS] * np.maximum(1.0, rows[:, SCALE]))


def _candidates(stubs: Rows, rows: Rows, owner: Index, reach: Rows) -> tuple[Index, Index, Rows]:
    """Pairs of a probe and another chain's segment by distance of their centres."""
    limit = reach + 0.5 + _bounding_radius(rows)
    trees = cKDTree(point_at(stubs, 0.5)), cKDTree(point_at(rows, 0.5))
    found = trees[0].sparse_distance_matrix(trees[1], float(limit.max()), output_type="coo_matrix")
    stub, row, apart = found.row.astype(np.int64), found.col.astype(np.int64), found.data
    keep = (owner[row] != stub // 2) & (apart <= limit[row])
    return stub[keep], row[keep], apart[keep]


def _nearest_of_pairs(
    stubs: Rows, rows: Rows, owner: Index, stub: Index, row: Index
) -> list[tuple[int, int, Contact]]:
    """Best candidate of every (hook, loop): least distance, then axis distance, then order."""
    parts = [
        _probe_distances(stubs[stub[i : i + BATCH]], rows[row[i : i + BATCH]])
        for i in range(0, len(stub), BATCH)
    ]
    if not parts:
        return []
    distance, nearest, axis = (np.concatenate(column) for column in zip(*parts, strict=True))
    hook, loop = stub // 2, owner[row]
    order = np.lexsort((stub % 2, row, axis, distance, loop, hook))
    key = np.stack([hook[order], loop[order]], axis=-1)
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (key[1:] != key[:-1]).any(axis=-1)
    return [
        (
            int(hook[i]),
            int(loop[i]),
            Contact(int(stub[i] % 2), int(row[i]), nearest[i], float(distance[i]), float(axis[i])),
        )
        for i in order[first]
    ]


def _probe_distances(stubs: Rows, rows: Rows) -> tuple[Rows, Rows, Rows]:
    """Surface distance of each stub's axis to its row, nearest points, distance of the axes.

    The axis is sampled at its two ends, one voxel apart; the outer one wins ties.
    """
    outer, outer_nearest = surface_distance(axis_point(stubs, 0.0), rows)
    inner, inner_nearest = surface_distance(axis_point(stubs, PROBE_LENGTH - 1.0), rows)
    closer = inner < outer
    nearest = np.where(closer[:, None], inner_nearest, outer_nearest)
    return np.where(closer, inner, outer), nearest, axis_line_distance(stubs, rows)
