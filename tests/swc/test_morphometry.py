"""Measures of shape: closed forms, and those of NeuroM."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from tests.swc.forests import chain, forests
from zimg import ZSwc


def binary(levels: int) -> ZSwc:
    """A stem, and below it a binary tree of edges of length 1 in a plane."""
    xyz, parent = [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]], [-1, 0]
    ends = [1]
    for _ in range(levels):
        below = []
        for end in ends:
            for side in (-0.6, 0.6):
                below.append(len(xyz))
                parent.append(end)
                xyz.append([xyz[end][0] + side, xyz[end][1] + 0.8, 0.0])
        ends = below
    return ZSwc.from_arrays(xyz, 0.5, parent)


def comb(teeth: int) -> ZSwc:
    """A straight spine with a tooth at each of its inner nodes."""
    xyz = [[n, 0, 0] for n in range(teeth + 2)] + [[n, 1, 0] for n in range(1, teeth + 1)]
    parent = [*range(-1, teeth + 1), *range(1, teeth + 1)]
    return ZSwc.from_arrays(xyz, 1, parent)


@pytest.mark.parametrize("levels", [0, 1, 4])
def test_a_binary_tree_is_even_and_has_one_order_for_each_level(levels: int) -> None:
    found = binary(levels).morphometry()
    edges = 2 ** (levels + 1) - 1
    assert (found.tips, found.forks, len(found.branches.start)) == (2**levels, 2**levels - 1, edges)
    assert found.length == pytest.approx(edges)
    assert found.strahler[0] == found.strahler.max() == levels + 1
    assert math.isnan(found.asymmetry) if levels == 0 else found.asymmetry == 0
    assert found.path_length == pytest.approx(levels + 1)
    assert found.branches.tortuosity == pytest.approx(np.ones(edges))
    counts = np.bincount(found.branches.order, minlength=levels + 1)
    assert counts.tolist() == [2**order for order in range(levels + 1)]


def test_a_comb_is_as_uneven_as_a_tree_can_be() -> None:
    found = comb(5).morphometry()
    # Below fork k are one tooth and 6 - k tips.
    assert found.asymmetry == pytest.approx(np.mean([1, 1, 1, 1, 0]))
    assert found.strahler.max() == 2
    assert (found.trees, found.tips, found.forks) == (1, 6, 5)
    assert found.extent == (6, 1, 0)
    assert found.reach == pytest.approx(6)


def test_a_star_is_crossed_by_each_ray_and_a_tube_has_its_area() -> None:
    angles = np.linspace(0, 2 * np.pi, 7, endpoint=False)
    xyz = np.concatenate(
        [np.zeros((1, 3)), 10 * np.stack([np.cos(angles), np.sin(angles), 0 * angles], 1)]
    )
    star = ZSwc.from_arrays(xyz, 2, [-1] + [0] * 7)
    found = star.morphometry(sholl_step=2.5)
    assert found.sholl.radii.tolist() == [2.5, 5, 7.5]
    assert found.sholl.crossings.tolist() == [7, 7, 7]
    assert found.surface == pytest.approx(7 * 2 * np.pi * 2 * 10)
    assert found.volume == pytest.approx(7 * np.pi * 4 * 10)
    assert len(star.morphometry().sholl.radii) == 19
    beside = star.morphometry(sholl_step=4, center=(10, 0, 0))
    assert beside.sholl.radii.max() == 16
    scaled = star.morphometry(spacing=(0.5, 0.5, 3), sholl_step=2.5)
    assert scaled.length == pytest.approx(35)
    assert scaled.volume == pytest.approx(found.volume / 8)


def test_a_zigzag_is_as_long_as_its_edges_and_unknown_radii_stay_unknown() -> None:
    zigzag = ZSwc.from_arrays([[0, 0, 0], [3, 4, 0], [6, 0, 0]], [1, 1, -1], [-1, 0, 1])
    found = zigzag.morphometry()
    assert found.tortuosity == pytest.approx(10 / 6)
    assert (found.branches.start.tolist(), found.branches.end.tolist()) == ([0], [2])
    assert math.isnan(found.volume)
    assert math.isnan(found.branches.radius[0])
    assert zigzag.repaired().morphometry().branches.radius.tolist() == [1]


def test_forests_of_nothing_and_of_single_nodes_have_measures() -> None:
    for tree, trees in ((ZSwc(), 0), (chain([3]), 1)):
        found = tree.morphometry()
        assert (found.trees, found.tips, found.length) == (trees, 0, 0)
        assert not len(found.branches.start)
        assert not len(found.sholl.radii)
        assert math.isnan(found.tortuosity)
    for wrong in ({"spacing": (1, 1)}, {"spacing": (1, 0, 1)}, {"sholl_step": 0}):
        with pytest.raises(ValueError, match="must be"):
            comb(2).morphometry(**wrong)


@given(forests(least=1))
def test_branches_share_out_the_forest(tree: ZSwc) -> None:
    found = tree.morphometry()
    assert found.branches.length.sum() == pytest.approx(tree.total_length())
    assert len(found.branches.start) + found.trees == found.tips + found.forks + _roots_alone(tree)
    shares = found.branches.tortuosity
    assert (shares[np.isfinite(shares)] >= 1 - 1e-9).all()
    assert found.summary()["branches"] == len(found.branches.start)
    assert found.path_length >= found.reach - 1e-9


def _roots_alone(tree: ZSwc) -> int:
    """Roots that are no forks: they end no branch, but are no tips either."""
    children = np.bincount(tree.parent[tree.parent >= 0], minlength=len(tree))
    return int((children[tree.roots] < 2).sum())


def drawn(seed: int) -> ZSwc:
    """A random binary tree with bent branches, whose stem is one branch."""
    choose = np.random.default_rng(seed)
    xyz, parent = [np.zeros(3)], [-1]
    tips = [0]
    for _ in range(24):
        tip = tips.pop(choose.integers(len(tips)))
        for _ in range(2 if tip else 1):
            last = tip
            for _ in range(choose.integers(2, 7)):
                parent.append(last)
                xyz.append(xyz[last] + choose.normal(size=3) * 4 + [1, 0, 0])
                last = len(xyz) - 1
            tips.append(last)
    return ZSwc.from_arrays(xyz, choose.uniform(0.5, 2, len(xyz)), parent, type=3)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(5))
def test_the_measures_are_those_of_neurom(tmp_path: Path, seed: int) -> None:
    neurom = pytest.importorskip("neurom", reason="an independent package")
    tree = drawn(seed)
    tree.save(tmp_path / "tree.swc")
    theirs = neurom.load_morphology(tmp_path / "tree.swc")
    # They compute in float32.
    ours = tree.morphometry(sholl_step=5.0, center=(0, 0, 0))

    def of(name: str, **options: object) -> np.ndarray:
        return np.asarray(neurom.get(name, theirs, **options), dtype=float)

    asymmetry = of("partition_asymmetry", method="uylings")
    branches = ours.branches
    assert len(branches.start) == of("number_of_sections")
    assert ours.forks == of("number_of_bifurcations")
    assert ours.tips == of("number_of_leaves")
    assert ours.length == pytest.approx(of("total_length"), rel=1e-4)
    assert ours.surface == pytest.approx(of("total_area"), rel=1e-4)
    assert ours.volume == pytest.approx(of("total_volume"), rel=1e-4)
    for name, column in (
        ("section_lengths", branches.length),
        ("section_tortuosity", branches.tortuosity),
        ("section_branch_orders", branches.order),
        ("section_strahler_orders", branches.strahler),
        ("section_end_distances", branches.distance),
        ("section_path_distances", branches.path_length),
    ):
        assert np.sort(column) == pytest.approx(np.sort(of(name)), rel=1e-4), name
    assert ours.asymmetry == pytest.approx(asymmetry.mean(), rel=1e-6)
    radii = ours.sholl.radii
    crossings = [
        neurom.get("sholl_crossings", theirs, radii=[r], center=[0, 0, 0])[0] for r in radii
    ]
    assert ours.sholl.crossings.tolist() == crossings
