"""The scorer: rows do not see each other, and its shortcuts change nothing."""

import json
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from zimg.ops import upload
from zimg.testing import LANES, lane_parameters
from zimg.tracing.scorer import TubeScorer

DATA = Path(__file__).parents[1] / "data" / "neuroseg"
COLUMNS = ("r1", "theta", "psi", "scale", "h", "x", "y", "z")
SHAPE = (24, 40, 48)

# What can be read by the host: the double's second device pretends that it cannot.
READABLE = lane_parameters(
    tuple(each for each in LANES if each.id not in ("strict-device1", "strict-no_float64"))
)

GENERIC = bool(
    import_module("zimg.backends._compiled").status().problem
)  # compiled code does not go through XLA
SHAPED = "without compiled code XLA orders the sums of chunks of 32 and of 64 rows differently"


def _lanes(**failing):
    """Lanes that use the scorer, those of `failing` with the reason why they fail as known."""
    lanes = tuple(each for each in LANES if each.id in ("numpy", "torch", "jax"))
    marks = [
        [pytest.mark.xfail(GENERIC, reason=failing[each.id])] if each.id in failing else []
        for each in lanes
    ]
    return [
        pytest.param(each, id=each.id, marks=mark) for each, mark in zip(lanes, marks, strict=True)
    ]


WIDE = _lanes()


def random_rows(count):
    random = np.random.default_rng(6)
    rows = np.empty((count, 8))
    rows[:, 0], rows[:, 3] = random.uniform(0.5, 4.0, count), random.uniform(0.5, 2.0, count)
    rows[:, 1:3], rows[:, 4] = random.uniform(0.0, 6.3, (count, 2)), 11.0
    rows[:, 5:] = random.uniform(-4.0, 1.0, (count, 3)) + random.uniform(0.0, 1.0, (count, 3)) * [
        48,
        40,
        24,
    ]
    return rows


def noise(dtype="uint8"):
    return np.random.default_rng(2).integers(0, 250, SHAPE).astype(dtype)


@pytest.fixture
def scorer(xp, device):
    with TubeScorer(upload(noise(), on=device, xp=xp)) as scorer:
        yield scorer


@pytest.mark.parametrize("lane", WIDE, indirect=True)
@pytest.mark.parametrize("inner", [True, False])
def test_chunks_and_order_do_not_change_a_bit(scorer, inner):
    rows = random_rows(900)
    rows = rows[scorer.interior(rows) == inner]
    rows = np.concatenate([rows] * 4)[:256]
    together = scorer.full(rows)
    np.testing.assert_array_equal(scorer.full(rows[:64][::-1])[::-1], together[:64])
    for size, starts in [(1, range(8)), (7, range(0, 28, 7)), (32, range(0, 64, 32))]:
        apart = np.concatenate([scorer.full(rows[start : start + size]) for start in starts])
        np.testing.assert_array_equal(apart, together[: len(apart)])


@pytest.mark.parametrize("lane", WIDE, indirect=True)
def test_rows_at_the_border_do_not_change_the_bits_of_rows_inside(scorer):
    rows = random_rows(256)
    together = scorer.full(rows)
    apart = np.concatenate([scorer.full(rows[start : start + 7]) for start in range(0, 70, 7)])
    np.testing.assert_array_equal(apart, together[:70])


@pytest.mark.parametrize("lane", _lanes(), indirect=True)
@pytest.mark.parametrize("method", ["dot", "centroid"])
def test_a_row_alone_scores_the_bits_that_it_scores_in_company(scorer, method):
    rows, score = random_rows(40), getattr(scorer, method)
    together = score(rows)
    for index in (0, 7, 39):
        np.testing.assert_array_equal(score(rows[index : index + 1])[0], together[index])


