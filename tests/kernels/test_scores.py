"""Scores of segments against recorded ones and against their formulas, sample by sample."""

from typing import Any

import array_api_compat.numpy as numpy_namespace
import numpy as np
import pytest

from zimg.kernels.scores import (
    centroids,
    core_correlations,
    dot_scores,
    full_scores,
    slice_correlations,
)
from zimg.kernels.template import core_template, full_template
from zimg.kernels.tube import SLICES, full_field
from zimg.ops import jit
from zimg.testing import bring_home

TOLERANCE = {"float32": 2e-6, "float64": 1e-10}

# Correlations near 0 are differences of sums near 1.
TINY = {"float32": 5e-7, "float64": 1e-13}
SHAPE = (20, 24, 28)

# Inside, across three faces at once, thin, and wholly outside.
ROWS = np.array(
    [
        [2.5, 0.9, 4.0, 1.3, 11.0, 14.2, 11.7, 7.4],
        [4.0, 0.9, 4.0, 0.7, 11.0, 1.2, 2.7, 16.4],
        [0.6, 1.5, 1.0, 1.0, 7.0, 12.0, 9.5, 8.0],
        [2.0, 0.3, 0.4, 1.0, 11.0, -60.0, 8.0, 7.0],
    ]
)
OUTSIDE = 3


def noise():
    return np.random.default_rng(3).integers(0, 255, SHAPE).astype(np.uint8)


@pytest.fixture
def scored(xp, placed):
    """Function from a kernel, a volume and rows to the kernel's result, compiled where possible."""

    def score(kernel, volume, rows, *, z_to_xy=1.0, masked=True, template=full_template, **static):
        words, rows, columns, layout = placed(volume, rows, z_to_xy=z_to_xy, template=template)
        compiled = jit(kernel, xp=xp)
        return bring_home(compiled(words, rows, columns, layout=layout, masked=masked, **static))

    return score


@pytest.fixture
def sampled_by_hand(placed, trilinear):
    """Function: values, validity, weights and positions of each row's field, all on the host."""

    def sample(volume, rows):
        _, rows, template, layout = placed(volume, rows)
        field = full_field(rows, template, layout)
        section = np.stack([bring_home(q) for q in field.section], axis=-1)[:, None, :, :]
        axis = np.stack([bring_home(a) for a in field.axis], axis=-1)[:, :, None, :]
        position = (section + axis).astype(np.float64)
        origin = bring_home(rows)[:, None, None, 8:].astype(np.float64)
        value, valid = trilinear(volume, position + origin)
        return value, valid, bring_home(field.weight).astype(np.float64), position

    return sample


def correlation(value, valid, weight):
    """The correlation by its formula, where both means count every sample."""
    weight = np.broadcast_to(weight, value.shape)
    w, v = weight - weight.mean(), value - value[valid].sum() / value.size
    w, v = w[valid], v[valid]
    spread = (w**2).sum() * (v**2).sum()
    return (w * v).sum() / np.sqrt(spread) if spread > 0 else 0.0


@pytest.mark.parametrize("name", ["tiny8", "tiny16"])
def test_scores_are_the_recorded_ones(scored, vectors, tiny, row_of, precision, name):
    volume, ratio = tiny(name)
    # For r1 < 0.5 the reference follows a rule of its own; rows here never have it.
    cases = [c for c in vectors("scores")["cases"] if c["volume"] == name]
    cases = [c for c in cases if c["segment"]["r1"] >= 0.5]
    assert len(cases) == 6
    rows = [row_of(c["segment"]) for c in cases]
    got = scored(full_scores, volume, rows, z_to_xy=ratio)
    core = scored(core_correlations, volume, rows, z_to_xy=ratio, template=core_template)
    expected = [[c[k] for k in ("dot", "corrcoef", "mean_signal")] for c in cases]
    np.testing.assert_allclose(
        got[:, :3], expected, rtol=TOLERANCE[precision], atol=TINY[precision]
    )
    np.testing.assert_allclose(
        core,
        [c["core_corrcoef"] for c in cases],
        rtol=TOLERANCE[precision],
        atol=TINY[precision],
    )
    dot = scored(dot_scores, volume, rows, z_to_xy=ratio)
    np.testing.assert_allclose(dot, got[:, 0], rtol=TOLERANCE[precision])


