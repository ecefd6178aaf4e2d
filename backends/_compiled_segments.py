"""Compiled evaluation and fit of tube segments, one row at a time.

A volume comes as `words`, its `layout` (depth, height, width), the `steps` of a row and a plane in
words (their type is that of indices), and `z_to_xy`; a template as `full_parts` or `core_parts` of
``_compiled_hooks`` make it. All numbers that are not samples are float64.
"""

# mypy: disable-error-code="no-untyped-def"

import numpy as np

from ._compiled import jit
from ._compiled_samples import (
    VECTOR,
    cleared,
    full_section,
    kernel,
    locate,
    part,
    sample,
    scratch,
    view,
)

SLICES = 11

DOT, FULL, PER_SLICE, CENTROID, FIT = 0, 1, 2, 3, 4
"""Codes of what `segment_rows` computes; `measure` handles all but the last."""

WIDTHS = {DOT: 1, FULL: 4, PER_SLICE: SLICES, CENTROID: 3, FIT: 1}
"""Numbers per row that it writes."""

DELTA = np.array([0.1, 0.015, 0.015, 0.05])
WEIGHT = DELTA / np.linalg.norm(DELTA)
LOWER = np.array([0.5, -np.inf, -np.inf, 0.2])
UPPER = np.array([50.0, np.inf, np.inf, 20.0])
LENGTHS = np.array([0.2, 0.16, 0.128])
ARMIJO, SMALLEST, MOST = 0.01, 1e-3, 500


@kernel
def total(value, n):
    """Sum."""
    found = 0.0
    for p in range(n):
        found += np.float64(value[p])
    return found


@kernel
def added(value, n, over):
    """Add to `over` in place."""
    for p in range(n):
        over[p] += value[p]


@kernel
def dotted(one, other, n):
    """Sum of the products."""
    found = 0.0
    for p in range(n):
        found += np.float64(one[p]) * np.float64(other[p])
    return found


@kernel
def moments(value, valid, weight, n, mean, mean_weight, masked):
    """Sums of products, squares and squared weights of the deviations of valid samples."""
    product, squares, spread = 0.0, 0.0, 0.0
    if masked:
        for p in range(n):
            kept = np.float64(valid[p])
            v, w = (value[p] - mean) * kept, (weight[p] - mean_weight) * kept
            product += v * w
            squares += v * v
            spread += w * w
    else:
        for p in range(n):
            v, w = value[p] - mean, weight[p] - mean_weight
            product += v * w
            squares += v * v
            spread += w * w
    return product, squares, spread


@view
def correlation(value, valid, weight, slices, n, masked):
    """Correlation of samples ``(slices * n,)`` with weights; both means count all samples."""
    mean, mean_weight = total(value, slices * n) / (slices * n), total(weight, n) / n
    product, squares, spread = 0.0, 0.0, 0.0
    for s in range(slices):
        here = slice(s * n, (s + 1) * n)
        a, b, c = moments(value[here], valid[here], weight, n, mean, mean_weight, masked)
        product += a
        squares += b
        spread += c
    spread *= squares
    return product / np.sqrt(spread) if spread > 0.0 else 0.0


@part
def measure(words, layout, steps, z_to_xy, template, row, what, out):
    """Write the requested scores of one row to `out`."""
    shape, inside, upper = template
    n, real = shape[0].shape[0], shape[0].dtype
    section = (np.empty(n, real), np.empty(n, real), np.empty(n, real))
    weight, value, valid = (
        np.empty(n, real),
        np.empty(SLICES * n + VECTOR, real),
        np.empty(SLICES * n + VECTOR, real),
    )
    arrays = scratch(words, steps, real)
    base = locate(row[5:8], z_to_xy, layout, arrays[3], arrays[4], arrays[5])
    full_section(row, arrays[3], z_to_xy, shape, section[0], section[1], section[2], weight)
    masked = sample(
        words, base, row, z_to_xy, upper, steps, section, n, SLICES, arrays, value, valid
    )
    if what == PER_SLICE:
        for s in range(SLICES):
            here = slice(s * n, (s + 1) * n)
            out[s] = correlation(value[here], valid[here], weight, np.int64(1), n, masked)
    elif what == CENTROID:
        _centroid(value, section, n, row, z_to_xy, out)
    else:
        _scores(value, valid, weight, inside, n, masked, what, out)


