"""Plots in a plane and in space: what is drawn, where, and in which colours."""

import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.view.untrusted import sanitized
from zimg import VoxelSizeUnit, ZException, ZImg, ZImgInfo, ZSwc
from zimg.view.colouring import OTHERS, PALETTE
from zimg.view.space_plot import polylines

FORK = ZSwc.from_arrays(
    [[0, 0, 0], [10, 0, 0], [10, 20, 0], [10, 0, 5], [40, 40, 1], [40, 45, 1]],
    [1, 2, 3, -1, 4, 5],
    [-1, 0, 1, 1, -1, 4],
    type=[1, 2, 2, 3, 9, 9],
)


@pytest.fixture
def plt():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    pyplot = pytest.importorskip("matplotlib.pyplot")
    yield pyplot
    pyplot.close("all")


@pytest.fixture
def plotly():
    return pytest.importorskip("plotly")


def lines_of(ax) -> list[np.ndarray]:
    return [
        np.array(each.get_segments()) for each in ax.collections if hasattr(each, "get_segments")
    ]


@pytest.mark.parametrize(("plane", "axes"), [("xy", [0, 1]), ("xz", [0, 2]), ("zy", [2, 1])])
def test_a_plot_has_each_edge_in_its_plane_in_the_colour_of_its_tree(plt, plane, axes) -> None:
    ax = FORK.plot(plane=plane)
    first, second = lines_of(ax)
    parents = [0, 1, 1]
    expected = np.stack([FORK.xyz[parents], FORK.xyz[1:4]], axis=1)[..., axes]
    np.testing.assert_array_equal(first, expected)
    np.testing.assert_array_equal(second, FORK.xyz[None, 4:, axes])
    drawn = [each for each in ax.collections if hasattr(each, "get_segments")]
    assert [plt.matplotlib.colors.to_hex(each.get_color()[0]) for each in drawn] == [*PALETTE[:2]]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["tree 1", "tree 2"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == tuple(plane)
    assert ax.yaxis_inverted()
    assert ax.get_aspect() == 1


@pytest.mark.usefixtures("plt")
def test_types_radii_and_errors_are_colours() -> None:
    names = [text.get_text() for text in FORK.plot(color="type").get_legend().get_texts()]
    assert names == ["soma", "axon", "basal dendrite", "type 9"]
    (values,) = (c for c in FORK.plot(color="radius").collections if c.get_array() is not None)
    np.testing.assert_array_equal(values.get_array().filled(np.nan), [2, 3, np.nan, 5])
    ax = FORK.plot(color="error", gold=FORK.translated([0, 0, 3]))
    (values,) = (c for c in ax.collections if c.get_array() is not None)
    assert values.get_array().tolist() == pytest.approx([3, 3, 0, 3], abs=0.2)
    for wrong, message in (
        ({"color": "age"}, "color must be"),
        ({"color": "error"}, "needs the expected tree"),
        ({"plane": "yx"}, "plane must be"),
    ):
        options: Any = wrong
        with pytest.raises(ValueError, match=message):
            FORK.plot(**options)


def test_many_trees_share_a_last_colour(plt) -> None:
    many = ZSwc.from_arrays(np.arange(60).reshape(20, 3), 1, [-1, *range(9), -1, 10, *[-1] * 8])
    ax = many.plot()
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert (len(texts), texts[-1]) == (len(PALETTE) + 1, "2 more")
    assert plt.matplotlib.colors.to_hex(ax.collections[len(PALETTE)].get_color()[0]) == OTHERS


def test_an_image_lies_below_with_its_first_voxel_at_the_origin(plt) -> None:
    volume = np.zeros((6, 50, 44), np.uint8)
    volume[1, 40, 40] = 200
    axes = plt.subplots()[1]
    ax = FORK.plot(axes, volume)
    assert ax is axes
    assert ax.images[0].get_extent() == [-0.5, 43.5, 49.5, -0.5]
    assert np.argwhere(ax.images[0].get_array() > 0.5).tolist() == [[40, 40]]
    info = ZImgInfo(44, 50, 6)
    info.voxelSizeUnit = VoxelSizeUnit.um
    info.voxelSizeX = info.voxelSizeY = 0.5
    image = ZImg(volume[None], info)
    assert FORK.plot(image=image, plane="xz").images[0].get_array().shape == (6, 44)
    real = FORK.to_um((0.5, 0.5, 1.0))
    ax = real.plot(image=image)
    assert ax.images[0].get_extent() == [-0.25, 21.75, 24.75, -0.25]
    assert ax.get_xlabel() == "x (\u00b5m)"
    assert real.plot(image=volume).images[0].get_extent() == [-0.25, 21.75, 24.75, -0.25]
    real.voxel_size = None
    with pytest.raises(ValueError, match="the tree is in um"):
        real.plot(image=volume)


@pytest.mark.usefixtures("plt")
def test_empty_forests_and_single_nodes_are_drawn() -> None:
    for tree in (ZSwc(), FORK.subtree(2)):
        assert sum(map(len, lines_of(tree.plot()))) == 0


def test_a_line_runs_on_until_a_branch_ends() -> None:
    assert polylines(FORK.parent, np.ones(6, bool)).tolist() == [-1, 0, 1, 2, -1, 1, 3, -1, 4, 5]
    assert polylines(FORK.parent, FORK.type == 3).tolist() == [-1, 1, 3]
    assert not len(polylines(ZSwc().parent, np.ones(0, bool)))


@pytest.mark.usefixtures("plotly")
def test_a_figure_in_space_has_all_edges_and_survives_saving(tmp_path: Path) -> None:
    figure = FORK.plot3d()
    first, second, roots = figure.data
    xyz = np.stack([first.x, first.y, first.z], axis=1)
    expected = FORK.xyz[[0, 1, 2, 1, 3]]
    np.testing.assert_array_equal(xyz[[1, 2, 3, 5, 6]], expected)
    assert np.isnan(xyz[[0, 4]]).all()
    assert (first.name, first.line.color, second.name) == ("tree 1", PALETTE[0], "tree 2")
    assert list(roots.x) == [0, 40]
    assert figure.layout.scene.aspectmode == "data"
    figure.write_html(tmp_path / "tree.html", include_plotlyjs="cdn")
    assert "tree 1" in (tmp_path / "tree.html").read_text(encoding="utf-8")
    coloured = FORK.plot3d(color="radius").data[0]
    assert coloured.line.color[1:4].tolist() == [1, 2, 3]


@pytest.mark.usefixtures("plotly")
@pytest.mark.parametrize("renderer", ["plotly_mimetype", "plotly_mimetype+notebook"])
def test_a_notebook_that_is_not_trusted_shows_projections_instead(renderer, monkeypatch) -> None:
    from plotly import io

    monkeypatch.setattr(io.renderers, "default", renderer)
    bundle = FORK.plot3d()._repr_mimebundle_()
    page = bundle["text/html"]
    left = sanitized(page)
    assert left.count("<img") == 3
    assert "<script" not in left
    assert "application/vnd.plotly.v1+json" in bundle
    if "notebook" in renderer:  # the style that hides the picture is removed with the scripts
        (name,) = re.findall(r"<style>#([\w-]+) \{display:none\}</style>", page)
        assert f'<div id="{name}">' in left
        assert "display:none" not in left


@pytest.mark.usefixtures("plotly")
def test_a_figure_for_a_window_has_no_page(monkeypatch) -> None:
    from plotly import io

    shown: list[Any] = []
    monkeypatch.setattr(io.renderers, "default", "browser")
    monkeypatch.setattr(io, "show", shown.append)
    figure = FORK.plot3d()
    assert figure._repr_mimebundle_() == {}
    figure._ipython_display_()
    assert shown == [figure]


@pytest.mark.usefixtures("plotly")
def test_a_hundred_thousand_nodes_are_one_line_for_each_tree() -> None:
    count = 100_000
    parent = np.arange(-1, count - 1)
    parent[count // 2] = 7
    walk = np.cumsum(np.random.default_rng(0).normal(size=(count, 3)), axis=0)
    figure = ZSwc.from_arrays(walk, 1, parent).plot3d()
    assert len(figure.data) == 2
    assert len(figure.data[0].x) == count + 3


@pytest.mark.parametrize(
    ("method", "package", "extra"), [("plot", "matplotlib", "plot"), ("plot3d", "plotly", "plot3d")]
)
def test_a_package_that_is_missing_is_named_with_its_extra(
    method, package, extra, monkeypatch
) -> None:
    for name in (package, "matplotlib.pyplot", "plotly.graph_objects"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ZException, match=rf'{package} is not installed; .*"zimg-xp\[{extra}\]"'):
        getattr(FORK, method)()
