"""The card of a forest: counts, three drawings of bounded size, and that it never raises."""

import re
from xml.etree import ElementTree as ET

import numpy as np

from zimg import ZSwc
from zimg.view import tree_card
from zimg.view.trees import MOST_ROOTS, MOST_SEGMENTS, segments_to_draw

FORK = ZSwc.from_arrays(
    [[0, 0, 0], [10, 0, 0], [10, 20, 0], [10, 0, 5], [40, 40, 1]], 1, [-1, 0, 1, 1, -1]
)


def chain(count: int) -> ZSwc:
    return ZSwc.from_arrays(RANDOM.random((count, 3)), 1, np.arange(count) - 1)


RANDOM = np.random.default_rng(7)


def drawings(html: str) -> list[ET.Element]:
    return [ET.fromstring(each) for each in re.findall(r"<svg.*?</svg>", html)]


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
    xy, xz, yz = drawings(tree_card(FORK))
    assert (xy.get("width"), xy.get("height")) == ("160.0", "160.0")
    assert (xz.get("width"), xz.get("height")) == ("160.0", "27.0")
    assert (yz.get("width"), yz.get("height")) == ("160.0", "27.0")
    for drawing in (xy, xz, yz):
        assert drawing.find("path").get("d").count("M") == 3
        assert len(drawing.findall("circle")) == 2
    assert xy.find("path").get("d").startswith("M4.0 4.0L42.0 4.0")


def test_the_card_of_an_empty_forest_has_no_drawing() -> None:
    html = tree_card(ZSwc())
    assert rows(html)["nodes"] == "0"
    assert not drawings(html)
    assert "no picture" not in html


def test_a_single_node_is_a_dot() -> None:
    assert len(drawings(tree_card(chain(1)))[0].findall("circle")) == 1


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
        for drawing in drawings(tree_card(forest)):
            assert drawing.find("path").get("d").count("M") <= MOST_SEGMENTS
            assert len(drawing.findall("circle")) <= MOST_ROOTS


def test_places_that_are_not_finite_are_left_out() -> None:
    tree = chain(5)
    tree.xyz[2] = np.nan
    for drawing in drawings(tree_card(tree)):
        assert drawing.find("path").get("d").count("M") == 2


def test_the_card_of_a_broken_forest_says_what_is_wrong() -> None:
    html = tree_card(ZSwc.__new__(ZSwc))
    assert "not known: AttributeError" in html
    assert "no picture: AttributeError" in html


def test_a_notebook_finds_the_card() -> None:
    assert FORK._repr_html_() == tree_card(FORK)
