"""The structure stage as a whole: phantoms of chains, and the reference's tree of recorded ones."""

import numpy as np
import pytest

from zimg.swc import ZSwc
from zimg.tracing.config import TraceConfig
from zimg.tracing.signal import Signal
from zimg.tracing.structure import build_tree, connect_chains

PLAIN = TraceConfig(spTest=False, maxEucDist=10.0)


def edges_of(parent):
    return {frozenset((i, int(p))) for i, p in enumerate(parent) if p >= 0}


def test_a_tee_becomes_one_tree_with_one_branch_point(tube):
    chains = [tube([0, 0, 0], [80, 0, 0]), tube([42, 2, 0], [42, 50, 0])]
    tree = build_tree(chains, config=PLAIN)
    parent = np.asarray(tree.parent)
    assert isinstance(tree, ZSwc)
    assert (parent == -1).sum() == 1
    degree = np.bincount([node for edge in edges_of(parent) for node in edge])
    assert sorted(degree)[-1] == 3
    assert (degree == 3).sum() == 1
    assert np.asarray(tree.xyz)[degree.argmax()] == pytest.approx([42.0, 0.0, 0.0], abs=2.5)


def test_chains_far_apart_and_chains_that_cross_midway_stay_two_trees(tube):
    for other in (tube([0, 40, 0], [60, 40, 0]), tube([30, -30, 0], [30, 30, 0])):
        tree = build_tree([tube([0, 0, 0], [60, 0, 0]), other], config=PLAIN)
        assert (np.asarray(tree.parent) == -1).sum() == 2


def test_the_path_test_decides_only_when_it_is_requested(tube):
    chains = [tube([10, 16, 12], [50, 16, 12]), tube([58, 16, 12], [98, 16, 12])]
    dark = Signal(np.zeros((24, 32, 110), dtype=np.float32))
    trees = [
        build_tree(chains, config=TraceConfig(spTest=on, maxEucDist=10.0), signal=dark)
        for on in (False, True)
    ]
    assert [(np.asarray(tree.parent) == -1).sum() for tree in trees] == [1, 2]


def test_many_chains_switch_the_path_test_off(tube, monkeypatch):
    chains = [tube([10, 16, 12], [50, 16, 12]), tube([58, 16, 12], [98, 16, 12])]
    dark = Signal(np.zeros((24, 32, 110), dtype=np.float32))
    monkeypatch.setattr("zimg.tracing.structure.MOST_PATH_TESTED", 1)
    forest = connect_chains(chains, config=TraceConfig(spTest=True), signal=dark)
    assert len(list(forest.children())) == 1


def test_screening_leaves_chains_out(tube):
    chains = [tube([0, 40 * i, 0], [60, 40 * i, 0]) for i in range(3)]
    chains[1].score[:], chains[1].mean_signal[:] = 0.1, 1.0
    config = TraceConfig(spTest=False, chainScreenCount=2)
    assert len(list(connect_chains(chains, config=config).children())) == 2


def test_resampling_leaves_fewer_nodes_on_the_same_line(tube):
    chain = [tube([0, 0, 0], [60, 0, 0], radius=4.0)]
    full, few = (build_tree(chain, config=PLAIN, resample=on) for on in (False, True))
    assert 2 <= len(few) < len(full)
    assert np.abs(np.asarray(few.xyz)[:, 1:]).max() < 1e-9


def test_no_chain_makes_an_empty_tree():
    assert len(build_tree([], config=PLAIN)) == 0


def test_z_is_in_planes_of_the_image(tube):
    tree = build_tree([tube([5, 5, 0], [5, 5, 60])], config=PLAIN, z_to_xy=3.0)
    assert np.asarray(tree.xyz)[:, 2].max() == pytest.approx(20.0)


def test_recorded_chains_make_the_nodes_of_the_reference(star):
    chains, nodes = star
    tree = build_tree(chains, config=PLAIN, resample=False)
    apart = np.linalg.norm(np.asarray(tree.xyz)[:, None] - nodes[None, :, :3], axis=2)
    nearest = apart.argmin(axis=0)
    assert apart.min(axis=0).max() < 3e-3
    assert np.asarray(tree.radius)[nearest] == pytest.approx(nodes[:, 3], rel=1e-3)
    assert len(tree) <= len(nodes) + 1


def test_recorded_chains_are_joined_as_by_the_reference(star):
    chains, nodes = star
    tree = build_tree(chains, config=PLAIN, resample=False)
    apart = np.linalg.norm(np.asarray(tree.xyz)[:, None] - nodes[None, :, :3], axis=2)
    nearest = apart.argmin(axis=0)
    ours = edges_of(np.asarray(tree.parent))
    theirs = {frozenset(int(nearest[i]) for i in edge) for edge in edges_of(nodes[:, 4])}
    # One joint goes another way in a tie of the clean-up: its two edges are not shared.
    assert len(theirs & ours) >= len(theirs) - 2
    assert (np.asarray(tree.parent) == -1).sum() == 1
