"""From seeds to fitted segments, and which of those survive: recorded stages and a small volume."""

import json
from pathlib import Path

import numpy as np
import pytest

from zimg._progress import reporter
from zimg.tracing.orientation import centred, search_orientation
from zimg.tracing.scorer import TubeScorer
from zimg.tracing.seed_scores import ScoredSeeds, commit, score_seeds, score_unrefused
from zimg.tracing.seeds import Seeds
from zimg.tracing.segments import point_at

DATA = Path(__file__).parents[1] / "data" / "neuroseg"
COLUMNS = ("r1", "theta", "psi", "scale", "h", "x", "y", "z")
NAMES = ("tiny8", "tiny16")


def recorded(name):
    return json.loads((DATA / f"{name}.json").read_text())


def scorer_of(name, dtype="float64"):
    facts, raw = recorded("preprocess")["volumes"][name], np.load(DATA / f"{name}.npy")
    background = np.asarray(facts["background"], raw.dtype)
    volume = np.maximum(raw, background) - background
    return TubeScorer(volume, z_to_xy=facts["z_to_xy_ratio"], dtype=dtype)


def seeds_of(name):
    seeds = recorded("preprocess")["volumes"][name]["seeds"]
    return (
        np.array([seed["xyz"] for seed in seeds]),
        np.array([seed["distance"] for seed in seeds]),
    )


def cases_of(name):
    return [case for case in recorded("seed_optimize")["cases"] if case["volume"] == name]


def stage(cases, key):
    return np.array([[case[key][column] for column in COLUMNS] for case in cases])


@pytest.fixture(scope="module", params=NAMES)
def scored(request):
    """Name, recorded run, seeds and their fits in float64 of a volume."""
    points, values = seeds_of(request.param)
    run = next(c for c in recorded("chains")["cases"] if c["volume"] == request.param)
    with scorer_of(request.param) as scorer:
        fitted = score_seeds(scorer, points, values, exact=True, report=reporter())
    return request.param, run, points, fitted


@pytest.mark.parametrize("name", NAMES)
def test_every_stage_before_the_fit_is_the_recorded_one(name):
    cases = cases_of(name)
    with scorer_of(name) as scorer:
        rows = stage(cases, "start")
        rows = centred(rows, scorer.centroid(rows))
        np.testing.assert_allclose(rows, stage(cases, "after_first_centroid"), atol=1e-9)
        rows, score = search_orientation(scorer, rows, exact=True)
        np.testing.assert_allclose(rows, stage(cases, "after_orientation"), atol=1e-9)
        expected = [case["orientation_corrcoef"] for case in cases]
        np.testing.assert_allclose(score, expected, atol=1e-9)
        for _ in range(3):
            rows = centred(rows, scorer.centroid(rows))
        np.testing.assert_allclose(rows, stage(cases, "after_three_centroids"), atol=1e-9)


def test_seeds_end_as_the_recorded_fits(scored):
    name, _, _, fitted = scored
    cases = cases_of(name)
    index = [case["seed_index"] for case in cases]
    np.testing.assert_allclose(fitted.rows[index], stage(cases, "after_fit"), rtol=0, atol=1e-6)
    for column, key in ((fitted.score, "corrcoef"), (fitted.mean_signal, "mean_signal")):
        np.testing.assert_allclose(column[index], [case[key] for case in cases], rtol=1e-6)


def test_seeds_are_committed_in_the_recorded_order(scored):
    name, run, points, fitted = scored
    base = np.zeros(np.load(DATA / f"{name}.npy").shape, np.uint8)
    kept = commit(fitted, points, base, z_to_xy=run["z_to_xy_ratio"], strong=0.35)
    order = [int(np.flatnonzero((fitted.rows == row).all(1))[0]) for row in kept.rows]
    assert order == run["seed_commit_order"]
    np.testing.assert_array_equal(kept.score, fitted.score[order])
    assert [(base == 1).sum(), (base == 2).sum()] == list(run["base_mask_counts"].values())
    expected = np.array(run["seed_scores"])[order]
    np.testing.assert_allclose(kept.score, expected, atol=1e-6)


