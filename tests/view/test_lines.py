"""Lines, tubes and dots: areas and places in closed form."""

import numpy as np
import pytest

from zimg.view.lines import blend, cover

CANVAS = np.zeros((60, 80, 3), np.float32)
NONE = np.array([0])


def test_a_dot_covers_the_area_of_its_disc() -> None:
    covered = cover(CANVAS, np.array([[40.2, 30.7]]), 9.0, NONE, NONE)
    assert covered.sum() == pytest.approx(np.pi * 81, rel=0.01)
    rows, columns = np.indices(covered.shape)
    assert (covered * columns).sum() / covered.sum() == pytest.approx(40.2, abs=0.02)
    assert (covered * rows).sum() / covered.sum() == pytest.approx(30.7, abs=0.02)


def test_a_tapered_segment_has_its_half_width_at_each_end() -> None:
    points = np.array([[10.0, 30.0], [70.0, 30.0]])
    covered = cover(CANVAS, points, np.array([4.0, 12.0]), np.array([1]), np.array([0]))
    assert covered[:, 10].sum() == pytest.approx(8.0, abs=0.5)
    assert covered[:, 40].sum() == pytest.approx(16.0, abs=0.5)
    assert covered[:, 70].sum() == pytest.approx(24.0, abs=0.5)


def test_overlapping_segments_are_one_shape() -> None:
    points = np.array([[10.0, 30.0], [70.0, 30.0], [40.0, 5.0], [40.0, 55.0]])
    both = cover(CANVAS, points, 5.0, np.array([1, 3, 3]), np.array([0, 2, 2]))
    singles = [cover(CANVAS, points, 5.0, np.array([e]), np.array([e - 1])) for e in (1, 3)]
    np.testing.assert_array_equal(both, np.maximum(*singles))


def test_what_lies_outside_is_cut_off() -> None:
    inside = cover(CANVAS, np.array([[-3.0, 30.0], [40.0, 30.0]]), 2.0, np.array([1]), NONE)
    assert inside[:, 0].sum() == pytest.approx(4.0, abs=0.5)
    far = cover(CANVAS, np.array([[500.0, 30.0], [600.0, 30.0]]), 2.0, np.array([1]), NONE)
    assert not far.any()


def test_nothing_is_covered_below_half_a_pixel_of_negative_radius() -> None:
    assert not cover(CANVAS, np.array([[40.0, 30.0]]), -0.5, NONE, NONE).any()


def test_blending_mixes_by_the_covered_share() -> None:
    canvas = np.full((1, 2, 3), 100.0, np.float32)
    blend(canvas, np.array([[0.0, 0.25]], np.float32), np.array([200.0, 100.0, 0.0], np.float32))
    np.testing.assert_array_equal(canvas, [[[100, 100, 100], [125, 100, 75]]])
