"""Thin lines, drawn many at a time, are those that are drawn one by one."""

import numpy as np
import pytest

from zimg.view.lines import cover
from zimg.view.strokes import strokes

RANDOM = np.random.default_rng(3)


@pytest.mark.parametrize("half_width", [0.5, 1.0, 2.5])
def test_many_lines_cover_what_each_of_them_covers(half_width: float) -> None:
    points = RANDOM.uniform(-30, 130, (60, 2))
    rows = np.arange(30)
    together = strokes((90, 110), points[:30], points[30:], half_width)
    one_by_one = cover(np.zeros((90, 110, 3), np.float32), points, half_width, rows + 30, rows)
    np.testing.assert_allclose(together, one_by_one, atol=1e-6)


def test_a_line_of_no_length_is_a_dot_and_one_outside_is_nothing() -> None:
    dot = np.array([[20.0, 10.0]])
    assert strokes((30, 40), dot, dot, 4.0).sum() == pytest.approx(np.pi * 16, rel=0.02)
    assert not strokes((30, 40), dot - 500, dot - 100, 4.0).any()
    assert strokes((30, 40), np.zeros((0, 2)), np.zeros((0, 2)), 1.0).shape == (30, 40)


def test_a_line_much_longer_than_the_picture_costs_no_more() -> None:
    far = strokes((30, 40), np.array([[-1e12, 15.0]]), np.array([[1e12, 15.0]]), 1.0)
    assert (far[15] > 0.99).all()
    assert not far[:13].any()
