"""A region costs a region: only the blocks that meet it are read."""

import numpy as np
import pytest
import tifffile

import zimg
import zimg.io
from zimg import ZImgRegion
from zimg.io.disk.bytes import FileBytes

VOLUME = np.random.default_rng(0).integers(0, 60000, (8, 256, 256)).astype(np.uint16)
PLANE = 256 * 256 * 2


@pytest.fixture
def count(monkeypatch):
    """Bytes that were asked for so far."""
    counted = [0]
    original = FileBytes.read

    def read(self, offset, size, what="a block"):
        counted[0] += size
        return original(self, offset, size, what)

    monkeypatch.setattr(FileBytes, "read", read)
    return counted


@pytest.mark.parametrize(
    ("storage", "needed"),
    [
        ({}, 2 * PLANE // 8),  # 32 rows of each of two planes
        ({"tile": (64, 64)}, 2 * PLANE // 32),  # half the rows of one tile of sixteen of each
        # a packed tile is read whole; noise packs by some hundredths
        ({"tile": (64, 64), "compression": "zlib"}, int(0.97 * 2 * PLANE / 16)),
        ({"rowsperstrip": 64}, 2 * PLANE // 8),
    ],
    ids=str,
)
def test_only_touched_blocks_are_read(tmp_path, count, storage, needed):
    tifffile.imwrite(tmp_path / "a.tif", VOLUME, photometric="minisblack", **storage)
    region = ZImgRegion((70, 64, 3, 0, 0), (120, 96, 5, 1, 1))
    (part,) = zimg.read(tmp_path / "a.tif", region=region).data
    np.testing.assert_array_equal(part[0], VOLUME[3:5, 64:96, 70:120])
    assert needed <= count[0] <= 1.05 * needed + 8192


def test_metadata_costs_no_pixels(tmp_path, count):
    tifffile.imwrite(tmp_path / "a.tif", VOLUME, photometric="minisblack")
    assert zimg.io.read_info(tmp_path / "a.tif").depth == 8
    assert count[0] < 8 * 512  # eight directories, and some of them again
