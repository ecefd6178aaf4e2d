"""The line search: recorded constants and fits, and properties on objectives of known shape."""

import inspect
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zimg.kernels.fit_lanes import climb
from zimg.kernels.line_search import (
    ARMIJO,
    DELTA,
    LOWER,
    MOST_ITERATIONS,
    SMALLEST_GRADIENT,
    STEPS,
    UPPER,
    VARIABLES,
    WEIGHT,
)
from zimg.ops import RowPlan, like, row_plan
from zimg.testing import bring_home
from zimg.tracing import fit as fit_module
from zimg.tracing.fit import fit, fit_segments
from zimg.tracing.scorer import TubeScorer
from zimg.tracing.segments import LENGTH, POSITION, PSI, THETA

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
    """An objective with one maximum, at `best`, for arrays of any framework."""

    def objective(rows):
        away = [(rows[:, i] - best[i]) ** 2 * curvature[i] for i in range(VARIABLES)]
        return -(((away[0] + away[1]) + away[2]) + away[3])

    return objective


def climbed(objective, rows, widths=(1,)):
    """Rows at the end of their fits, and the numbers of accepted steps."""
    found = climb(objective, rows, widths=widths)
    return np.concatenate([found[:, :VARIABLES], rows[:, VARIABLES:]], axis=1), found[:, VARIABLES]


def generic(scorer, rows):
    """Fits by the generic body."""
    template, layout = scorer.templates.full, scorer.layout
    return inspect.unwrap(fit_segments)(scorer.words, rows, template, layout=layout)


BODIES = pytest.mark.parametrize("fitting", [fit, generic], ids=["hook", "generic"])


def rows_at(*variables):
    rows = np.zeros((len(variables), 8))
    rows[:, :VARIABLES] = variables
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


@BODIES
def test_fits_are_the_recorded_ones_step_by_step(exact, fitting):
    scorer, start, cases = exact
    recorded, _ = stage(cases[0]["volume"], "after_fit")
    before = [case["dot_before_fit"] for case in cases]
    np.testing.assert_allclose(scorer.dot(start), before, rtol=1e-9)
    fitted, accepted = fitting(scorer, start)
    np.testing.assert_allclose(fitted, recorded, rtol=0, atol=1e-6)
    assert accepted.tolist() == [case["accepted_steps"] for case in cases]
    expected = [[case[k] for k in ("dot", "corrcoef", "mean_signal")] for case in cases]
    np.testing.assert_allclose(scorer.full(fitted), expected, rtol=1e-6, atol=1e-9)


@BODIES
def test_a_fit_keeps_the_bottom_and_never_lowers_the_objective(exact, fitting):
    scorer, start, _ = exact
    fitted, _ = fitting(scorer, start)
    np.testing.assert_array_equal(fitted[:, POSITION], start[:, POSITION])
    np.testing.assert_array_equal(fitted[:, LENGTH], start[:, LENGTH])
    assert (scorer.dot(fitted) >= scorer.dot(start) * (1.0 - 1e-12)).all()


