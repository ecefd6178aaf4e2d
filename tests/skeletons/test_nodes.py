"""Chains of nodes, where they join trees, and how trees are joined across gaps."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from zimg._dispatch import PRIMITIVES
from zimg.skeletons import bridging, chains, joining
from zimg.skeletons.chains import chain_nodes, radii
from zimg.skeletons.joining import joined_chains
from zimg.skeletons.nodes import Nodes


@pytest.fixture(params=["as called", "generic"], autouse=True)
def bodies(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is tried by what NumPy arrays get, and by the generic bodies."""
    if request.param == "generic":
        for module, name in (
            (chains, "chain_nodes"),
            (joining, "joined_chains"),
            (bridging, "bridges"),
            (bridging, "thinning"),
        ):
            monkeypatch.setattr(module, name, inspect.unwrap(PRIMITIVES[name]))


def line(count: int) -> np.ndarray:
    return np.stack([np.arange(count), np.zeros(count), np.zeros(count)], axis=1).astype(float)


def chain(points: np.ndarray, radius: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    chosen, starts = chains.chain_nodes(points, radius, np.asarray([0, len(points)]))
    assert starts.tolist() == [0, len(chosen)]
    return points[chosen], radius[chosen]


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


def joined(*parts: tuple[list[tuple[float, float, float]], float]) -> Nodes:
    points = np.asarray([point for own, _ in parts for point in own], float)
    radius = np.repeat([size for _, size in parts], [len(own) for own, _ in parts])
    starts = np.cumsum([0, *(len(own) for own, _ in parts)])
    owners = np.zeros(len(parts), np.int32)
    return Nodes(*joining.joined_chains(points, radius, starts, owners))


def edges(nodes: Nodes) -> set[tuple[tuple[float, ...], tuple[float, ...]]]:
    return {
        (tuple(nodes.xyz[parent].tolist()), tuple(nodes.xyz[node].tolist()))
        for node, parent in enumerate(nodes.parent.tolist())
        if parent >= 0
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


def separate(*points: tuple[float, float, float]) -> Nodes:
    none = np.zeros(len(points), np.int64)
    return Nodes(np.asarray(points, float), np.ones(len(points)), none, none - 1, none)


@pytest.mark.parametrize(
    ("options", "trees"),
    [({}, 1), ({"widest": 5.0}, 2), ({"widest": 3.9}, 3), ({"widest": 5.0, "z_scale": 3.0}, 3)],
)
def test_gaps_up_to_the_widest_are_bridged(options: dict[str, float], trees: int) -> None:
    nodes = separate((0, 0, 0), (0, 0, 5), (30, 0, 0))  # the first gap is 4 wide
    assert np.count_nonzero(bridging.bridged(nodes, **options).parent < 0) == trees


def test_the_shortest_gaps_are_bridged() -> None:
    nodes = bridging.bridged(separate((0, 0, 0), (20, 0, 0), (8, 0, 0)))
    assert {frozenset(pair) for pair in edges(nodes)} == {
        frozenset({(0.0, 0.0, 0.0), (8.0, 0.0, 0.0)}),
        frozenset({(8.0, 0.0, 0.0), (20.0, 0.0, 0.0)}),
    }


def wandering(seed: int, trees: int = 12) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Branches of voxels that wander and cross, with radii that vary, of three objects."""
    random = np.random.default_rng(seed)
    points, radius, lengths = [], [], random.integers(1, 90, trees)
    for length in lengths.tolist():
        steps = random.integers(-1, 2, (length, 3))
        points.append(np.cumsum(steps, axis=0) + random.integers(0, 40, 3))
        radius.append(np.maximum(0.1, np.sqrt(random.integers(1, 30, length)) - 0.5))
    owners = np.sort(random.integers(0, 3, trees)).astype(np.int32)
    starts = np.cumsum([0, *lengths])
    return np.concatenate(points).astype(float), np.concatenate(radius), starts, owners


@pytest.mark.parametrize("seed", range(20))
def test_compiled_loops_give_the_bits_of_the_generic_bodies(seed: int) -> None:
    points, radius, starts, owners = wandering(seed)
    chosen, begins = chains.chain_nodes(points, radius, starts)
    one, other = (by(points, radius, starts) for by in (chain_nodes, inspect.unwrap(chain_nodes)))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    columns = (points[chosen], radius[chosen], begins, owners)
    one, other = (by(*columns) for by in (joined_chains, inspect.unwrap(joined_chains)))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    nodes = Nodes(*joining.joined_chains(*columns))
    for name, arguments in (
        ("bridges", (nodes.xyz, nodes.radius, nodes.parent)),
        ("thinning", (nodes.xyz, nodes.radius, nodes.type, nodes.parent)),
    ):
        named = {"widest": 9.0} if name == "bridges" else {}
        primitive: Callable[..., Any] = PRIMITIVES[name]
        one = primitive(*arguments, **named)
        other = inspect.unwrap(primitive)(*arguments, **named)
        left = one[3] if name == "thinning" else slice(None)
        for a, b in zip(one[:3], other[:3], strict=False):
            assert np.array_equal(a[left], b[left])
        assert np.array_equal(one[-2], other[-2])
        assert np.array_equal(one[-1], other[-1])


@pytest.mark.parametrize("widest", [-1.0, 12.0, 4.0])
def test_very_many_trees_are_joined_as_few_are(
    widest: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(1)
    nodes = separate(*(tuple(point) for point in random.uniform(0, 90, (400, 3)).tolist()))
    all_pairs = bridging.bridged(nodes, widest=widest)
    monkeypatch.setattr(bridging, "MOST_PAIRED", 1)
    nearest = bridging.bridged(nodes, widest=widest)
    roots = [np.count_nonzero(found.parent < 0) for found in (all_pairs, nearest)]
    assert roots[0] == roots[1] < 400
    widths = [found.to_swc().total_length() for found in (all_pairs, nearest)]
    assert widths[0] - 1e-9 <= widths[1] <= 1.001 * widths[0]


def test_two_far_clusters_of_many_trees_are_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    grid = np.stack(np.meshgrid(*[np.arange(0, 24, 4)] * 3, indexing="ij"), -1).reshape(-1, 3)
    nodes = separate(*(tuple(p) for p in [*grid.tolist(), *(grid + 500).tolist()]))
    monkeypatch.setattr(bridging, "MOST_PAIRED", 1)
    assert np.count_nonzero(bridging.bridged(nodes).parent < 0) == 1
    assert np.count_nonzero(bridging.bridged(nodes, widest=10.0).parent < 0) == 2
