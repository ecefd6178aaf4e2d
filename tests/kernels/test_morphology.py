"""Neighbourhoods and the majority filter against their definitions."""

from itertools import product

import numpy as np
import pytest
from array_api_extra.testing import lazy_xp_function

from zimg.kernels.morphology import CONNECTIVITIES, majority, neighbourhood
from zimg.ops import upload
from zimg.testing import bring_home

lazy_xp_function(majority)


def neighbours(connectivity):
    most = {6: 1, 18: 2, 26: 3}[connectivity]
    return [s for s in product((-1, 0, 1), repeat=3) if 0 < sum(map(abs, s)) <= most]


def shifted(volume, step, fill):
    """`volume` as each voxel's neighbour at `step` sees it, `fill` outside."""
    padded = np.pad(volume, 1, constant_values=fill)
    return padded[tuple(slice(1 + s, 1 + s + n) for s, n in zip(step, volume.shape, strict=True))]


@pytest.mark.parametrize("connectivity", CONNECTIVITIES)
@pytest.mark.parametrize("shape", [(4, 5, 6), (1, 5, 6), (2, 1, 3), (1, 1, 1)])
def test_a_neighbourhood_holds_its_voxel_and_the_connected_ones(xp, device, connectivity, shape):
    host = np.random.default_rng(0).integers(1, 100, shape).astype(np.int32)
    x = upload(host, on=device, xp=xp)
    got = bring_home(neighbourhood(x, xp.maximum, connectivity=connectivity, xp=xp))
    steps = [(0, 0, 0), *neighbours(connectivity)]
    np.testing.assert_array_equal(got, np.max([shifted(host, s, 0) for s in steps], axis=0))


@pytest.mark.parametrize("shape", [(6, 7, 8), (1, 9, 9), (2, 3, 9), (1, 1, 5), (3, 3, 3)])
@pytest.mark.parametrize("share", [0.1, 0.2, 0.6])
def test_the_majority_filter_keeps_what_enough_neighbours_support(xp, device, shape, share):
    mask = np.random.default_rng(3).random(shape) < share
    support = sum(shifted(mask.astype(int), s, 0) for s in neighbours(26))
    present = sum(shifted(np.ones(shape, int), s, 0) for s in neighbours(26))
    got = bring_home(majority(upload(mask, on=device, xp=xp)))
    np.testing.assert_array_equal(got, mask & (26 * support >= 4 * present))


def test_the_majority_filter_commutes_with_the_symmetries_of_the_grid(xp, device):
    mask = np.random.default_rng(4).random((5, 6, 7)) < 0.25
    kept = bring_home(majority(upload(mask, on=device, xp=xp)))
    turned = bring_home(majority(upload(mask.transpose(2, 0, 1)[::-1], on=device, xp=xp)))
    np.testing.assert_array_equal(turned, kept.transpose(2, 0, 1)[::-1])
