"""Cutting by the solid of other trees: recorded results of the reference, and its order."""

from pathlib import Path

import numpy as np
import pytest

import zimg
from zimg import ZSwc

X = list(range(10, 80, 10))
CHAIN = ZSwc.from_arrays([[x, 0, 0] for x in X], 1, range(-1, 6))


def node(x: float, y: float = 0.0, radius: float = 3.0) -> ZSwc:
    return ZSwc.from_arrays([[x, y, 0]], radius, [-1])


def removed(tree: ZSwc, *others: ZSwc) -> list[int]:
    left = zimg.subtract(tree, others)
    return sorted(set(tree.xyz[:, 0].astype(int)) - set(left.xyz[:, 0].astype(int)))


@pytest.mark.parametrize(
    ("others", "gone", "roots"),
    [
        ([node(40)], [40], [10, 50]),
        ([node(40, 2.9)], [40], [10, 50]),
        ([node(40, 3.0)], [40], [10, 50]),
        ([node(40, 3.01)], [], [10]),
        ([ZSwc.from_arrays([[30, 0, 0], [50, 0, 0]], 1, [-1, 0])], [30, 40, 50], [10, 60]),
        ([node(10)], [10], [20]),
        ([CHAIN], X, []),
        ([ZSwc()], [], [10]),
        ([node(40, 500)], [], [10]),
        ([node(20), node(60)], [20, 60], [10, 30, 70]),
        pytest.param(
            [node(40, radius=-1)],
            [40],
            [10, 50],
            marks=pytest.mark.filterwarnings("ignore:1 of 1 radius is negative:UserWarning"),
        ),
    ],
)
def test_what_the_reference_removes_from_a_chain_is_removed(others, gone, roots) -> None:
    assert removed(CHAIN, *others) == gone
    for legacy in (False, True):
        left = zimg.subtract(CHAIN, others, legacy_order=legacy)
        assert left.xyz[left.roots, 0].tolist() == roots
        assert set(left.id.tolist()) == {x // 10 for x in X} - {x // 10 for x in gone}


def test_each_branch_of_a_removed_fork_becomes_a_tree() -> None:
    xyz = [[0, 0, 0], [40, 0, 0], [50, 9, 0], [60, 9, 0], [50, -9, 0]]
    fork = ZSwc.from_arrays(xyz, 1, [-1, 0, 1, 2, 1])
    left = zimg.subtract(fork, node(40))
    assert left.id.tolist() == [1, 3, 4, 5]
    assert left.parent.tolist() == [-1, -1, 1, -1]


def test_nothing_left_is_a_file_of_the_header(tmp_path: Path) -> None:
    zimg.subtract(CHAIN, CHAIN).save(tmp_path / "left.swc")
    assert (tmp_path / "left.swc").read_text() == "#id type x y z radius parentID\n"


@pytest.mark.parametrize(("y", "gone"), [(1.4, [5]), (1.5, [5]), (1.6, [])])
def test_a_cone_is_as_wide_as_the_radii_between_its_ends(y: float, gone: list[int]) -> None:
    cone = ZSwc.from_arrays([[0, 0, 0], [10, 0, 0]], [1, 2], [-1, 0])
    assert removed(ZSwc.from_arrays([[5, y, 0]], 9, [-1]), cone) == gone


def test_children_of_the_removed_become_the_last_roots_and_keep_their_ids() -> None:
    #  1 - (2 - (3, 4), 5) and the root 6
    xyz = [[0, 0, 0], [40, 0, 0], [1, 9, 0], [2, 9, 0], [3, 9, 0], [4, 9, 0]]
    tree = ZSwc.from_arrays(xyz, 1, [-1, 0, 1, 1, 0, -1], type=[1, 2, 3, 4, 5, 6])
    tree.label[:] = range(6)
    left = zimg.subtract(tree, node(40))
    assert left.id.tolist() == [1, 5, 6, 3, 4]
    assert left.parent.tolist() == [-1, 0, -1, -1, -1]
    assert left.type.tolist() == [1, 5, 6, 3, 4]
    assert left.label.tolist() == [0, 4, 5, 2, 3]
    assert len(tree) == 6


def test_only_the_legacy_order_leaves_nodes_untested() -> None:
    tree = ZSwc.from_arrays(
        [[0, 0, 0], [40, 0, 0], [9, 9, 0], [41, 0, 0]], 1, [-1, 0, 1, 0], id=[1, 2, 3, 4]
    )
    assert zimg.subtract(tree, node(40)).id.tolist() == [1, 3]
    assert zimg.subtract(tree, node(40), legacy_order=True).id.tolist() == [1, 4, 3]


def test_negative_ids_are_neither_removed_nor_remove() -> None:
    virtual = node(40)
    virtual.id[:] = -5
    assert removed(CHAIN, virtual) == []
    assert removed(virtual, CHAIN) == []


def test_many_pairs_give_what_every_pair_alone_gives() -> None:
    choose = np.random.default_rng(3)
    tree = ZSwc.from_arrays(choose.random((1500, 3)) * 20, 1, np.arange(1500) - 1)
    other = ZSwc.from_arrays(choose.random((900, 3)) * 20, 1, [-1] * 900)
    away = np.linalg.norm(tree.xyz[:, None] - other.xyz[None], axis=-1)
    kept = set(tree.id[(away > 1).all(1)].tolist())
    assert set(zimg.subtract(tree, other).id.tolist()) == kept
