"""The card of a forest: counts, three drawings of bounded size, and that it never raises."""

import re
from base64 import b64decode

import numpy as np
import pytest
from imagecodecs import png_decode

from tests.view.untrusted import sanitized
from zimg import ZSwc
from zimg.view import tree_card
from zimg.view.tree_card import LINE, MOST_ROOTS, MOST_SEGMENTS, ROOT, segments_to_draw

FORK = ZSwc.from_arrays(
    [[0, 0, 0], [10, 0, 0], [10, 20, 0], [10, 0, 5], [40, 40, 1]], 1, [-1, 0, 1, 1, -1]
)


def chain(count: int) -> ZSwc:
    return ZSwc.from_arrays(RANDOM.random((count, 3)), 1, np.arange(count) - 1)


RANDOM = np.random.default_rng(7)


def drawings(html: str) -> list[np.ndarray]:
    """RGBA pictures."""
    found = re.findall(r'<img src="data:image/png;base64,([^"]+)"', html)
    return [png_decode(b64decode(each)) for each in found]


def sizes(html: str) -> list[tuple[int, int]]:
    found = re.findall(r'width="(\d+)" height="(\d+)"', html)
    return [(int(width), int(height)) for width, height in found]


def marks(picture: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """Columns and rows of full pixels of a colour."""
    full = (picture[..., :3] == np.round(colour)).all(axis=-1) & (picture[..., 3] == 255)
    return np.argwhere(full)[:, ::-1]


def rows(html: str) -> dict[str, str]:
    found = re.findall(r"<th[^>]*>(.*?)</th><td[^>]*>(.*?)</td>", html)
    return dict(found)


def test_a_card_counts_and_measures() -> None:
    assert rows(tree_card(FORK)) == {
        "nodes": "5",
        "trees": "2",
        "branch points": "1",
        "tips": "3",
        "length": "35",
        "bounding box": "x 0 to 40<br>y 0 to 40<br>z 0 to 5",
    }


def test_three_drawings_have_the_proportions_of_the_forest_and_all_its_edges() -> None:
    html = tree_card(FORK)
    assert sizes(html) == [(160, 160), (160, 27), (160, 27)]
    xy, xz, yz = drawings(html)
    assert [picture.shape[:2] for picture in (xy, xz, yz)] == [(320, 320), (54, 320), (54, 320)]
    scale, margin = 2 * 152 / 40, 8
    for picture, axes in ((xy, [0, 1]), (xz, [0, 2]), (yz, [1, 2])):
        alpha = picture[..., 3]
        assert alpha[0, 0] == alpha[-1, 0] == 0
        for row in range(5):
            x, y = np.round(FORK.xyz[row, axes] * scale + margin).astype(int)
            assert alpha[y, x] > 200
        for row in (1, 2, 3):
            middle = (FORK.xyz[row] + FORK.xyz[FORK.parent[row]]) / 2
            x, y = np.round(middle[axes] * scale + margin).astype(int)
            assert alpha[y, x] > 100
    for root in (0, 4):
        place = FORK.xyz[root, :2] * scale + margin
        assert (np.abs(marks(xy, ROOT) - place).max(axis=1) <= 3).sum() > 20
    assert np.abs(marks(xy, LINE) - [margin + 5 * scale, margin]).sum(axis=1).min() < 4


def test_the_card_of_an_empty_forest_has_no_drawing() -> None:
    html = tree_card(ZSwc())
    assert rows(html)["nodes"] == "0"
    assert not drawings(html)
    assert "no picture" not in html


def test_a_single_node_is_a_dot() -> None:
    picture = drawings(tree_card(chain(1)))[0]
    assert 20 < len(marks(picture, ROOT)) < 60
    assert not len(marks(picture, LINE))


def test_a_long_branch_is_drawn_with_fewer_nodes_from_end_to_end() -> None:
    lines = segments_to_draw(chain(1000), most=100)
    assert 40 <= len(lines.ends) <= 100
    assert lines.starts[0] == 0
    assert lines.ends[-1] == 999
    np.testing.assert_array_equal(lines.starts[1:], lines.ends[:-1])


def test_of_many_tips_the_longest_lines_are_drawn() -> None:
    count = 500
    xyz = np.zeros((count, 3))
    xyz[1:, 0] = np.arange(1, count)
    star = ZSwc.from_arrays(xyz, 1, [-1] + [0] * (count - 1))
    assert segments_to_draw(star, most=20).ends.tolist() == list(range(480, 500))


def test_the_size_of_a_card_is_bounded() -> None:
    isolated = ZSwc.from_arrays(RANDOM.random((20000, 3)), 1, np.full(20000, -1))
    for forest in (chain(20000), isolated):
        assert len(segments_to_draw(forest).ends) <= MOST_SEGMENTS
        assert len(tree_card(forest)) < 2**18
    assert len(marks(drawings(tree_card(isolated))[0], ROOT)) < 60 * MOST_ROOTS


def test_places_that_are_not_finite_are_left_out() -> None:
    tree = ZSwc.from_arrays([[n, 0, n % 2] for n in range(5)], 1, np.arange(5) - 1)
    tree.xyz[2] = np.nan
    alpha = drawings(tree_card(tree))[1][..., 3]
    assert (alpha.max(axis=0) > 0).nonzero()[0].tolist() == [
        *range(5, 86),
        *range(235, 314),
    ]


@pytest.mark.parametrize("tree", [FORK, ZSwc(), chain(300)], ids=["fork", "empty", "chain"])
def test_nothing_of_the_card_is_lost_in_a_notebook_that_is_not_trusted(tree: ZSwc) -> None:
    html = tree_card(tree)
    clean = sanitized(html)
    assert len(drawings(clean)) == len(drawings(html)) == (3 if len(tree) else 0)
    assert sizes(clean) == sizes(html)
    assert rows(clean) == rows(html)


def test_the_card_of_a_broken_forest_says_what_is_wrong() -> None:
    html = tree_card(ZSwc.__new__(ZSwc))
    assert "not known: AttributeError" in html
    assert "no picture: AttributeError" in html


def test_a_notebook_finds_the_card() -> None:
    assert FORK._repr_html_() == tree_card(FORK)
