"""Chains grown from seeds, best seed first, with the result of growing them one after the other.

Speculate and replay: the ends of the next few seeds grow together, ahead of time and without
looking at the trace mask; a sequential replay then decides, seed by seed and step by step, what
each chain keeps. What is kept does not depend on how many seeds grow together. To save work, an
end waits while it lies in what a better seed has grown, until that seed is decided.
"""

from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np

from zimg._progress import Reporter
from zimg.tracing.chains import BACKWARD, BOTH, FORWARD, Chain, End, length
from zimg.tracing.checks import LARGEST_RADIUS, forms_loop, passes_score
from zimg.tracing.ends import tuned, without_overlap, without_straddling, without_turns
from zimg.tracing.labels import Mask, label_trace, marked
from zimg.tracing.scorer import TubeScorer
from zimg.tracing.seed_scores import ScoredSeeds
from zimg.tracing.segments import LENGTH, Rows, axis_point, contains
from zimg.tracing.strands import Growth, Strand, strands_of

MOST_SEGMENTS = 5000
"""Segments of one chain at most (behaviour of the reference)."""


@dataclass
class _Candidate:
    """A seed in the window with what its ends have grown."""

    row: Rows
    score: float
    mean_signal: float
    strands: dict[int, Strand]
    replay: "Generator[Strand, None, Chain | None] | None" = None

    def claims(self) -> list[Rows]:
        """What the seed's chain would mark, as swollen segments."""
        return [row for strand in self.strands.values() for row in strand.claims]


@dataclass
class GrowthOptions:
    """Criteria for segments and chains.

    Attributes
    ----------
    min_score, min_length
        Least score of a segment; least length of a chain that meets no other, in voxels.
    tune_ends
        Whether ends are cut to what the signal supports.
    part_at_forks
        Whether ends that grew between the branches of a fork are dropped.
    """

    min_score: float
    min_length: float
    tune_ends: bool
    part_at_forks: bool = False


@dataclass
class _Tracer:
    """The replay: reads and writes the trace mask, asks for segments that have not grown yet."""

    scorer: TubeScorer
    mask: Mask
    options: GrowthOptions
    chains: list[Chain] = field(default_factory=list)

    def probes(self, row: Rows) -> dict[int, bool]:
        """Whether the mask is set inside a seed's segment near each end."""
        head, tail = marked(self.mask, probe_points(row), self.scorer.layout.z_to_xy)
        return {BACKWARD: bool(head), FORWARD: bool(tail)}

    def replay(self, seed: _Candidate) -> Generator[Strand, None, Chain | None]:
        """Decide over one seed; yields a strand whose next segment is needed."""
        ends = {d: End.HIT_MARK if hit else End.OPEN for d, hit in self.probes(seed.row).items()}
        if all(end is End.HIT_MARK for end in ends.values()):
            return None
        parts: dict[int, list[int]] = {BACKWARD: [], FORWARD: []}
        while End.OPEN in ends.values() and 1 + sum(map(len, parts.values())) < MOST_SEGMENTS:
            for direction in (BACKWARD, FORWARD):
                if ends[direction] is not End.OPEN:
                    continue
                strand = seed.strands[direction]
                while len(strand.grown) <= len(parts[direction]):
                    yield strand
                ends[direction] = self._judge(seed, parts, direction)
                if ends[direction] in (End.OPEN, End.HIT_MARK, End.OUT_OF_BOUND):
                    parts[direction].append(len(parts[direction]))
        return self._finished(_assembled(seed, parts, ends))

    def _judge(self, seed: _Candidate, parts: dict[int, list[int]], direction: int) -> End:
        """Status of an end after its next grown segment."""
        grown = seed.strands[direction].grown[len(parts[direction])]
        if grown.own:
            return grown.own
        chain = _rows(seed, parts)
        neighbour = 0 if direction == BACKWARD else len(chain) - 1
        if forms_loop(grown.row, grown.front, chain, neighbour):
            return End.LOOP
        if grown.change:
            return grown.change
        hit = marked(self.mask, grown.front[None, :], self.scorer.layout.z_to_xy)[0]
        return End.HIT_MARK if hit else End.OPEN

    def _finished(self, chain: Chain) -> Chain | None:
        """The chain with its ends put right, or None when it is too short to count."""
        if self.options.part_at_forks:
            chain = without_straddling(chain)
        if self.options.tune_ends:
            chain = without_overlap(tuned(chain, self.scorer))
        chain = without_turns(without_overlap(chain))
        met = End.HIT_MARK in (chain.head, chain.tail)
        return chain if met or length(chain) >= self.options.min_length else None


