"""Columns, views of nodes, orders, and the reference's numbering and typing."""

import copy
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zimg.swc import SwcNode, ZSwc

RECORDED = Path(__file__).parents[1] / "data" / "swc"


def fork() -> ZSwc:
    """A root, its child, two tips; the rows are given tips first."""
    xyz = [[0, 0, 0], [3, 4, 0], [3, 4, 12], [0, 4, 0]]
    return ZSwc.from_arrays(xyz[::-1], [1, 2, 3, 4], [2, 2, 3, -1])


@st.composite
def parents(draw: st.DrawFn) -> list[int]:
    """Parents of a forest whose rows are in any order."""
    count = draw(st.integers(0, 30))
    earlier = [draw(st.integers(-1, row - 1)) for row in range(count)]
    place = draw(st.permutations(range(count)))
    shuffled = [-1] * count
    for row, parent in enumerate(earlier):
        shuffled[place[row]] = place[parent] if parent >= 0 else -1
    return shuffled


def test_rows_are_sorted_depth_first_and_columns_go_with_them() -> None:
    tree = fork()
    assert tree.parent.tolist() == [-1, 0, 1, 1]
    assert tree.radius.tolist() == [4, 3, 1, 2]
    assert tree.id.tolist() == [1, 2, 3, 4]
    assert tree.total_length() == 5 + 12 + 3


@given(parents())
def test_every_order_of_rows_becomes_depth_first_with_the_same_edges(parent: list[int]) -> None:
    names = np.arange(len(parent)) + 10
    tree = ZSwc.from_arrays(np.zeros((len(parent), 3)), 1.0, parent, id=names)
    stack: list[int] = []
    for row, above in enumerate(tree.parent.tolist()):
        while stack and stack[-1] != above:
            stack.pop()  # a parent must be on the path to the row before
        assert above == (stack[-1] if stack else -1)
        stack.append(row)
    expected = {own: -1 if p < 0 else int(names[p]) for own, p in zip(names, parent, strict=True)}
    assert {node.id: node.parentID for node in tree} == expected


@given(parents())
def test_children_of_a_node_are_the_rows_that_name_it_as_parent(parent: list[int]) -> None:
    tree = ZSwc.from_arrays(np.zeros((len(parent), 3)), 1.0, parent)
    rows, start = tree.children
    assert len(start) == len(tree) + 1
    for row in range(len(tree)):
        assert (
            rows[start[row] : start[row + 1]].tolist()
            == np.flatnonzero(tree.parent == row).tolist()
        )


@pytest.mark.parametrize(
    ("parent", "options", "message"),
    [
        ([1, 0], {}, "cycle: rows \\[0, 1\\]"),
        ([0, -1], {}, "cycle: rows \\[0\\]"),
        ([-1, 2], {}, "parent of row 1 is 2"),
        ([-1, 0.5], {}, "parent must hold integers"),
        ([-1], {}, "parent has shape"),
        ([-1, 0], {"id": [4, 4]}, "id 4 is used twice"),
        ([-1, 0], {"type": [1, 2, 3]}, "type has shape"),
    ],
)
def test_columns_that_are_no_forest_are_refused(parent, options, message) -> None:
    with pytest.raises(ValueError, match=message):
        ZSwc.from_arrays(np.zeros((2, 3)), [1, 1], parent, **options)


@pytest.mark.parametrize(("xyz", "radius"), [([[0, 0, np.nan]], [1]), ([[0, 0, 0]], [np.inf])])
def test_values_that_are_not_finite_are_refused(xyz, radius) -> None:
    with pytest.raises(ValueError, match="not finite"):
        ZSwc.from_arrays(xyz, radius, [-1])


@pytest.mark.parametrize("xyz", [[[0, 0], [1, 1], [2, 2]], [0, 0, 0]])
def test_positions_are_rows_of_three(xyz) -> None:
    with pytest.raises(ValueError, match="xyz has shape"):
        ZSwc.from_arrays(xyz, 1, [-1])


def test_a_node_is_a_view_of_its_tree() -> None:
    tree = fork()
    node = tree[1]
    assert (node.id, node.type, node.x, node.y, node.z) == (2, 2, 3.0, 4.0, 0.0)
    assert (node.radius, node.parentID, node.label) == (3.0, 1, -1)
    node.x, node.type, node.label = 7.5, 4, 9
    assert tree.xyz[1].tolist() == [7.5, 4, 0]
    assert (tree.type[1], tree.label[1]) == (4, 9)
    with pytest.raises(AttributeError, match="parentID"):
        node.parentID = 3
    assert tree[-1] == tree[3]
    assert [each.id for each in tree] == [1, 2, 3, 4]
    with pytest.raises(IndexError, match="row 4"):
        tree[4]


