"""Branches in the order in which they are taken, and what they paint."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zimg.kernels.geodesic import NEIGHBOURS
from zimg.skeletons.balls import Painter, ball, shell
from zimg.skeletons.branches import Extraction
from zimg.skeletons.paths import path_forest
from zimg.skeletons.voxels import steps_of

RADII = st.sampled_from([0.5, 1.0, 2**0.5, 2.0, 3.0, 5**0.5 + 2, 6.5])
STEPS = [*NEIGHBOURS, (0, 0, 0)]
TRUNK, SIDE, FORK = 40, 10, 20
"""Voxels along x, those along y that leave them, and where they do."""


def cells(offsets: np.ndarray, step: tuple[int, int, int] = (0, 0, 0)) -> set[tuple[int, ...]]:
    return {tuple(offset) for offset in (offsets + np.asarray(step)).tolist()}


@given(RADII, RADII, st.sampled_from(STEPS))
def test_the_shell_of_a_ball_is_what_another_one_beside_it_leaves(
    radius: float, before: float, step: tuple[int, int, int]
) -> None:
    other = cells(ball(before))
    expected = {cell for cell in cells(ball(radius)) if tuple(np.add(cell, step)) not in other}
    found = shell(radius, before, step)
    assert cells(found) == expected
    assert len(found) == len(expected)


@given(
    st.lists(st.tuples(RADII, st.sampled_from(NEIGHBOURS)), min_size=1, max_size=12),
    st.tuples(st.integers(0, 6), st.integers(0, 8), st.integers(0, 9)),
)
def test_balls_along_a_path_reach_what_each_of_them_reaches(
    walk: list[tuple[float, tuple[int, int, int]]], start: tuple[int, int, int]
) -> None:
    shape = (7, 9, 10)
    numbers = np.arange(np.prod(shape)).reshape(shape)
    places, radii = [start], [1.0]
    for radius, step in walk:
        place = np.add(places[-1], step)
        if ((place >= 0) & (place < shape)).all():
            places, radii = [*places, tuple(place.tolist())], [*radii, radius]
    expected = {
        numbers[cell]
        for place, radius in zip(places, radii, strict=True)
        for cell in cells(ball(radius), place)
        if all(0 <= index < size for index, size in zip(cell, shape, strict=True))
    }
    reached = Painter(numbers).reached(np.asarray(places), np.asarray(radii))
    assert set(reached.tolist()) == expected


def fork() -> tuple[Extraction, np.ndarray]:
    """A trunk from voxel 0 and one side branch, all thin."""
    trunk = [(0, 0, x) for x in range(TRUNK)]
    side = [(0, y, FORK) for y in range(1, SIDE + 1)]
    places = np.asarray(trunk + side)
    count = len(places)
    before = np.asarray([count, *range(TRUNK - 1), FORK, *range(TRUNK, count - 1)])
    rows = [list(NEIGHBOURS).index(step) for step in ((0, 0, 1), (0, 1, 0))]
    kinds = np.asarray([-1, *[rows[0]] * (TRUNK - 1), *[rows[1]] * SIDE])
    numbers = np.full((1, SIDE + 1, TRUNK), -1)
    numbers[tuple(places.T)] = np.arange(count)
    tree = path_forest(before, kinds, steps_of((1.0, 1.0)))
    return Extraction(tree, np.ones(count, np.int32), places, Painter(numbers)), np.arange(count)


@pytest.mark.parametrize(("shortest", "count"), [(9.0, 2), (9.01, 1), (41.5, 1), (42.01, 0)])
def test_a_branch_is_as_long_as_what_is_not_covered(shortest: float, count: int) -> None:
    # The trunk covers three voxels around it; a branch may be short of the limit by two.
    extraction, surface = fork()
    branches = list(extraction.branches(0, surface, shortest))
    assert len(branches) == count
    if count:
        assert branches[0].tolist() == list(range(TRUNK))[::-1]
    if count == 2:
        assert branches[1][0] == len(surface) - 1
        # It goes on through what is covered, to the first voxel beside the trunk's own.
        assert branches[1][-1] == TRUNK + 1


def test_the_longest_path_is_there_however_short() -> None:
    extraction, surface = fork()
    assert extraction.longest(surface).tolist() == list(range(TRUNK))[::-1]
