"""`zimg.skeletonize`: what it takes, what it refuses, and closed forms."""

import threading
from typing import Any

import numpy as np
import pytest

import zimg
from tests.skeletons.trees import assert_same
from zimg import SkeletonizeConfig, ZCancellationException, ZImg
from zimg._progress import reporter
from zimg.skeletons.mask import object_mask
from zimg.skeletons.options import resolve_options
from zimg.skeletons.pipeline import REFERENCE, skeleton_of


def rod(length: int = 60) -> np.ndarray:
    mask = np.zeros((9, 9, length + 4), np.uint8)
    mask[3:6, 3:6, 2 : length + 2] = 1
    return mask


def test_a_rod_is_a_line_along_its_axis():
    tree = zimg.skeletonize(rod())
    assert len(tree.roots) == 1
    np.testing.assert_allclose(tree.xyz[:, 1:], 4.0, atol=1.0)
    assert np.ptp(tree.xyz[:, 0]) > 50


@pytest.mark.parametrize(
    "empty", [np.zeros((4, 5, 6)), -np.ones((4, 5)), np.full((3, 3, 3), np.nan)]
)
def test_without_foreground_there_is_no_node(empty):
    assert len(zimg.skeletonize(empty)) == 0


def test_an_image_and_its_array_give_the_same_tree():
    image = ZImg(rod(), layout="ZYX")
    one, other = zimg.skeletonize(image), zimg.skeletonize(rod())
    np.testing.assert_array_equal(one.xyz, other.xyz)


def test_a_plane_has_a_skeleton():
    assert len(zimg.skeletonize(rod()[4])) > 1


@pytest.mark.parametrize("shape", [(4, 4, 100), (64, 64, 64)])
def test_every_object_longer_than_the_limit_has_a_node(shape):
    assert len(zimg.skeletonize(np.ones(shape, np.uint8), config="SKELETONIZE")) >= 1


@pytest.mark.parametrize("pad", [(0, 3), (5, 0), (2, 7)])
def test_background_around_a_volume_moves_the_tree_and_nothing_else(pad):
    tree = zimg.skeletonize(rod())
    moved = zimg.skeletonize(np.pad(rod(), pad))
    np.testing.assert_array_equal(moved.xyz, tree.xyz + pad[0])
    np.testing.assert_array_equal(moved.radius, tree.radius)


def test_factors_and_intervals_say_the_same():
    by_factor = zimg.skeletonize(rod(), downsample=(2, 1, 1))
    by_interval = zimg.skeletonize(rod(), config={"downsampleInterval": [1, 0, 0]})
    np.testing.assert_array_equal(by_factor.xyz, by_interval.xyz)


def test_radii_in_space_are_those_of_a_ball_and_radii_in_the_plane_those_of_its_middle():
    z, y, x = np.indices((21, 31, 31)) - np.asarray([10, 15, 15])[:, None, None, None]
    ball = (z * z + y * y + x * x) <= 64
    flat = (z * z <= 4) & (y * y + x * x <= 144)
    for mask, planar, euclidean in ((ball, 8, 8), (flat, 12, 2)):
        options: dict[str, Any] = {"config": {"keepingSingleObject": True, "resampleSwc": False}}
        widest = zimg.skeletonize(mask, **options).radius.max()
        deepest = zimg.skeletonize(mask, radius="euclidean", **options).radius.max()
        assert widest == pytest.approx(planar, abs=0.6)
        assert deepest == pytest.approx(euclidean, abs=0.6)


@pytest.mark.parametrize(("height", "expected"), [(0.5, 1.0), (1, 2.5), (3, 8.5), (20, 11.5)])
def test_radii_in_space_know_the_size_of_a_voxel(height, expected):
    mask = np.zeros((9, 31, 60), np.uint8)
    mask[2:7, 4:27, 1:59] = 1
    config = {"resolution": [0.2, 0.2 * height], "keepingSingleObject": True}
    tree = zimg.skeletonize(mask, config=config, radius="euclidean")
    assert tree.radius.max() == pytest.approx(expected)


def test_radii_of_a_reduced_volume_are_in_voxels_of_the_volume():
    mask = np.zeros((24, 24, 90), np.uint8)
    mask[4:20, 4:20, 2:88] = 1
    options: dict[str, Any] = {"radius": "euclidean", "config": {"resampleSwc": False}}
    whole = zimg.skeletonize(mask, **options)
    for factors in ((2, 2, 2), (1, 1, 2), (2, 2, 1)):
        reduced = zimg.skeletonize(mask, downsample=factors, **options)
        assert reduced.radius.max() == pytest.approx(whole.radius.max(), abs=1.1)


def test_objects_in_a_corner_of_a_large_volume_are_as_in_a_small_one():
    rng = np.random.default_rng(3)
    for number in range(20):
        small = rng.random((4, 5, 30)) < 0.8
        large = np.zeros((9, 14, 50), bool)
        at = tuple(rng.choice([0, 3, 5], 3))  # borders matter to holes and to closed gaps
        large[at[0] : at[0] + 4, at[1] : at[1] + 5, at[2] : at[2] + 30] = small
        config = {"minimalLength": 3, "fillingHole": True, "removingBorder": bool(number % 2)}
        expected = whole_volume(large, config)
        assert_same(zimg.skeletonize(large, config=config, root="reference"), expected)


def whole_volume(mask, config):
    """The tree without looking for the part of the volume that holds the objects."""
    options = resolve_options(config)
    with reporter() as report:
        cleaned = object_mask(mask, options)
        return skeleton_of(cleaned, (0, 0, 0), options=options, report=report, request=REFERENCE)


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"config": {"minimalLenght": 5}}, ValueError, "unknown option 'minimalLenght'"),
        ({"config": {"minimalLength": "5"}}, TypeError, "minimalLength must be float"),
        ({"config": {"interpolating": True}}, ValueError, "interpolating"),
        ({"downsample": (0, 1, 1)}, ValueError, "three integers of at least 1"),
        ({"channel": 1}, ValueError, "a single channel and time"),
        ({"radius": "round"}, ValueError, "'planar' or 'euclidean'"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(options, error, told):
    with pytest.raises(error, match=told):
        zimg.skeletonize(rod(), **options)


def test_options_are_taken_in_every_form(tmp_path):
    (tmp_path / "options.json").write_text('{"skeletonize": {"lengthThreshold": 7}}')
    for config in (
        tmp_path / "options.json",
        {"minimalLength": 7},
        SkeletonizeConfig(minimalLength=7),
    ):
        assert len(zimg.skeletonize(rod(), config=config)) > 0


def test_work_stops_when_it_is_cancelled():
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(ZCancellationException):
        zimg.skeletonize(rod(), cancel=cancel)
