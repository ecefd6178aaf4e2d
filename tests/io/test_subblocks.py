"""Stored pieces of files: listed, read one by one, and merged into regions."""

from pathlib import Path

import numpy as np
import pytest

from zimg import Dimension, ZException, ZImg, ZImgInfo, ZImgRegion, ZImgSource
from zimg.image import ZImgSubBlock, ZImgTileSubBlock, write
from zimg.io.scenes.scene import grid

DATA = np.random.default_rng(5).integers(0, 255, (2, 3, 6, 7)).astype(np.uint8)


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    write(tmp_path / "stack.v3draw", ZImg(DATA))
    return tmp_path / "stack.v3draw"


def test_a_grid_covers_every_voxel_once_and_x_runs_fastest():
    blocks = grid((7, 5, 3), 2, (4, 2, 2))
    seen = np.zeros((2, 3, 5, 7), int)
    for t, x, y, z, width, height, depth in blocks:
        seen[t, z : z + depth, y : y + height, x : x + width] += 1
    assert (seen == 1).all()
    assert blocks[:3].tolist() == [
        [0, 0, 0, 0, 4, 2, 2],
        [0, 4, 0, 0, 3, 2, 2],
        [0, 0, 2, 0, 4, 2, 2],
    ]


def test_a_file_of_planes_lists_its_planes(stack):
    (rows,) = ZImg.readSubBlockLists(str(stack))
    assert rows.dtype == np.int64
    assert rows.flags.f_contiguous
    assert rows.tolist() == [[0, 0, 0, z, 7, 6, 1, 1, 1, 1] for z in range(3)]


def test_a_listed_piece_is_read_with_all_channels(stack):
    block = ZImg.readSubBlock(stack, 0, 1)
    np.testing.assert_array_equal(block.data[0], DATA[:, 1:2])
    assert block.info.depth == 1


def test_planes_that_follow_each_other_are_one_region(stack):
    assert ZImg.getInternalSubRegions(stack) == [[ZImgRegion((0, 0, 0, 0, 0), (7, 6, 3, 2, 1))]]


@pytest.mark.parametrize(
    ("along", "rows"),
    [
        (Dimension.Z, [[0, 0, 0, z, 7, 6, 1, 1, 1, 1] for z in range(6)]),
        (Dimension.C, [[0, 0, 0, z, 7, 6, 1, 1, 1, 1] for z in range(3)]),
        (Dimension.T, [[t, 0, 0, z, 7, 6, 1, 1, 1, 1] for t in range(2) for z in range(3)]),
        (Dimension.X, [[0, x, 0, z, 7, 6, 1, 1, 1, 1] for x in (0, 7) for z in range(3)]),
    ],
)
def test_pieces_of_a_list_lie_where_its_files_do(along, rows, stack):
    (listed,) = ZImg.readSubBlockLists([stack, stack], along, False)
    assert listed.tolist() == rows
    last = ZImg.readSubBlock([stack, stack], along, False, 0, len(rows) - 1)
    channels = np.concatenate([DATA, DATA]) if along == Dimension.C else DATA
    np.testing.assert_array_equal(last.data[0], channels[:, 2:])


def test_pieces_that_are_not_there_are_refused(stack):
    with pytest.raises(ZException, match="blockIndex 999 overflow, max 3"):
        ZImg.readSubBlock(stack, 0, 999)
    with pytest.raises(ZException, match="scene 5 overflow, max 1"):
        ZImg.readSubBlock(stack, 5, 0)
    with pytest.raises(TypeError, match="blockIndex"):
        ZImg.readSubBlock(stack, 0, -1)


def test_infos_of_a_list_are_those_of_the_joined_image(stack):
    (info,) = ZImg.readImgInfos([stack, stack], Dimension.Z, False)
    assert isinstance(info, ZImgInfo)
    assert info.size == (7, 6, 6, 2, 1)


def test_a_tile_says_its_size_without_reading_and_reads_its_region(stack):
    source = ZImgSource(stack, ZImgRegion((0, 0, 1, 0, 0), (4, 4, 3, -1, -1)))
    tile = ZImgTileSubBlock(source)
    assert tile.readInfo().size == (4, 4, 2, 2, 1)
    np.testing.assert_array_equal(tile.read().data[0], DATA[:, 1:3, :4, :4])
    half = ZImgTileSubBlock(source, 2, 2, 2).readInfo()
    assert (half.size, half.voxelSizeX) == ((2, 2, 1, 2, 1), 2.0)
    with pytest.raises(ValueError, match="at least 1"):
        ZImgTileSubBlock(source, 0)


def test_the_base_of_pieces_is_to_be_overridden():
    with pytest.raises(NotImplementedError, match="must override"):
        ZImgSubBlock(0, 0, 0, 0, 4, 4, 1, 1, 1, 1).read()