@part
def _scores(value, valid, weight, inside, n, masked, what, out):
    """Objective; for `FULL` also correlation, mean signal inside and mean signal outside."""
    over, found = np.empty(n, value.dtype), np.empty(n, value.dtype)
    cleared(over, n, 0.0)
    cleared(found, n, 0.0 if masked else float(SLICES))
    for s in range(SLICES):
        added(value[s * n : (s + 1) * n], n, over)
    out[0] = dotted(over, weight, n)
    if what != FULL:
        return
    if masked:
        for s in range(SLICES):
            added(valid[s * n : (s + 1) * n], n, found)
    out[1] = correlation(value, valid, weight, np.int64(SLICES), n, masked)
    signal, count = dotted(over, inside, n), dotted(found, inside, n)
    around, beyond = total(over, n) - signal, total(found, n) - count
    out[2] = signal / count if count > 0.0 else np.nan
    out[3] = around / beyond if beyond > 0.0 else np.nan


@part
def _centroid(value, section, n, row, z_to_xy, out):
    """Signal-weighted mean of the positions; their plain mean without any signal."""
    if total(value, SLICES * n) == 0.0:
        cleared(value, value.shape[0], 1.0)
    mass, along = 0.0, 0.0
    over = np.empty(n, value.dtype)
    cleared(over, n, 0.0)
    for s in range(SLICES):
        here = value[s * n : (s + 1) * n]
        added(here, n, over)
        amount = total(here, n)
        mass += amount
        along += amount * s
    along *= (row[4] - 1.0) / (SLICES - 1) / mass
    st = np.sin(row[1])
    out[0] = dotted(over, section[0], n) / mass + along * (st * np.sin(row[2]))
    out[1] = dotted(over, section[1], n) / mass - along * (st * np.cos(row[2]))
    out[2] = dotted(over, section[2], n) / mass + along * (np.cos(row[1]) / z_to_xy)


@view
def objective(
    words, layout, steps, z_to_xy, template, row, section, weight, value, valid, over, arrays
):
    """Weighted sum of the samples of a row; the other arrays are made once for many rows."""
    shape, _, upper = template
    n = shape[0].shape[0]
    base = locate(row[5:8], z_to_xy, layout, arrays[3], arrays[4], arrays[5])
    full_section(row, arrays[3], z_to_xy, shape, section[0], section[1], section[2], weight)
    sample(words, base, row, z_to_xy, upper, steps, section, n, SLICES, arrays, value, valid)
    for p in range(n):
        over[p] = value[p]
    for s in range(1, SLICES):
        added(value[s * n : (s + 1) * n], n, over)
    return dotted(over, weight, n)


