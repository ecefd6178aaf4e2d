"""A worker never writes its tree over the image that it reads."""

import os
from pathlib import Path

import numpy as np
import pytest
import tifffile

import zimg
from zimg import ZException


@pytest.mark.parametrize("worker", [zimg.ZNeutubeAutoTrace, zimg.ZNeutubeSkeletonize])
@pytest.mark.parametrize("linked", [False, True])
def test_the_image_is_refused_as_output(worker, linked: bool, tmp_path: Path) -> None:
    image = tmp_path / "image.tif"
    tifffile.imwrite(image, np.zeros((4, 8, 8), np.uint8), photometric="minisblack")
    output = tmp_path / "linked.swc" if linked else image
    if linked:
        os.link(image, output)
    before = image.read_bytes()
    made = worker()
    made.setInputImagePath(str(image))
    made.setOutputSwcPath(str(output))
    with pytest.raises(ZException, match="is the input image"):
        made.run()
    assert image.read_bytes() == before
