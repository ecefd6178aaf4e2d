"""Continuation of chains that ended at a border of the region of their block."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._progress import Cancel, Reporter, reporter
from zimg.arrays.export import exported
from zimg.blocked import stats
from zimg.blocked.block import Decisions
from zimg.blocked.lines import line_of
from zimg.blocked.packing import pack_pieces, unpack_pieces
from zimg.blocked.parameters import Parameters, device_of, origin_of
from zimg.blocked.pieces import HEAD, Piece, limits, moved, reversed_chain, taken, unread_at
from zimg.blocked.plan import Block, Plan
from zimg.blocked.records import Record
from zimg.blocked.source import Volume, checked_read
from zimg.blocked.stages import Work
from zimg.blocked.stitch import Stitcher
from zimg.ops import fastest
from zimg.tracing.chains import FORWARD, Chain
from zimg.tracing.chains import End as EndStatus
from zimg.tracing.checks import forms_loop
from zimg.tracing.contrast import with_contrast
from zimg.tracing.ends import shortened
from zimg.tracing.labels import Labeller, Mask, marked, swollen
from zimg.tracing.scorer import TubeScorer
from zimg.tracing.segments import LENGTH, POSITION, RADIUS, SCALE, Rows, point_at
from zimg.tracing.strands import Growth, Strand

CLEAR = 22.0
"""Distance from an open end, two segments, within which its own chain is not drawn as traced."""
MOST_SEGMENTS = 5000
"""Largest number of segments of a continuation (behaviour of the reference for a chain)."""


@dataclass(frozen=True)
class Task:
    """Open ends in one block.

    Attributes
    ----------
    keys
        ``(n, 2)`` strand and end of each.
    rows
        ``(n, 8)`` last segment of each, with its top outwards, in coordinates of the volume.
    signals
        ``(n,)`` mean signal in this segment.
    traced
        ``(m, 8)`` accepted segments that meet the region of the block.
    owner
        ``(m,)`` strand of each accepted segment.
    """

    keys: NDArray[np.int64]
    rows: Rows
    signals: Rows
    traced: Rows
    owner: NDArray[np.int64]


def continue_rounds(
    work: Work,
    stitcher: Stitcher,
    decisions: Decisions | None,
    most: int,
    skipped: set[int],
) -> int:
    """Continue open ends until none is left; return the number of rounds."""
    for number in range(1, most + 1):
        tasks = tasks_of(stitcher, work.plan, work.parameters.z_to_xy)
        for block in skipped & tasks.keys():
            for strand, end in tasks.pop(block).keys.tolist():
                stitcher.strands[strand].open[end] = False
        if not tasks:
            return number - 1
        arguments = {
            f"{block:06d}": (
                work.volume,
                work.plan.block(block),
                decisions,
                work.parameters,
                task,
            )
            for block, task in tasks.items()
        }
        kind = f"rounds/{number:02d}"
        records = work.done(f"continue: round {number}", kind, round_task, arguments)
        pieces = [piece for record in records.values() for piece in unpack_pieces(record)]
        for piece in sorted(pieces, key=lambda p: _order(stitcher, p)):
            strand, end, _ = piece.key
            stitcher.accept_continuation(
                strand, end, piece.chain, (-number, len(stitcher.strands)), unread=piece.open[1]
            )
    return most


def _order(stitcher: Stitcher, piece: Piece) -> tuple[Any, ...]:
    strand, end, _ = piece.key
    return (stitcher.strands[strand].key, strand, end)


def round_task(
    volume: Volume,
    block: Block,
    decisions: Decisions | None,
    parameters: Parameters,
    task: Task,
    *,
    cancel: Cancel | None = None,
) -> Record:
    """Task: continue the open ends in one block."""
    own = decisions or stats.box_thresholds(volume, block.roi)
    found = continue_block(volume, block, own, parameters, task, reporter(None, cancel))
    return pack_pieces(found)


def tasks_of(stitcher: Stitcher, plan: Plan, z_to_xy: float) -> dict[int, Task]:
    """Create the tasks of a round, by block."""
    ends: dict[int, list[tuple[int, int, Rows, float]]] = {}
    scale = np.array([1.0, 1.0, z_to_xy])
    for number, end in stitcher.open_ends():
        chain = stitcher.strands[number].chain
        outward = chain if end != HEAD else reversed_chain(chain)
        place = _last_fitted(outward)
        row = outward.segments[place].copy()
        voxel = (point_at(row, 1.0) / scale)[::-1]
        if np.any(voxel < 0) or np.any(voxel > np.array(plan.shape) - 1):
            stitcher.strands[number].open[end] = False
            continue
        signal = float(outward.mean_signal[place])
        ends.setdefault(plan.owner(voxel.tolist()), []).append((number, end, row, signal))
    if not ends:
        return {}
    rows = np.concatenate([strand.chain.segments for strand in stitcher.strands])
    owner = np.repeat(np.arange(len(stitcher.strands)), [len(s.chain) for s in stitcher.strands])
    return {
        block: _task(found, plan.block(block), plan, z_to_xy, rows, owner)
        for block, found in sorted(ends.items())
    }


def _task(
    found: Sequence[tuple[int, int, Rows, float]],
    block: Block,
    plan: Plan,
    z_to_xy: float,
    rows: Rows,
    owner: NDArray[np.int64],
) -> Task:
    low, high = limits(block.roi, plan.shape, z_to_xy)
    middle = point_at(rows, 0.5)
    reach = (rows[:, LENGTH] + 2.0 * rows[:, RADIUS] * np.maximum(rows[:, SCALE], 1.0))[:, None]
    near = np.all((middle > low - reach) & (middle < high + reach), axis=1)
    return Task(
        np.array([entry[:2] for entry in found], np.int64),
        np.stack([entry[2] for entry in found]),
        np.array([entry[3] for entry in found]),
        rows[near],
        owner[near],
    )


def _last_fitted(chain: Chain) -> int:
    """Return the index of the last fitted segment; segments of unit length were inserted."""
    fitted = np.flatnonzero(chain.segments[:, LENGTH] > 2.0)
    return int(fitted[-1]) if len(fitted) else len(chain) - 1


def continue_block(
    volume: Volume,
    block: Block,
    decisions: Decisions,
    parameters: Parameters,
    task: Task,
    report: Reporter | None = None,
) -> list[Piece]:
    """Grow the open ends of a block independently of each other.

    Returns
    -------
    list of Piece
        One per end, with the key strand, end, 0. The chain begins with the continued segment, in
        coordinates of the volume.
    """
    report = report or reporter()
    voxels = checked_read(volume, block.roi)
    host = decisions.signal(voxels)
    signal = fastest(exported(host, parameters.framework, device=device_of(parameters)))
    origin, scale = origin_of(block, parameters), parameters.z_to_xy
    roi = limits(block.roi, parameters.shape, scale)
    found = []
    with decisions.scorer(signal, scale, parameters.dtype) as scorer:
        for place, (number, end) in enumerate(task.keys.tolist()):
            report.check()
            row = task.rows[place].copy()
            row[POSITION] -= origin
            mask = _traced(task, number, row, host.shape, origin, scale)
            grown = _grown(scorer, mask, row, float(task.signals[place]), parameters)
            chain = with_contrast([grown], scorer)[0]
            placed = moved(chain, origin)
            unread = unread_at(line_of(placed).points[-1], roi)
            found.append(Piece((number, end, 0), placed, True, (None, None), (False, unread)))
    return found


def _traced(
    task: Task, number: int, row: Rows, shape: Sequence[int], origin: Rows, scale: float
) -> Mask:
    """Mask accepted chains, except the own chain of an end close to the end."""
    rows = task.traced.copy()
    rows[:, POSITION] -= origin
    top = point_at(row, 1.0)
    close = np.linalg.norm(point_at(rows, 0.5) - top, axis=1) < CLEAR
    rows = rows[~((task.owner == number) & close)]
    mask = np.zeros(tuple(shape), np.uint8)
    labeller = Labeller(swollen(rows), scale, limit=1.0)
    for index in range(len(rows)):
        labeller.write(mask, index, 1)
    return mask


def _grown(
    scorer: TubeScorer, mask: Mask, row: Rows, signal: float, parameters: Parameters
) -> Chain:
    """Grow a chain from the top of a segment until it stops."""
    strand = Strand.of_seed(row, signal, FORWARD)
    growth = Growth(scorer, parameters.config.minAutoScore)
    status = EndStatus.OPEN
    kept = 0
    while status is EndStatus.OPEN and kept < MOST_SEGMENTS:
        if len(strand.grown) == kept:
            strand.open = True
            growth.request(strand)
            while strand.waiting:
                growth.step()
        status = _judge(strand, kept, mask, scorer.layout.z_to_xy)
        kept += status in (EndStatus.OPEN, EndStatus.HIT_MARK, EndStatus.OUT_OF_BOUND)
    return _chain(strand, kept, status, row, signal, scorer, parameters)


def _judge(strand: Strand, place: int, mask: Mask, scale: float) -> EndStatus:
    """Return the status of the end after its segment at `place`."""
    grown = strand.grown[place]
    if grown.own:
        return grown.own
    before = np.stack(strand.rows[: place + 1])
    if forms_loop(grown.row, grown.front, before, len(before) - 1):
        return EndStatus.LOOP
    if grown.change:
        return grown.change
    hit = marked(mask, grown.front[None, :], scale)[0]
    return EndStatus.HIT_MARK if hit else EndStatus.OPEN


def _chain(
    strand: Strand,
    kept: int,
    status: EndStatus,
    row: Rows,
    signal: float,
    scorer: TubeScorer,
    parameters: Parameters,
) -> Chain:
    """Create the chain of the continued segment and the new ones."""
    grown = strand.grown[:kept]
    rows = np.stack([row, *(g.row for g in grown)])
    if kept and parameters.config.tuneEnd and status is not EndStatus.HIT_MARK:
        rows[-1] = shortened(rows[-1], scorer)
    count = 1 + kept
    chain = Chain(
        segments=rows,
        direction=np.full(count, FORWARD, np.int8),
        fix=np.zeros(count),
        score=np.array([1.0, *(g.score for g in grown)]),
        mean_signal=np.array([signal, *(g.mean_signal for g in grown)]),
        tail=status,
    )
    if count > 1 and rows[-1, LENGTH] <= 1.0:  # the signal supports no part of the last one
        chain = taken(chain, slice(None, -1))
    return chain
