"""Fit of tube segments: a line search with wide finite differences, many segments in step.

The objective is the field's weighted sum, the variables are radius, both angles and section scale,
the bottom stays where it is. A segment moves through phases (gradient, line search) at its own
pace; every round evaluates what all active segments ask for as one batch. The procedure and its
constants are behaviour of the reference: it stops when no step of its three lengths helps, which
is not a stationary point, and the width of the differences matters to the result.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import hookable
from zimg._typing import Array, Namespace
from zimg.kernels.pack import Layout
from zimg.kernels.template import Template
from zimg.tracing.scorer import TubeScorer, score_segments
from zimg.tracing.segments import COLUMNS, PSI, RADIUS, SCALE, THETA, Rows

VARIABLES = np.array([RADIUS, THETA, PSI, SCALE])
DELTA = np.array([0.1, 0.015, 0.015, 0.05])
WEIGHT = DELTA / np.linalg.norm(DELTA)
LOWER, UPPER = np.array([0.5, -np.inf, -np.inf, 0.2]), np.array([50.0, np.inf, np.inf, 20.0])
STEPS = np.array([0.2, 0.16, 0.128])
ARMIJO = 0.01
SMALLEST_GRADIENT = 1e-3
MOST_ITERATIONS = 500

GRADIENT_PHASE = -1
"""Phase of a segment that waits for its probes; 0, 1, 2 number the step length to be tried."""

FEW = 48
"""Up to so many active segments try all step lengths in one round: more samples, fewer rounds."""


@dataclass
class _State:
    """One row per active segment; `fields` order is the order in which they are filled."""

    key: NDArray[np.int64]
    rows: Rows
    score: Rows
    gradient: Rows
    direction: Rows
    weighted: Rows
    phase: NDArray[np.int64]
    restarted: NDArray[np.bool_]
    accepted: NDArray[np.int64]

    def take(self, chosen: NDArray[np.bool_]) -> "_State":
        return _State(*(getattr(self, f.name)[chosen] for f in fields(self)))

    def extended(self, other: "_State") -> "_State":
        return _State(
            *(np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(self))
        )


def _fresh(keys: NDArray[np.int64], rows: Rows) -> _State:
    n = len(rows)
    return _State(
        key=keys,
        rows=rows.copy(),
        score=np.full(n, np.nan),
        gradient=np.zeros((n, 4)),
        direction=np.zeros((n, 4)),
        weighted=np.zeros((n, 4)),
        phase=np.full(n, GRADIENT_PHASE),
        restarted=np.zeros(n, bool),
        accepted=np.zeros(n, np.int64),
    )


@dataclass
class Fitted:
    """Segments whose fit has ended: their keys, final rows and numbers of accepted steps."""

    keys: NDArray[np.int64]
    rows: Rows
    accepted: NDArray[np.int64]


@dataclass
class FitPool:
    """Segments being fitted at the same time, each at its own stage.

    The result of a segment does not depend on what else is in the pool.
    """

    objective: Callable[[Rows], Rows]
    _state: _State = field(
        default_factory=lambda: _fresh(np.zeros(0, np.int64), np.zeros((0, COLUMNS)))
    )

    def __len__(self) -> int:
        return len(self._state.key)

    def add(self, keys: NDArray[np.int64], rows: Rows) -> None:
        """Start fitting `rows`; `keys` name them in the results."""
        self._state = self._state.extended(_fresh(np.asarray(keys, np.int64), rows))

    def remove(self, keys: NDArray[np.int64]) -> None:
        """Give up the segments named by `keys`."""
        self._state = self._state.take(~np.isin(self._state.key, keys))

    def step(self) -> Fitted:
        """One round: evaluate the batch, advance every segment, hand out those that are done."""
        state = self._state
        probing = state.phase == GRADIENT_PHASE
        searching = ~probing
        span = len(STEPS) if len(self) <= FEW else 1
        trials = _trials(state, np.flatnonzero(searching), span)
        new = np.isnan(state.score)
        batch = np.concatenate(
            [_probes(state.rows[probing]), state.rows[new], trials.reshape(-1, COLUMNS)]
        )
        scores = self.objective(batch)
        ends = np.cumsum([8 * probing.sum(), new.sum()])
        probed, first, tried = np.split(scores, ends)
        state.score[new] = first
        done = np.zeros(len(state.key), bool)
        done[searching] = _search(state, np.flatnonzero(searching), trials, tried.reshape(-1, span))
        done[probing] = _turn(state, np.flatnonzero(probing), probed.reshape(-1, 8))
        finished = state.take(done)
        self._state = state.take(~done)
        rows = finished.rows
        rows[:, THETA : PSI + 1] %= 2.0 * np.pi
        return Fitted(finished.key, rows, finished.accepted)


def fit(scorer: TubeScorer, rows: Rows) -> tuple[Rows, NDArray[np.int64]]:
    """Fitted `rows`, ``(n, 8)``, and the number of accepted steps of each."""
    return fit_segments(scorer.words, rows, scorer.templates.full, layout=scorer.layout)


@hookable
def fit_segments(
    words: Array,
    rows: Rows,
    template: Template,
    /,
    *,
    layout: Layout,
    xp: Namespace | None = None,
) -> tuple[Rows, NDArray[np.int64]]:
    """Fit segments in a packed volume; the result of a row depends on that row alone.

    Parameters
    ----------
    words
        Packed volume, of `zimg.kernels.pack`.
    rows
        ``(n, 8)`` segments, float64 on the host.
    template
        The full template, beside `words`; its dtype is that of the samples.
    layout
        How to read `words`.
    xp
        Namespace of `words`.

    Returns
    -------
    rows, steps
        Fitted segments with angles in ``[0, 2 pi)``, float64, and ``(n,)`` int64 numbers of
        accepted steps, on the host.
    """

    def objective(batch: Rows) -> Rows:
        return score_segments(words, batch, template, layout=layout, what="dot", xp=xp)[:, 0]

    return climb(objective, rows)


def climb(objective: Callable[[Rows], Rows], rows: Rows) -> tuple[Rows, NDArray[np.int64]]:
    """Fitted `rows`, ``(n, 8)``, and the number of accepted steps of each."""
    pool = FitPool(objective)
    pool.add(np.arange(len(rows)), rows)
    out, accepted = rows.copy(), np.zeros(len(rows), np.int64)
    while len(pool):
        finished = pool.step()
        out[finished.keys], accepted[finished.keys] = finished.rows, finished.accepted
    return out, accepted


def _probes(rows: Rows) -> Rows:
    """Eight rows per segment: each variable increased, then decreased; radii stay above 0.5."""
    probes = np.repeat(rows[:, None, :], 8, axis=1)
    for i, column in enumerate(VARIABLES):
        probes[:, 2 * i, column] += DELTA[i]
        probes[:, 2 * i + 1, column] -= DELTA[i]
    probes[..., RADIUS] = np.maximum(probes[..., RADIUS], LOWER[0])
    return probes.reshape(-1, COLUMNS)


def _gradient(score: Rows, probed: Rows) -> Rows:
    """One-sided slopes ``(n, 4)``: zero at a bracketed maximum, else towards the better side."""
    right, left = probed[:, 0::2], probed[:, 1::2]
    base = score[:, None]
    rise, fall = (right - base) / DELTA, (base - left) / DELTA
    return np.where(
        rise < 0,
        np.where(left < base, 0.0, fall),
        np.where((rise > 0) & (left <= base), rise, fall),
    )


def _turn(state: _State, which: NDArray[np.int64], probed: Rows) -> NDArray[np.bool_]:
    """Take in new gradients and set out in the conjugate direction; true where there is none."""
    new, old = _gradient(state.score[which], probed), state.gradient[which]
    square = (old * old).sum(1)
    beta = (new * (new - old)).sum(1) / np.where(square > 0, square, 1.0)
    beta = np.where(square > 0, np.maximum(beta, 0.0), 0.0)
    # The old direction carries the weights of its line search; behaviour of the reference.
    state.direction[which] = beta[:, None] * state.weighted[which] + new
    state.gradient[which] = new
    state.restarted[which] = np.all(state.direction[which] == new, axis=1)
    return _set_out(state, which)


def _set_out(state: _State, which: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Begin a line search along the direction or else the gradient; true where neither leads on."""
    _aim(state, which)
    blocked = ~_long_enough(state.direction[which], state.weighted[which])
    again = which[blocked & _may_restart(state, which)]
    _restart(state, again)
    return ~_long_enough(state.direction[which], state.weighted[which])


