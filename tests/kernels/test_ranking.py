"""Ranking by matrix product against correlation coefficients, one orientation at a time."""

import numpy as np
import pytest

from zimg.kernels.pack import pack_volume
from zimg.kernels.ranking import orientation_ranks
from zimg.ops import jit, upload
from zimg.testing import bring_home

REACH, SIDE, FIELDS = 2, 5, 6
SHAPE = (12, 13, 14)
CENTRES = np.array([[6.0, 6.0, 6.0], [4.25, 7.5, 5.75], [9.9, 3.1, 8.6]])


def fields():
    """Twenty voxels of a crop for each orientation, with the same weights in another order."""
    random = np.random.default_rng(8)
    weight = random.uniform(0.1, 1.0, 20)
    voxels = np.stack([random.permutation(SIDE**3)[:20] for _ in range(FIELDS)])
    return voxels, weight


def matrices(voxels, weight):
    weighted, counted = (np.zeros((SIDE**3, FIELDS), np.float32) for _ in range(2))
    for field, chosen in enumerate(voxels):
        weighted[chosen, field], counted[chosen, field] = weight, 1.0
    touched = np.flatnonzero(counted.any(axis=1))
    sums = np.array([len(weight), weight.sum(), (weight**2).sum()], np.float32)
    return touched.astype(np.int32), weighted[touched], counted[touched], sums


@pytest.fixture
def ranked(xp, device):
    """Function from a host volume to the ranks of all fields around all centres."""

    def rank(volume, *matrices_on_host):
        def place(host):
            return upload(host, on=device, xp=xp)

        words, layout = pack_volume(place(volume), z_to_xy=1.0, dtype=xp.float32)
        arrays = [place(CENTRES.astype(np.float32)), *map(place, matrices_on_host)]
        compiled = jit(orientation_ranks, xp=xp)
        return bring_home(compiled(words, *arrays, layout=layout, reach=REACH))

    return rank


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_ranks_are_correlation_coefficients_of_crops(ranked, trilinear, dtype):
    volume = np.random.default_rng(4).integers(0, 250, SHAPE).astype(dtype)
    voxels, weight = fields()
    steps = np.stack(np.meshgrid(*[np.arange(SIDE) - REACH] * 3, indexing="ij"), axis=-1)
    crops, _ = trilinear(volume, CENTRES[:, None] + steps.reshape(-1, 3)[:, ::-1])
    expected = [[np.corrcoef(crop[chosen], weight)[0, 1] for chosen in voxels] for crop in crops]
    np.testing.assert_allclose(ranked(volume, *matrices(voxels, weight)), expected, atol=2e-4)


def test_without_contrast_every_orientation_ranks_the_same(ranked):
    got = ranked(np.zeros(SHAPE, np.uint8), *matrices(*fields()))
    np.testing.assert_array_equal(got, np.zeros((len(CENTRES), FIELDS)))
