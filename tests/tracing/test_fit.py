"""The line search: recorded constants and fits, and properties on objectives of known shape."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zimg.tracing.fit import (
    ARMIJO,
    DELTA,
    FEW,
    LOWER,
    MOST_ITERATIONS,
    SMALLEST_GRADIENT,
    STEPS,
    UPPER,
    VARIABLES,
    WEIGHT,
    FitPool,
    climb,
    fit,
)
from zimg.tracing.scorer import TubeScorer
from zimg.tracing.segments import LENGTH, POSITION

DATA = Path(__file__).parents[1] / "data" / "neuroseg"
COLUMNS = ("r1", "theta", "psi", "scale", "h", "x", "y", "z")
NAMES = ("tiny8", "tiny16")
RECORDED = json.loads((DATA / "seed_optimize.json").read_text())["cases"]


def tiny(name):
    facts = json.loads((DATA / "preprocess.json").read_text())["volumes"][name]
    raw = np.load(DATA / f"{name}.npy")
    background = np.asarray(facts["background"], raw.dtype)
    return np.maximum(raw, background) - background, facts["z_to_xy_ratio"]


def stage(name, key):
    cases = [case for case in RECORDED if case["volume"] == name]
    return np.array([[case[key][column] for column in COLUMNS] for case in cases]), cases


@pytest.fixture(scope="module", params=NAMES)
def exact(request):
    """Scorer in float64, start of the fits, and the recorded cases of a volume."""
    volume, ratio = tiny(request.param)
    with TubeScorer(volume, z_to_xy=ratio, dtype="float64") as scorer:
        yield scorer, *stage(request.param, "after_three_centroids")


def bowl(best, curvature):
    """An objective with one maximum, at `best`."""

    def objective(rows):
        return -(np.array(curvature) * (rows[:, VARIABLES] - np.array(best)) ** 2).sum(axis=1)

    return objective


def rows_at(*variables):
    rows = np.zeros((len(variables), 8))
    rows[:, VARIABLES] = variables
    rows[:, LENGTH] = 11.0
    return rows


def test_the_constants_are_the_recorded_ones():
    recorded = json.loads((DATA / "line_search.json").read_text())
    assert pytest.approx(recorded["delta"]) == DELTA
    assert pytest.approx(recorded["weight"]) == WEIGHT
    assert pytest.approx(recorded["useful_step_lengths"]) == STEPS
    assert [LOWER[0], LOWER[3]] == list(recorded["lower"].values())
    assert [UPPER[0], UPPER[3]] == list(recorded["upper"].values())
    assert tuple(recorded[key] for key in ("armijo", "min_gradient", "max_iterations")) == (
        ARMIJO,
        SMALLEST_GRADIENT,
        MOST_ITERATIONS,
    )


def test_fits_are_the_recorded_ones_step_by_step(exact):
    scorer, start, cases = exact
    recorded, _ = stage(cases[0]["volume"], "after_fit")
    before = [case["dot_before_fit"] for case in cases]
    np.testing.assert_allclose(scorer.dot(start), before, rtol=1e-9)
    fitted, accepted = fit(scorer, start)
    np.testing.assert_allclose(fitted, recorded, rtol=0, atol=1e-6)
    assert accepted.tolist() == [case["accepted_steps"] for case in cases]
    expected = [[case[k] for k in ("dot", "corrcoef", "mean_signal")] for case in cases]
    np.testing.assert_allclose(scorer.full(fitted), expected, rtol=1e-6, atol=1e-9)


def test_a_fit_keeps_the_bottom_and_never_lowers_the_objective(exact):
    scorer, start, _ = exact
    fitted, _ = fit(scorer, start)
    np.testing.assert_array_equal(fitted[:, POSITION], start[:, POSITION])
    np.testing.assert_array_equal(fitted[:, LENGTH], start[:, LENGTH])
    assert (scorer.dot(fitted) >= scorer.dot(start) * (1.0 - 1e-12)).all()


def test_a_fit_has_the_same_bits_whatever_else_is_fitted(exact):
    scorer, start, _ = exact
    together, _ = fit(scorer, start)
    alone = np.concatenate([fit(scorer, row[None])[0] for row in start])
    np.testing.assert_array_equal(alone, together)
    crowd = np.concatenate([start] * (FEW // len(start) + 1))
    np.testing.assert_array_equal(fit(scorer, crowd[::-1])[0][::-1][: len(start)], together)


def test_a_segment_added_later_ends_as_if_it_had_been_first(exact):
    scorer, start, _ = exact
    expected, _ = fit(scorer, start)
    pool = FitPool(scorer.dot)
    found: dict[int, Any] = {}
    for key, row in enumerate(start):
        pool.add(np.array([key]), row[None])
        finished = pool.step()
        found |= dict(zip(finished.keys.tolist(), finished.rows, strict=True))
    while len(pool):
        finished = pool.step()
        found |= dict(zip(finished.keys.tolist(), finished.rows, strict=True))
    np.testing.assert_array_equal([found[key] for key in range(len(start))], expected)


def test_removed_segments_are_not_heard_of_again(exact):
    scorer, start, _ = exact
    pool, keys = FitPool(scorer.dot), []
    pool.add(np.arange(len(start)), start)
    pool.remove(np.array([1, 3]))
    while len(pool):
        keys += pool.step().keys.tolist()
    assert sorted(keys) == [key for key in range(len(start)) if key not in (1, 3)]


def test_single_precision_fits_stay_near_double_precision():
    for name in NAMES:
        volume, ratio = tiny(name)
        start, cases = stage(name, "after_three_centroids")
        with TubeScorer(volume, z_to_xy=ratio) as scorer:
            fitted, _ = fit(scorer, start)
            score = scorer.full(fitted)[:, 1]
        expected = np.array([case["corrcoef"] for case in cases])
        assert np.median(np.abs(score - expected)) < 1e-4
        assert np.mean(np.abs(score - expected) < 5e-2) >= 0.85


@settings(deadline=None, max_examples=40)
@given(
    st.tuples(st.floats(1.0, 9.0), st.floats(-1.0, 1.0), st.floats(-1.0, 1.0), st.floats(0.5, 3.0)),
    st.tuples(*[st.floats(-0.9, 0.9)] * 4),
)
def test_a_fit_comes_nearer_to_the_top_of_a_bowl(best, offset):
    end, accepted = climb(bowl(best, 40.0 * np.ones(4)), rows_at(np.array(best) + offset))
    away = (end[:, VARIABLES] - best)[0]
    away[1:3] = (away[1:3] + np.pi) % (2.0 * np.pi) - np.pi
    gained = np.linalg.norm(offset) - np.linalg.norm(away)
    assert gained > 0 if accepted[0] else gained == pytest.approx(0.0, abs=1e-9)
    assert abs(away[0]) < 0.5


@pytest.mark.parametrize("best", [[0.1, 0.0, 0.0, 0.05], [80.0, 0.0, 0.0, 30.0]])
def test_radius_and_scale_stay_within_their_limits(best):
    start = rows_at([1.0, 0.0, 0.0, 0.4], [49.5, 0.0, 0.0, 19.5])
    end, _ = climb(bowl(best, [5.0, 5.0, 5.0, 5.0]), start)
    assert (end[:, VARIABLES] >= [0.5, 0.0, 0.0, 0.2]).all()
    assert (end[:, VARIABLES] <= [50.0, 7.0, 7.0, 20.0]).all()


def test_at_the_top_nothing_moves_and_no_step_is_counted():
    best = [3.0, 0.5, 1.5, 1.2]
    start = rows_at(best)
    end, accepted = climb(bowl(best, [1.0, 1.0, 1.0, 1.0]), start)
    np.testing.assert_array_equal(end, start)
    assert accepted.tolist() == [0]


def test_angles_end_between_zero_and_a_full_turn():
    start = rows_at([3.0, -0.5, 14.0, 1.2])
    end, _ = climb(bowl([3.0, -0.5, 14.0, 1.2], [1.0] * 4), start)
    assert end[0, [1, 2]] == pytest.approx([2.0 * np.pi - 0.5, 14.0 - 4.0 * np.pi])


def test_nothing_to_fit_is_nothing_fitted():
    rows, accepted = climb(bowl([1.0] * 4, [1.0] * 4), np.zeros((0, 8)))
    assert (rows.shape, len(accepted)) == ((0, 8), 0)
