"""Paths through a box: closed forms, the explicit graph, and the threshold they rest on."""

import itertools

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from zimg.tracing.box_path import LEAST_WEIGHT, Contrast, cheapest_path, two_means_contrast

UNIT = np.ones(3)


def path(darkness, start, targets, spacing=UNIT):
    found = cheapest_path(np.asarray(darkness), np.array(start), np.array(targets), spacing)
    assert found is not None
    return found


def explicit_cost(darkness, start, targets, spacing):
    """Least cost by Dijkstra's method on a graph built edge by edge."""
    flat = {voxel: i for i, voxel in enumerate(np.ndindex(darkness.shape))}
    rows, columns, weights = [], [], []
    for voxel, step in itertools.product(flat, itertools.product((-1, 0, 1), repeat=3)):
        other = tuple(np.add(voxel, step))
        if any(step) and other in flat:
            rows.append(flat[voxel])
            columns.append(flat[other])
            between = darkness[voxel] + darkness[other] + LEAST_WEIGHT
            weights.append(np.linalg.norm(np.multiply(step, spacing)) * between)
    graph = coo_array((weights, (rows, columns)), shape=(len(flat),) * 2).tocsr()
    cost = dijkstra(graph, indices=flat[tuple(start)])
    return min(cost[flat[tuple(target)]] for target in targets)


def test_a_bright_detour_is_cheaper_than_the_dark_way():
    darkness = np.ones((1, 5, 7))
    darkness[0, 0, :] = darkness[0, :, 0] = darkness[0, :, 6] = 0.0
    voxels, cost = path(darkness, [0, 4, 0], [[0, 4, 6]])
    assert cost < 1e-3
    assert (darkness[tuple(voxels.T)] == 0.0).all()
    assert voxels[0].tolist() == [0, 4, 0]
    assert voxels[-1].tolist() == [0, 4, 6]


def test_a_straight_path_through_even_darkness_costs_its_length_times_both_ends():
    voxels, cost = path(np.full((1, 1, 6), 0.25), [0, 0, 0], [[0, 0, 5]])
    assert len(voxels) == 6
    assert cost == pytest.approx(5 * (0.5 + LEAST_WEIGHT))


def test_the_nearest_of_several_targets_ends_the_path():
    voxels, _ = path(np.full((1, 1, 9), 0.5), [0, 0, 3], [[0, 0, 0], [0, 0, 5], [0, 0, 8]])
    assert voxels[-1].tolist() == [0, 0, 5]


def test_a_start_on_the_target_is_a_path_of_one_voxel():
    voxels, cost = path(np.full((2, 2, 2), 0.5), [1, 1, 1], [[1, 1, 1], [0, 0, 0]])
    assert voxels.tolist() == [[1, 1, 1]]
    assert cost == 0.0


def test_steps_along_a_coarse_axis_are_longer():
    _, fine = path(np.full((4, 1, 1), 0.5), [0, 0, 0], [[3, 0, 0]])
    _, coarse = path(np.full((4, 1, 1), 0.5), [0, 0, 0], [[3, 0, 0]], np.array([3.0, 1, 1]))
    assert coarse == pytest.approx(3.0 * fine)


@pytest.mark.parametrize("seed", range(5))
def test_the_cost_is_that_of_the_explicit_graph(seed):
    rng = np.random.default_rng(seed)
    darkness = rng.random((3, 6, 5)) ** 6
    start, targets = rng.integers(0, 3, 3), rng.integers([0, 3, 2], [3, 6, 5], (4, 3))
    spacing = np.array([rng.uniform(0.5, 3.0), 1.0, 1.0])
    voxels, cost = path(darkness, start, targets, spacing)
    assert cost == pytest.approx(explicit_cost(darkness, start, targets, spacing), rel=1e-12)
    steps = np.linalg.norm(np.diff(voxels, axis=0) * spacing, axis=1)
    values = darkness[tuple(voxels.T)]
    assert cost == pytest.approx((steps * (values[1:] + values[:-1] + LEAST_WEIGHT)).sum())


def test_the_threshold_lies_between_the_means_of_two_groups():
    values = np.array([10.0] * 50 + [100.0] * 10)
    contrast = two_means_contrast(values)
    assert contrast == Contrast(55.0, 90.0 / 9.2)
    assert contrast.darkness(np.array([55.0]))[0] == 0.5
    assert contrast.darkness(np.array([10.0]))[0] == pytest.approx(0.99, abs=0.01)


def test_an_even_box_has_no_threshold():
    assert two_means_contrast(np.full(8, 3.0)) is None
