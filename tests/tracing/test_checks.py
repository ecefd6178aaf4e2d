"""Tests of grown segments: their limits as closed forms."""

import json
from pathlib import Path

import numpy as np
import pytest

from zimg.tracing.chains import End
from zimg.tracing.checks import (
    CHANGE,
    OWN,
    change_failures,
    forms_loop,
    own_failures,
    passes_score,
)
from zimg.tracing.segments import flipped, point_at

VECTORS = Path(__file__).parents[1] / "data" / "neuroseg" / "labels.json"
UPPER = np.array([99.0, 99.0, 49.0])


def row_of(radius=2.0, scale=1.0, theta=np.pi / 2, psi=np.pi / 2, at=(20.0, 20.0, 20.0)):
    return np.array([radius, theta, psi, scale, 11.0, *at])


def own_failure(row, score, limit):
    return OWN[own_failures(row[None], np.array([score]), limit)[0]]


def change_failure(row, previous, ratio, front, upper):
    ratios = np.array([ratio])
    return CHANGE[change_failures(row[None], previous[None], ratios, front[None], upper)[0]]


def test_thick_tubes_must_score_higher_by_the_recorded_factors():
    factors = json.loads(VECTORS.read_text())["score_threshold_factor"]
    rows = np.stack([row_of(each["crc"]) for each in factors])
    limit = 0.3 * np.array([each["factor"] for each in factors])
    assert passes_score(limit + 1e-12, rows, 0.3).all()
    assert not passes_score(limit - 1e-12, rows, 0.3).any()


def test_a_segment_fails_by_itself_for_its_score_first_and_then_its_size():
    assert own_failure(row_of(), 0.9, 0.3) is None
    assert own_failure(row_of(26.0), 0.1, 0.3) is End.LOW_SCORE
    assert own_failure(row_of(26.0), 0.9, 0.3) is End.TOO_LARGE
    assert own_failure(row_of(25.0), 0.9, 0.3) is None
    assert own_failure(row_of(13.0, scale=4.0), 0.9, 0.3) is End.TOO_LARGE


@pytest.mark.parametrize(
    ("radius", "previous", "failure"),
    [
        (2.0, 4.0, None),
        (2.0, 4.01, End.SIZE_CHANGE),
        (4.0, 2.0, None),
        (4.01, 2.0, End.SIZE_CHANGE),
        (1.0, 9.0, None),
    ],
)
def test_radii_may_double_or_halve_and_thin_tubes_may_do_more(radius, previous, failure):
    row = row_of(radius)
    assert change_failure(row, row_of(previous), 1.0, point_at(row, 1.0), UPPER) is failure


def test_the_signal_may_drop_by_half():
    row = row_of()
    assert change_failure(row, row, 0.5, point_at(row, 1.0), UPPER) is None
    assert change_failure(row, row, 0.499, point_at(row, 1.0), UPPER) is End.SIGNAL_CHANGE


@pytest.mark.parametrize(
    ("front", "failure"),
    [
        ([99.0, 99.0, 49.0], None),
        ([99.1, 5.0, 5.0], End.OUT_OF_BOUND),
        ([5.0, 5.0, 49.1], End.OUT_OF_BOUND),
        ([-1.0, 5.0, 5.0], None),
        ([-1.0, 5.0, 60.0], None),
    ],
)
def test_a_front_beyond_the_far_faces_is_outside_unless_a_coordinate_is_negative(front, failure):
    assert change_failure(row_of(), row_of(), 1.0, np.array(front), UPPER) is failure


def test_a_straight_continuation_forms_no_loop():
    chain = np.stack([row_of(at=(10.0 + 5.0 * k, 20.0, 20.0)) for k in range(4)])
    row = row_of(at=(30.0, 20.0, 20.0))
    assert not forms_loop(row, point_at(row, 1.0), chain, 3)


def test_a_front_inside_the_chain_forms_a_loop_unless_left_of_the_volume():
    chain = np.stack([row_of(at=(10.0 + 5.0 * k, 20.0, 20.0)) for k in range(6)])
    row = row_of(at=(5.0, 20.0, 20.0))
    assert forms_loop(row, point_at(row, 1.0), chain, 5)
    left = chain - [0, 0, 0, 0, 0, 60.0, 0, 0]
    gone = row - [0, 0, 0, 0, 0, 60.0, 0, 0]
    assert not forms_loop(gone, point_at(gone, 1.0), left, 5)


def test_a_segment_that_crosses_an_earlier_one_with_its_middle_forms_a_loop():
    chain = np.stack([row_of(at=(10.0 + 5.0 * k, 20.0, 20.0)) for k in range(6)])
    across = row_of(psi=np.pi, at=(20.0, 15.0, 20.0))
    np.testing.assert_allclose(point_at(across, 0.5), [20.0, 20.0, 20.0], atol=1e-9)
    assert forms_loop(across, point_at(across, 1.0), chain, 5)
    assert not forms_loop(across, point_at(across, 1.0), chain[2:3], 0)
    assert forms_loop(flipped(across), point_at(across, 0.0), chain, 0)
