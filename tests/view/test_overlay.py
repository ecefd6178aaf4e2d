"""The picture of a trace: places, proportions, colours, contrast."""

from pathlib import Path

import numpy as np
import pytest

from zimg._errors import ZException
from zimg._typing import Device, Namespace
from zimg.swc import ZSwc
from zimg.testing import bring_home
from zimg.view import overlay, write_png
from zimg.view.overlay import COLOURS, GROUND, SEPARATOR, tree_labels

NO_TREE = ZSwc.from_arrays(np.zeros((0, 3)), np.zeros(0), np.zeros(0, dtype=np.int64))


def line(*points: tuple[float, float, float], radius: float = 1.0) -> ZSwc:
    count = len(points)
    parents = np.arange(count) - 1
    return ZSwc.from_arrays(np.array(points), np.full(count, radius), parents)


def is_coloured(picture: np.ndarray) -> np.ndarray:
    return np.ptp(picture.astype(int), axis=-1) > 40


def test_panels_share_their_axes_and_have_true_proportions() -> None:
    picture = overlay(np.zeros((10, 40, 60), np.uint8), NO_TREE, z_to_xy=3.0, longest_side=902)
    scale = 900 / 90  # along x: 60 voxels and 10 slices of three voxels
    assert picture.dtype == np.uint8
    assert picture.shape == (40 * scale + SEPARATOR + 300, 60 * scale + SEPARATOR + 300, 3)
    assert (picture[410, 300] == 0).all()
    np.testing.assert_array_equal(picture[401, 300], GROUND)
    np.testing.assert_array_equal(picture[-1, -1], GROUND)


def test_the_tree_lies_over_its_voxels_in_all_three_panels() -> None:
    volume = np.zeros((12, 40, 60), np.uint8)
    volume[6, 20, 10:50] = 200
    tree = line((10, 20, 6), (49, 20, 6), radius=0.5)
    plain = overlay(volume, NO_TREE, z_to_xy=2.0, longest_side=842)
    drawn = overlay(volume, tree, z_to_xy=2.0, longest_side=842)
    scale = 10
    for top, left, height, width in ((0, 0, 40, 60), (0, 602, 40, 24), (402, 0, 24, 60)):
        panel = np.s_[top : top + height * scale, left : left + width * scale]
        bright = np.argwhere(plain[panel][..., 0] > 80).mean(axis=0)
        coloured = np.argwhere(is_coloured(drawn[panel])).mean(axis=0)
        np.testing.assert_allclose(coloured, bright, atol=4.0)


def test_each_tree_has_its_colour_and_the_longest_the_first() -> None:
    xyz = np.array([(5, 5, 2), (5, 15, 2), (20, 5, 2), (20, 35, 2)], dtype=float)
    tree = ZSwc.from_arrays(xyz, np.ones(4), np.array([-1, 0, -1, 2]))
    assert tree_labels(tree).tolist() == [1, 1, 0, 0]
    picture = overlay(np.zeros((5, 40, 40), np.uint8), tree, longest_side=452)
    np.testing.assert_allclose(picture[200, 205], COLOURS[0], atol=3)
    np.testing.assert_allclose(picture[105, 55], COLOURS[1], atol=3)


def test_a_single_node_is_marked() -> None:
    picture = overlay(np.zeros((5, 40, 40), np.uint8), line((20, 20, 2)), longest_side=452)
    assert picture[205, 205].min() > 250


def test_an_even_volume_is_black_and_a_single_bright_voxel_is_seen() -> None:
    volume = np.full((5, 40, 40), 7, np.uint16)
    assert overlay(volume, NO_TREE, longest_side=452)[:400, :400].max() == 0
    volume[2, 20, 20] = 9000
    assert overlay(volume, NO_TREE, longest_side=452)[:400, :400].max() > 150


def test_a_picture_smaller_than_the_volume_keeps_single_bright_lines() -> None:
    volume = np.zeros((4, 600, 600), np.uint8)
    volume[2, 301, :] = 255
    picture = overlay(volume, NO_TREE, longest_side=200)
    assert max(picture.shape) <= 202
    assert picture[:190, :190].max(axis=(0, 2)).min() > 80


def test_an_empty_volume_gives_a_picture() -> None:
    assert overlay(np.zeros((0, 4, 4), np.uint8), NO_TREE).ndim == 3


def test_the_picture_does_not_depend_on_the_framework(
    xp: Namespace, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zimg.view.projection.to_host", bring_home)
    host = np.random.default_rng(0).integers(0, 2000, (6, 20, 30)).astype(np.uint16)
    tree = line((2, 3, 1), (20, 15, 4))
    found = overlay(xp.asarray(host, device=device), tree, z_to_xy=2.0, longest_side=200)
    np.testing.assert_array_equal(found, overlay(host, tree, z_to_xy=2.0, longest_side=200))


def test_a_png_holds_the_picture_and_replaces_an_older_one(tmp_path: Path) -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    picture = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    path = tmp_path / "p.png"
    path.write_text("older")
    write_png(path, picture)
    np.testing.assert_array_equal(imagecodecs.png_decode(path.read_bytes()), picture)
    assert [p.name for p in tmp_path.iterdir()] == ["p.png"]


def test_a_png_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ZException, match=r"cannot write .*nowhere"):
        write_png(tmp_path / "nowhere" / "p.png", np.zeros((2, 2, 3), np.uint8))
