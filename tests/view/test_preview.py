"""The picture of a trace with its untraced half, scale bar and lengths; and of a comparison."""

import numpy as np
import pytest

from zimg import ZSwc
from zimg.swc.comparing import without_counterpart
from zimg.view import Marked, differences, overlay, preview
from zimg.view.comparison_picture import FALSE, MATCHED, MISSED
from zimg.view.legend import WORDS, scale_bar
from zimg.view.letters import GLYPHS, HEIGHT, WIDTH, text_width, write_text
from zimg.view.overlay import COLOURS, GROUND, SEPARATOR

WHITE = np.full(3, 255.0, np.float32)


def line(start: float, end: float, y: float = 20.0) -> ZSwc:
    xyz = [[start, y, 2], [end, y, 2]]
    return ZSwc.from_arrays(xyz, 1, [-1, 0])


def has(picture: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """Where a picture has a colour, all but exactly."""
    return (np.abs(picture.astype(float) - colour) <= 1).all(axis=-1)


def hue(picture: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """Where a picture has a colour on black, or on the ground."""
    length = np.linalg.norm(picture, axis=-1)
    likeness = picture @ (colour / np.linalg.norm(colour)) / np.maximum(length, 1)
    return (likeness > 0.995) & (length > 100)


def test_letters_differ_and_have_one_size() -> None:
    assert all(glyph.shape == (HEIGHT, WIDTH) for glyph in GLYPHS.values())
    assert len({glyph.tobytes() for glyph in GLYPHS.values()}) == len(GLYPHS)
    assert set("0123456789abcdefghijklmnopqrstuvwxyz\u00b5.,+-%()/: ") < set(GLYPHS)


def test_a_text_has_the_dots_of_its_letters_and_is_cut_off_at_the_border() -> None:
    canvas = np.zeros((20, 60, 3), np.float32)
    write_text(canvas, "1m", 2, 4, scale=2, colour=WHITE)
    dots = canvas[..., 0] > 0
    assert dots.sum() == 4 * (GLYPHS["1"].sum() + GLYPHS["m"].sum())
    assert not dots[:2].any()
    assert not dots[:, :4].any()
    assert not dots[:, 4 + text_width("1m", 2) :].any()
    write_text(canvas, "mmmmmmm", 10, 40, scale=3, colour=WHITE)
    write_text(canvas, "\u2603", 2, 30, scale=1, colour=WHITE)
    assert (canvas[2:9, 30:35, 0] > 0).tolist() == GLYPHS["?"].tolist()


@pytest.mark.parametrize(
    ("pixels", "unit_size", "length"),
    [(100, 1, 100), (99, 1, 50), (49, 1, 20), (100, 40, 2), (100, 0.03, 2000), (1, 7, 0.1)],
)
def test_a_scale_bar_is_the_longest_round_length_that_fits(pixels, unit_size, length) -> None:
    bar = scale_bar(pixels, unit_size, "\u00b5m")
    assert bar.length == pytest.approx(length)
    assert bar.pixels == pytest.approx(length * unit_size)
    assert bar.pixels <= pixels * (1 + 1e-9)
    assert bar.text == f"{length:g} \u00b5m"


def test_the_halves_differ_by_the_tree_alone_and_the_strip_measures() -> None:
    volume = np.random.default_rng(0).integers(0, 255, (5, 40, 60), np.uint8)
    tree = ZSwc.concatenate([line(5, 45), line(10, 20, y=10)])
    picture = preview(volume, tree, voxel_size=(0.5, 0.5, 0.5), longest_side=1300)
    half = overlay(volume, tree, longest_side=650)
    rows, columns, _ = half.shape
    plain, traced = picture[:rows, :columns], picture[:rows, columns + 2 * SEPARATOR :]
    np.testing.assert_array_equal(traced, half)
    np.testing.assert_array_equal(plain, overlay(volume, ZSwc(), longest_side=650))
    strip = picture[rows:]
    (left, right), *_ = np.flatnonzero(np.diff(has(strip, WORDS)[13].astype(int))).reshape(-1, 2)
    zoom = (650 - SEPARATOR) / 65  # pixels per voxel of half a micrometre
    assert right - left == pytest.approx(
        5 * zoom / 0.5, abs=1
    )  # of 1, 2, 5 um, what a fifth of 60 holds
    for colour in COLOURS[:2]:
        assert has(strip, colour).sum() == 14 * 14
    assert not has(strip, COLOURS[2]).any()


def test_halves_that_are_wide_lie_above_each_other() -> None:
    picture = preview(np.zeros((2, 20, 100), np.uint8), ZSwc(), longest_side=800)
    half = overlay(np.zeros((2, 20, 100), np.uint8), ZSwc(), longest_side=800)
    rows, columns, _ = half.shape
    assert picture.shape[1] == columns
    assert (picture[rows : rows + 2 * SEPARATOR] == GROUND).all()


def test_trees_without_a_colour_of_their_own_are_counted_together() -> None:
    many = ZSwc.concatenate([line(5, 5 + n, y=3.0 * n) for n in range(1, 12)])
    few = ZSwc.concatenate([line(5, 5 + n, y=3.0 * n) for n in range(4, 12)])
    volume = np.zeros((5, 40, 60), np.uint8)
    wide, narrow = (preview(volume, tree, longest_side=700) for tree in (many, few))
    assert wide.shape[0] >= narrow.shape[0]
    assert has(wide, WORDS).sum() > has(narrow, WORDS).sum()


def test_an_empty_volume_and_an_empty_tree_have_a_preview() -> None:
    assert preview(np.zeros((0, 4, 4), np.uint8), ZSwc()).ndim == 3
    empty = Marked(ZSwc(), np.zeros(0, dtype=bool))
    assert differences(empty, empty).ndim == 3


def test_what_is_false_and_what_is_missed_is_found_to_the_node() -> None:
    found, expected = line(0, 30), line(10, 50)
    nodes, alone = without_counterpart(found, expected, tolerance=2.0)
    assert nodes.xyz[:, 0].tolist() == list(range(31))
    assert nodes.xyz[alone, 0].tolist() == list(range(8))
    nodes, alone = without_counterpart(expected, found, tolerance=2.0)
    assert nodes.xyz[alone, 0].tolist() == list(range(33, 51))
    assert without_counterpart(found, ZSwc())[1].all()
    assert not len(without_counterpart(ZSwc(), found)[1])
    scaled = without_counterpart(found, expected, tolerance=2.0, voxel_size=(2.0, 2.0, 2.0))
    assert scaled[0].xyz[scaled[1], 0].max() == 8.5


@pytest.mark.parametrize("volume", [None, np.zeros((5, 40, 60), np.uint8)])
def test_false_missed_and_matched_branches_have_their_colours_and_places(volume) -> None:
    found, expected = line(0, 30), line(10, 50)
    pair = ((found, expected), (expected, found))
    picture = differences(
        *(Marked(*without_counterpart(*each)) for each in pair), volume=volume, longest_side=800
    )
    panel = picture[: picture.shape[0] // 2]
    columns = [
        np.flatnonzero(hue(panel, colour).any(axis=0)) for colour in (FALSE, MATCHED, MISSED)
    ]
    assert all(each.size for each in columns)
    order = [float(np.median(each)) for each in columns]
    assert order == sorted(order)
    strip = picture[-60:]  # one line or two
    for colour in (FALSE, MATCHED, MISSED):
        assert has(strip, colour).sum() >= 14 * 14
