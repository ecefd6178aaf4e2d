"""`zimg.skeletonize`: what it takes, what it refuses, and closed forms."""

import threading

import numpy as np
import pytest

import zimg
from zimg import SkeletonizeConfig, ZCancellationException, ZImg


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


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"config": {"minimalLenght": 5}}, ValueError, "unknown option 'minimalLenght'"),
        ({"config": {"minimalLength": "5"}}, TypeError, "minimalLength takes float"),
        ({"config": {"interpolating": True}}, ValueError, "interpolating"),
        ({"downsample": (0, 1, 1)}, ValueError, "from 1 up"),
        ({"channel": 1}, ValueError, "one channel and time"),
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
