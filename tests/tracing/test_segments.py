"""Geometry of segments: closed forms and identities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zimg.tracing.segments import (
    LENGTH,
    POSITION,
    THETA,
    axis_direction,
    axis_point,
    contains,
    flipped,
    frame,
    geometric_radius,
    local_coordinates,
    point_at,
    upper_direction,
)

UPRIGHT = np.array([3.0, 0.0, 0.0, 2.0, 11.0, 5.0, 6.0, 7.0])

rows = st.tuples(
    st.floats(0.5, 20.0),
    st.floats(-10.0, 10.0),
    st.floats(-10.0, 10.0),
    st.floats(0.2, 5.0),
    st.floats(1.0, 20.0),
    *[st.floats(-50.0, 50.0)] * 3,
).map(np.array)


@given(rows)
def test_frames_are_right_handed_and_orthonormal(row):
    axes = np.stack(frame(row))
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1.0)


@given(rows)
def test_the_axis_runs_from_the_bottom_over_the_length_less_one(row):
    np.testing.assert_array_equal(point_at(row, 0.0), row[POSITION])
    reach = point_at(row, 1.0) - row[POSITION]
    np.testing.assert_allclose(reach, (row[LENGTH] - 1.0) * axis_direction(row), atol=1e-12)
    np.testing.assert_allclose(axis_point(row, row[LENGTH] - 1.0), point_at(row, 1.0), atol=1e-12)


@given(rows)
def test_flipping_exchanges_the_ends_and_twice_changes_nothing(row):
    turned = flipped(row)
    np.testing.assert_allclose(point_at(turned, 0.0), point_at(row, 1.0), atol=1e-10)
    np.testing.assert_allclose(point_at(turned, 1.0), point_at(row, 0.0), atol=1e-10)
    back = flipped(turned)
    np.testing.assert_allclose(back[POSITION], row[POSITION], atol=1e-10)
    assert back[THETA] == pytest.approx(row[THETA] + 2.0 * np.pi)


@given(rows)
def test_the_upper_direction_is_the_axis_or_its_mirror_image_in_z(row):
    axis, upper = axis_direction(row), upper_direction(row)
    assert upper[2] >= 0
    np.testing.assert_allclose(upper[:2], axis[:2], atol=1e-12)
    assert upper[2] == pytest.approx(abs(axis[2]), abs=1e-7)


@given(rows, st.tuples(*[st.floats(-30.0, 30.0)] * 3).map(np.array))
def test_local_coordinates_are_those_in_the_frame(row, point):
    local = np.stack(local_coordinates(row, point))
    np.testing.assert_allclose(row[POSITION] + local @ np.stack(frame(row)), point, atol=1e-9)


def test_directions_of_known_angles():
    turned = np.tile(UPRIGHT, (3, 1))
    turned[1, 1] = turned[2, 1] = np.pi / 2
    turned[2, 2] = np.pi / 2
    np.testing.assert_allclose(
        axis_direction(turned), [[0, 0, 1], [0, -1, 0], [1, 0, 0]], atol=1e-15
    )


def test_contains_is_an_elliptic_cylinder_half_a_voxel_longer_at_both_ends():
    inside = np.array([[11.0, 6, 7], [5, 9.0, 7], [5, 6, 6.5], [5, 6, 17.5]])
    outside = np.array([[11.1, 6, 7], [5, 9.1, 7], [5, 6, 6.4], [5, 6, 17.6]])
    assert contains(UPRIGHT, inside).all()
    assert not contains(UPRIGHT, outside).any()


def test_the_geometric_radius_keeps_the_area_of_the_section():
    assert geometric_radius(UPRIGHT) ** 2 == pytest.approx(6.0 * 3.0)
