"""Elementary edits: closed forms, and any sequence of them leaves a forest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.swc.forests import linked
from zimg.swc import ZSwc
from zimg.swc.forest import Forest
from zimg.swc.links import ERASED, NONE


def chain(count: int) -> Forest:
    """Nodes on the x axis, each the parent of the next, weights 10, 20, and on."""
    forest = Forest.from_nodes(np.arange(count)[:, None] * [1.0, 0, 0], np.ones(count))
    for node in range(1, count):
        forest.append_child(node - 1, node, weight=10.0 * node)
    return forest


def test_new_nodes_are_roots_in_order() -> None:
    forest = Forest.from_nodes(np.zeros((3, 3)), [1, 2, 3], type=5)
    assert list(forest.children()) == [0, 1, 2]
    assert forest.type == [5, 5, 5]
    assert forest.id == [1, 2, 3]


def test_an_appended_child_is_the_last_and_one_that_is_there_keeps_its_place() -> None:
    forest = Forest.from_nodes(np.zeros((4, 3)), np.ones(4))
    for child in (1, 2, 3):
        forest.append_child(0, child)
    forest.append_child(0, 1, weight=2.0)
    assert list(forest.children(0)) == [1, 2, 3]
    assert forest.weight == [0, 2, 0, 0]
    forest.append_child(3, 1)
    assert forest.depth_first() == [0, 2, 3, 1]
    assert forest.weight[1] == 2.0


def test_nobody_becomes_a_child_of_what_is_below_it() -> None:
    forest = chain(3)
    for parent in (0, 2):
        with pytest.raises(ValueError, match="is below it"):
            forest.append_child(parent, 0)
    with pytest.raises(ValueError, match="which is below it"):
        forest.put_before(2, 1)


def test_children_of_an_erased_node_take_its_place() -> None:
    forest = Forest.from_nodes(np.zeros((6, 3)), np.ones(6))
    for parent, child in ((0, 1), (0, 2), (0, 3), (2, 4), (2, 5)):
        forest.append_child(parent, child)
    forest.erase(2)
    assert list(forest.children(0)) == [1, 4, 5, 3]
    forest.erase(0)
    assert list(forest.children()) == [1, 4, 5, 3]
    assert len(forest) == 4


def test_a_new_root_keeps_the_place_of_the_tree_and_weights_stay_with_edges() -> None:
    forest = chain(4)
    before, after = forest.add((9, 9, 9), 1.0), forest.add((8, 8, 8), 1.0)
    forest.put_before(0, before)
    side = forest.add((7, 7, 7), 1.0)
    forest.append_child(2, side, weight=5.0)
    forest.set_root(2)
    assert list(forest.children()) == [before, 2, after]
    assert list(forest.children(2)) == [3, side, 1]
    assert list(forest.children(1)) == [0]
    assert [forest.weight[node] for node in (2, 3, side, 1, 0)] == [0, 30, 5, 20, 10]


@pytest.mark.parametrize(
    ("how", "x", "radius", "kind", "id", "weight"),
    [
        ("keep parent", 0.0, 2.0, 7, 1, 3.0),
        ("take child", 4.0, 6.0, 8, 2, 1.0),
        ("mean", 2.0, 4.0, 7, 1, 3.0),
        ("weighted mean", 1.0, 3.0, 7, 1, 4.0),
    ],
)
def test_merging_gives_the_parent_what_is_asked(how, x, radius, kind, id, weight) -> None:
    forest = Forest.from_nodes([[0, 0, 0], [4, 0, 0], [9, 0, 0]], [2, 6, 1])
    forest.append_child(0, 1, weight=1.0)
    forest.append_child(1, 2)
    forest.weight[0], forest.type[:2] = 3.0, [7, 8]
    forest.merge_to_parent(1, how)
    assert (forest.position[0], forest.radius[0]) == ((x, 0.0, 0.0), radius)
    assert (forest.type[0], forest.id[0], forest.weight[0]) == (kind, id, weight)
    assert list(forest.children(0)) == [2]


def test_a_weighted_mean_without_weights_is_the_plain_one() -> None:
    forest = Forest.from_nodes([[0, 0, 0], [4, 0, 0]], [2, 6])
    forest.append_child(0, 1)
    forest.merge_to_parent(1, "weighted mean")
    assert (forest.position[0], forest.radius[0], forest.weight[0]) == ((2, 0, 0), 4, 1)


def test_a_broken_edge_has_a_node_between() -> None:
    forest = Forest.from_nodes([[0, 0, 0], [4, 8, 0], [1, 1, 1]], [2, 6, 1], type=9)
    forest.append_child(0, 1)
    forest.append_child(0, 2)
    new = forest.break_edge(1, 0.25)
    assert list(forest.children(0)) == [new, 2]
    assert list(forest.children(new)) == [1]
    assert (forest.position[new], forest.radius[new]) == ((1, 2, 0), 3)
    assert (forest.id[new], forest.type[new]) == (0, 2)


def test_what_has_no_parent_can_be_neither_merged_nor_broken() -> None:
    with pytest.raises(ValueError, match="node 0 is a root"):
        chain(2).merge_to_parent(0)
    for node, fraction in ((0, 0.5), (1, 0.0), (1, 1.0)):
        with pytest.raises(ValueError, match="fraction must be above 0 and below 1"):
            chain(2).break_edge(node, fraction)


@given(st.lists(st.integers(0, 10**6), max_size=30))
def test_a_forest_of_columns_gives_the_same_columns(numbers: list[int]) -> None:
    parent = [number % (row + 1) - 1 for row, number in enumerate(numbers)]
    tree = ZSwc.from_arrays(np.ones((len(parent), 3)), 2.0, parent, id=np.arange(len(parent)) * 3)
    assert linked(tree).to_swc(renumber=False) == tree


class AnyEdits(RuleBasedStateMachine):
    """Applies edits in any order; the links must describe a forest after each."""

    def __init__(self) -> None:
        super().__init__()
        self.forest = Forest()
        self.expected = 0

    def living(self) -> list[int]:
        return [n for n, parent in enumerate(self.forest.parent) if parent != ERASED]

    @rule()
    def add(self) -> None:
        self.forest.add((0.0, 0.0, float(self.expected)), 1.0)
        self.expected += 1

    @precondition(lambda self: self.expected)
    @rule(data=st.data())
    def append(self, data: st.DataObject) -> None:
        parent, child = (data.draw(st.sampled_from(self.living())) for _ in range(2))
        if child not in self.forest.ancestry(parent):
            self.forest.append_child(parent, child)

    @precondition(lambda self: self.expected)
    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        self.forest.erase(data.draw(st.sampled_from(self.living())))
        self.expected -= 1

    @precondition(lambda self: self.expected)
    @rule(data=st.data())
    def set_root(self, data: st.DataObject) -> None:
        node = data.draw(st.sampled_from(self.living()))
        trees = len(list(self.forest.children()))
        self.forest.set_root(node)
        assert self.forest.parent[node] == NONE
        assert len(list(self.forest.children())) == trees

    @precondition(lambda self: self.expected)
    @rule(data=st.data())
    def erase_tree(self, data: st.DataObject) -> None:
        root = data.draw(st.sampled_from(list(self.forest.children())))
        self.expected -= len(self.forest.below(root))
        self.forest.erase_tree(root)

    @precondition(lambda self: self.expected)
    @rule(data=st.data())
    def break_edge(self, data: st.DataObject) -> None:
        node = data.draw(st.sampled_from(self.living()))
        if self.forest.parent[node] != NONE:
            self.forest.break_edge(node, 0.5)
            self.expected += 1

    @rule()
    def reverse_roots(self) -> None:
        roots = list(self.forest.children())
        self.forest.reverse_roots()
        assert list(self.forest.children()) == roots[::-1]

    @invariant()
    def every_node_is_reached_once(self) -> None:
        order = self.forest.depth_first()
        assert sorted(order) == sorted(self.forest.breadth_first()) == self.living()
        assert len(self.forest) == len(order) == self.expected

    @invariant()
    def siblings_and_parents_agree(self) -> None:
        for node in [NONE, *self.living()]:
            children = list(self.forest.children(node))
            assert all(self.forest.parent[child] == node for child in children)
            ends = (children[0], children[-1]) if children else (NONE, NONE)
            assert (self.forest.first_child(node), self.forest.last_child(node)) == ends
            following = [self.forest.next_sibling(child) for child in children]
            assert following == [*children[1:], NONE][: len(children)]


TestAnyEdits = AnyEdits.TestCase
