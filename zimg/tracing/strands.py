"""Growth of many seeds at once: each end is grown as if only the mask could stop it.

The sequence of segments that grows from one end of a seed depends on the seed alone, so it can be
computed early, in any order and together with others, and be cut later. A mask only grows: a strand
that has met it would meet it later as well.
"""

from dataclasses import dataclass, field

import numpy as np

from zimg.tracing.chains import BACKWARD, FORWARD, End
from zimg.tracing.checks import CHANGE, OWN
from zimg.tracing.grow_levels import predicted
from zimg.tracing.grow_strands import Grown, grow_strands
from zimg.tracing.labels import Mask, swollen
from zimg.tracing.scorer import TubeScorer
from zimg.tracing.segments import Rows, flipped, point_at

NO_MASK = np.zeros((0, 0, 0), np.uint8)


@dataclass(slots=True)
class Segment:
    """One segment that an end would grow, as part of the chain (tops towards the tail).

    `own` and `change` are the reasons of failure before and after the loop test, or None.
    """

    row: Rows
    front: Rows
    score: float
    mean_signal: float
    own: End | None
    change: End | None


@dataclass(eq=False)
class Strand:
    """The segments that one end of a seed has grown, in the direction of growth.

    Attributes
    ----------
    direction
        `BACKWARD` or `FORWARD`.
    rows
        The seed and the grown segments, tops in the direction of growth.
    signals
        Mean signal of each.
    grown
        The grown segments as the chain will hold them.
    open
        Whether another segment may follow.
    waiting
        Whether a fit of this strand is under way.
    paused_at
        Number of decided seeds when the strand was found to run into a better one.
    claims
        The rows swollen to what a trace marks.
    """

    direction: int
    rows: list[Rows]
    signals: list[float]
    grown: list[Segment] = field(default_factory=list)
    open: bool = True
    waiting: bool = False
    paused_at: int | None = None
    claims: list[Rows] = field(default_factory=list)

    @classmethod
    def of_seed(cls, row: Rows, mean_signal: float, direction: int) -> "Strand":
        """A strand without grown segments."""
        start = row if direction == FORWARD else flipped(row)
        return cls(direction, [start], [mean_signal], claims=[swollen(start)])

    def prediction(self) -> Rows:
        """The last segment moved on by half its axis, to be fitted."""
        return predicted(self.rows[-1][None])[0]

    def ahead(self, start: Rows) -> Rows:
        """The point at which the strand meets others: its front, before it has grown `start`."""
        return self.grown[-1].front if self.grown else start

    def extend(self, found: Grown, index: int) -> None:
        """Take in the segments that the strand at `index` has grown."""
        count = int(found.gained[index])
        new = found.rows[index, :count]
        placed = new if self.direction == FORWARD else flipped(new)
        fronts, claims = point_at(new, 1.0), swollen(new)
        numbers = (found.score, found.signal, found.own, found.change)
        for place, (score, signal, own, change) in enumerate(
            zip(*(column[index, :count].tolist() for column in numbers), strict=True)
        ):
            self.grown.append(
                Segment(placed[place], fronts[place], score, signal, OWN[own], CHANGE[change])
            )
            self.rows.append(new[place])
            self.signals.append(signal)
            self.claims.append(claims[place])
        self.open = bool(found.open[index])
        self.waiting = False


class Growth:
    """Strands that are being extended together.

    Parameters
    ----------
    scorer
        The volume.
    limit
        Score that segments must exceed (with the factor for thick tubes).
    mask
        Strands end where it is set; it is read whenever they grow. None for no mask.
    levels
        Segments that each strand grows at a time, at most.
    """

    def __init__(
        self, scorer: TubeScorer, limit: float, mask: Mask | None = None, levels: int = 1
    ) -> None:
        self._scorer, self._limit, self._levels = scorer, limit, levels
        self._mask = NO_MASK if mask is None else mask
        self._asked: list[tuple[Strand, Rows]] = []
        self.decided = 0

    def request(self, strand: Strand, ahead: Rows | None = None) -> None:
        """Grow a strand in the next round; it is looked up in the mask at `ahead` first."""
        strand.waiting = True
        nowhere = np.full(3, -1.0)  # outside the mask
        self._asked.append((strand, strand.ahead(nowhere) if ahead is None else ahead))

    def step(self) -> None:
        """One round: grow what was asked for."""
        asked, self._asked = self._asked, []
        if not asked:
            return
        count = np.array([len(strand.rows) for strand, _ in asked], np.int64)
        rows = np.ones((len(asked), count.max(initial=0), 8))
        for place, (strand, _) in enumerate(asked):
            rows[place, : count[place]] = strand.rows
        found = grow_strands(
            self._scorer.words,
            rows,
            count,
            np.array([strand.signals[-1] for strand, _ in asked]),
            np.stack([ahead for _, ahead in asked]),
            self._mask,
            self._scorer.templates.full,
            layout=self._scorer.layout,
            limit=self._limit,
            contrast=self._scorer.least_contrast,
            most=self._levels,
        )
        for place, (strand, _) in enumerate(asked):
            strand.extend(found, place)


def strands_of(row: Rows, mean_signal: float) -> dict[int, Strand]:
    """The two strands of a seed, by direction."""
    return {d: Strand.of_seed(row, mean_signal, d) for d in (BACKWARD, FORWARD)}
