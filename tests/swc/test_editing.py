"""Edits that give a new forest: closed forms, and what every forest must keep."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.swc.forests import chain, edges, forests, linked, same
from zimg.swc import ZSwc

NEARLY = 1e-9


def comb() -> ZSwc:
    """A spine along x from 0 to 9 with teeth of length 1, 2 and 3 at 3, 5 and 7.

    The ids are: spine 0, 3, 5, 7, 9 as 1 to 5, teeth 6 to 8.
    """
    xyz = [[x, 0, 0] for x in (0, 3, 5, 7, 9)] + [[3, 1, 0], [5, 2, 0], [7, 3, 0]]
    return ZSwc.from_arrays(xyz, 1, [-1, 0, 1, 2, 3, 1, 2, 3], id=range(1, 9), label=range(8))


def by_id(tree: ZSwc) -> dict[int, tuple[float, ...]]:
    """Everything about each node but its row and parent."""
    return {node.id: (node.type, node.x, node.y, node.z, node.radius, node.label) for node in tree}


@given(forests(least=1), st.data())
def test_another_root_changes_neither_nodes_nor_edges(tree: ZSwc, data: st.DataObject) -> None:
    row = data.draw(st.integers(0, len(tree) - 1))
    turned = tree.rerooted(row)
    assert by_id(turned) == by_id(tree)
    assert edges(turned) == edges(tree)
    assert turned.comments == tree.comments
    assert turned.total_length() == pytest.approx(tree.total_length(), rel=NEARLY)
    moved = np.flatnonzero(tree.id[tree.roots] != turned.id[turned.roots])
    assert moved.tolist() in ([], [np.searchsorted(tree.roots, row, side="right") - 1])


@given(forests(least=1), st.data())
def test_the_old_root_taken_again_gives_the_old_parents(tree: ZSwc, data: st.DataObject) -> None:
    row = data.draw(st.integers(0, len(tree) - 1))
    root = tree.id[tree.roots[tree.roots <= row][-1]]
    turned = tree.rerooted(row)
    back = turned.rerooted(int(np.flatnonzero(turned.id == root)[0]))
    parents = [dict(zip(t.id.tolist(), t.parent_id.tolist(), strict=True)) for t in (tree, back)]
    assert parents[0] == parents[1]
    assert by_id(back) == by_id(tree)


@given(forests(least=1), st.data())
def test_a_new_root_orders_nodes_as_the_elementary_edit_does(tree, data) -> None:
    row = data.draw(st.integers(0, len(tree) - 1))
    forest = linked(tree)
    forest.set_root(row)
    assert tree.rerooted(row) == forest.to_swc(renumber=False)
    assert same(tree.rerooted(row), tree.rerooted([row]))


def test_several_trees_get_a_root_each_and_one_tree_only_one() -> None:
    pair = ZSwc.concatenate([chain([0, 1, 2], id=[1, 2, 3]), chain([5, 6], id=[4, 5])])
    assert pair.rerooted([2, 4]).id.tolist() == [3, 2, 1, 5, 4]
    assert same(pair.rerooted([]), pair)
    with pytest.raises(ValueError, match="rows must be in different trees"):
        pair.rerooted([0, 2])
    assert pair.rerooted(-1).id.tolist() == [1, 2, 3, 5, 4]
    with pytest.raises(IndexError, match="row 5 is out of range for a forest of 5 nodes"):
        pair.rerooted(5)


@pytest.mark.parametrize(
    ("min_length", "left"),
    [
        (0, [1, 2, 3, 4, 5, 6, 7, 8]),
        (1, [1, 2, 3, 4, 5, 6, 7, 8]),
        (1.5, [1, 2, 3, 4, 5, 7, 8]),
        (2.5, [1, 2, 3, 4, 8]),  # at 7 the tooth of 3 is longer than the 2 left of the spine
        (100, [1, 2, 3, 4, 8]),
    ],
)
def test_side_branches_that_are_too_short_go(min_length: float, left: list[int]) -> None:
    short = comb().pruned(min_length)
    assert sorted(short.id.tolist()) == left
    assert short.label.tolist() == (short.id - 1).tolist()


def test_a_side_branch_is_as_long_as_its_longest_way_and_goes_as_a_whole() -> None:
    # At the root a long way and a bush: a stem of 2 with twigs of 1 and 2.
    xyz = [[9, 0, 0], [0, 0, 0], [0, 2, 0], [1, 2, 0], [0, 4, 0]]
    bush = ZSwc.from_arrays(xyz, 1, [1, -1, 1, 2, 2], id=[0, 1, 2, 3, 4])
    assert sorted(bush.pruned(4).id.tolist()) == [0, 1, 2, 4]
    assert sorted(bush.pruned(4.01).id.tolist()) == [0, 1]
    assert sorted(bush.pruned(10, spacing=(1, 5, 1)).id.tolist()) == [1, 2, 4]


def test_of_equal_branches_the_first_goes_on() -> None:
    fork = ZSwc.from_arrays([[0, 0, 0], [0, 1, 0], [1, 0, 0]], 1, [-1, 0, 0])
    assert fork.pruned(2).id.tolist() == [1, 2]


@given(forests(), st.floats(0, 30))
def test_pruning_keeps_roots_and_pruning_again_changes_nothing(tree, length: float) -> None:
    short = tree.pruned(length)
    assert short.id[short.roots].tolist() == tree.id[tree.roots].tolist()
    assert edges(short) <= edges(tree)
    assert by_id(short).items() <= by_id(tree).items()
    assert same(short.pruned(length), short)
    assert same(tree.pruned(0), tree)


def test_nodes_are_put_at_equal_distances_and_interpolated() -> None:
    bent = ZSwc.from_arrays(
        [[0, 0, 0], [3, 0, 0], [3, 5, 0]],
        [1, 4, 9],
        [-1, 0, 1],
        type=[1, 2, 3],
        label=[10, 20, 30],
    )
    even = bent.resampled(2)
    assert even.xyz.tolist() == [[0, 0, 0], [2, 0, 0], [3, 1, 0], [3, 3, 0], [3, 5, 0]]
    assert np.allclose(even.radius, [1, 3, 5, 7, 9])
    assert even.type.tolist() == [1, 2, 3, 3, 3]
    assert even.label.tolist() == [10, 20, 30, 30, 30]
    assert even.id.tolist() == [1, 2, 3, 4, 5]
    assert even.parent.tolist() == [-1, 0, 1, 2, 3]


@pytest.mark.parametrize(("step", "nodes"), [(0.1, 4), (0.3, 2), (0.29, 3), (9, 2), (0.15, 3)])
def test_a_path_is_cut_into_the_fewest_parts_that_the_step_allows(step, nodes) -> None:
    assert len(chain([0, 0.1, 0.1 + 0.1, 0.1 + 0.1 + 0.1]).resampled(step)) == nodes


def test_the_size_of_voxels_counts_in_the_step() -> None:
    upright = ZSwc.from_arrays([[0, 0, 0], [0, 0, 10]], 1, [-1, 0])
    assert upright.resampled(5, spacing=(1, 1, 2)).xyz[:, 2].tolist() == [0, 2.5, 5, 7.5, 10]


@given(forests(), st.floats(0.05, 40))
def test_resampling_keeps_ends_and_forks_and_stays_on_the_edges(tree: ZSwc, step: float) -> None:
    even = tree.resampled(step)
    assert len(even.roots) == len(tree.roots)
    for kept, given_ in ((ends(even), ends(tree)), (forks(even), forks(tree))):
        assert kept == given_
    before, after = tree.total_length(), even.total_length()
    assert after <= before * (1 + NEARLY) + NEARLY
    assert (even.edge_lengths() <= step * (1 + NEARLY) + NEARLY).all()
    if len(tree):
        assert (even.radius >= tree.radius.min() * (1 - NEARLY)).all()
        assert (even.radius <= tree.radius.max() * (1 + NEARLY)).all()
    assert set(even.type.tolist()) <= set(tree.type.tolist())
    # Each part cuts off less than its own length, and a path without bends loses nothing.
    bends = len(tree) - len(tree.roots)
    assert before - after <= bends * step * (1 + NEARLY) + NEARLY


@given(forests(), st.floats(0.05, 40))
def test_new_nodes_are_where_each_path_by_itself_is_cut_equally(tree: ZSwc, step: float) -> None:
    counts = np.bincount(tree.parent[tree.parent >= 0], minlength=len(tree))
    expected: list[list[float]] = []
    for end in np.flatnonzero((counts != 1) | (tree.parent < 0)).tolist():
        path = [end]
        while tree.parent[path[-1]] >= 0:
            path.append(int(tree.parent[path[-1]]))
            if counts[path[-1]] != 1:
                break
        corners = tree.xyz[path[::-1]]
        arc = np.append(0, np.linalg.norm(np.diff(corners, axis=0), axis=1).cumsum())
        parts = max(1, int(np.ceil(arc[-1] / step * (1 - NEARLY))))
        at = arc[-1] * np.arange(1, parts + 1) / parts
        expected += np.stack([np.interp(at, arc, axis) for axis in corners.T], axis=1).tolist()
    assert np.allclose(tree.resampled(step).xyz, np.reshape(expected, (-1, 3)), atol=1e-6)


def ends(tree: ZSwc) -> list[list[float]]:
    """Positions of tips and of roots, in order."""
    childless = np.setdiff1d(np.arange(len(tree)), tree.parent)
    return tree.xyz[np.union1d(childless, tree.roots)].tolist()


def forks(tree: ZSwc) -> list[list[float]]:
    """Positions of nodes with two children or more, in order."""
    counts = np.bincount(tree.parent[tree.parent >= 0], minlength=len(tree))
    return tree.xyz[counts > 1].tolist()


def test_a_straight_path_keeps_its_length_at_every_step() -> None:
    for step in (0.03, 0.7, 5, 1000):
        assert chain([0, 1, 4, 9, 10]).resampled(step).total_length() == pytest.approx(10)


@given(forests())
def test_splitting_and_joining_are_each_others_inverse(tree: ZSwc) -> None:
    parts = tree.trees()
    assert [len(part.roots) for part in parts] == [1] * len(tree.roots)
    if parts:
        assert same(ZSwc.concatenate(parts), tree)
    joined = ZSwc.concatenate([tree, tree])
    assert len(joined.roots) == 2 * len(tree.roots)
    for part, expected in zip(joined.trees(), parts * 2, strict=True):
        expected.id[:] = part.id
        assert same(part, expected)


def test_ids_stay_when_they_differ_and_are_new_when_not() -> None:
    pair = [chain([0, 1], id=[7, 3]), chain([5], id=[9])]
    assert ZSwc.concatenate(pair).id.tolist() == [7, 3, 9]
    pair[1].id[:] = 7
    assert ZSwc.concatenate(pair).id.tolist() == [1, 2, 3]
    assert pair[0].parent.tolist() == [-1, 0]
    assert ZSwc.concatenate([]) == ZSwc()


@given(forests(least=1), st.data())
def test_a_subtree_is_what_has_its_root_as_ancestor(tree: ZSwc, data: st.DataObject) -> None:
    row = data.draw(st.integers(0, len(tree) - 1))
    below = {row}
    for each in range(row + 1, len(tree)):
        if tree.parent[each] in below:
            below.add(each)
    part = tree.subtree(row)
    assert len(part.roots) == 1
    assert part.id.tolist() == tree.id[sorted(below)].tolist()
    assert part.parent_id[1:].tolist() == tree.parent_id[sorted(below)[1:]].tolist()
    assert by_id(part).items() <= by_id(tree).items()


def test_a_forest_is_moved_by_three_numbers() -> None:
    moved = comb().translated((1, -2, 0.5))
    assert (moved.xyz - comb().xyz == [1, -2, 0.5]).all()
    assert moved.label.tolist() == comb().label.tolist()


EDITS = {
    "rerooted": lambda tree: tree.rerooted(tree.roots),
    "trees": lambda tree: ZSwc.concatenate(tree.trees()),
    "subtree": lambda tree: tree.subtree(0) if len(tree) else ZSwc.concatenate([tree]),
    "pruned": lambda tree: tree.pruned(1),
    "resampled": lambda tree: tree.resampled(1),
    "translated": lambda tree: tree.translated((0, 0, 0)),
    "scaled": lambda tree: tree.scaled((1, 1, 1)),
    "concatenate": lambda tree: ZSwc.concatenate([tree, ZSwc()]),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
@pytest.mark.parametrize("tree", [ZSwc(), chain([5], id=[1], label=[8])], ids=["empty", "one node"])
def test_nothing_changes_where_there_is_nothing_to_change(edit, tree: ZSwc) -> None:
    result = edit(tree)
    assert same(result, tree)
    assert type(result) is ZSwc
    assert not np.shares_memory(result.xyz, tree.xyz)


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_what_is_edited_stays_as_it_was(edit) -> None:
    tree = chain([0, 1, 2], comments=["kept"])
    edited = edit(tree)
    edited.xyz[:], edited.label[:], edited.comments[:] = 7, 7, []
    assert same(tree, chain([0, 1, 2], comments=["kept"]))


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda tree: tree.pruned(-1), "min_length must be at least 0, got -1"),
        (lambda tree: tree.pruned(np.nan), "min_length must be at least 0, got nan"),
        (lambda tree: tree.resampled(0), "step must be a positive length, got 0"),
        (lambda tree: tree.resampled(1e-12), "more than 2147483648 nodes"),
        (lambda tree: tree.translated((1, 2)), "offset must be three finite numbers"),
        (lambda tree: tree.translated((1, 2, np.inf)), "offset must be three finite numbers"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(edit, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        edit(chain([0, 90]))


def test_a_forest_of_many_nodes_needs_no_recursion() -> None:
    long = chain(np.arange(50_000))
    assert long.rerooted(-1).id[0] == 50_000
    assert len(long.resampled(2)) == 25_001
    assert same(long.pruned(5), long)


def test_unknown_radii_are_interpolated_along_the_path() -> None:
    #        0 - 1 - 2 - 3, and 4 and 5 below 1
    xyz = [[0, 0, 0], [3, 0, 0], [4, 0, 0], [8, 0, 0], [3, 2, 0], [3, 4, 0]]
    tree = ZSwc.from_arrays(xyz, [1, -1, -1, 5, -1, -2], [-1, 0, 1, 2, 1, 4])
    mended = tree.repaired()
    assert mended.radius.tolist() == pytest.approx([1, 2.5, 3, 5, 1, 1])
    assert tree.radius.tolist() == [1, -1, -1, 5, -1, -2]
    assert mended.parent.tolist() == tree.parent.tolist()
    root = ZSwc.from_arrays([[0, 0, 0], [1, 0, 0], [2, 0, 0]], [-1, 3, 0], [-1, 0, 1])
    assert root.repaired().radius.tolist() == [3, 3, 0]
    with pytest.raises(ValueError, match="no radius is known near row 2"):
        ZSwc.from_arrays([[0, 0, 0], [1, 0, 0], [2, 0, 0]], [1, 3, -1], [-1, 0, -1]).repaired()


@given(forests())
def test_repair_changes_unknown_radii_only(tree: ZSwc) -> None:
    unknown = tree.radius < 0
    try:
        mended = tree.repaired()
    except ValueError:
        assert unknown.any()
        return
    assert (mended.radius >= 0).all()
    assert (mended.radius[~unknown] == tree.radius[~unknown]).all()
    assert mended.radius.max(initial=0) <= max(tree.radius.max(initial=0), 0) * (1 + 1e-12)