def _aim(state: _State, which: NDArray[np.int64]) -> None:
    state.weighted[which] = state.direction[which] * WEIGHT
    state.phase[which] = 0


def _restart(state: _State, which: NDArray[np.int64]) -> None:
    """Begin the line search once more, along the gradient itself."""
    state.direction[which], state.restarted[which] = state.gradient[which], True
    _aim(state, which)


def _long_enough(direction: Rows, weighted: Rows) -> NDArray[np.bool_]:
    return (np.linalg.norm(direction, axis=1) >= SMALLEST_GRADIENT) & (
        np.linalg.norm(weighted, axis=1) > SMALLEST_GRADIENT
    )


def _may_restart(state: _State, which: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether a failed search can be repeated along the gradient itself."""
    steep = np.linalg.norm(state.gradient[which], axis=1) > SMALLEST_GRADIENT
    return steep & ~state.restarted[which]


def _trials(state: _State, which: NDArray[np.int64], span: int) -> Rows:
    """Rows one step along the weighted direction, for `span` step lengths, ``(n, span, 8)``."""
    weighted = state.weighted[which]
    step = _steps(state, which, span) / np.linalg.norm(weighted, axis=1)[:, None]
    rows = np.repeat(state.rows[which][:, None, :], span, axis=1)
    moved = rows[..., VARIABLES] + step[..., None] * weighted[:, None, :]
    rows[..., VARIABLES] = np.minimum(np.maximum(moved, LOWER), UPPER)
    return rows


def _steps(state: _State, which: NDArray[np.int64], span: int) -> Rows:
    """The next `span` step lengths of each segment, ``(n, span)``; the last one repeated."""
    following = state.phase[which][:, None] + np.arange(span)
    return STEPS[np.minimum(following, len(STEPS) - 1)]


def _search(
    state: _State, which: NDArray[np.int64], trials: Rows, tried: Rows
) -> NDArray[np.bool_]:
    """Accept the first trial that gains enough, or go on to shorter ones; true where all failed."""
    weighted = state.weighted[which]
    slope = (state.gradient[which] * weighted).sum(1) / np.linalg.norm(weighted, axis=1)
    least = ARMIJO * _steps(state, which, tried.shape[1]) * slope[:, None]
    enough = tried >= state.score[which][:, None] + np.maximum(least, 0.0)
    gained, first = enough.any(1), enough.argmax(1)
    won, first = which[gained], first[gained]
    state.rows[won], state.score[won] = trials[gained, first], tried[gained, first]
    state.accepted[won] += 1
    state.phase[won] = GRADIENT_PHASE
    state.phase[which[~gained]] += tried.shape[1]

    exhausted = ~gained & (state.phase[which] >= len(STEPS))
    again = exhausted & _may_restart(state, which)
    _restart(state, which[again])
    return (exhausted & ~again) | (state.accepted[which] >= MOST_ITERATIONS)
