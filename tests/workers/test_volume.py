"""The volume that is traced: the ratio of its voxels, and one channel read alone."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from zimg._errors import ZException
from zimg.image import ZImgInfo, ZImgRegion, ZImgSource
from zimg.image.volume import z_to_xy_ratio
from zimg.workers.read_volume import read_channel


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf")])
def test_the_ratio_of_voxels_is_one_where_a_size_is_unusable(bad: float) -> None:
    info = ZImgInfo(1, 1)
    info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ = 0.2, 0.4, 0.9
    assert z_to_xy_ratio(info) == pytest.approx(3.0)
    assert z_to_xy_ratio(info, (2, 2, 1)) == pytest.approx(1.5)
    info.voxelSizeY = bad
    assert z_to_xy_ratio(info) == 1.0


@pytest.fixture
def stack(tmp_path: Path) -> tuple[Path, np.ndarray]:
    """A file of 2 times, 3 planes and 2 channels."""
    pixels = np.arange(2 * 3 * 2 * 4 * 5, dtype=np.uint16).reshape(2, 3, 2, 4, 5)
    tifffile.imwrite(tmp_path / "s.tif", pixels, imagej=True, metadata={"axes": "TZCYX"})
    return tmp_path / "s.tif", pixels


def test_one_channel_at_one_time_is_read(stack: tuple[Path, np.ndarray]) -> None:
    path, pixels = stack
    np.testing.assert_array_equal(read_channel(ZImgSource(path), 1, 1), pixels[1, :, 1])


def test_channel_and_time_count_from_the_start_of_the_region(
    stack: tuple[Path, np.ndarray],
) -> None:
    path, pixels = stack
    source = ZImgSource(path, ZImgRegion((1, 0, 2, 1, 1), (-1, 3, -1, -1, -1)))
    np.testing.assert_array_equal(read_channel(source, 0, 0), pixels[1, 2:, 1, :3, 1:])
    assert tuple(source.region.start) == (1, 0, 2, 1, 1)
    with pytest.raises(ZException, match=r"c=1, t=0.* channels are 0 to 0, time points 0 to 0"):
        read_channel(source, 1, 0)
