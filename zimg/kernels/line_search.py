"""The line search that fits tube segments: one round of it for many segments in step.

The objective is the field's weighted sum; the variables are the first four columns of a row:
radius, both angles and section scale. The procedure and its constants are behaviour of the
reference: it stops when no step of its three lengths helps, which is not a stationary point, and
the width of the differences matters to the result.
"""

from collections.abc import Callable
from math import inf, sqrt
from typing import NamedTuple

from zimg._typing import Array, Device, DType, Namespace
from zimg.ops import barrier

VARIABLES = 4
DELTA = (0.1, 0.015, 0.015, 0.05)
WEIGHT = tuple(d / sqrt(sum(each * each for each in DELTA)) for d in DELTA)
LOWER, UPPER = (0.5, -inf, -inf, 0.2), (50.0, inf, inf, 20.0)
STEPS = (0.2, 0.16, 0.128)
ARMIJO = 0.01
SMALLEST_GRADIENT = 1e-3
MOST_ITERATIONS = 500

PROBES = 2 * VARIABLES + 1
"""Rows whose scores give a gradient: each variable increased and decreased, and the row itself."""


class Rules(NamedTuple):
    """The constants as arrays beside the segments.

    Attributes
    ----------
    offsets, least
        ``(9, 4)`` what is added to the variables for each probe, and the least value of each.
    delta, weight, lower, upper
        ``(4,)`` widths of the differences, weights of the direction, limits of the variables.
    steps, armijo
        ``(3,)`` lengths of the steps to be tried, and the share of the slope that each must gain.
    """

    offsets: Array
    least: Array
    delta: Array
    weight: Array
    lower: Array
    upper: Array
    steps: Array
    armijo: Array


def rules(*, dtype: DType, xp: Namespace, on: Device) -> Rules:
    """The constants in the precision of the search; one transfer."""
    offsets = [[0.0] * VARIABLES for _ in range(PROBES)]
    for i, width in enumerate(DELTA):
        offsets[2 * i][i], offsets[2 * i + 1][i] = width, -width
    radius = (LOWER[0], *(-inf for _ in range(VARIABLES - 1)))
    least = [radius] * (PROBES - 1) + [(-inf,) * VARIABLES]
    steps = (*STEPS, 0.0), (*(ARMIJO * step for step in STEPS), 0.0)
    numbers = [*offsets, *least, DELTA, WEIGHT, LOWER, UPPER, *steps]
    table = xp.asarray(numbers, dtype=dtype, device=on)
    delta, weight, lower, upper, lengths, armijo = (
        table[i, :] for i in range(2 * PROBES, len(numbers))
    )
    tried = len(STEPS)
    return Rules(
        offsets=table[:PROBES, :],
        least=table[PROBES : 2 * PROBES, :],
        delta=delta,
        weight=weight,
        lower=lower,
        upper=upper,
        steps=lengths[:tried],
        armijo=armijo[:tried],
    )


class Search(NamedTuple):
    """Line searches under way, one in each lane.

    Attributes
    ----------
    rows
        ``(w, k)`` segments as far as they have come; the variables are the first columns.
    gradient, weighted
        ``(w, 4)`` last gradient, and the direction of the last search times the weights.
    restarted
        ``(w,)`` whether that direction was the gradient itself.
    again
        ``(w,)`` whether the next search repeats the last one along the gradient.
    accepted
        ``(w,)`` number of accepted steps, in the dtype of the rows.
    """

    rows: Array
    gradient: Array
    weighted: Array
    restarted: Array
    again: Array
    accepted: Array


def fresh(rows: Array, *, xp: Namespace) -> Search:
    """Searches that begin at `rows`, ``(w, k)``."""
    slopes, never = xp.zeros_like(rows[:, :VARIABLES]), xp.zeros_like(rows[:, 0], dtype=xp.bool)
    return Search(rows, slopes, slopes + 0.0, never, ~~never, xp.zeros_like(rows[:, 0]))


def advanced(
    objective: Callable[[Array], Array], search: Search, rules: Rules, *, xp: Namespace
) -> tuple[Search, Array]:
    """One round of every lane: probe, set out, try the steps, decide.

    Parameters
    ----------
    objective
        ``(m, k)`` rows to their scores ``(m,)``, each of which depends on its row alone.

    Returns
    -------
    search, done
        The lanes after the round, and ``(w,)`` whether the fit of each has ended.
    """
    width = search.rows.shape[0]
    probed = objective(_probes(search.rows, rules, xp=xp))
    probed = xp.reshape(xp.astype(probed, search.rows.dtype), (width, PROBES))
    search, stuck = _set_out(search, probed, rules, xp=xp)
    trials = _trials(search, rules, xp=xp)
    tried = objective(xp.reshape(trials, (-1, trials.shape[-1])))
    tried = xp.reshape(xp.astype(tried, trials.dtype), (width, len(STEPS)))
    search, failed = _decided(search, probed[:, -1], trials, tried, stuck, rules, xp=xp)
    return search, stuck | failed | (search.accepted >= MOST_ITERATIONS)


def _probes(rows: Array, rules: Rules, *, xp: Namespace) -> Array:
    """Nine rows per segment, ``(9 w, k)``, with radii not below the lower limit."""
    variables = rows[:, None, :VARIABLES] + rules.offsets
    return xp.reshape(
        _with_variables(rows, xp.maximum(variables, rules.least), xp=xp), (-1, rows.shape[1])
    )


