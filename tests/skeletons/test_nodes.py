"""Chains of nodes, where they join trees, and how trees are joined across gaps."""

import numpy as np
import pytest

from zimg.skeletons.bridging import bridge
from zimg.skeletons.chains import chain, radii
from zimg.skeletons.joining import Joiner
from zimg.swc.forest import Forest


def line(count: int) -> np.ndarray:
    return np.stack([np.arange(count), np.zeros(count), np.zeros(count)], axis=1).astype(float)


def test_a_radius_is_the_distance_less_half_a_voxel() -> None:
    assert radii(np.asarray([0, 1, 4, 9, 10])).tolist() == pytest.approx(
        [0.1, 0.5, 1.5, 2.5, 10**0.5 - 0.5]
    )


@pytest.mark.parametrize("radius", [1.5, 2.0, 3.7])
def test_no_node_of_a_chain_is_inside_another(radius: float) -> None:
    points, kept = chain(line(40), np.full(40, radius))
    gaps = np.diff(points[:, 0])
    assert (gaps >= radius).all()
    assert (gaps < 2 * radius + 1).all()  # and no voxel is far from all of them
    assert (kept == radius).all()


def test_thick_voxels_are_kept_first() -> None:
    points, kept = chain(line(9), np.asarray([2.5, 2, 2, 2, 4, 2, 2, 2, 2.5]))
    assert points[:, 0].tolist() == [0, 4, 8]
    assert kept.tolist() == [2.5, 4, 2.5]


def test_thin_ends_beside_thick_nodes_are_cut_once() -> None:
    points, _ = chain(line(13), np.asarray([1] * 4 + [4] + [1] * 3 + [4] + [1] * 4, float))
    assert points[0, 0] == 4
    assert points[-1, 0] == 8


def joined(*chains: tuple[list[tuple[float, float, float]], float]) -> Forest:
    joiner = Joiner()
    for points, radius in chains:
        joiner.add(np.asarray(points, float), np.full(len(points), radius))
    return joiner.forest


def edges(forest: Forest) -> set[tuple[tuple[float, ...], tuple[float, ...]]]:
    return {
        (tuple(forest.position[forest.parent[node]]), tuple(forest.position[node]))
        for root in forest.children()
        for node in forest.depth_first(root)
        if forest.parent[node] >= 0
    }


def test_a_branch_beside_an_edge_gets_a_node_on_it() -> None:
    forest = joined(([(0, 0, 0), (10, 0, 0)], 1.0), ([(5, 9, 0), (5, 4, 0)], 1.0))
    middle = (5.0, 0.0, 0.0)
    assert edges(forest) == {
        ((0.0, 0.0, 0.0), middle),
        (middle, (10.0, 0.0, 0.0)),
        (middle, (5.0, 4.0, 0.0)),
        ((5.0, 4.0, 0.0), (5.0, 9.0, 0.0)),
    }


def test_a_branch_near_an_end_of_an_edge_joins_that_node() -> None:
    forest = joined(([(0, 0, 0), (10, 0, 0)], 1.0), ([(9.8, 9, 0), (9.8, 4, 0)], 1.0))
    assert ((10.0, 0.0, 0.0), (9.8, 4.0, 0.0)) in edges(forest)


def test_an_end_that_overlaps_its_new_parent_goes() -> None:
    forest = joined(([(0, 0, 0), (10, 0, 0)], 2.0), ([(5, 9, 0), (5, 3, 0)], 2.0))
    assert ((5.0, 0.0, 0.0), (5.0, 9.0, 0.0)) in edges(forest)


def separate(*points: tuple[float, float, float]) -> Forest:
    forest = Forest()
    for point in points:
        forest.add(point, 1.0, type=0)
    return forest


@pytest.mark.parametrize(
    ("options", "trees"),
    [({}, 1), ({"widest": 5.0}, 2), ({"widest": 3.9}, 3), ({"widest": 5.0, "z_scale": 3.0}, 3)],
)
def test_gaps_up_to_the_widest_are_bridged(options: dict[str, float], trees: int) -> None:
    forest = separate((0, 0, 0), (0, 0, 5), (30, 0, 0))  # the first gap is 4 wide
    bridge(forest, **options)
    assert len(list(forest.children())) == trees


def test_the_shortest_gaps_are_bridged() -> None:
    forest = separate((0, 0, 0), (20, 0, 0), (8, 0, 0))
    bridge(forest)
    joined_pairs = {frozenset(pair) for pair in edges(forest)}
    assert joined_pairs == {
        frozenset({(0.0, 0.0, 0.0), (8.0, 0.0, 0.0)}),
        frozenset({(8.0, 0.0, 0.0), (20.0, 0.0, 0.0)}),
    }
