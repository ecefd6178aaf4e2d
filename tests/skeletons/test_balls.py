"""Digital balls are those of the reference."""

import numpy as np
import pytest

from zimg.skeletons.balls import ball


@pytest.mark.parametrize(("radius", "count"), [(0.0, 1), (0.4, 1), (1.0, 7), (2.0, 45)], ids=str)
def test_small_balls_have_so_many_voxels(radius: float, count: int) -> None:
    offsets = ball(radius)
    assert len({tuple(row) for row in offsets.tolist()}) == len(offsets) == count


@pytest.mark.parametrize("radius", [1.5, 2.3, 4.0, 7.6])
def test_rows_reach_as_far_as_the_rounded_rest_of_the_radius(radius: float) -> None:
    def rest(square: float) -> float:
        return max(square, 0.0) ** 0.5

    def whole(reach: float) -> int:
        return int(np.floor(reach + 0.5))

    expected = set()
    for dz in range(-whole(radius), whole(radius) + 1):
        plane = rest(radius**2 - dz**2)
        for dy in range(-whole(plane), whole(plane) + 1):
            reach = whole(rest(plane**2 - dy**2))
            expected |= {(dz, dy, dx) for dx in range(-reach, reach + 1)}
    assert {tuple(row) for row in ball(radius).tolist()} == expected


def test_a_ball_is_the_same_from_both_sides_but_wider_along_x_than_along_y() -> None:
    cells = {tuple(row) for row in ball(2.0).tolist()}
    assert cells == {(-z, y, -x) for z, y, x in cells} == {(z, -y, x) for z, y, x in cells}
    assert (0, 1, 2) in cells
    assert (0, 2, 1) not in cells
