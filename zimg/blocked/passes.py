"""Passes over the blocks: one in reference mode, one per group of levels in accurate mode.

Where the ladder of accurate mode ends depends on the contrast of the chains found so far, as in
`zimg.trace`. With several blocks, this is decided between two passes from the chains of all blocks,
and depends neither on the blocks nor on their order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from zimg._progress import Cancel, reporter
from zimg.blocked import stats
from zimg.blocked.block import BlockResult, Decisions, Earlier, stacked, trace_block
from zimg.blocked.ladder import Ladder
from zimg.blocked.packing import pack_pieces, unpack_pieces
from zimg.blocked.parameters import Parameters
from zimg.blocked.pieces import Piece
from zimg.blocked.plan import Block
from zimg.blocked.records import Record
from zimg.blocked.source import UnreadableChunkError, Volume
from zimg.blocked.stages import Work
from zimg.tracing.chains import Chain
from zimg.tracing.contrast import LOWEST, worth_tracing
from zimg.tracing.screening import RELATIVE_CONTRAST

SURE = LOWEST * RELATIVE_CONTRAST
"""Lowest level of the first pass in units of the top of the ladder: such levels are worth tracing
unless the chains have more contrast than the brightest voxels."""

Records = Mapping[str, Record]


@dataclass(frozen=True)
class Traced:
    """Result of all passes.

    Attributes
    ----------
    pieces
        Chains of all blocks, cut at the faces of their cores.
    seeds
        Number of seeds that were scored.
    skipped
        Blocks that could not be read and were left out.
    levels
        Number of levels of the ladder that were traced; 0 in reference mode.
    """

    pieces: list[Piece]
    seeds: int
    skipped: set[int]
    levels: int


def trace_blocks(work: Work, decisions: Decisions | None, *, skip_unreadable: bool) -> Traced:
    """Trace all blocks with the decisions of the volume, or each with its own if there are none."""
    if isinstance(decisions, Ladder) and len(work.plan) > 1:
        passes = _ladder_passes(work, decisions, skip_unreadable)
    else:
        passes = [_pass(work, decisions, skip_unreadable, [])]
    records = [record for found in passes for record in found.values()]
    pieces = [piece for record in records for piece in unpack_pieces(record)]
    seeds = sum(int(record.values["seeds"]) for record in records)
    levels = sum(max(map(_levels, found.values()), default=0) for found in passes)
    return Traced(pieces, seeds, _skipped(passes), levels)


def _ladder_passes(work: Work, ladder: Ladder, skip_unreadable: bool) -> list[Records]:
    """Run the passes down the ladder and, if tubes are enhanced, one over their response."""
    passes: list[Records] = []
    chains: list[Chain] = []
    done, levels, side = 0, first_levels(ladder), float(max(work.plan.shape[1:]))
    while levels:
        part = replace(ladder, levels=levels, tubes=())
        passes.append(_pass(work, part, skip_unreadable, passes))
        chains += _chains(passes[-1])
        done += len(levels)
        levels = next_levels(ladder, done, chains, longest_side=side)
    if ladder.tubes:
        passes.append(_pass(work, replace(ladder, levels=()), skip_unreadable, passes))
    return passes


def first_levels(ladder: Ladder) -> tuple[float, ...]:
    """Return the levels of the first pass, at least the highest one."""
    return ladder.levels[:1] + tuple(
        level for level in ladder.levels[1:] if level >= SURE * ladder.top
    )


def next_levels(
    ladder: Ladder, done: int, chains: Sequence[Chain], *, longest_side: float
) -> tuple[float, ...]:
    """Return the levels of the next pass: those still worth tracing after the first `done`.

    Parameters
    ----------
    ladder
        Ladder of the volume.
    done
        Number of its levels that have been traced.
    chains
        Chains found at those levels in the cores of all blocks, with their contrast.
    longest_side
        The larger of height and width of the volume, in voxels.
    """

    def worth(level: float) -> bool:
        return worth_tracing(level, chains, noise=ladder.sigma, longest_side=longest_side)

    left = ladder.levels[done:]
    # As long as the chains set no limit, each level may be the one that does.
    return tuple(takewhile(worth, left[:1] if worth(0.0) else left))


def _pass(
    work: Work, decisions: Decisions | None, skip_unreadable: bool, before: Sequence[Records]
) -> Records:
    """Run one pass over the blocks; later passes skip blocks without signal at their levels."""
    tasks = {}
    for block in work.plan.blocks():
        key = f"{block.number:06d}"
        earlier = [records[key] for records in before if key in records]
        if earlier and _finished(earlier, decisions):
            continue
        tasks[key] = (
            work.volume,
            block,
            decisions,
            work.parameters,
            skip_unreadable,
            _earlier(earlier) if earlier else None,
        )
    number = len(before)
    if number == 0:
        return work.done("blocks", "blocks", block_task, tasks)
    return work.done(f"blocks: pass {number + 1}", f"passes/{number:02d}", block_task, tasks)


def _finished(earlier: Sequence[Record], decisions: Decisions | None) -> bool:
    """Whether a block was skipped or has no signal above the levels of a pass."""
    assert decisions is not None
    values = earlier[0].values
    return "skipped" in values or values["highest"] <= decisions.lowest


def _earlier(records: Sequence[Record]) -> Earlier:
    """Collect the chains of a block from the records of earlier passes."""
    # Pieces leave gaps at the faces, which the chains before their cuts close.
    arrays = [record.arrays for record in records]
    rows = [found[name] for found in arrays for name in ("rows", "uncut") if name in found]
    count = sum(int(record.values["chains"]) for record in records)
    return Earlier(stacked(rows), count)


def _chains(records: Records) -> list[Chain]:
    """Collect the parts of chains that lie in the cores of their blocks."""
    pieces = (piece for record in records.values() for piece in unpack_pieces(record))
    return [piece.chain for piece in pieces if piece.inside]


def _levels(record: Record) -> int:
    return int(record.values.get("levels", 0))


def _skipped(passes: Sequence[Records]) -> set[int]:
    return {
        int(key) for found in passes for key, record in found.items() if "skipped" in record.values
    }


def block_task(
    volume: Volume,
    block: Block,
    decisions: Decisions | None,
    parameters: Parameters,
    skip_unreadable: bool,
    earlier: Earlier | None,
    *,
    cancel: Cancel | None = None,
) -> Record:
    """Task: one pass over one block."""
    try:
        own = decisions or stats.box_thresholds(volume, block.roi, parameters.enhanced)
        found = trace_block(volume, block, own, parameters, reporter(None, cancel), earlier)
    except UnreadableChunkError as error:
        if not skip_unreadable:
            raise
        packed = pack_pieces([])
        return Record(packed.arrays, {**packed.values, "skipped": str(error)})
    return _packed(found, ladder=isinstance(own, Ladder))


def _packed(found: BlockResult, *, ladder: bool) -> Record:
    record = pack_pieces(found.pieces, found.seeds)
    if not ladder:
        return record
    more = {"chains": found.chains, "levels": found.levels, "highest": found.highest}
    return Record({**record.arrays, "uncut": found.uncut}, {**record.values, **more})