def grow_chains(
    scorer: TubeScorer,
    seeds: ScoredSeeds,
    trace_mask: Mask,
    options: GrowthOptions,
    *,
    report: Reporter,
    window: int | None = None,
) -> list[Chain]:
    """Grow and keep chains from committed seeds.

    Parameters
    ----------
    seeds
        In descending order of score.
    trace_mask
        ``(Z, Y, X)`` uint8 on the host; kept chains are marked in it.
    window
        Seeds that grow together: changes speed, never the result. None suits the device.
    """
    eligible = passes_score(seeds.score, seeds.rows, options.min_score)
    eligible &= seeds.rows[:, 0] <= LARGEST_RADIUS
    tracer = _Tracer(scorer, trace_mask, options)
    growth = Growth(scorer, options.min_score, trace_mask, scorer.plan.levels)
    waiting = list(np.flatnonzero(eligible)[::-1])
    active: list[_Candidate] = []
    window = window or scorer.plan.seeds
    report.stage("grow chains", len(waiting))
    while waiting or active:
        report.check()
        _refill(active, waiting, seeds, tracer, window, report)
        _resolve(active, tracer, growth, report)
        if _speculate(active, tracer, growth):
            growth.step()
    return tracer.chains


def _refill(
    active: list[_Candidate],
    waiting: list[int],
    seeds: ScoredSeeds,
    tracer: _Tracer,
    window: int,
    report: Reporter,
) -> None:
    """Bring the next seeds into the window, except those that lie in a traced neurite already."""
    while waiting and len(active) < window:
        index = waiting.pop()
        row, signal = seeds.rows[index], float(seeds.mean_signal[index])
        if all(tracer.probes(row).values()):
            report.advance()
            continue
        score = float(seeds.score[index])
        active.append(_Candidate(row, score, signal, strands_of(row, signal)))


def _resolve(active: list[_Candidate], tracer: _Tracer, growth: Growth, report: Reporter) -> None:
    """Decide over the seeds in front as far as their segments have grown."""
    while active:
        seed = active[0]
        seed.replay = seed.replay or tracer.replay(seed)
        try:
            needed = next(seed.replay)
        except StopIteration as decided:
            active.pop(0)
            growth.decided += 1
            report.advance()
            if decided.value is not None:
                tracer.chains.append(decided.value)
                label_trace(tracer.mask, decided.value.segments, tracer.scorer.layout.z_to_xy)
        else:
            needed.open, needed.paused_at = True, None
            return


def _speculate(active: list[_Candidate], tracer: _Tracer, growth: Growth) -> bool:
    """Ask for the next segment of every strand that may go on; whether any fit is under way."""
    claimed: list[Rows] = []
    for seed in active:
        for direction, strand in seed.strands.items():
            if strand.waiting or not strand.open or strand.paused_at == growth.decided:
                continue
            ahead = _way_ahead(seed, direction)
            if marked(tracer.mask, ahead, tracer.scorer.layout.z_to_xy)[0]:
                strand.open = False
            elif claimed and contains(np.stack(claimed), ahead).any():
                strand.paused_at = growth.decided
            else:
                growth.request(strand, ahead[0])
        claimed += seed.claims()
    return any(strand.waiting for seed in active for strand in seed.strands.values())


def _way_ahead(seed: _Candidate, direction: int) -> Rows:
    """The point ``(1, 3)`` at which a strand meets others: its front, at first its probe."""
    head, tail = probe_points(seed.row)
    return seed.strands[direction].ahead(head if direction == BACKWARD else tail)[None, :]


def probe_points(row: Rows) -> Rows:
    """Where a seed is looked up in the trace mask, for its head and its tail, ``(2, 3)``."""
    thirds = row[LENGTH] / 3.0 * np.array([1.0, 2.0])
    return axis_point(np.broadcast_to(row, (2, len(row))), thirds)


def _rows(seed: _Candidate, parts: dict[int, list[int]]) -> Rows:
    """Segments of the chain so far, from head to tail."""
    head = [seed.strands[BACKWARD].grown[i].row for i in reversed(parts[BACKWARD])]
    tail = [seed.strands[FORWARD].grown[i].row for i in parts[FORWARD]]
    return np.stack([*head, seed.row, *tail])


def _assembled(seed: _Candidate, parts: dict[int, list[int]], ends: dict[int, End]) -> Chain:
    """The chain with the trace record of every segment."""
    head = [seed.strands[BACKWARD].grown[i] for i in reversed(parts[BACKWARD])]
    tail = [seed.strands[FORWARD].grown[i] for i in parts[FORWARD]]
    before, after = len(head), len(tail)
    return Chain(
        segments=_rows(seed, parts),
        direction=np.array([BACKWARD] * before + [BOTH] + [FORWARD] * after, np.int8),
        fix=np.array([1.0] * before + [np.nan] + [0.0] * after),
        score=np.array([*(g.score for g in head), seed.score, *(g.score for g in tail)]),
        mean_signal=np.array(
            [*(g.mean_signal for g in head), seed.mean_signal, *(g.mean_signal for g in tail)]
        ),
        head=ends[BACKWARD],
        tail=ends[FORWARD],
    )