def test_full_scores_follow_their_formulas(scored, sampled_by_hand, precision):
    value, valid, weight, _ = sampled_by_hand(noise(), ROWS)
    got = scored(full_scores, noise(), ROWS)
    inside = full_template(dtype=np.float64, xp=numpy_namespace, on="cpu").inside
    for index in range(OUTSIDE):
        v = value[index]
        close: Any = {"rel": 1e-4 if precision == "float32" else 1e-10}
        assert got[index, 0] == pytest.approx((v * weight[index]).sum(), **close)
        assert got[index, 1] == pytest.approx(
            correlation(v, valid[index], weight[index]), abs=close["rel"]
        )
        kept = valid[index][:, inside]
        assert got[index, 2] == pytest.approx(v[:, inside][kept].mean(), **close)
        beyond = valid[index][:, ~inside]
        assert got[index, 3] == pytest.approx(v[:, ~inside][beyond].mean(), **close)


def test_a_segment_without_samples_scores_nothing_and_has_no_mean(scored):
    dot, correlated, mean, around = scored(full_scores, noise(), ROWS)[OUTSIDE]
    assert (dot, correlated) == (0.0, 0.0)
    assert np.isnan(mean)
    assert np.isnan(around)
    assert scored(slice_correlations, noise(), ROWS)[OUTSIDE].tolist() == [0.0] * SLICES


def test_a_constant_signal_correlates_with_nothing_and_is_its_own_mean(scored):
    constant = np.full(SHAPE, 37, np.uint8)
    dot, correlated, mean, around = scored(full_scores, constant, ROWS)[0]
    assert correlated == pytest.approx(0.0, abs=1e-3)
    assert mean == pytest.approx(37.0, rel=1e-6)
    assert around == pytest.approx(37.0, rel=1e-6)
    core = scored(core_correlations, constant, ROWS, template=core_template)
    assert core[0] == pytest.approx(0.0, abs=1e-3)
    assert np.isfinite(dot)


def test_slices_correlate_as_if_each_were_alone(scored, sampled_by_hand, precision):
    value, valid, weight, _ = sampled_by_hand(noise(), ROWS)
    got = scored(slice_correlations, noise(), ROWS)
    expected = [
        [correlation(value[n, s], valid[n, s], weight[n]) for s in range(SLICES)]
        for n in range(len(ROWS))
    ]
    np.testing.assert_allclose(got, expected, atol=1e-4 if precision == "float32" else 1e-10)


def test_centroids_are_the_weighted_means_of_the_positions(scored, sampled_by_hand, precision):
    value, _, _, position = sampled_by_hand(noise(), ROWS)
    got = scored(centroids, noise(), ROWS)
    for index in range(OUTSIDE):
        mass = value[index][..., None]
        expected = (mass * position[index]).sum((0, 1)) / mass.sum()
        np.testing.assert_allclose(
            got[index], expected, rtol=0, atol=1e-4 if precision == "float32" else 1e-10
        )


def test_without_any_signal_the_centroid_is_the_middle_of_the_field(
    scored, sampled_by_hand, precision
):
    _, _, _, position = sampled_by_hand(noise(), ROWS)
    dark = np.zeros(SHAPE, np.uint8)
    atol = 1e-4 if precision == "float32" else 1e-10
    np.testing.assert_allclose(
        scored(centroids, dark, ROWS), position.mean((1, 2)), rtol=0, atol=atol
    )
    np.testing.assert_allclose(
        scored(centroids, noise(), ROWS)[OUTSIDE], position[OUTSIDE].mean((0, 1)), rtol=0, atol=atol
    )


def test_the_border_test_does_not_change_a_segment_inside(scored, precision):
    rows = ROWS[[0, 2, 0, 2]]
    tested, plain = (scored(full_scores, noise(), rows, masked=masked) for masked in (True, False))
    np.testing.assert_allclose(plain, tested, rtol=0, atol=100 * TOLERANCE[precision])


def test_fewer_slices_of_a_uniform_tube_correlate_alike(scored):
    y, x = np.ogrid[: SHAPE[1], : SHAPE[2]]
    tube = np.broadcast_to(200.0 * np.exp(-((x - 14.0) ** 2 + (y - 12.0) ** 2) / 6.0), SHAPE)
    row = [[2.0, 0.0, 0.0, 1.0, 11.0, 14.0, 12.0, 4.0]]
    every, few = (
        scored(core_correlations, tube.astype(np.float32), row, template=core_template, slices=n)
        for n in (SLICES, 6)
    )
    assert every[0] > 0.95
    assert few == pytest.approx(every, rel=1e-4)