def _with_variables(rows: Array, variables: Array, *, xp: Namespace) -> Array:
    """Rows ``(w, c, k)`` with the variables ``(w, c, 4)`` and the rest of their segments."""
    rest = rows[:, None, VARIABLES:]
    shape = (*variables.shape[:2], rest.shape[2])
    return xp.concat([variables, xp.broadcast_to(rest, shape)], axis=2)


def _gradient(probed: Array, rules: Rules, *, xp: Namespace) -> Array:
    """One-sided slopes ``(w, 4)``: zero at a bracketed maximum, else towards the better side."""
    right, left, base = probed[:, 0:-1:2], probed[:, 1:-1:2], probed[:, -1:]
    rise = _quotient(right - base, rules.delta, xp=xp)
    fall = _quotient(base - left, rules.delta, xp=xp)
    zero = xp.zeros_like(rise)
    return xp.where(
        rise < 0,
        xp.where(left < base, zero, fall),
        xp.where((rise > 0) & (left <= base), rise, fall),
    )


def _set_out(search: Search, probed: Array, rules: Rules, *, xp: Namespace) -> tuple[Search, Array]:
    """Choose the direction of each search; also return which searches are stuck."""
    again = search.again[:, None]
    new = xp.where(again, search.gradient, _gradient(probed, rules, xp=xp))
    direction = xp.where(again, new, _conjugate(new, search, xp=xp))
    restarted = xp.all(direction == new, axis=1)
    blocked = ~_leads_on(direction, direction * rules.weight, xp=xp)
    back = (blocked & _steep(new, xp=xp) & ~restarted)[:, None]
    direction, restarted = xp.where(back, new, direction), restarted | back[:, 0]
    weighted = direction * rules.weight
    stuck = ~_leads_on(direction, weighted, xp=xp) & ~search.again
    return search._replace(gradient=new, weighted=weighted, restarted=restarted), stuck


def _conjugate(new: Array, search: Search, *, xp: Namespace) -> Array:
    """The conjugate direction, from the weighted last direction (behaviour of the reference)."""
    old, zero = search.gradient, xp.zeros_like(search.accepted)
    square = _dot(old, old, xp=xp)
    beta = _dot(new, new - old, xp=xp) / xp.where(square > 0, square, zero + 1.0)
    beta = xp.where(square > 0, xp.maximum(beta, zero), zero)
    return _unfused(beta[:, None] * search.weighted, xp=xp) + new


def _leads_on(direction: Array, weighted: Array, *, xp: Namespace) -> Array:
    return (_norm(direction, xp=xp) >= SMALLEST_GRADIENT) & _steep(weighted, xp=xp)


def _steep(gradient: Array, *, xp: Namespace) -> Array:
    return _norm(gradient, xp=xp) > SMALLEST_GRADIENT


def _trials(search: Search, rules: Rules, *, xp: Namespace) -> Array:
    """Rows one step of each length along the weighted direction, ``(w, 3, k)``."""
    size = _size(search.weighted, xp=xp)[:, None]
    step = _quotient(xp.broadcast_to(rules.steps, (size.shape[0], len(STEPS))), size, xp=xp)
    move = _unfused(step[:, :, None] * search.weighted[:, None, :], xp=xp)
    moved = search.rows[:, None, :VARIABLES] + move
    variables = xp.minimum(xp.maximum(moved, rules.lower), rules.upper)
    return _with_variables(search.rows, variables, xp=xp)


def _decided(
    search: Search,
    score: Array,
    trials: Array,
    tried: Array,
    stuck: Array,
    rules: Rules,
    *,
    xp: Namespace,
) -> tuple[Search, Array]:
    """Accept the first trial that gains enough; also return which searches have failed."""
    slope = _dot(search.gradient, search.weighted, xp=xp) / _size(search.weighted, xp=xp)
    least = rules.armijo * slope[:, None]
    enough = tried >= score[:, None] + xp.maximum(least, xp.zeros_like(least))
    enough &= ~stuck[:, None]
    rows = search.rows
    for index in (2, 1, 0):
        rows = xp.where(enough[:, index, None], trials[:, index, :], rows)
    gained = xp.any(enough, axis=1)
    again = ~gained & ~search.restarted & _steep(search.gradient, xp=xp)
    accepted = search.accepted + xp.astype(gained, search.accepted.dtype)
    return search._replace(rows=rows, again=again, accepted=accepted), ~gained & ~again


def _dot(one: Array, other: Array, *, xp: Namespace) -> Array:
    """Sum of the products in each row, ``(w,)``, in one order on every framework."""
    product = _unfused(one * other, xp=xp)
    total = product[:, 0]
    for column in range(1, VARIABLES):
        total = total + product[:, column]
    return total


def _unfused(product: Array, *, xp: Namespace) -> Array:
    """A product that is rounded before the addition, which prevents fused multiply-add."""
    return barrier(product, xp=xp)


def _quotient(value: Array, divisor: Array, *, xp: Namespace) -> Array:
    """`value` / `divisor`, which prevents multiplication by the reciprocal."""
    return value / barrier(xp.broadcast_to(divisor, value.shape), xp=xp)


def _norm(vector: Array, *, xp: Namespace) -> Array:
    return xp.sqrt(_dot(vector, vector, xp=xp))


def _size(weighted: Array, *, xp: Namespace) -> Array:
    """The length of each direction; 1 for zero vectors."""
    size = _norm(weighted, xp=xp)
    return xp.where(size > 0, size, xp.ones_like(size))
