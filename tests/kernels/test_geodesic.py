"""Cheapest paths through voxels: closed forms, and the queue of the host beside the sweeps."""

import inspect
import math
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zimg.kernels.geodesic import (
    FACES,
    NEIGHBOURS,
    cheapest_paths,
    neighbour_table,
    voxel_numbers,
)
from zimg.ops import to_host

STEPS = tuple(math.sqrt(sum(map(abs, step))) for step in NEIGHBOURS)
GENERIC = inspect.unwrap(cheapest_paths)

MASKS = arrays(np.bool_, st.tuples(st.integers(1, 9), st.integers(1, 5), st.integers(1, 6))).filter(
    lambda mask: bool(mask.any())
)


def paths(
    mask: np.ndarray,
    sources: list[int],
    squared: np.ndarray | None = None,
    *,
    xp: Any = np,
    on: Any = "cpu",
    by: Any = cheapest_paths,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Costs, voxels before and rows, on the host."""
    voxels = np.flatnonzero(mask).astype(np.int32)
    thick = np.ones(len(voxels), np.int32) if squared is None else squared.astype(np.int32)
    args = (xp.asarray(x, device=on) for x in (voxels, thick, np.asarray(sources, np.int32)))
    found = by(*args, shape=mask.shape, steps=STEPS, xp=xp)
    cost, before, rows = (to_host(x) for x in found)
    return cost, before, rows


@pytest.fixture(params=[cheapest_paths, GENERIC], ids=["as called", "kernel"])
def by(request: pytest.FixtureRequest) -> Any:
    """The paths as the library takes them on NumPy, and as they are defined."""
    return request.param


def test_a_straight_corridor_costs_its_length(by: Any) -> None:
    cost, before, rows = paths(np.ones((1, 1, 9), bool), [0], by=by)
    np.testing.assert_array_equal(cost, np.arange(9.0))
    assert before.tolist() == [9, *range(8)]
    assert rows.tolist() == [-1] + [NEIGHBOURS.index((0, 0, -1))] * 8


def test_a_corner_is_cut(by: Any) -> None:
    mask = np.zeros((1, 4, 4), bool)
    mask[0, 0, :] = mask[0, :, 3] = True
    cost, before, _ = paths(mask, [0], by=by)
    assert cost[-1] == pytest.approx(2 + math.sqrt(2) + 2)
    assert before[4] == 2  # the voxel below the corner is reached from the one before it


def test_thick_places_are_cheap(by: Any) -> None:
    mask = np.ones((1, 3, 5), bool)
    thick = np.where(np.arange(15) // 5 == 1, 9, 1)
    cost, before, _ = paths(mask, [5], thick, by=by)
    assert cost[9] == pytest.approx(4 * 0.2)
    assert before[5:10].tolist() == [15, 5, 6, 7, 8]


def test_of_two_sources_the_nearer_one_is_taken_and_the_first_of_equals(by: Any) -> None:
    cost, before, _ = paths(np.ones((1, 1, 7), bool), [0, 6], by=by)
    np.testing.assert_array_equal(cost, [0, 1, 2, 3, 2, 1, 0])
    assert before.tolist() == [7, 0, 1, 2, 5, 6, 7]


def test_where_no_path_leads_the_cost_is_infinite(by: Any) -> None:
    mask = np.ones((1, 1, 5), bool)
    mask[0, 0, 2] = False
    cost, before, rows = paths(mask, [0], by=by)
    np.testing.assert_array_equal(cost, [0, 1, math.inf, math.inf])
    assert before.tolist() == [4, 0, 4, 4]
    assert rows[2:].tolist() == [-1, -1]


def test_the_end_of_a_row_is_not_beside_the_begin_of_the_next(by: Any) -> None:
    mask = np.zeros((3, 3, 4), bool)
    mask[1, 0, 3] = mask[1, 1, 0] = mask[0, 2, 2] = mask[2, 0, 2] = True
    cost, _, _ = paths(mask, [0], by=by)
    assert np.isfinite(cost).sum() == 1


@settings(max_examples=60, deadline=None)
@given(MASKS, st.data())
def test_the_queue_of_the_host_and_the_sweeps_of_the_kernel_agree_bit_for_bit(
    mask: np.ndarray, data: st.DataObject
) -> None:
    count = int(mask.sum())
    squared = np.asarray(data.draw(st.lists(st.integers(1, 4), min_size=count, max_size=count)))
    sources = data.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=3, unique=True))
    for one, other in zip(
        paths(mask, sources, squared), paths(mask, sources, squared, by=GENERIC), strict=True
    ):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("fill", [0.3, 0.7, 1.0])
def test_lanes_with_doubles_give_the_bits_of_numpy(
    fill: float, lane: Any, xp: Any, device: Any
) -> None:
    if lane.id not in ("numpy", "strict", "torch", "torch-cuda", "cupy"):
        pytest.skip("no float64 there, or the host cannot read it")
    random = np.random.default_rng(5)
    mask = random.random((21, 12, 13)) <= fill
    squared = random.integers(1, 5, int(mask.sum()))
    expected = paths(mask, [3, 40], squared)
    for way in (cheapest_paths, GENERIC):
        found = paths(mask, [3, 40], squared, xp=xp, on=device, by=way)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one, other)


@settings(max_examples=40, deadline=None)
@given(MASKS, st.integers(0, 10**6))
def test_the_voxel_before_is_the_first_of_the_cheapest_among_those_that_explain_the_cost(
    mask: np.ndarray, seed: int
) -> None:
    count = int(mask.sum())
    squared = np.random.default_rng(seed).integers(1, 3, count)
    cost, before, rows = paths(mask, [seed % count], squared)
    voxels = np.flatnonzero(mask).astype(np.int32)
    table = neighbour_table(voxel_numbers(voxels, mask.shape), voxels)
    for voxel in range(count):
        ways = [
            (cost[u], u, row)
            for row, u in enumerate(table[:, voxel].tolist())
            if u < count
            and cost[u] + (STEPS[row] / (1 + squared[u]) + STEPS[row] / (1 + squared[voxel]))
            == cost[voxel]
        ]
        if cost[voxel] in (0, math.inf):
            assert (before[voxel], rows[voxel]) == (count, -1)
        else:
            assert (before[voxel], rows[voxel]) == min(ways)[1:]


@settings(max_examples=30, deadline=None)
@given(MASKS)
def test_neighbours_are_mutual_and_one_step_apart(mask: np.ndarray) -> None:
    voxels = np.flatnonzero(mask).astype(np.int32)
    numbers = voxel_numbers(voxels, mask.shape)
    np.testing.assert_array_equal(numbers[mask], np.arange(len(voxels)))
    assert (numbers[~mask] == -1).all()
    table = neighbour_table(numbers, voxels)
    places = np.argwhere(mask)
    for row, step in enumerate(NEIGHBOURS):
        own = np.flatnonzero(table[row] < len(voxels))
        other = table[row, own]
        np.testing.assert_array_equal(places[other] - places[own], np.tile(step, (len(own), 1)))
        np.testing.assert_array_equal(table[25 - row, other], own)
    faces = neighbour_table(numbers, voxels, ways=FACES)
    np.testing.assert_array_equal(faces, table[[NEIGHBOURS.index(step) for step in FACES]])


def test_a_graph_of_too_many_steps_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    hook: Any = import_module("zimg.backends._host_paths")
    monkeypatch.setattr(hook, "MOST_STEPS", 10)
    with pytest.raises(RuntimeError, match="more than the 10 that shortest paths can take"):
        paths(np.ones((3, 3, 3), bool), [0], by=hook.cheapest_paths)
