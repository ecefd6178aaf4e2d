"""Neurites where blocks meet: along, across and around faces, edges and corners."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial import cKDTree

import zimg
from tests.blocked import volumes
from zimg.arbour import Arbour
from zimg.blocked import BlockedResult
from zimg.swc import ZSwc

SHAPE = (80, 128, 128)
OPTIONS = {"core": 64, "halo": 32, "threshold_mode": "fixed", "background": 12, "threshold": 40}
T = np.arange(0.0, 101.0, 4.0)


def path(x: Any, y: Any, z: Any) -> np.ndarray:
    return np.stack(np.broadcast_arrays(x, y, z), axis=1).astype(np.float64)


def tree_of(*paths: np.ndarray, at: int = 0, radius: float = 3.0) -> ZSwc:
    """Paths of which all but the first begin at node `at` of the first."""
    xyz = np.concatenate(paths)
    parent = np.arange(len(xyz)) - 1
    first = len(paths[0])
    for other in paths[1:]:
        parent[first] = at
        first += len(other)
    return ZSwc.from_arrays(xyz, np.full(len(xyz), radius), parent)


ARC = np.linspace(0.0, np.pi, 26)
FIBRES = {
    "along a face": path(14 + T, 63.5, 40),
    "just below a face": path(14 + T, 62.5, 40),
    "one voxel around a face": path(14 + T, 63.5 + np.sin(T / 8.0), 40),
    "at a slant through a face": path(14 + T, 58.0 + 0.1 * T, 40),
    "through an edge": path(14 + T, 14 + T, 30 + 0.05 * T),
    "through a corner": path(14 + T, 14 + T, 34 + 0.6 * T),
    "across a face": path(14 + T, 40 + 3 * np.sin(T / 15), 40),
    "a turn that dips one voxel into a block": path(
        64.5 - 34 * np.abs(np.cos(ARC)), 64 - 30 * np.cos(ARC), 40
    ),
    "a turn that dips ten voxels into a block": path(
        73.5 - 40 * np.abs(np.cos(ARC)), 64 - 30 * np.cos(ARC), 40
    ),
}


def traced(tree: ZSwc, session: Path, shape: Any = SHAPE, **options: Any) -> BlockedResult:
    voxels = Arbour(shape, tree, noise=5.0).volume()
    return volumes.run(voxels, session, **{**OPTIONS, **options})


@pytest.mark.parametrize("name", FIBRES)
def test_a_fibre_is_what_it_is_in_one_block(name: str, tmp_path: Path) -> None:
    gold = tree_of(FIBRES[name])
    whole = traced(gold, tmp_path / "whole", core=512).tree
    found = traced(gold, tmp_path / "blocks").tree
    assert len(found.roots) == 1
    assert len(tips(found)) == 1
    assert parallel_share(found) == 0.0
    assert zimg.compare(found, whole, tolerance=2.0).b_to_a.within >= 0.98
    assert zimg.compare(found, whole, tolerance=2.0).a_to_b.within >= 0.98
    assert found.total_length() == pytest.approx(whole.total_length(), rel=0.05)
    assert found.total_length() == pytest.approx(gold.total_length(), rel=0.2)


def tips(tree: ZSwc) -> list[int]:
    return sorted(set(range(len(tree))) - set(tree.parent.tolist()))


def parallel_share(tree: ZSwc) -> float:
    """Share of cable that has another branch within half its radius at less than 20 degrees."""
    ends = [(tree.xyz[p], tree.xyz[n]) for n, p in enumerate(tree.parent.tolist()) if p >= 0]
    middle = np.array([(a + b) / 2 for a, b in ends])
    way = np.array([(b - a) / max(np.linalg.norm(b - a), 1e-9) for a, b in ends])
    samples, owner = [], []
    for number, (a, b) in enumerate(ends):
        for share in np.linspace(0, 1, 12):
            samples.append(a + share * (b - a))
            owner.append(number)
    places, owners = np.array(samples), np.array(owner)
    doubled = 0
    links = [set(e) for e in zip(range(len(tree)), tree.parent.tolist(), strict=True) if e[1] >= 0]
    for number in range(len(ends)):
        near = np.linalg.norm(places - middle[number], axis=1) < 1.5
        rivals = {o for o in owners[near].tolist() if not links[o] & links[number]}
        doubled += any(abs(way[o] @ way[number]) > np.cos(np.radians(20)) for o in rivals)
    return doubled / len(ends)


@pytest.mark.parametrize("place", [63.5, 60.0, 66.0])
def test_a_branch_point_on_a_face_keeps_its_branch(place: float, tmp_path: Path) -> None:
    trunk = path(14 + T, 63.5 - place + 63.5 + 0 * T, 40)
    side = path(64.0 + 0 * T[1:12], trunk[0, 1] + T[1:12], 40)
    gold = tree_of(trunk, side, at=12)
    found = traced(gold, tmp_path / "s").tree
    assert len(found.roots) == 1
    assert len(tips(found)) == 2
    assert zimg.compare(found, gold, tolerance=2.5).b_to_a.within >= 0.95


def test_a_soma_cut_by_a_face_stays_one_tree(tmp_path: Path) -> None:
    arms = [
        path(64 + T[:13] * np.cos(a), 64 + T[:13] * np.sin(a), 40)
        for a in np.arange(0.4, 6.4, 2 * np.pi / 3)
    ]
    gold = tree_of(np.array([[64.0, 64.0, 40.0]]), *arms)
    is_soma = np.arange(len(gold)) == 0
    gold = ZSwc.from_arrays(gold.xyz, np.where(is_soma, 8.0, 3.0), gold.parent)
    found = traced(gold, tmp_path / "s").tree
    assert len(found.roots) == 1
    assert len(tips(found)) >= 2
    arms_only = zimg.compare(gold, found, tolerance=3.0)
    assert arms_only.a_to_b.within >= 0.85


FOLD = 12.0
"""Voxels from a fold in which a tube of radius 3 and length 11 overshoots it."""


def test_at_sharp_folds_blocks_differ_from_the_whole_volume_no_more_than_that_from_the_truth(
    tmp_path: Path,
) -> None:
    # Which of two chains overshoots a fold depends on the order of their seeds, in blocks and in
    # one volume alike; faces and rounds of continuation have no part in it.
    turns = np.array([[14.0, 64, 40], [34, 39, 40], [54, 89, 40], [74, 39, 40], [94, 89, 40]])
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(turns, axis=0), axis=1))])
    at = np.arange(0.0, along[-1], 3.0)
    gold = tree_of(np.stack([np.interp(at, along, axis) for axis in turns.T], axis=1))
    whole = traced(gold, tmp_path / "whole", core=512).tree
    found = traced(gold, tmp_path / "blocks").tree
    assert len(found.roots) == 1
    for one, other in ((found, whole), (whole, found)):
        apart = cKDTree(points_of(other)).query(points_of(one))[0]
        odd = points_of(one)[apart > 2.0]
        assert (cKDTree(turns).query(odd)[0] <= FOLD).all()
        assert len(odd) / len(apart) <= 0.06
    good = [zimg.compare(tree, gold, tolerance=2.0) for tree in (found, whole)]
    assert good[0].a_to_b.within >= good[1].a_to_b.within - 0.04
    assert good[0].b_to_a.within >= good[1].b_to_a.within - 0.04


def points_of(tree: ZSwc) -> np.ndarray:
    """Points along the edges of a tree, half a voxel apart."""
    parts = []
    for node, parent in enumerate(tree.parent.tolist()):
        if parent >= 0:
            step = tree.xyz[parent] - tree.xyz[node]
            count = max(1, int(np.ceil(np.linalg.norm(step) / 0.5)))
            parts.append(tree.xyz[node] + np.arange(count)[:, None] / count * step)
    return np.concatenate(parts)


def test_a_block_too_weak_for_seeds_is_crossed_by_continuation(tmp_path: Path) -> None:
    x = np.arange(14.0, 306.0, 4.0)
    gold = tree_of(path(x, 40 + 4 * np.sin(x / 30), 40))
    weak = np.where((gold.xyz[:, 0] > 96) & (gold.xyz[:, 0] < 224), 0.5, 1.0)
    voxels = Arbour((80, 80, 320), gold, weak, noise=5.0).volume()
    # The threshold lies above the weak part, which has no seed of its own then.
    found = volumes.run(
        voxels, tmp_path / "s", core=64, halo=32,
        threshold_mode="fixed", background=12, threshold=75,
    )  # fmt: skip
    assert found.summary["rounds"] >= 1
    assert found.summary["open_ends"] == 0
    assert len(found.tree.roots) == 1
    assert zimg.compare(found.tree, gold, tolerance=2.0).b_to_a.within >= 0.97


@pytest.mark.parametrize(
    "voxels",
    [
        np.zeros((80, 80, 140), np.uint8),
        np.full((80, 80, 140), 7, np.uint8),
        np.zeros((1, 80, 140), np.uint8),
        np.zeros((5, 4, 3), np.uint8),
        np.zeros((1, 1, 1), np.uint16),
        np.zeros((70, 1, 140), np.float32),
    ],
    ids=lambda v: f"{v.shape} {v.dtype} {int(v.flat[0])}",
)
def test_nothing_to_trace_gives_an_empty_tree_and_a_complete_session(
    voxels: np.ndarray, tmp_path: Path
) -> None:
    found = volumes.run(voxels, tmp_path / "s")
    assert len(found.tree) == 0
    assert found.path.exists()
    assert (tmp_path / "s" / "summary.json").exists()