def test_seeds_on_earlier_chains_are_dropped_and_leave_no_label(scored):
    name, run, points, fitted = scored
    base = np.zeros(np.load(DATA / f"{name}.npy").shape, np.uint8)
    kept = commit(
        fitted,
        points,
        base,
        z_to_xy=run["z_to_xy_ratio"],
        strong=0.35,
        trace_mask=np.ones_like(base),
    )
    assert (len(kept.rows), len(kept.score), base.any()) == (0, 0, False)


@pytest.mark.parametrize("name", NAMES)
def test_single_precision_moves_few_fits(name):
    points, values = seeds_of(name)
    found = []
    for dtype, exact in (("float64", True), ("float32", False)):
        with scorer_of(name, dtype) as scorer:
            found.append(score_seeds(scorer, points, values, exact=exact, report=reporter()))
    double, single = found
    apart = np.linalg.norm(point_at(double.rows, 0.5) - point_at(single.rows, 0.5), axis=1)
    difference = np.abs(double.score - single.score)
    assert np.median(difference) < 1e-4
    assert np.mean(difference < 8e-3) >= 0.85
    assert np.mean(apart < 0.1) >= 0.9


def upright(score, *places):
    rows = np.zeros((len(places), 8))
    rows[:, 0], rows[:, 3], rows[:, 4] = 2.0, 1.0, 11.0
    points = np.array(places)
    return ScoredSeeds(centred(rows, points.astype(float)), np.array(score), np.ones(len(rows)))


def test_equal_scores_keep_the_order_of_the_list_and_strength_sets_the_label():
    places = [(10, 10, 10), (30, 10, 10), (10, 11, 10), (30, 30, 10)]
    seeds, base = upright([0.5, 0.3, 0.5, 0.9], *places), np.zeros((20, 40, 40), np.uint8)
    kept = commit(seeds, np.array(places), base, z_to_xy=1.0, strong=0.35)
    assert kept.score.tolist() == [0.9, 0.5, 0.3]
    np.testing.assert_array_equal(kept.rows, seeds.rows[[3, 0, 1]])
    assert [base[10, y, x] for x, y, _ in places] == [2, 1, 2, 2]


def test_progress_counts_every_seed():
    points, values = seeds_of("tiny8")
    told = []
    with scorer_of("tiny8", "float32") as scorer:
        report = reporter(lambda *step: told.append(step))
        score_seeds(scorer, points, values, exact=False, report=report)
    assert told[0] == ("score seeds", 0, len(points))
    assert told[-1] == ("score seeds", len(points), len(points))


@pytest.mark.parametrize("name", NAMES)
def test_refused_segments_are_marked_and_their_seeds_are_not_fitted_again(name):
    points, values = seeds_of(name)
    counted: list[int] = []

    def progress(_stage, done, _total):
        counted.append(done)

    given = Seeds(points, values)
    with scorer_of(name) as scorer:
        fitted = score_seeds(scorer, points, values, exact=True, report=reporter())
        refused = np.zeros(scorer.layout.shape, np.uint8)
        how = {"exact": True, "report": reporter(progress)}
        everything, all_seeds = score_unrefused(scorer, given, refused, least=-2.0, **how)
        assert not refused.any()
        least = float(np.quantile(fitted.score, 0.3))
        found, _ = score_unrefused(scorer, given, refused, least=least, **how)
        before = refused.copy()
        again, left = score_unrefused(scorer, given, refused, least=least, **how)
    np.testing.assert_array_equal(everything.rows, fitted.rows)
    np.testing.assert_array_equal(all_seeds.points, points)
    np.testing.assert_array_equal(found.rows, fitted.rows)
    x, y, z = points.astype(int).T
    place = np.flatnonzero(before[z, y, x] == 0)
    assert 0 < len(place) < len(points)
    np.testing.assert_array_equal(again.rows, fitted.rows[place])
    np.testing.assert_array_equal(left.points, points[place])
    assert counted[-1] == len(points)
