"""The card of an image: what it says, its picture on every framework, and that it never raises."""

import re
from base64 import b64decode
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from imagecodecs import png_decode

from tests.view.untrusted import sanitized
from zimg import VoxelSizeUnit, ZImg, ZImgInfo, col4
from zimg._dispatch import framework_of
from zimg._typing import Device, Namespace
from zimg.testing import bring_home
from zimg.view import image_card
from zimg.view.image_card import bytes_text
from zimg.view.thumbnail import LONGEST_SIDE, MOST_CHANNELS, reduced, steps_within, thumbnail

RANDOM = np.random.default_rng(5)
VOID = {"br", "img"}


class Page(HTMLParser):
    """Text and tags of a card; refuses tags that are not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: Any) -> None:  # noqa: ARG002 (of the base)
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def picture_of(html: str) -> np.ndarray:
    data = re.search(r"data:image/png;base64,([^\"]+)", html)
    assert data, Page(html).text
    return png_decode(b64decode(data[1]))


@pytest.fixture
def _read_pretended_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the strict lanes' devices, which no host can read, be read at the one visible place."""
    monkeypatch.setattr("zimg.view.thumbnail.to_host", bring_home)


@pytest.mark.usefixtures("_read_pretended_devices")
@pytest.mark.parametrize("dtype", ["bool", "uint8", "uint16", "int16", "int32", "float32"])
def test_pixels_of_a_thumbnail_are_maxima_of_blocks(
    xp: Namespace, device: Device, dtype: str
) -> None:
    host = RANDOM.integers(0, 100, (2, 19, 170, 321)).astype(dtype)
    found = thumbnail(xp.asarray(host, device=device))
    plane = np.zeros((2, 171, 321), np.float32)
    plane[:, :170] = host.max(axis=1)
    expected = plane.reshape(2, 57, 3, 107, 3).max(axis=(2, 4))
    assert found.steps == (1, 1, 1)
    np.testing.assert_array_equal(found.channels, expected)


@pytest.mark.usefixtures("_read_pretended_devices")
def test_a_card_has_a_picture_on_every_framework(xp: Namespace, device: Device) -> None:
    host = RANDOM.integers(0, 60000, (2, 3, 40, 50)).astype(np.uint16)
    html = image_card(ZImg(xp.asarray(host, device=device)))
    assert picture_of(html).shape == (40, 50, 3)
    assert f"{framework_of(xp)} on {device}" in Page(html).text.replace("< ", "<")
    assert "23.44 KiB" in Page(html).text


def test_the_projection_stays_on_its_device(xp: Namespace, device: Device) -> None:
    small = reduced(xp.ones((1, 4, 200, 330), dtype=xp.uint8, device=device), (2, 1, 1))
    assert small.shape == (1, 67, 110)
    assert small.dtype == xp.float32
    assert small.device == device


def test_only_the_thumbnail_is_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    shapes = []

    def watched(x: np.ndarray) -> np.ndarray:
        shapes.append(x.shape)
        return x

    monkeypatch.setattr("zimg.view.thumbnail.to_host", watched)
    image_card(ZImg(np.zeros((2, 8, 640, 480), np.uint8)))
    assert shapes == [(2, LONGEST_SIDE, 120)]


@pytest.mark.parametrize("dtype", [np.int64, np.uint64, np.float64, np.float16])
def test_wide_types_have_a_picture_as_well(dtype: type) -> None:
    assert picture_of(image_card(ZImg(np.eye(30).astype(dtype)[None, None]))).max() == 255


def test_values_that_are_not_finite_are_as_dark_as_the_darkest() -> None:
    plane = np.full((1, 1, 20, 20), 5.0, np.float32)
    plane[..., 0, 0], plane[..., 1, 1], plane[..., 10:, :] = np.nan, -np.inf, 9.0
    plane[..., 2, 2] = np.inf
    picture = picture_of(image_card(ZImg(plane)))
    assert not picture[:10].any()
    assert (picture[10:] == 255).all()
    assert not picture_of(image_card(ZImg(np.full_like(plane, np.nan)))).any()


def test_channels_are_shown_in_their_colours_and_stretched_one_by_one() -> None:
    volume = np.zeros((2, 2, 4, 6), np.uint16)
    volume[0, 1, :2, :], volume[1, 0, :, :3] = 7, 60000
    info = ZImgInfo(6, 4, 2, 2, 1, 2)
    info.channelColors = [col4(255, 0, 0), col4(0, 128, 255)]
    picture = picture_of(image_card(ZImg(volume, info)))
    assert picture[0, 0].tolist() == [255, 128, 255]
    assert picture[0, 5].tolist() == [255, 0, 0]
    assert picture[3, 0].tolist() == [0, 128, 255]
    assert picture[3, 5].tolist() == [0, 0, 0]


