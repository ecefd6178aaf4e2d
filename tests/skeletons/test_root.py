"""The root asked for is the root, wherever it is asked for."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zimg
from tests.skeletons.trees import assert_same
from zimg import ZImg, ZSwc


def cross() -> np.ndarray:
    """Two bars that cross, and a rod apart."""
    mask = np.zeros((12, 60, 70), np.uint8)
    mask[2:7, 20:26, 3:60] = 1
    mask[3:6, 4:55, 30:34] = 1
    mask[9:11, 2:6, 5:65] = 1
    return mask


VOXELS = np.argwhere(cross())[:, ::-1]
KEEP = {"minimalLength": 5, "connectingBranch": False}


def root_of(tree: ZSwc, point: Any) -> int:
    """The root at a point; there has to be one."""
    at = [root for root in tree.roots if np.array_equal(tree.xyz[root], point)]
    assert len(at) == 1, f"{tree.xyz[tree.roots]} has no {point}"
    return int(at[0])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, len(VOXELS) - 1), st.booleans(), st.booleans())
def test_a_voxel_of_an_object_is_the_root_of_its_tree(
    number: int, resample: bool, connect: bool
) -> None:
    config = {"minimalLength": 5, "resampleSwc": resample, "connectingBranch": connect}
    tree = zimg.skeletonize(cross(), root=VOXELS[number].tolist(), config=config)
    root_of(tree, VOXELS[number])
    assert len(tree.roots) == (1 if connect else 2)


@settings(max_examples=15, deadline=None)
@given(st.tuples(st.integers(0, 69), st.integers(0, 59), st.integers(0, 11)))
def test_outside_of_objects_the_nearest_voxel_is_the_root(point: tuple[int, int, int]) -> None:
    tree = zimg.skeletonize(cross(), root=point, config=KEEP)
    apart = ((VOXELS - point) ** 2).sum(axis=1)
    nearest = ((tree.xyz[tree.roots] - point) ** 2).sum(axis=1).min()
    assert nearest == apart.min()


def test_trees_of_other_objects_are_as_without_a_root() -> None:
    tree = zimg.skeletonize(cross(), root=(45, 22, 4), config=KEEP)
    free = zimg.skeletonize(cross(), config=KEEP)
    for kept, expected in zip(parts(tree), parts(free), strict=True):
        in_rod = expected[0][:, 2].min() >= 9
        assert in_rod == (kept[0][:, 2].min() >= 9)
        if in_rod:
            np.testing.assert_array_equal(kept[0], expected[0])
            np.testing.assert_array_equal(kept[1], expected[1])


def parts(tree: ZSwc) -> list[tuple[np.ndarray, np.ndarray]]:
    """Positions and radii of each tree."""
    ends = [*tree.roots, len(tree)]
    return [(tree.xyz[first:last], tree.radius[first:last]) for first, last in pairwise(ends)]


def test_the_most_interior_voxel_of_a_mask_is_the_root() -> None:
    soma = np.zeros(cross().shape, np.int16)
    soma[1:8, 18:28, 40:51] = 9
    expected = zimg.skeletonize(cross(), root=(44, 22, 4), config=KEEP)
    for root in (soma, soma.astype(bool), soma.astype(float), ZImg(soma, layout="ZYX")):
        tree = zimg.skeletonize(cross(), root=root, config=KEEP)
        x, y, z = tree.xyz[root_of(tree, tree.xyz[tree.roots[0]])].astype(int)
        assert soma[z, y, x]
        assert cross()[z, y, x]
        assert min(x - 40, 50 - x, y - 18, 27 - y, z - 1, 7 - z) >= 3
    assert len(expected.roots) == len(tree.roots)


def test_a_mask_beside_the_object_stands_for_its_middle() -> None:
    soma = np.zeros(cross().shape, bool)
    soma[7:10, 40:43, 50:53] = True
    tree = zimg.skeletonize(cross(), root=soma, config=KEEP)
    beside = zimg.skeletonize(cross(), root=(51, 41, 8), config=KEEP)
    assert_same(tree, beside)


@pytest.mark.parametrize("factors", [(2, 2, 2), (3, 2, 1), (1, 1, 4)])
def test_of_a_reduced_volume_the_block_of_the_point_is_the_root(
    factors: tuple[int, int, int],
) -> None:
    point = np.asarray([47, 22, 4])
    options: dict[str, Any] = {"root": point, "downsample": factors, "config": KEEP}
    first = point // factors * factors
    root_of(zimg.skeletonize(cross(), **options), first + (np.asarray(factors) - 1) / 2)
    root_of(zimg.skeletonize(cross(), **options, positions="reference"), first)


def test_growth_is_not_started_again_from_a_far_end_where_a_root_is_requested() -> None:
    tree = zimg.skeletonize(cross(), root=(45, 22, 4), config={**KEEP, "rebase": True})
    root_of(tree, (45, 22, 4))


def test_a_voxel_alone_is_its_own_root() -> None:
    mask = np.zeros((3, 4, 5))
    mask[1, 2, 3] = 1
    tree = zimg.skeletonize(mask, root=(0, 0, 0), config={"minimalLength": 1})
    np.testing.assert_array_equal(tree.xyz, [[3, 2, 1]])
    assert tree.radius.tolist() == [1.0]


def test_an_object_without_a_long_branch_has_no_root(caplog: pytest.LogCaptureFixture) -> None:
    assert len(zimg.skeletonize(np.ones((1, 2, 5)), root=(0, 0, 0))) == 0
    assert "no branch of sufficient length" in caplog.text


@pytest.mark.parametrize(
    ("root", "error", "told"),
    [
        ((70, 3, 3), ValueError, "inside the volume of .70, 60, 12. voxels"),
        ((3, -0.6, 3), ValueError, "inside the volume"),
        ((3, float("nan"), 3), ValueError, "inside the volume"),
        ((3, 3), ValueError, "a point x, y, z or a mask"),
        (np.ones((11, 60, 70)), ValueError, "shape"),
        (np.zeros((12, 60, 70)), ValueError, "the mask has no voxel above 0"),
        (("a", "b", "c"), TypeError, "root must be numbers"),
    ],
)
def test_a_root_that_makes_no_sense_is_refused(
    root: Any, error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        zimg.skeletonize(cross(), root=root)


def test_frameworks_take_a_root(lane: Any, xp: Any, device: Any) -> None:
    if lane.id not in ("torch", "torch-cuda", "jax", "cupy"):
        pytest.skip("NumPy, or a device that the host cannot read")
    mask = xp.asarray(cross(), device=device)
    soma = xp.asarray(cross() * (np.arange(70) > 50), device=device)
    for root in ((45, 22, 4), soma):
        tree = zimg.skeletonize(mask, root=root, config=KEEP)
        host = root if isinstance(root, tuple) else cross() * (np.arange(70) > 50)
        expected = zimg.skeletonize(cross(), root=host, config=KEEP)
        np.testing.assert_array_equal(tree.xyz[tree.roots], expected.xyz[expected.roots])
