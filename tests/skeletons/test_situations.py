"""Situations that users of skeletons meet: types, labels, sizes of voxels, many objects."""

import math
from typing import Any

import numpy as np
import pytest

import zimg
from tests.skeletons.trees import assert_same
from zimg import VoxelSizeUnit, ZImg
from zimg.workers import ZNeutubeSkeletonize

BIG = 2**63 + 5


def two_bars(label: int = 300, dtype: Any = np.uint64) -> np.ndarray:
    labels = np.zeros((20, 40, 80), dtype)
    labels[8:13, 8:13, 5:75], labels[8:13, 28:33, 5:75] = 1, label
    return labels


def soma() -> np.ndarray:
    """A bar of 5 x 5 voxels with a body in the middle."""
    mask = np.zeros((20, 60, 120), np.uint8)
    mask[8:13, 28:33, 5:115], mask[4:17, 22:40, 55:75] = 1, 1
    return mask


def test_labels_of_64_bits_keep_their_numbers() -> None:
    found = zimg.skeletonize_labels(two_bars(BIG))
    assert list(found) == [1, BIG]
    assert_same(found[BIG], zimg.skeletonize_labels(two_bars())[300])
    assert list(zimg.skeletonize_labels(two_bars(BIG), ids=[BIG])) == [BIG]


@pytest.mark.parametrize("options", [{}, {"level": 7}, {"levelOp": 2, "level": 1}])
@pytest.mark.parametrize("factors", [None, (2, 2, 2)])
def test_values_of_64_bits_are_above_every_level(options: dict[str, Any], factors: Any) -> None:
    values = np.where(two_bars() > 1, np.uint64(BIG), two_bars())
    small = np.where(two_bars() > 1, 300, two_bars()).astype(np.int32)
    tree = zimg.skeletonize(values, config=options, downsample=factors)
    assert len(tree)
    assert_same(tree, zimg.skeletonize(small, config=options, downsample=factors))


def test_labels_below_0_are_no_bodies() -> None:
    labels = two_bars().astype(np.int32)
    assert list(zimg.skeletonize_labels(np.where(labels == 0, -1, labels))) == [1, 300]


@pytest.mark.parametrize("factors", [(4, 4, 4), (2, 4, 4), (1, 4, 1)])
def test_a_reduced_volume_gives_the_line_where_it_is(factors: tuple[int, int, int]) -> None:
    mask = np.zeros((40, 64, 160), np.uint8)
    mask[12:24, 24:36, 8:152] = 1  # whole blocks, three of them wide
    tree = zimg.skeletonize(mask, downsample=factors)
    assert tree.xyz[:, 1].mean() == pytest.approx(29.5, abs=1e-9)
    moved = zimg.skeletonize(mask, downsample=factors, positions="reference")
    shift = (np.asarray(factors) - 1) / 2
    np.testing.assert_allclose(moved.xyz + shift, tree.xyz, atol=1e-9)


def test_distances_in_space_run_through_the_middle_of_a_bar() -> None:
    bar = np.zeros((40, 40, 100), np.uint8)
    bar[20:25, 20:25] = 1
    tree = zimg.skeletonize(bar, radius="euclidean")
    inner = (tree.xyz[:, 0] > 10) & (tree.xyz[:, 0] < 90)
    assert np.median(tree.radius[inner]) == pytest.approx(2.5)
    np.testing.assert_allclose(tree.xyz[inner, 1:], 22.0, atol=1e-9)


def test_distances_in_space_know_the_height_of_voxels() -> None:
    bar = np.zeros((12, 41, 100), np.uint8)
    bar[4:7, 10:31] = 1  # three planes, each 5 widths high: a depth of 10 widths, 11 in the plane
    tree = zimg.skeletonize(bar, radius="euclidean", config={"resolution": [1, 5]})
    inner = (tree.xyz[:, 0] > 25) & (tree.xyz[:, 0] < 75)
    np.testing.assert_allclose(tree.xyz[inner, 2], 5.0, atol=1e-9)
    assert tree.radius[inner].max() == pytest.approx(9.5)


