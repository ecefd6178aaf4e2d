"""The orientation search: recorded directions, the exact winner, and the shortlist's."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zimg.phantom import neurite
from zimg.tracing.orientation import (
    angles_of,
    candidates,
    centred,
    grid,
    search_orientation,
)
from zimg.tracing.scorer import TubeScorer
from zimg.tracing.segments import PSI, THETA, axis_direction, point_at

DATA = Path(__file__).parents[1] / "data" / "neuroseg"


@pytest.fixture(scope="module")
def recorded():
    return json.loads((DATA / "orientation.json").read_text())


@pytest.fixture(scope="module")
def seeds():
    """Upright segments on and near the neurite of a phantom, and its scorer."""
    phantom, random = neurite(), np.random.default_rng(9)
    points = np.repeat(phantom.tree.xyz[2:-2], 4, axis=0)
    points = points + random.normal(0.0, 0.7, points.shape)
    rows = np.zeros((len(points), 8))
    rows[:, 0], rows[:, 3], rows[:, 4] = random.uniform(1.5, 4.0, len(points)), 1.0, 11.0
    with TubeScorer(phantom.volume) as scorer:
        yield scorer, centred(rows, points)


def test_the_grid_is_the_recorded_one_in_its_order(recorded):
    found = grid()
    assert len(found) == recorded["n"]
    _, count = np.unique(found[:, 0].round(9), return_counts=True)
    assert count.tolist() == recorded["count_per_theta"]
    np.testing.assert_allclose(found[: len(recorded["grid_first"])], recorded["grid_first"])
    np.testing.assert_allclose(found[-3:], recorded["grid_last"])


@pytest.mark.parametrize(
    ("key", "theta", "psi"), [("rotated_by_0_0", 0.0, 0.0), ("rotated_by_0p6_1p1", 0.6, 1.1)]
)
def test_the_grid_turns_with_the_current_orientation(recorded, key, theta, psi):
    found, expected = candidates(theta, psi), recorded[key]
    np.testing.assert_array_equal(found[0], [theta, psi])
    turned = found[1:][expected["index"]]
    np.testing.assert_allclose(turned[:, 0], expected["theta"], atol=1e-9)
    np.testing.assert_allclose(turned[:, 1], expected["psi"], atol=1e-9)


@given(st.floats(0.01, np.pi - 0.01), st.floats(0.0, 6.28))
def test_the_angles_of_a_direction_give_it_back(polar, azimuth):
    direction = np.array(
        [np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar)]
    )
    row = np.zeros(8)
    row[THETA], row[PSI] = angles_of(direction)
    np.testing.assert_allclose(axis_direction(row), direction, atol=1e-9)


def test_centring_moves_the_middle_and_nothing_else():
    rows = np.random.default_rng(1).uniform(1.0, 9.0, (5, 8))
    centres = np.arange(15.0).reshape(5, 3)
    moved = centred(rows, centres)
    np.testing.assert_allclose(point_at(moved, 0.5), centres, atol=1e-12)
    np.testing.assert_array_equal(moved[:, :5], rows[:, :5])


def test_the_exact_search_returns_the_first_best_of_all(seeds):
    scorer, rows = seeds
    found, score = search_orientation(scorer, rows[:12], exact=True)
    orientations = candidates(0.0, 0.0)
    for index, row in enumerate(rows[:12]):
        turned = np.repeat(row[None], len(orientations), axis=0)
        turned[:, THETA : PSI + 1] = orientations
        every = scorer.core(centred(turned, point_at(row, 0.5)))
        best = int(np.argmax(every))
        np.testing.assert_array_equal(found[index, THETA : PSI + 1], orientations[best])
        assert score[index] == every[best]
        np.testing.assert_allclose(point_at(found[index], 0.5), point_at(row, 0.5), atol=1e-9)


def test_the_shortlist_finds_the_exact_winner(seeds):
    scorer, rows = seeds
    exact, best = search_orientation(scorer, rows, exact=True)
    short, score = search_orientation(scorer, rows, exact=False)
    same = np.all(exact == short, axis=1)
    assert same.mean() >= 0.95  # 1.0 of these 108; 0.998 of the seeds of a larger phantom
    assert (best - score).max() < 0.02


def test_ranking_by_product_finds_it_too(seeds):
    scorer, rows = seeds
    rows = rows.copy()
    rows[:, 0] = 2.0  # one radius for all: enough rows to be ranked by a matrix product
    exact, best = search_orientation(scorer, rows, exact=True)
    short, score = search_orientation(scorer, rows, exact=False)
    assert np.all(exact == short, axis=1).mean() >= 0.95
    assert (best - score).max() < 0.02


def test_nothing_to_search_is_nothing_found(seeds):
    rows, score = search_orientation(seeds[0], np.zeros((0, 8)), exact=False)
    assert (len(rows), len(score)) == (0, 0)
