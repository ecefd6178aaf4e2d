"""Lists of the foreground voxels of masks: their order, neighbours, runs and volumes."""

from itertools import product

import numpy as np
import pytest

from zimg.kernels.voxels import (
    FEWEST,
    OUTSIDE,
    Grid,
    flattened,
    in_rows,
    is_empty,
    list_length,
    on_foreground,
    positions_in,
    run_bounds,
    voxel_list,
)
from zimg.ops import upload
from zimg.testing import bring_home

SHAPE = (5, 6, 7)
GRID = Grid.of(SHAPE)


@pytest.fixture(params=[0.0, 0.2, 0.6, 1.0])
def mask(request):
    return np.random.default_rng(3).random(SHAPE) < request.param


@pytest.fixture
def voxels(mask, xp, device):
    return voxel_list(upload(mask, on=device, xp=xp))


def test_a_list_holds_the_foreground_in_order_and_ends_outside(mask, voxels, xp):
    found, expected = bring_home(voxels), np.flatnonzero(mask)
    assert voxels.dtype == xp.int32
    assert found[: len(expected)].tolist() == expected.tolist()
    assert len(found) > len(expected)
    assert (found[len(expected) :] == OUTSIDE).all()


@pytest.mark.parametrize("count", [0, 1, 1023, 1024, 1535, 1536, 2047, 2048, 3071, 123_456])
def test_lengths_are_few_and_leave_room_for_the_end(count):
    length = list_length(count, 10**9)
    assert count < length <= max(FEWEST, 1.5 * (count + 1))
    assert is_empty(np.zeros(length)) == (count == 0)
    assert (
        length & (length - 1) == 0
        or length & (length - 1) == length // 3 * 2 == length - length // 3
    )
    assert list_length(count, count) == count + 1


def raised(voxels, by, *, grid: Grid, xp):
    return xp.abs(voxels) + by + grid.shape[0]


def test_what_a_kernel_finds_is_spread_to_the_voxels(mask, xp, device):
    flat = flattened(upload(mask, on=device, xp=xp), xp=xp)
    volume = bring_home(on_foreground(raised, flat, 2, shape=SHAPE, dtype=xp.int32, xp=xp))
    expected = np.where(mask, np.arange(mask.size).reshape(SHAPE) + 2 + SHAPE[0], 0)
    np.testing.assert_array_equal(volume, expected)


def neighbours(mask, step, reach):
    """First and last neighbour in a row of each voxel, as numbers in the list, or -1."""
    numbers = np.full(mask.shape, -1)
    numbers[mask] = np.arange(mask.sum())
    numbers = np.pad(numbers, 1, constant_values=-1)
    found = []
    for z, y, x in np.argwhere(mask) + 1:
        row = numbers[z + step[0], y + step[1], x - reach : x + reach + 1]
        found.append((row[row >= 0][0], row[row >= 0][-1]) if (row >= 0).any() else (-1, -1))
    return np.asarray(found).reshape(-1, 2)


@pytest.mark.parametrize("reach", [0, 1])
def test_neighbours_in_rows_are_those_of_the_padded_volume(mask, voxels, reach, xp):
    steps = tuple(step for step in product((-1, 0, 1), repeat=2) if any(step))
    positions = positions_in(voxels, GRID, xp=xp)
    first, last = in_rows(positions, GRID, steps, reach=reach, missing=-1, xp=xp)
    for number, step in enumerate(steps):
        expected, count = neighbours(mask, step, reach), mask.sum()
        np.testing.assert_array_equal(bring_home(first)[number, :count], expected[:, 0])
        np.testing.assert_array_equal(bring_home(last)[number, :count], expected[:, 1])
        assert (bring_home(first)[number, count:] == -1).all()


def test_runs_end_at_gaps_and_at_the_ends_of_rows(mask, voxels, xp):
    first, last = map(bring_home, run_bounds(positions_in(voxels, GRID, xp=xp), xp=xp))
    flat = np.flatnonzero(mask)
    for number, voxel in enumerate(flat):
        row = mask.reshape(-1, SHAPE[2])[voxel // SHAPE[2]]
        x = voxel % SHAPE[2]
        before = next((k for k in range(x + 1) if not row[x - k]), x + 1)
        after = next((k for k in range(SHAPE[2] - x) if not row[x + k]), SHAPE[2] - x)
        assert (number - first[number], last[number] - number) == (before - 1, after - 1)


def test_a_volume_whose_positions_exceed_32_bits_is_refused():
    assert Grid.of((1, 40_000, 50_000)).plane < OUTSIDE
    with pytest.raises(ValueError, match=r"fewer than 2\^31 voxels and margins, got \(2048, "):
        Grid.of((2048, 1024, 1024))