def test_a_card_reports_what_is_known_and_escapes_it() -> None:
    info = ZImgInfo(6, 4, 2, 2, 1, 2)
    info.channelNames = ["<script>alert(1)</script>", "a & b"]
    info.voxelSizeX, info.voxelSizeZ, info.voxelSizeUnit = 0.25, 2.0, VoxelSizeUnit.um
    html = image_card(ZImg([np.zeros((2, 2, 4, 6), np.uint16)] * 3, info))
    page = Page(html)
    assert not {"script", "style"} & set(page.tags)
    for told in ("6 x 4 x 2", "uint16", "576 bytes", "numpy on cpu", "0.25 x 1 x 2 um", "a & b"):
        assert told in page.text
    assert "<script>alert(1)</script>" in page.text
    assert "3 (0 to 2)" in page.text
    assert "first time" in page.text


def test_nothing_of_the_card_is_lost_in_a_notebook_that_is_not_trusted() -> None:
    html = image_card(ZImg(np.random.default_rng(0).integers(0, 99, (2, 3, 20, 30), np.uint8)))
    np.testing.assert_array_equal(picture_of(sanitized(html)), picture_of(html))
    assert Page(sanitized(html)).text == Page(html).text
    assert re.findall(r'(?:width|height)="(\d+)"', sanitized(html)) == ["150", "100"]


def test_the_card_of_an_empty_image_has_no_picture() -> None:
    page = Page(image_card(ZImg()))
    assert "the image is empty" in page.text
    assert "img" not in page.tags
    assert "no picture" not in page.text


def test_many_channels_are_cut_off_in_so_many_words() -> None:
    text = Page(image_card(ZImg(np.zeros((20, 1, 3, 3), np.uint8)))).text
    assert f"first {MOST_CHANNELS} channels" in text
    assert "and 8 more" in text


@pytest.mark.parametrize(
    ("most", "shape", "steps"),
    [
        (24, (2, 3, 4), (1, 1, 1)),
        (23, (2, 3, 4), (2, 1, 1)),
        (6, (8, 3, 2), (8, 1, 1)),
        (4, (8, 4, 3), (8, 2, 2)),
        (1, (5, 1, 9), (5, 1, 9)),
    ],
)
def test_steps_leave_out_planes_before_pixels(
    most: int, shape: tuple[int, int, int], steps: tuple[int, int, int]
) -> None:
    assert steps_within(most, shape) == steps
    assert np.zeros(shape)[tuple(slice(None, None, step) for step in steps)].size <= most


def test_a_large_image_is_looked_at_in_part_and_the_card_reports_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("zimg.view.thumbnail.MOST_VOXELS", 100)
    html = image_card(ZImg(np.ones((1, 6, 10, 10), np.uint8)))
    assert "one plane of 6" in Page(html).text
    monkeypatch.setattr("zimg.view.thumbnail.MOST_VOXELS", 25)
    assert (
        "one plane of 6, one row of 2, one column of 2"
        in Page(image_card(ZImg(np.ones((1, 6, 10, 10), np.uint8)))).text
    )


def test_read_only_memory_and_gradients_are_shown() -> None:
    torch = pytest.importorskip("torch")
    host = np.eye(8, dtype=np.float32)[None, None]
    host.flags.writeable = False
    tensor = torch.eye(8)[None, None].requires_grad_()
    first, second = (picture_of(image_card(ZImg(x))) for x in (host, tensor))
    np.testing.assert_array_equal(first, second)


def test_a_device_that_cannot_be_read_is_the_reason_for_no_picture() -> None:
    torch = pytest.importorskip("torch")
    page = Page(image_card(ZImg(torch.zeros((1, 2, 3, 4), device="meta"))))
    assert "torch on meta" in page.text
    assert "no picture" in page.text
    assert "4 x 3 x 2" in page.text


def test_the_card_of_a_broken_image_says_what_is_wrong() -> None:
    page = Page(image_card(ZImg.__new__(ZImg)))
    assert "not known: AttributeError" in page.text
    assert "no picture: AttributeError" in page.text
    image = ZImg(np.zeros((1, 1, 2, 2), np.uint8))
    image._info.channelColors = []
    assert "not known: ValueError" in Page(image_card(image)).text


@pytest.mark.parametrize("count", [0, 1023, 1024, 3 * 2**30, 2**60])
def test_bytes_are_reported_in_the_largest_unit_that_fits(count: int) -> None:
    expected = {0: "0 bytes", 1023: "1023 bytes", 1024: "1 KiB", 3 * 2**30: "3 GiB"}
    assert bytes_text(count) == expected.get(count, "1.049e+06 TiB")


def test_a_notebook_finds_the_card() -> None:
    image = ZImg(np.zeros((1, 1, 2, 2), np.uint8))
    assert image._repr_html_() == image_card(image)
