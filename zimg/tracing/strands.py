"""Growth of many seeds at once: what each end would become if nothing stopped it.

Nothing here reads a mask. The sequence of segments that grows from one end of a seed depends on the
seed alone, so it can be computed early, in any order and together with others, and be cut later.
"""

from dataclasses import dataclass, field

import numpy as np

from zimg.tracing.chains import BACKWARD, FORWARD, End
from zimg.tracing.checks import change_failure, own_failure
from zimg.tracing.fit import fit
from zimg.tracing.labels import swollen
from zimg.tracing.scorer import TubeScorer
from zimg.tracing.segments import (
    DEFAULT_LENGTH,
    LENGTH,
    POSITION,
    Rows,
    axis_point,
    contains,
    flipped,
    point_at,
)

OVERLAP = 0.5
"""Fraction of a segment at which the next one begins (behaviour of the reference)."""


@dataclass
class Grown:
    """One segment that an end would grow, as part of the chain (tops towards the tail).

    `own` and `change` say why it fails before and after the loop test, if it does.
    """

    row: Rows
    front: Rows
    score: float
    mean_signal: float
    own: End | None
    change: End | None


@dataclass(eq=False)
class Strand:
    """What one end of a seed has grown so far, in the direction of growth.

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
    grown: list[Grown] = field(default_factory=list)
    open: bool = True
    waiting: bool = False
    paused_at: int | None = None
    claims: list[Rows] = field(default_factory=list)

    @classmethod
    def of_seed(cls, row: Rows, mean_signal: float, direction: int) -> "Strand":
        """A strand that has grown nothing yet."""
        start = row if direction == FORWARD else flipped(row)
        return cls(direction, [start], [mean_signal], claims=[swollen(start)])

    def prediction(self) -> Rows:
        """The last segment moved on by half its axis, to be fitted."""
        last = self.rows[-1]
        row = last.copy()
        row[POSITION] = axis_point(last, OVERLAP * (last[LENGTH] - 1.0))
        row[LENGTH] = DEFAULT_LENGTH
        return row

    def extend(
        self, row: Rows, score: float, mean_signal: float, limit: float, upper: Rows
    ) -> None:
        """Take in a fitted segment; close the strand if it cannot go on whatever masks say."""
        front = point_at(row, 1.0)
        ratio = mean_signal / self.signals[-1] if self.signals[-1] else np.inf
        own = own_failure(row, score, limit)
        change = change_failure(row, self.rows[-1], ratio, front, upper)
        loop = front[0] >= 0 and contains(np.stack(self.rows), front).any()
        self.open = not (own or change or loop)
        placed = row if self.direction == FORWARD else flipped(row)
        self.grown.append(Grown(placed, front, score, mean_signal, own, change))
        self.rows.append(row)
        self.signals.append(mean_signal)
        self.claims.append(swollen(row))
        self.waiting = False


class Growth:
    """Strands that are being extended together, a segment of each per round.

    Parameters
    ----------
    scorer
        The volume.
    limit
        Score that segments must exceed (with the factor for thick tubes).
    """

    def __init__(self, scorer: TubeScorer, limit: float) -> None:
        self._scorer, self._limit = scorer, limit
        self._asked: list[Strand] = []
        self.decided = 0

    def request(self, strand: Strand) -> None:
        """Fit the next segment of a strand in the next round."""
        strand.waiting = True
        self._asked.append(strand)

    def step(self) -> None:
        """One round: fit, score and take in the segments that were asked for."""
        asked, self._asked = self._asked, []
        rows, _ = fit(self._scorer, np.stack([strand.prediction() for strand in asked]))
        full = self._scorer.full(rows)
        for strand, row, (_, score, mean_signal) in zip(asked, rows, full.tolist(), strict=True):
            strand.extend(row, score, mean_signal, self._limit, self._scorer.upper)


def strands_of(row: Rows, mean_signal: float) -> dict[int, Strand]:
    """The two strands of a seed, by direction."""
    return {d: Strand.of_seed(row, mean_signal, d) for d in (BACKWARD, FORWARD)}
