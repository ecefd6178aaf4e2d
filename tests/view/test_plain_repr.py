"""The plain text of images and forests: one line, no pixels read, no failure."""

import numpy as np
import pytest

from zimg import ZImg, ZImgInfo, ZSwc


def texts() -> list[str]:
    info = ZImgInfo(3, 2)
    info.channelNames, info.channelColors = ["two\nlines", "<b>"], []
    tree = ZSwc.from_arrays([[0, 0, 0]], 1, [-1], comments=["two\nlines"])
    tree.xyz[:] = np.nan
    image = ZImg(np.full((1, 1, 2, 3), np.nan, np.float32))
    image._info.channelNames = ["two\nlines"] * 9
    return [repr(each) for each in (info, tree, image, ZImg(), ZImgInfo(), ZSwc())]


@pytest.mark.parametrize("text", texts())
def test_plain_text_is_one_line_whatever_the_content(text: str) -> None:
    assert text
    assert "\n" not in text


def test_the_text_of_an_image_reads_no_pixels() -> None:
    torch = pytest.importorskip("torch")
    unreadable = torch.zeros((1, 1, 2, 3), device="meta")
    assert repr(ZImg(unreadable)).endswith("y=2, x=3, float32, torch on meta)")


def test_the_text_of_a_deleted_array_is_still_there() -> None:
    jax = pytest.importorskip("jax")
    image = ZImg(jax.numpy.zeros((1, 1, 2, 3)))
    image.data[0].delete()
    assert repr(image) == "ZImg(times=1, channels=1, z=1, y=2, x=3, float32, jax, deleted)"
    assert repr(ZImg.__new__(ZImg)) == "ZImg(empty)"
