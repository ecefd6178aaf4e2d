"""Pyramids and tiles of TIFF files: listed as the reference lists them, read one by one."""

from typing import Any

import numpy as np
import pytest
import tifffile

import zimg
from zimg import ZImg

VOLUME = np.random.default_rng(4).integers(0, 60000, (2, 301, 403)).astype(np.uint16)


def pyramid(path, sizes, **options):
    with tifffile.TiffWriter(path) as file:
        common: dict[str, Any] = {"photometric": "minisblack", "tile": (128, 128)}
        file.write(VOLUME, subifds=len(sizes), **common, **options)
        for high, wide in sizes:
            file.write(VOLUME[:, :high, :wide], subfiletype=1, **common)
    return path


@pytest.mark.parametrize("sizes", [[(150, 201), (75, 100)], [(151, 202), (76, 101)]])
@pytest.mark.parametrize(
    ("name", "options"),
    [("a.tif", {"metadata": None}), ("a.ome.tif", {"metadata": {"axes": "ZYX"}})],
)
def test_smaller_copies_are_levels_behind_the_tiles_of_full_size(tmp_path, name, sizes, options):
    path = pyramid(tmp_path / name, sizes, **options)
    (rows,) = ZImg.readSubBlockLists(str(path))
    assert [int((rows[:, 7] == ratio).sum()) for ratio in (1, 2, 4)] == [24, 8, 2]
    first = int(np.flatnonzero(rows[:, 7] == 4)[1])
    block = ZImg.readSubBlock(path, 0, first)
    high, wide = sizes[1]
    np.testing.assert_array_equal(block.data[0][0, 0], VOLUME[1, :high, :wide])


def test_pages_of_strips_are_listed_by_512_rows_and_columns(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((700, 1301), np.uint8), rowsperstrip=64)
    (rows,) = ZImg.readSubBlockLists(str(path))
    assert rows[:, 1:6].tolist() == [
        [x, y, 0, min(512, 1301 - x), min(512, 700 - y)] for y in (0, 512) for x in (0, 512, 1024)
    ]


def test_a_copy_that_is_no_fraction_is_no_level(tmp_path):
    path = pyramid(tmp_path / "a.tif", [(200, 150)], metadata=None)
    (rows,) = ZImg.readSubBlockLists(str(path))
    assert set(rows[:, 7]) == {1}
    np.testing.assert_array_equal(zimg.read(path).data[0][0], VOLUME)


def test_a_region_in_the_last_column_of_a_level_that_is_rounded_down_has_pixels(tmp_path):
    path = pyramid(tmp_path / "a.tif", [(150, 201)], metadata=None)
    region = zimg.ZImgRegion((402, 300, 0, 0, 0), (403, 301, 1, 1, 1))
    (part,) = zimg.read(path, region=region, ratios=(2, 2, 1)).data
    assert part[0, 0].tolist() == [[VOLUME[0, 149, 200]]]


def test_pages_that_tifffile_calls_channels_are_channels(tmp_path):
    """Named ``.ome.tif``, it describes planes without axes so; a tile holds all channels."""
    path = pyramid(tmp_path / "a.ome.tif", [(150, 201)], metadata=None)
    (rows,) = ZImg.readSubBlockLists(str(path))
    assert int((rows[:, 7] == 1).sum()) == 12
    np.testing.assert_array_equal(zimg.read(path).data[0][:, 0], VOLUME)
