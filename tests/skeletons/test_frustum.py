"""Distances to cylinders and cones, where they are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zimg.skeletons.frustum import frustum_distance


def distance(point, bottom=(0, 0, 0), top=(10, 0, 0), bottom_radius=2.0, top_radius=2.0):
    found, nearest = frustum_distance(
        np.asarray(point, float),
        np.asarray([bottom], float),
        np.asarray([top], float),
        np.asarray([bottom_radius]),
        np.asarray([top_radius]),
    )
    return float(found[0]), nearest[0].tolist()


@pytest.mark.parametrize(
    ("point", "expected", "nearest"),
    [
        ((5, 1, 0), 0.0, [5, 1, 0]),  # inside
        ((5, 7, 0), 5.0, [5, 2, 0]),  # beside
        ((-3, 1, 0), 3.0, [0, 0, 0]),  # in front of an end: its centre
        ((14, 0, 1), 4.0, [10, 0, 0]),
        ((13, 0, 6), 5.0, [10, 0, 2]),  # the rim
        ((-3, 6, 0), 5.0, [0, 2, 0]),
    ],
)
def test_a_cylinder(point, expected, nearest) -> None:
    found, place = distance(point)
    assert found == pytest.approx(expected)
    assert place == pytest.approx(nearest)


def test_a_short_edge_is_a_ball_round_its_parent() -> None:
    assert distance((0, 5, 0), top=(0.05, 0, 0)) == (3.0, [0, 0, 0])
    assert distance((0, 1, 0), top=(0.05, 0, 0)) == (0.0, [0, 0, 0])


def test_beside_a_cone_the_surface_is_tried_every_half_voxel() -> None:
    found, _ = distance((5, 8, 0), bottom_radius=0.0, top_radius=5.0)
    places = np.arange(0.5, 10, 0.5)
    tried = np.hypot(5 - places, 8 - places / 2)
    assert found == pytest.approx(min(8 - 2.5, tried.min()))
    assert found < 8 - 2.5


@given(
    st.tuples(*[st.integers(-20, 20)] * 3),
    st.tuples(*[st.integers(-20, 20)] * 3),
    st.floats(0.5, 5),
    st.floats(0.5, 5),
)
def test_both_ends_are_on_the_frustum(point, step, bottom_radius, top_radius) -> None:
    top = np.add(point, step)
    for end in (point, top):
        found, _ = distance(end, point, top, bottom_radius, top_radius)
        # A short edge is a ball round its parent, that may not reach its node.
        assert found == pytest.approx(0.0, abs=1e-6)
