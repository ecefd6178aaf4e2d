"""Somata, the choice of trees and crossings, traced from arrays of every framework."""

import numpy as np
import pytest
from scipy import ndimage

import zimg
from zimg.ops import upload
from zimg.testing import LANES, lane_parameters

IDS = ("numpy", "torch", "jax", "torch-cuda", "jax-gpu", "cupy")
WIDE = lane_parameters(tuple(each for each in LANES if each.id in IDS))

pytestmark = pytest.mark.parametrize("lane", WIDE, indirect=True)


@pytest.fixture
def tubes(xp, device):
    """Function that draws straight tubes, and a ball on request, on the lane."""

    def draw(shape, edges, *, ball=None):
        mask = np.ones(shape, bool)
        points = np.concatenate([np.linspace(start, end, 120) for start, end in edges])
        x, y, z = np.rint(points).astype(int).T
        mask[z, y, x] = False
        away = ndimage.distance_transform_edt(mask)
        grey = 20.0 + 130.0 * np.exp(-(away**2) / (2.0 * 1.6**2))
        if ball is not None:
            centre, radius = ball
            z, y, x = np.indices(shape)
            off = np.linalg.norm(np.stack([x, y, z], -1) - np.asarray(centre), axis=-1)
            grey[off < radius] = 220.0
        grey += np.random.default_rng(1).normal(0.0, 4.0, shape)
        image = np.clip(grey, 0, 255).round().astype(np.uint8)
        return upload(image, on=device, xp=xp)

    return draw


def test_a_soma_is_the_root(tubes):
    centre = (44.0, 36.0, 14.0)
    edges = [(centre, end) for end in ((84, 40, 15), (4, 28, 13), (48, 68, 14))]
    volume = tubes((28, 72, 90), edges, ball=(centre, 9.0))
    tree = zimg.trace(volume)
    (root,) = tree.roots.tolist()
    assert tree.type.tolist().count(1) == tree.type[root] == 1
    np.testing.assert_allclose(tree.xyz[root], centre, atol=3.0)
    assert tree.radius[root] == pytest.approx(9.0, abs=2.5)
    assert not (zimg.trace(volume, soma=False).type == 1).any()


def test_trees_are_chosen(tubes):
    edges = [((6, 14, 8), (106, 14, 8)), ((46, 44, 8), (62, 44, 8)), ((6, 74, 8), (66, 74, 8))]
    volume = tubes((16, 88, 112), edges)
    counts = {trees: len(zimg.trace(volume, trees=trees).roots) for trees in ("all", "single")}
    assert counts == {"all": 3, "single": 1}
    assert len(zimg.trace(volume).roots) == 2


@pytest.mark.parametrize("crossover", [False, True])
def test_neurites_that_cross_are_separated_on_request(tubes, crossover):
    volume = tubes((16, 80, 80), [((6, 40, 8), (74, 40, 8)), ((40, 6, 8), (40, 74, 8))])
    tree = zimg.trace(volume, overrides={"crossoverTest": crossover}, trees="all")
    assert len(tree.roots) == (2 if crossover else 1)
    assert tree.total_length() == pytest.approx(136.0, rel=0.1)
