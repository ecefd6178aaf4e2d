"""The phantom neuron: the same each time, a tree inside its volume, bright along the tree."""

import numpy as np
import pytest

from zimg.phantom import BACKGROUND, SHAPE, Z_TO_XY, Phantom, neurite, neuron


@pytest.fixture(scope="module")
def phantom() -> Phantom:
    return neuron()


def test_the_same_seed_gives_the_same_neuron_and_another_seed_another(phantom: Phantom) -> None:
    again = neuron()
    np.testing.assert_array_equal(phantom.volume, again.volume)
    assert phantom.tree == again.tree
    assert not np.array_equal(phantom.volume, neuron(seed=3).volume)


def test_the_volume_is_anisotropic_and_of_eight_bits(phantom: Phantom) -> None:
    assert phantom.volume.shape == SHAPE
    assert phantom.volume.dtype == np.uint8
    assert phantom.z_to_xy == Z_TO_XY


def test_the_tree_is_one_neuron_with_a_soma_and_forks_inside_the_volume(phantom: Phantom) -> None:
    tree = phantom.tree
    assert len(tree.roots) == 1
    assert tree.radius[tree.roots[0]] == tree.radius.max()
    children = np.bincount(tree.parent[tree.parent >= 0], minlength=len(tree))
    assert children[tree.roots[0]] == 6
    assert (children[1:] == 2).sum() >= 4
    assert (tree.xyz >= 0).all()
    assert (tree.xyz <= np.array(SHAPE[::-1]) - 1).all()


def test_the_signal_is_where_the_tree_is(phantom: Phantom) -> None:
    x, y, z = np.round(phantom.tree.xyz).astype(int).T
    assert np.percentile(phantom.volume[z, y, x], 5) > 100
    assert abs(np.median(phantom.volume) - BACKGROUND) < 3


def test_the_neurite_is_one_unbranched_line_inside_its_volume() -> None:
    small = neurite()
    tree = small.tree
    assert tree.parent.tolist() == list(range(-1, len(tree) - 1))
    x, y, z = np.round(tree.xyz).astype(int).T
    assert np.percentile(small.volume[z, y, x], 5) > 100
    assert small.z_to_xy == 1.0