@part
def fit(words, layout, steps, z_to_xy, template, row):
    """Fit one row in place, by the rules of ``zimg.tracing.fit``; returns the accepted steps.

    The row is evaluated in one place: `stage` says what for. -1 is the row itself, 0 to 7 are the
    probes of its gradient, 8 to 10 the step lengths of the line search.
    """
    n, real = template[0][0].shape[0], template[0][0].dtype
    section = (np.empty(n, real), np.empty(n, real), np.empty(n, real))
    weight, over = np.empty(n, real), np.empty(n, real)
    value, valid = np.empty(SLICES * n + VECTOR, real), np.empty(SLICES * n + VECTOR, real)
    arrays = scratch(words, steps, real)
    trial, probed = row.copy(), np.empty(8)
    gradient, direction, weighted = np.empty(4), np.empty(4), np.empty(4)
    for i in range(4):
        gradient[i] = direction[i] = weighted[i] = 0.0
    stage, accepted, score, slope, size = -1, 0, 0.0, 0.0, 1.0
    restarted = False
    while True:
        _trial(row, np.int64(stage), weighted, size, trial)
        found = objective(
            words, layout, steps, z_to_xy, template, trial, section, weight, value, valid, over,
            arrays,
        )  # fmt: skip
        if stage < 0:
            score, stage = found, 0
        elif stage < 8:
            probed[stage] = found
            stage += 1
            if stage < 8:
                continue
            restarted = _turn(score, probed, gradient, direction, weighted)
            slope, size = _aim(direction, gradient, weighted)
            if not (_long_enough(direction, size) or restarted) and _norm(gradient) > SMALLEST:
                slope, size = _steepest(direction, gradient, weighted)
                restarted = True
            if not _long_enough(direction, size):
                break
        elif found >= score + max(ARMIJO * LENGTHS[stage - 8] * slope, 0.0):
            for i in range(4):
                row[i] = trial[i]
            score, stage = found, 0
            accepted += 1
            if accepted >= MOST:
                break
        elif stage < 10:
            stage += 1
        elif not restarted and _norm(gradient) > SMALLEST:
            slope, size = _steepest(direction, gradient, weighted)
            restarted, stage = True, 8
        else:
            break
    row[1] %= 2.0 * np.pi
    row[2] %= 2.0 * np.pi
    return accepted


@part
def _trial(row, stage, weighted, size, trial):
    """Set the row to evaluate at a stage of the fit."""
    for i in range(4):
        trial[i] = row[i]
    if 0 <= stage < 8:
        trial[stage // 2] += DELTA[stage // 2] if stage % 2 == 0 else -DELTA[stage // 2]
        trial[0] = max(trial[0], LOWER[0])
    elif stage >= 8:
        for i in range(4):
            moved = row[i] + LENGTHS[stage - 8] / size * weighted[i]
            trial[i] = min(max(moved, LOWER[i]), UPPER[i])


@part
def _turn(score, probed, gradient, direction, weighted):
    """Store a new gradient and its conjugate direction; return whether both are equal."""
    old, change = 0.0, 0.0
    for i in range(4):
        new = _slope(score, probed[2 * i], probed[2 * i + 1], DELTA[i])
        old += gradient[i] * gradient[i]
        change += new * (new - gradient[i])
        gradient[i] = new
    beta = max(change / old, 0.0) if old > 0.0 else 0.0
    same = True
    for i in range(4):
        direction[i] = beta * weighted[i] + gradient[i]
        same = same and direction[i] == gradient[i]
    return same


@part
def _slope(base, right, left, delta):
    """One-sided slope: zero at a bracketed maximum, else towards the better side."""
    rise, fall = (right - base) / delta, (base - left) / delta
    if rise < 0.0:
        return 0.0 if left < base else fall
    return rise if rise > 0.0 and left <= base else fall


@part
def _norm(vector):
    return np.sqrt(vector[0] ** 2 + vector[1] ** 2 + vector[2] ** 2 + vector[3] ** 2)


@part
def _aim(direction, gradient, weighted):
    """Weight the direction; return the slope of the objective along it, and its length."""
    slope = 0.0
    for i in range(4):
        weighted[i] = direction[i] * WEIGHT[i]
        slope += gradient[i] * weighted[i]
    size = _norm(weighted)
    return slope / size, size


@part
def _steepest(direction, gradient, weighted):
    """As `_aim`, along the gradient itself."""
    for i in range(4):
        direction[i] = gradient[i]
    return _aim(direction, gradient, weighted)


@part
def _long_enough(direction, size):
    return _norm(direction) >= SMALLEST and size > SMALLEST


@jit
def segment_rows(words, layout, steps, z_to_xy, template, what, rows, out, first, last):
    """Score rows, or fit rows in place and write the numbers of accepted steps.

    One function for all, since each has to be compiled with everything that it calls.
    """
    for i in range(first, last):
        if what == FIT:
            out[i, 0] = fit(words, layout, steps, z_to_xy, template, rows[i])
        else:
            measure(words, layout, steps, z_to_xy, template, rows[i], what, out[i])
