"""Trees of paths, and the branches that are taken from them."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from zimg.kernels.geodesic import NEIGHBOURS
from zimg.skeletons.paths import PathForest, ordered_paths
from zimg.skeletons.voxels import steps_of

STEPS = steps_of((1.0, 2.0))


def row(dz: int, dy: int, dx: int) -> int:
    return list(NEIGHBOURS).index((dz, dy, dx))


# 0 -> 1 -> 2, 1 -> 3 -> 4, and 5 alone.
BEFORE = np.asarray([6, 0, 1, 1, 3, 6])
ROWS = np.asarray([-1, row(0, 0, 1), row(0, 1, 1), row(1, 0, 0), row(1, 1, 1), -1])


@pytest.fixture(params=[ordered_paths, inspect.unwrap(ordered_paths)], ids=["as called", "generic"])
def forest_of(request: pytest.FixtureRequest) -> Callable[..., PathForest]:
    return lambda before, rows: PathForest(*request.param(before, rows, steps=STEPS))


def test_lengths_add_up_from_the_source(forest_of: Any) -> None:
    lengths = forest_of(BEFORE, ROWS).length
    expected = [0, 1, 1 + 2**0.5, 3, 3 + 6**0.5, 0]
    assert lengths.tolist() == pytest.approx(expected)


def test_paths_of_equal_steps_in_another_order_are_equally_long(forest_of: Any) -> None:
    count = 200
    random = np.random.default_rng(0)
    kinds = np.asarray([row(0, 0, 1), row(0, 1, 1), row(1, 1, 1), row(1, 0, 1)])
    rows = np.repeat(kinds, count // 4)
    ends = set()
    for _ in range(20):
        random.shuffle(rows)
        before = np.asarray([count + 1, *range(count)])
        ends.add(float(forest_of(before, np.asarray([-1, *rows])).length[-1]))
    assert len(ends) == 1


def test_what_is_below_a_voxel_is_one_range(forest_of: Any) -> None:
    tree = forest_of(BEFORE, ROWS)
    below = {
        voxel: set(tree.order[tree.place[voxel] : tree.end[voxel]].tolist()) for voxel in range(6)
    }
    assert below == {0: {0, 1, 2, 3, 4}, 1: {1, 2, 3, 4}, 2: {2}, 3: {3, 4}, 4: {4}, 5: {5}}
    assert tree.parent.tolist() == [0, 0, 1, 1, 3, 5]


@pytest.mark.parametrize("resolution", [(0.0, 1.0), (1.0, -1.0)])
def test_without_a_size_every_step_is_one_long(resolution: tuple[float, float]) -> None:
    assert set(steps_of(resolution)) == {1.0}