@BODIES
def test_a_fit_has_the_same_bits_whatever_else_is_fitted(exact, fitting):
    scorer, start, _ = exact
    together, _ = fitting(scorer, start)
    alone = np.concatenate([fitting(scorer, row[None])[0] for row in start])
    np.testing.assert_array_equal(alone, together)
    crowd = np.concatenate([start] * (40 // len(start) + 1))
    np.testing.assert_array_equal(fitting(scorer, crowd[::-1])[0][::-1][: len(start)], together)


@pytest.mark.parametrize("widths", [(1,), (2, 1), (3,), (64,)])
def test_a_segment_that_waits_for_a_lane_ends_as_if_it_had_been_first(exact, widths):
    scorer, start, _ = exact
    expected, steps = climbed(scorer.dot, start, (len(start),))
    found, accepted = climbed(scorer.dot, start, widths)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(accepted, steps)


@pytest.mark.parametrize(
    "changes",
    [{"lanes": (2,)}, {"lanes": (5, 3), "queues": (4,)}, {"unread": 8}, {"rows": 7}],
    ids=str,
)
def test_the_plan_of_a_framework_changes_no_bit_of_a_fit(exact, changes, monkeypatch):
    scorer, start, _ = exact
    expected, steps = generic(scorer, start)
    plan = RowPlan(**{"rows": 24, "shapes": (), "workers": 1, **changes})
    monkeypatch.setattr(fit_module, "row_plan", lambda **_: plan)
    found, accepted = generic(scorer, start)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(accepted, steps)


def test_lanes_of_every_framework_climb_as_those_of_numpy(xp, device):
    start = np.random.default_rng(3).uniform(0.6, 3.0, (23, 8))
    objective, widths = bowl([2.0, 0.4, 1.1, 1.2], [9.0, 30.0, 20.0, 15.0]), (4, 2)
    wide = "float64" in xp.__array_namespace_info__().dtypes(device=device, kind="real floating")
    start = start.astype("float64" if wide else "float32")
    rows = like(start, xp.zeros(1, device=device))
    found = climb(objective, rows, widths=widths)
    assert (found.dtype, found.device) == (rows.dtype, rows.device)
    near = 1e-9 if wide else 2e-2  # a last digit may decide whether a step is taken
    expected = climb(objective, start, widths=widths)
    np.testing.assert_allclose(bring_home(found)[:, :4], expected[:, :4], rtol=0, atol=near)


def test_every_lane_has_a_plan_of_lanes_that_fits_its_shapes(xp, device, lane):
    plan = row_plan(xp=xp, on=device)
    assert plan.widths(plan.queues[-1]) == plan.lanes
    assert plan.queue(3) == (plan.queues[0] if plan.shapes else 3)
    assert list(plan.lanes) == sorted(plan.lanes, reverse=True)
    assert lane.framework != "jax" or min(plan.lanes) >= 32
    assert RowPlan(rows=24, shapes=(), workers=1, lanes=(32, 8, 2)).widths(5) == (5, 2)


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
    end, accepted = climbed(bowl(best, [40.0] * 4), rows_at(np.array(best) + offset))
    away = (end[:, :VARIABLES] - best)[0]
    gained = np.linalg.norm(offset) - np.linalg.norm(away)
    assert gained > 0 if accepted[0] else gained == pytest.approx(0.0, abs=1e-9)
    assert abs(away[0]) < 0.5


@pytest.mark.parametrize("best", [[0.1, 0.0, 0.0, 0.05], [80.0, 0.0, 0.0, 30.0]])
def test_radius_and_scale_stay_within_their_limits(best):
    start = rows_at([1.0, 0.0, 0.0, 0.4], [49.5, 0.0, 0.0, 19.5])
    end, _ = climbed(bowl(best, [5.0, 5.0, 5.0, 5.0]), start)
    assert (end[:, [0, 3]] >= [0.5, 0.2]).all()
    assert (end[:, [0, 3]] <= [50.0, 20.0]).all()


def test_at_the_top_nothing_moves_and_no_step_is_counted():
    best = [3.0, 0.5, 1.5, 1.2]
    start = rows_at(best)
    end, accepted = climbed(bowl(best, [1.0, 1.0, 1.0, 1.0]), start)
    np.testing.assert_array_equal(end, start)
    assert accepted.tolist() == [0]


@BODIES
def test_angles_end_between_zero_and_a_full_turn(exact, fitting):
    scorer, start, _ = exact
    turned = start + 4.0 * np.pi * np.eye(8)[THETA] - 6.0 * np.pi * np.eye(8)[PSI]
    angles = fitting(scorer, turned)[0][:, THETA : PSI + 1]
    assert (angles >= 0.0).all()
    assert (angles < 2.0 * np.pi).all()


@BODIES
def test_nothing_to_fit_is_nothing_fitted(exact, fitting):
    rows, accepted = fitting(exact[0], np.zeros((0, 8)))
    assert (rows.shape, len(accepted)) == ((0, 8), 0)
