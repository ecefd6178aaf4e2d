"""Repairs of traced trees: what each removes, and what none of them may change."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.swc.forests import linked
from zimg.swc import cleaning
from zimg.swc.cleaning import resample_optimal
from zimg.swc.forest import Forest
from zimg.swc.links import NONE
from zimg.swc.tree import ZSwc

KEEP_TREES: list[Callable[[Forest], None]] = [
    cleaning.clean,
    cleaning.remove_zigzag,
    cleaning.tune_branches,
    cleaning.remove_spurs,
    cleaning.merge_close_nodes,
    cleaning.remove_overshoot,
    resample_optimal,
]


def tree_of(points: list[tuple[float, float]], parent: list[int]) -> Forest:
    """Forest in the plane z = 0 with radii 1."""
    xyz = [(x, y, 0.0) for x, y in points]
    forest = Forest.from_nodes(xyz, np.ones(len(xyz)))
    for node, above in enumerate(parent):
        if above >= 0:
            forest.append_child(above, node)
    return forest


@st.composite
def traced(draw: st.DrawFn) -> Forest:
    """Forest on a coarse grid, so that turns, doubled nodes and ties are common."""
    count = draw(st.integers(0, 25))
    place = st.tuples(*[st.integers(0, 4)] * 3)
    xyz = [draw(place) for _ in range(count)]
    radius = [draw(st.sampled_from([0.3, 1.0, 2.5])) for _ in range(count)]
    forest = Forest.from_nodes(np.reshape(np.array(xyz, dtype=float), (count, 3)), radius)
    for node in range(count):
        parent = draw(st.integers(-1, node - 1))
        if parent >= 0:
            forest.append_child(parent, node, weight=draw(st.sampled_from([0.0, 0.5])))
    return forest


@pytest.mark.parametrize("operation", KEEP_TREES)
@given(forest=traced())
def test_no_repair_joins_cuts_or_drops_a_tree(operation, forest: Forest) -> None:
    roots, before = list(forest.children()), set(forest.depth_first())
    operation(forest)
    order = forest.depth_first()
    assert list(forest.children()) == roots
    assert set(order) <= before
    assert len(order) == len(set(order)) == len(forest)


@pytest.mark.parametrize(
    "operation", [cleaning.remove_zigzag, cleaning.remove_overshoot, resample_optimal]
)
@given(forest=traced())
def test_a_second_run_finds_nothing_more(operation, forest: Forest) -> None:
    operation(forest)
    if operation is cleaning.remove_overshoot:
        while len(forest) != (operation(forest), len(forest))[1]:
            pass  # a node may turn only after its neighbour has gone
    once = forest.to_swc()
    operation(forest)
    assert forest.to_swc() == once


@pytest.mark.parametrize("operation", [*KEEP_TREES, cleaning.remove_orphans])
def test_the_empty_forest_and_a_single_node_stay_as_they_are(operation) -> None:
    for forest in (Forest(), tree_of([(3, 4)], [-1])):
        before = forest.to_swc()
        operation(forest)
        assert forest.to_swc() == before


def test_of_two_turns_in_a_row_the_second_goes() -> None:
    forest = tree_of([(0, 0), (5, 0), (3, 1), (8, 1)], [-1, 0, 1, 2])
    cleaning.remove_zigzag(forest)
    assert forest.depth_first() == [0, 1, 3]


def test_a_right_angle_is_a_turn_and_less_is_none() -> None:
    right = tree_of([(0, 0), (5, 0), (5, 5)], [-1, 0, 1])
    assert cleaning.turns(right, 1)
    assert not cleaning.turns(right, 0)
    assert not cleaning.turns(right, 2)
    assert not cleaning.turns(tree_of([(0, 0), (5, 0), (5.1, 5)], [-1, 0, 1]), 1)
    assert not cleaning.turns(tree_of([(0, 0), (5, 0), (5, 5), (9, 9)], [-1, 0, 1, 1]), 1)


def test_a_joint_moves_to_a_nearer_sibling_or_grandparent() -> None:
    #      0 (0,0) - 1 (10,0) - 2 (20,0), and 3 joined to 1
    for joint, parent in (((19, 3), 2), ((1, 3), 0), ((10, 3), 1)):
        forest = tree_of([(0, 0), (10, 0), (20, 0), joint], [-1, 0, 1, 1])
        forest.weight[3] = 0.5
        cleaning.tune_branches(forest)
        assert forest.parent[3] == parent


def test_without_the_weight_of_a_joint_nothing_moves() -> None:
    forest = tree_of([(0, 0), (10, 0), (20, 0), (19, 3)], [-1, 0, 1, 1])
    cleaning.tune_branches(forest)
    assert forest.parent == [-1, 0, 1, 1]


def test_a_joint_at_a_root_stays_in_the_tree_though_the_root_has_no_parent() -> None:
    forest = tree_of([(0, 0), (10, 0), (0, 3)], [-1, 0, 0])
    forest.weight[2] = 0.5
    cleaning.tune_branches(forest)
    assert forest.parent == [-1, 0, 0]


def test_a_joint_may_not_stay_where_it_makes_a_sharp_turn() -> None:
    # 3 is nearest to 1, but its child 4 lies on the way back
    forest = tree_of([(0, 0), (10, 0), (20, 0), (10, 3), (10, 1)], [-1, 0, 1, 1, 3])
    forest.weight[3] = 0.5
    cleaning.tune_branches(forest)
    assert forest.parent[3] == 0


def test_a_joint_to_a_branch_point_below_moves_to_its_nearest_child() -> None:
    # 0 - 1 is joined to the branch point 2 with children 3 (near to 1) and 4
    forest = tree_of([(0, 0), (5, 0), (10, 8), (6, 1), (14, 15)], [-1, 0, 1, 2, 2])
    forest.weight[2] = 0.5
    cleaning.tune_branches(forest)
    assert list(forest.children(1)) == [3]
    assert list(forest.children(3)) == [2]
    assert list(forest.children(2)) == [4]


def test_one_node_at_a_branch_point_is_a_spur_and_of_two_the_first_survives() -> None:
    forest = tree_of([(0, 0), (1, 0), (2, 0), (1, 1), (3, 0)], [-1, 0, 1, 1, 2])
    cleaning.remove_spurs(forest)
    assert forest.depth_first() == [0, 1, 2, 4]
    both = tree_of([(0, 0), (1, 0), (2, 0), (1, 1)], [-1, 0, 1, 1])
    cleaning.remove_spurs(both)
    assert both.depth_first() == [0, 1, 2]


def test_nodes_on_one_spot_become_one_and_so_do_siblings() -> None:
    line = tree_of([(0, 0), (0, 0.005), (5, 0)], [-1, 0, 1])
    cleaning.merge_close_nodes(line)
    assert line.depth_first() == [0, 2]
    fan = tree_of([(0, 0), (5, 0), (5, 0.005), (9, 9), (9, 0)], [-1, 0, 0, 0, 2])
    cleaning.merge_close_nodes(fan)
    assert list(fan.children(0)) == [1, 3]
    assert list(fan.children(1)) == [4]


def test_a_turn_beside_one_branch_point_goes() -> None:
    forest = tree_of([(0, 0), (10, 0), (10, 9), (12, 0), (8, 0), (0, 5)], [-1, 0, 1, 1, 3, 4])
    cleaning.remove_overshoot(forest)
    assert forest.depth_first() == [0, 1, 2, 4, 5]


def lines(lengths: list[float]) -> Forest:
    """Trees of one edge each, of these lengths."""
    forest = Forest()
    for index, length in enumerate(lengths):
        root = forest.add((0.0, 0.0, float(index)), 1.0)
        forest.append_child(root, forest.add((length, 0.0, float(index)), 1.0))
    return forest


def kept(forest: Forest) -> list[float]:
    return [forest.position[forest.last_child(root)][0] for root in forest.children()]


def test_of_ten_trees_those_shorter_than_the_mean_go_and_the_order_is_reversed() -> None:
    forest = lines([1, 1, 1, 1, 1, 9, 9, 9, 9, 5])  # their mean is 4.6
    cleaning.remove_orphans(forest)
    assert kept(forest) == [5, 9, 9, 9, 9]


def test_of_nine_trees_none_goes() -> None:
    forest = lines([1, 2, 3, 4, 5, 6, 7, 8, 99])
    cleaning.remove_orphans(forest)
    assert kept(forest) == [99, 8, 7, 6, 5, 4, 3, 2, 1]


def test_orphans_by_length_or_not_at_all() -> None:
    forest = lines([1, 2, 3])
    cleaning.remove_orphans(forest, None)
    assert kept(forest) == [1, 2, 3]
    cleaning.remove_orphans(forest, 2.0)
    assert kept(forest) == [3, 2]
    for wrong in ("short", -1.0, float("nan")):
        with pytest.raises(ValueError, match="orphan"):
            cleaning.remove_orphans(forest, wrong)  # type: ignore[arg-type]


def test_the_trunk_is_the_longest_path_between_any_two_nodes() -> None:
    forest = tree_of([(0, 0), (0, 2), (3, 2), (-4, 2), (-4, 3)], [-1, 0, 1, 1, 3])
    assert cleaning.trunk_lengths(forest) == {0: 8.0}


@given(forest=traced())
def test_trunks_are_those_of_all_pairs(forest: Forest) -> None:
    order = forest.depth_first()
    apart = np.full((len(order) + 1,) * 2, np.inf)
    np.fill_diagonal(apart, 0)
    for node in order:
        if (parent := forest.parent[node]) != NONE:
            apart[node, parent] = apart[parent, node] = cleaning.distance(forest, node, parent)
    for middle in range(len(order)):
        apart = np.minimum(apart, apart[:, [middle]] + apart[[middle]])
    for root, length in cleaning.trunk_lengths(forest).items():
        nodes = forest.below(root)
        assert length == pytest.approx(apart[np.ix_(nodes, nodes)].max())


def test_columns_survive_cleaning_of_a_tree_that_needs_none() -> None:
    tree = ZSwc.from_arrays(np.arange(12).reshape(4, 3), 1.0, [-1, 0, 1, 2])
    forest = linked(tree)
    cleaning.clean(forest)
    assert forest.to_swc() == tree
