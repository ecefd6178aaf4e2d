"""Distances of the structure stage: closed forms, then brute force."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from zimg.tracing.distances import (
    axis_line_distance,
    ellipse_distance,
    nearest_interval,
    surface_distance,
)
from zimg.tracing.segments import COLUMNS, axis_point, frame

UPRIGHT = np.array([3.0, 0.0, 0.0, 2.0, 11.0, 0.0, 0.0, 0.0])  # semi-axes 6 (x) and 3 (y), z 0..10


def to_segment(*points, row=UPRIGHT):
    return surface_distance(np.array(points, dtype=np.float64), np.tile(row, (len(points), 1)))


def random_rows(rng, count):
    rows = np.empty((count, COLUMNS))
    rows[:, 0], rows[:, 3] = rng.uniform(0.5, 6.0, count), rng.uniform(0.2, 4.0, count)
    rows[:, 1:3] = rng.uniform(0.0, 6.3, (count, 2))
    rows[:, 4], rows[:, 5:] = rng.uniform(1.0, 14.0, count), rng.normal(0.0, 5.0, (count, 3))
    return rows


def test_distance_inside_is_zero_and_the_point_its_own_nearest():
    distance, nearest = to_segment([5.9, 0.0, 5.0], [0.0, 0.0, -0.5], [0.0, 2.9, 10.5])
    assert distance.tolist() == [0.0, 0.0, 0.0]
    assert nearest.tolist() == [[5.9, 0.0, 5.0], [0.0, 0.0, -0.5], [0.0, 2.9, 10.5]]


def test_distance_before_an_end_is_measured_to_its_section():
    distance, nearest = to_segment([1.0, 1.0, -4.0], [1.0, 1.0, 13.0])
    assert distance.tolist() == [4.0, 3.0]
    assert nearest.tolist() == [[0.0, 0.0, 0.0], [0.0, 0.0, 10.0]]


def test_distance_beside_a_segment_is_that_to_its_rim():
    distance, nearest = to_segment([0.0, 8.0, 5.0], [9.0, 0.0, 5.0], [9.0, 0.0, -4.0])
    assert distance == pytest.approx([5.0, 3.0, 5.0])
    assert nearest == pytest.approx(np.array([[0, 3, 5], [6, 0, 5], [6, 0, 0]]))


def test_surface_distance_does_not_depend_on_the_orientation():
    rng = np.random.default_rng(3)
    rows, local = random_rows(rng, 100), rng.normal(0.0, 9.0, (100, 3))
    points = rows[:, 5:] + np.einsum("ni,nij->nj", local, np.stack(frame(rows), axis=1))
    upright = rows.copy()
    upright[:, [1, 2, 5, 6, 7]] = 0.0
    got, nearest = surface_distance(points, rows)
    expected, _ = surface_distance(local, upright)
    assert got == pytest.approx(expected, abs=1e-9)
    outside = np.hypot(local[:, 0] / rows[:, 3], local[:, 1]) > rows[:, 0]
    apart = np.linalg.norm(points - nearest, axis=1)
    assert apart[outside] == pytest.approx(got[outside], abs=1e-9)


@given(
    st.tuples(*[st.floats(0.1, 20.0)] * 2),
    st.tuples(*[st.floats(-30.0, 30.0)] * 2),
)
@example((2.0, 1.0), (1.0, 6e-5))
@example((2.0, 1.0), (1.7, 2e-5))
def test_ellipse_distance_agrees_with_brute_force(semi, point):
    angle = np.linspace(0.0, 2.0 * np.pi, 40_001)
    curve = np.stack([semi[0] * np.cos(angle), semi[1] * np.sin(angle)], axis=-1)
    brute = np.linalg.norm(curve - point, axis=1).min()
    distance, foot = ellipse_distance(np.array([point]), np.array([semi]))
    assert distance[0] == pytest.approx(brute, abs=3e-3)
    assert (foot[0] ** 2 / np.square(semi)).sum() == pytest.approx(1.0, abs=1e-3)


def test_ellipse_distance_of_circles_and_of_points_on_the_axes_is_closed():
    points = np.array([[3.0, 4.0], [0.0, 0.0], [0.0, 5.0], [7.0, 0.0], [0.5, 0.0], [0.0, -1.0]])
    semi = np.array([[2.0, 2.0], [2.0, 2.0], [4.0, 1.0], [4.0, 1.0], [4.0, 1.0], [1.0, 4.0]])
    distance, _ = ellipse_distance(points, semi)
    foot_x = 16.0 * 0.5 / 15.0
    inner = np.hypot(foot_x - 0.5, np.sqrt(1.0 - (foot_x / 4.0) ** 2))
    foot_y = 16.0 * 1.0 / 15.0
    flipped = np.hypot(foot_y - 1.0, np.sqrt(1.0 - (foot_y / 4.0) ** 2))
    assert distance == pytest.approx([3.0, 2.0, 4.0, 3.0, inner, flipped])


def test_axis_lines_that_cross_pass_or_run_parallel_have_known_distances():
    along_z, along_y = np.zeros((1, COLUMNS)), np.zeros((1, COLUMNS))
    along_y[0, 1] = -np.pi / 2.0
    for shift, expected in ((0.0, 0.0), (3.0, 3.0)):
        along_y[0, 5] = shift
        assert axis_line_distance(along_z, along_y) == pytest.approx([expected])
    parallel = along_z.copy()
    parallel[0, 5:] = [3.0, 4.0, 9.0]
    assert axis_line_distance(along_z, parallel) == pytest.approx([5.0])


def test_nearest_interval_agrees_with_dense_sampling():
    rng = np.random.default_rng(5)
    share = np.linspace(0.0, 1.0, 201)[:, None]
    for _ in range(50):
        line, (start, end) = rng.normal(0.0, 5.0, (6, 3)), rng.normal(0.0, 5.0, (2, 3))
        own = start + share * (end - start)
        pieces = line[:-1, None] + share * np.diff(line, axis=0)[:, None]
        brute = np.linalg.norm(pieces[:, :, None] - own, axis=-1).min()
        interval, along = nearest_interval(start, end, line)
        point = line[interval] + along * (line[interval + 1] - line[interval])
        assert np.linalg.norm(own - point, axis=1).min() <= brute + 0.05


def test_nearest_interval_of_equals_is_the_first():
    square = np.array([[0.0, 0.0, 0.0], [2.0, 0.0, 0.0], [2.0, 2.0, 0.0], [0.0, 2.0, 0.0]])
    assert nearest_interval(np.array([1.0, 1.0, 0.0]), np.array([1.0, 1.0, 0.0]), square)[0] == 0


def test_points_on_the_axis_of_a_segment_are_inside_it():
    rows = random_rows(np.random.default_rng(7), 50)
    distance, _ = surface_distance(axis_point(rows, 0.5 * (rows[:, 4] - 1.0)), rows)
    assert distance.max() == 0.0