@pytest.mark.parametrize("lane", _lanes(jax=SHAPED), indirect=True)
def test_a_row_inside_alone_has_the_core_score_that_it_has_in_company(scorer):
    rows = random_rows(600)
    rows = rows[scorer.interior(rows)][:40]
    together = scorer.core(rows)
    alone = np.concatenate([scorer.core(row[None]) for row in rows])
    np.testing.assert_array_equal(alone, together)


@pytest.mark.parametrize("lane", READABLE, indirect=True)
@pytest.mark.parametrize("name", ["tiny8", "tiny16"])
def test_scores_in_single_precision_are_the_recorded_ones(xp, device, name):
    facts = json.loads((DATA / "preprocess.json").read_text())["volumes"][name]
    raw = np.load(DATA / f"{name}.npy")
    background = np.asarray(facts["background"], raw.dtype)
    volume = upload(np.maximum(raw, background) - background, on=device, xp=xp)
    cases = json.loads((DATA / "scores.json").read_text())["cases"]
    cases = [c for c in cases if c["volume"] == name and c["segment"]["r1"] >= 0.5]
    rows = np.array([[case["segment"][column] for column in COLUMNS] for case in cases])
    expected = [[case[k] for k in ("dot", "corrcoef", "mean_signal")] for case in cases]
    with TubeScorer(volume, z_to_xy=facts["z_to_xy_ratio"]) as scorer:
        np.testing.assert_allclose(scorer.full(rows), expected, rtol=2e-6, atol=5e-7)
        np.testing.assert_allclose(
            scorer.core(rows),
            [case["core_corrcoef"] for case in cases],
            rtol=2e-6,
            atol=5e-7,
        )


def test_where_a_volume_lies_does_not_matter_to_the_precision():
    far = np.pad(noise(), ((0, 0), (0, 0), (3000, 0)))
    rows = random_rows(30)
    rows[:, 5:] = np.clip(rows[:, 5:], 12.0, [36.0, 28.0, 12.0])
    moved = rows.copy()
    moved[:, 5] += 3000.0
    with TubeScorer(noise()) as near, TubeScorer(far) as distant:
        np.testing.assert_allclose(distant.full(moved), near.full(rows), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("z_to_xy", [1.0, 2.5])
def test_samples_of_rows_called_interior_lie_inside(z_to_xy):
    volume = np.random.default_rng(2).integers(1, 250, (30, 60, 60)).astype(np.uint8)
    rows = random_rows(300)
    rows[:, 5:] = np.random.default_rng(3).uniform(0.0, 1.0, (300, 3)) * [59, 59, 29 * z_to_xy]
    with TubeScorer(volume, z_to_xy=z_to_xy, dtype="float64") as scorer:
        inside = scorer.interior(rows)
        assert 0.05 < inside.mean() < 0.95
        chosen = rows[inside][:24]
        tested = scorer.full(np.concatenate([chosen, rows[~inside][:1]]))[:-1]
        np.testing.assert_allclose(scorer.full(chosen), tested, rtol=1e-12)


def test_the_centroid_of_a_tube_lies_on_its_axis_in_trace_space():
    z, y, x = np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    bright = 200.0 * np.exp(-((y - 20.0) ** 2 + (2.0 * (z - 12.0)) ** 2) / 8.0) + 0.0 * x
    row = np.array([[3.0, np.pi / 2, np.pi / 2, 1.0, 11.0, 18.0, 21.5, 23.0]])
    with TubeScorer(bright.astype(np.float32), z_to_xy=2.0) as scorer:
        centre = scorer.centroid(row)[0]
    assert centre[0] == pytest.approx(23.0, abs=1e-3)
    assert abs(centre[1] - 20.0) < 1.0
    assert abs(centre[2] - 24.0) < 0.7


def test_no_rows_have_no_scores():
    with TubeScorer(noise()) as scorer:
        assert scorer.full(np.zeros((0, 8))).shape == (0, 3)
        assert scorer.centroid(np.zeros((0, 8))).shape == (0, 3)