def test_a_tree_begins_at_its_thickest_node() -> None:
    tree = zimg.skeletonize(soma())
    (root,) = tree.roots
    assert tree.radius[root] == tree.radius.max()
    assert 55 <= tree.xyz[root, 0] < 75
    left = zimg.skeletonize(soma(), root="reference")
    assert left.radius[left.roots[0]] < left.radius.max()
    assert math.isclose(left.total_length(), tree.total_length())


def test_the_worker_leaves_roots_and_positions_where_the_reference_has_them(tmp_path: Any) -> None:
    ZImg(soma()[None, :, :, :]).save(tmp_path / "soma.tif")
    worker = ZNeutubeSkeletonize()
    worker.setInputImagePath(str(tmp_path / "soma.tif"))
    worker.setDownsampleIntervalOverride([1, 1, 1])
    worker.setOutputSwcPath(str(tmp_path / "soma.swc"))
    worker.run()
    expected = zimg.skeletonize(
        soma(), downsample=(2, 2, 2), root="reference", positions="reference"
    )
    np.testing.assert_allclose(zimg.ZSwc(tmp_path / "soma.swc").xyz, expected.xyz, rtol=1e-5)


def sized(mask: np.ndarray) -> ZImg:
    image = ZImg(mask, layout="ZYX")
    info = image.info
    info.voxelSizeX = info.voxelSizeY = 0.1
    info.voxelSizeZ, info.voxelSizeUnit = 1.0, VoxelSizeUnit.um
    image.info = info
    return image


def test_the_voxel_size_of_an_image_is_used_unless_another_is_given() -> None:
    mask = np.zeros((60, 30, 40), np.uint8)
    mask[3:25, 13:17, 13:17] = mask[35:57, 13:17, 13:17] = 1  # 10 planes, or 100 widths, apart
    gap: dict[str, Any] = {"maximalDistance": 20}
    told = zimg.skeletonize(mask, config={**gap, "resolution": [1.0, 10.0]})
    assert_same(zimg.skeletonize(sized(mask), config=gap), told)
    assert len(told.roots) == 2
    isotropic = zimg.skeletonize(sized(mask), config={**gap, "resolution": [1, 1]})
    assert_same(isotropic, zimg.skeletonize(mask, config=gap))
    assert len(isotropic.roots) == 1
    of_labels = zimg.skeletonize_labels(sized(mask), config=gap)[1]
    assert_same(of_labels, told)


def test_more_objects_than_the_reference_can_number_are_no_obstacle() -> None:
    mask = np.zeros((50, 200, 200), np.uint8)
    mask[::2, ::2, ::2] = 1  # a quarter of a million, each a voxel
    mask[20:26, 100:106, 20:180] = 1
    tree = zimg.skeletonize(mask, config={"connectingBranch": False})
    assert len(tree.roots) == 1
    assert np.ptp(tree.xyz[:, 0]) > 140


@pytest.mark.parametrize("by", [zimg.skeletonize, zimg.skeletonize_labels])
def test_a_masked_array_is_refused_by_name(by: Any) -> None:
    with pytest.raises(TypeError, match="MaskedArray"):
        by(np.ma.masked_less(soma(), 1))


def results(of: Any) -> Any:
    return of[1] if isinstance(of, dict) else of


@pytest.mark.parametrize("by", [zimg.skeletonize, zimg.skeletonize_labels])
@pytest.mark.parametrize("kind", ["big-endian", "strided", "dask", "torch", "buffer"])
def test_memory_of_every_kind_is_taken(kind: str, by: Any) -> None:
    mask = soma().astype(np.int16)
    given: Any = mask
    if kind == "big-endian":
        given = mask.astype(">i2")
    elif kind == "strided":
        given = np.asfortranarray(mask)[::1]
    elif kind == "dask":
        given = pytest.importorskip("dask.array").from_array(mask, chunks=16)
    elif kind == "torch":
        given = pytest.importorskip("torch").from_numpy(mask)
    elif kind == "buffer":
        given = np.frombuffer(mask.tobytes(), np.int16).reshape(mask.shape)
        given.flags.writeable = False
    assert_same(results(by(given)), results(by(mask)))


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "uint16", "uint32", "uint64", "bool"])
def test_torch_types_are_taken(dtype: str) -> None:
    torch = pytest.importorskip("torch")
    given = torch.from_numpy(soma()).to(getattr(torch, dtype))
    assert_same(zimg.skeletonize(given), zimg.skeletonize(soma()))
