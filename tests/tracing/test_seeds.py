"""Seeds against the recorded ones, and the rules of their order and their removal."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from zimg.ops import upload
from zimg.testing import bring_home
from zimg.tracing import border
from zimg.tracing.mask import make_mask
from zimg.tracing.preprocess import subtract_background
from zimg.tracing.seeds import Seeds, extract_seeds, remove_noise, smallest_object, unmarked

DATA = Path(__file__).parents[1] / "data" / "neuroseg"
VECTORS = json.loads((DATA / "preprocess.json").read_text())["volumes"]


@pytest.fixture
def on_lane(xp, device, monkeypatch):
    """Move a NumPy array to the lane; pretended devices open for visible reads only."""
    monkeypatch.setattr(border, "to_host", bring_home)
    return lambda host: upload(host, on=device, xp=xp)


def mask_of(name):
    return make_mask(subtract_background(np.load(DATA / f"{name}.npy"))[0])


@pytest.mark.parametrize("name", VECTORS)
def test_seeds_are_those_of_the_reference_in_its_order(on_lane, name):
    expected, mask = VECTORS[name], on_lane(mask_of(name))
    seeds = extract_seeds(mask)
    assert len(seeds) == expected["seeds_first_pass"]
    size = smallest_object(len(seeds), mask_of(name).size)
    assert size == expected["min_object_size"]
    _, kept = remove_noise(mask, seeds)
    assert kept.points.tolist() == [seed["xyz"] for seed in expected["seeds"]]
    assert kept.value.tolist() == [seed["distance"] for seed in expected["seeds"]]


def test_a_ball_has_one_seed_as_deep_as_its_radius(on_lane):
    z, y, x = np.ogrid[-6:7, -8:9, -9:10]
    seeds = extract_seeds(on_lane(z**2 + y**2 + x**2 < 25))
    assert seeds.points.tolist() == [[9.0, 8.0, 6.0]]
    assert seeds.value.tolist() == [5.0]


def test_seeds_come_last_voxel_first(on_lane):
    mask = np.zeros((9, 9, 9), bool)
    for corner in ((2, 2, 2), (2, 2, 6), (2, 6, 2), (6, 2, 2)):
        mask[corner] = True
    points = extract_seeds(on_lane(mask)).points
    assert points.tolist() == [[2, 2, 6], [2, 6, 2], [6, 2, 2], [2, 2, 2]]


@pytest.mark.parametrize("shape", [(1, 9, 9), (2, 9, 9), (9, 2, 9), (9, 9, 1)])
def test_thin_volumes_have_no_seed_off_the_border(on_lane, shape):
    assert len(extract_seeds(on_lane(np.ones(shape, bool)))) == 0


def test_an_empty_mask_has_no_seed(on_lane):
    seeds = extract_seeds(on_lane(np.zeros((5, 5, 5), bool)))
    assert seeds.points.shape == (0, 3)


def test_many_seeds_make_small_objects_noise(on_lane):
    mask = np.zeros((20, 30, 30), bool)
    mask[4:7, 4:7, 4:7] = True
    mask[12, 12, 12] = mask[15, 20, 20] = True
    before = extract_seeds(on_lane(mask))
    assert len(before) == 3
    assert smallest_object(3, mask.size) == 2
    cleaned, seeds = remove_noise(on_lane(mask), before)
    assert bring_home(cleaned).sum() == 27
    assert seeds.points.tolist() == [[5, 5, 5]]


@pytest.mark.parametrize("seed", range(5))
def test_seeds_that_are_left_are_those_of_the_cleaned_mask(seed):
    noise = gaussian_filter(np.random.default_rng(seed).random((24, 30, 40)), 1.0)
    mask = noise > np.quantile(noise, 0.9)
    seeds = extract_seeds(mask)
    cleaned, kept = remove_noise(mask, seeds)
    again = extract_seeds(cleaned)
    assert 0 < len(kept) < len(seeds)
    np.testing.assert_array_equal(kept.points, again.points)
    np.testing.assert_array_equal(kept.value, again.value)


def test_few_seeds_leave_everything_as_it_is(on_lane):
    mask = np.zeros((40, 40, 40), bool)
    mask[20, 20, 20] = True
    mask = on_lane(mask)
    seeds = extract_seeds(mask)
    cleaned, kept = remove_noise(mask, seeds)
    assert cleaned is mask
    assert kept is seeds


def test_seeds_where_a_chain_has_been_are_dropped():
    seeds = Seeds(np.asarray([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]), np.asarray([1.0, 2.0]))
    trace_mask = np.zeros((5, 5, 5), np.uint8)
    trace_mask[3, 2, 1] = 2
    left = unmarked(seeds, trace_mask)
    assert left.points.tolist() == [[3.0, 2.0, 1.0]]
    assert left.value.tolist() == [2.0]
