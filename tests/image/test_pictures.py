"""Plots of images: which pixels, in which colours and places, and what is refused."""

from typing import Any

import numpy as np
import pytest

from zimg import VoxelSizeUnit, ZException, ZImg, ZImgInfo, ZSwc, col4
from zimg._typing import Device, Namespace
from zimg.testing import bring_home
from zimg.view.reducing import MOST_PIXELS, plane_of


@pytest.fixture
def plt():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    pyplot = pytest.importorskip("matplotlib.pyplot")
    yield pyplot
    pyplot.close("all")


def image_of(volume: np.ndarray, *, size: tuple[float, float, float] | None = None) -> ZImg:
    """Channels ``(C, Z, Y, X)``, with voxel sizes along x, y, z in µm."""
    info = ZImgInfo(*volume.shape[::-1])
    if size is not None:
        info.voxelSizeUnit = VoxelSizeUnit.um
        info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ = size
    return ZImg(volume, info)


@pytest.mark.parametrize("plane", ["xy", "xz", "zy"])
@pytest.mark.parametrize("how", ["max", "mean", 3, -1])
def test_a_plane_is_the_projection_or_section(
    xp: Namespace, device: Device, monkeypatch: pytest.MonkeyPatch, plane: Any, how: Any
) -> None:
    monkeypatch.setattr("zimg.view.reducing.to_host", bring_home)
    host = np.random.default_rng(0).integers(0, 3000, (40, 7, 9)).astype(np.uint16)
    axis = {"xy": 0, "xz": 1, "zy": 2}[plane]
    known = getattr(host, how)(axis=axis) if isinstance(how, str) else host.take(how, axis=axis)
    known = known.T if plane == "zy" else known
    found = plane_of(xp.asarray(host, device=device), plane, how)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, known, rtol=1e-6)


def test_values_that_are_not_finite_are_ignored() -> None:
    volume = np.array([[[1, np.nan]], [[np.inf, -np.inf]], [[3, np.nan]]], np.float32)
    np.testing.assert_array_equal(plane_of(volume, "xy", "max"), [[3, 0]])
    np.testing.assert_array_equal(plane_of(volume, "xy", "mean"), [[2, 0]])


def test_a_large_plane_keeps_single_bright_pixels() -> None:
    volume = np.zeros((1, 3, 3 * MOST_PIXELS), np.uint8)
    volume[0, 1, 3001] = 200
    small = plane_of(volume, "xy", "max")
    assert small.shape == (3, MOST_PIXELS)
    assert np.argwhere(small == 200).tolist() == [[1, 1000]]


@pytest.mark.usefixtures("plt")
def test_channels_are_added_in_their_colours_and_named() -> None:
    volume = np.zeros((2, 3, 4, 6), np.uint8)
    volume[0, 1, 0, 0], volume[1, 2, 3, 5] = 10, 20
    image = image_of(volume)
    info = image.info
    info.channelNames = ["nuclei", ""]
    info.channelColors = [col4(0, 255, 255, 255), col4(255, 0, 0, 255)]
    image.info = info
    ax = image.plot()
    picture = ax.images[0].get_array()
    assert picture.shape == (4, 6, 3)
    assert picture[0, 0].tolist() == [0, 255, 255]
    assert picture[3, 5].tolist() == [255, 0, 0]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["nuclei", "channel 1"]
    green = image.plot(channels="nuclei", colors=["lime"]).images[0].get_array()
    assert green[0, 0].tolist() == [0, 255, 0]
    assert green[3, 5].tolist() == [0, 0, 0]


@pytest.mark.usefixtures("plt")
def test_axes_are_in_voxels_or_um_with_true_proportions_and_a_bar_in_um() -> None:
    image = image_of(np.ones((1, 5, 20, 40), np.uint8), size=(0.5, 0.5, 2.0))
    ax = image.plot(plane="xz")
    assert ax.images[0].get_extent() == [-0.5, 39.5, 4.5, -0.5]
    assert ax.get_aspect() == 4
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x", "z")
    (bar,) = ax.artists
    assert bar.txt_label.get_text() == "2 µm"
    assert bar.size_bar.get_children()[0].get_width() == 4  # voxels
    ax = image.plot(plane="xz", unit="um")
    assert ax.images[0].get_extent() == [-0.25, 19.75, 9, -1]
    assert ax.get_aspect() == 1
    assert ax.get_ylabel() == "z (µm)"
    assert not image.plot(scale_bar=False).artists
    plain = image_of(np.ones((1, 5, 20, 40), np.uint8)).plot()
    assert plain.artists[0].txt_label.get_text() == "5 voxels"


def test_a_tree_lies_over_a_plot_and_keeps_its_proportions(plt) -> None:
    image = image_of(np.ones((1, 5, 20, 40), np.uint8), size=(0.5, 0.5, 2.0))
    tree = ZSwc.from_arrays([[0, 0, 0], [30, 10, 4]], 1, [-1, 0])
    ax = image.plot(plane="xz")
    assert tree.plot(ax=ax, plane="xz") is ax
    assert ax.get_aspect() == 4
    assert tree.plot(image=image, plane="xz").get_aspect() == 4
    assert tree.plot(image=np.ones((5, 20, 40)), plane="xz").get_aspect() == 1
    plt.gcf().canvas.draw()


@pytest.mark.usefixtures("plt")
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"plane": "yx"}, ValueError, "plane must be"),
        ({"projection": "min"}, ValueError, "projection must be"),
        ({"projection": True}, ValueError, "projection must be"),
        ({"projection": 9}, IndexError, "section 9 is out of range"),
        ({"unit": "nm"}, ValueError, "unit must be"),
        ({"unit": "um"}, ZException, "states no voxel size"),
        ({"channels": 2}, ValueError, "channel 2 is out of range for 2"),
        ({"channels": "dapi"}, ValueError, "no channel 'dapi'"),
        ({"colors": ["red"]}, ValueError, "one colour for each of 2 channels"),
        ({"time": 1}, IndexError, "time 1 is out of range"),
    ],
)
def test_wrong_arguments_are_refused(options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        image_of(np.ones((2, 3, 4, 5), np.uint8)).plot(**options)


@pytest.mark.usefixtures("plt")
def test_an_empty_image_is_refused() -> None:
    with pytest.raises(ValueError, match="empty image"):
        ZImg().plot()