def test_a_free_node_has_the_defaults_of_the_reference_and_equals_a_view_of_its_values() -> None:
    node = SwcNode()
    assert (node.id, node.type, node.x, node.y, node.z) == (-1, -1, 0.0, 0.0, 0.0)
    assert (node.radius, node.parentID, node.label) == (-1.0, -2, -1)
    assert SwcNode(2, 2, 3.0, 4.0, 0.0, 3.0, 1) == fork()[1]
    assert fork()[1] != SwcNode(2, 2, 3.0, 4.0, 0.0, 3.0, 2)
    assert repr(fork()[0]).endswith("radius=4.0, parentID=-1, label=-1)")


def test_the_column_of_parents_cannot_be_written_to() -> None:
    for tree in (fork(), copy.deepcopy(fork()), pickle.loads(pickle.dumps(fork()))):
        with pytest.raises(ValueError, match="read-only"):
            tree.parent[0] = 1


def test_equality_is_that_of_columns_and_copies_are_independent() -> None:
    tree = fork()
    tree.comments.append("unimportant")
    twin = copy.deepcopy(tree)
    assert tree == fork() == twin == pickle.loads(pickle.dumps(tree))
    twin.radius[2] += 1e-12
    assert twin != tree
    assert tree != "tree"


def test_the_text_form_counts_nodes_and_trees() -> None:
    assert repr(fork()) == "<ZSwc 4 nodes, 1 tree>"
    assert repr(ZSwc()) == "<ZSwc 0 nodes, 0 trees>"
    assert repr(ZSwc.from_arrays([[0, 0, 0]], 1, [-1])) == "<ZSwc 1 node, 1 tree>"


def test_an_empty_forest_has_no_roots_length_or_nodes() -> None:
    empty = ZSwc()
    assert (len(empty), len(empty.roots), empty.total_length(), list(empty)) == (0, 0, 0.0, [])
    empty.resortID()
    empty.labelSomaAndOthers()
    empty.resortPyramidal()
    assert empty == ZSwc()


def test_scaling_multiplies_positions_and_radii_by_their_own_factors() -> None:
    tree = fork()
    scaled = tree.scaled((4, 9, 2))
    assert scaled.xyz[2].tolist() == [0, 36, 0]
    assert np.allclose(scaled.radius, tree.radius * 6)
    assert tree.scaled((1, 1, 0), radius=0.5).radius.tolist() == [2, 1.5, 0.5, 1]
    assert tree == fork()
    for wrong in ((1, 1), (1, 1, -1), (1, 1, np.nan)):
        with pytest.raises(ValueError, match="factors"):
            tree.scaled(wrong)


def test_length_takes_the_size_of_voxels() -> None:
    assert fork().total_length((1, 1, 2)) == 5 + 24 + 3


def recorded(name: str) -> ZSwc:
    return ZSwc(RECORDED / f"{name}.swc")


def assert_saves_as(tree: ZSwc, name: str, folder: Path) -> None:
    tree.save(folder / "out.swc")
    assert (folder / "out.swc").read_text() == (RECORDED / f"{name}.swc").read_text()


def test_ids_are_renumbered_breadth_first_as_in_the_reference(tmp_path: Path) -> None:
    forest = recorded("forest")
    forest.resortID()
    assert_saves_as(forest, "forest.resorted", tmp_path)


def test_soma_is_labelled_and_made_root_as_in_the_reference(tmp_path: Path) -> None:
    forest = recorded("forest")
    forest.labelSomaAndOthers(2.0, 7, 8)
    assert_saves_as(forest, "forest.soma", tmp_path)


def test_dendrites_of_a_pyramidal_cell_are_typed_as_in_the_reference(tmp_path: Path) -> None:
    tree = recorded("pyramidal")
    tree.resortPyramidal()
    assert_saves_as(tree, "pyramidal.typed", tmp_path)


def test_a_pyramidal_cell_is_one_tree_rooted_where_it_is_thickest() -> None:
    pair = ZSwc.from_arrays(np.zeros((2, 3)), [2, 1], [-1, -1])
    with pytest.raises(ValueError, match="one tree, got 2"):
        pair.resortPyramidal()
    thin = ZSwc.from_arrays(np.zeros((2, 3)), [1, 2], [-1, 0])
    with pytest.raises(ValueError, match="thickest"):
        thin.resortPyramidal()


def test_labels_and_comments_stay_with_their_nodes_when_the_root_moves() -> None:
    tree = ZSwc.from_arrays(np.eye(3), [1, 2, 9], [-1, 0, 1], comments=["kept"])
    tree.label[:] = [10, 20, 30]
    tree.labelSomaAndOthers()
    assert (tree.id.tolist(), tree.label.tolist(), tree.comments) == (
        [3, 2, 1],
        [30, 20, 10],
        ["kept"],
    )


def test_a_node_is_written_as_the_code_that_makes_it() -> None:
    tree = ZSwc.from_arrays([[1, 2.5, -3]], 0.125, [-1], type=3, id=[7], label=4)
    for node in (tree[0], SwcNode(7, 3, 1.0, 2.5, -3.0, 0.125, -1, label=4)):
        assert repr(node).startswith("SwcNode(id=7, type=3, x=1.0, ")
        assert eval(repr(node)) == tree[0]
