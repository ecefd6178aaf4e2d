"""Contact sheets: one tile for each tree, over its own voxels."""

from pathlib import Path

import numpy as np
import pytest

from zimg import ZSwc, contact_sheet
from zimg.view.sheet import SPACE

LINE = ZSwc.from_arrays([[2, 8, 1], [13, 8, 1]], 1, [-1, 0])
EMPTY = ZSwc.from_arrays(np.zeros((0, 3)), np.zeros(0), np.zeros(0, dtype=np.int64))


def tiles_of(picture: np.ndarray, count: int, side: int) -> list[np.ndarray]:
    return [
        picture[SPACE : SPACE + side, SPACE + n * (side + SPACE) :][:, :side] for n in range(count)
    ]


def is_coloured(picture: np.ndarray) -> np.ndarray:
    return np.ptp(picture.astype(int), axis=-1) > 40


def middle_of(mask: np.ndarray) -> np.ndarray:
    places = np.argwhere(mask)
    return (places.min(axis=0) + places.max(axis=0)) / 2


def test_each_tree_lies_over_its_image() -> None:
    volumes = [np.zeros((3, 16, 16), np.uint8) for _ in range(2)]
    volumes[0][1, 8, 2:14], volumes[1][1, 3, 2:14] = 200, 200
    upper = ZSwc.from_arrays([[2, 3, 1], [13, 3, 1]], 1, [-1, 0])
    drawn = contact_sheet([LINE, upper], volumes, columns=2, side=96)
    plain = contact_sheet([EMPTY, EMPTY], volumes, columns=2, side=96)
    for with_tree, without in zip(tiles_of(drawn, 2, 96), tiles_of(plain, 2, 96), strict=True):
        bright, coloured = middle_of(without[..., 0] > 80), middle_of(is_coloured(with_tree))
        np.testing.assert_allclose(coloured, bright, atol=3)
    assert not is_coloured(plain).any()


def test_a_tile_shows_its_label_alone() -> None:
    labels = np.zeros((3, 40, 40), np.int32)
    labels[1, 8, 2:14], labels[1, 10, 2:14], labels[1, 30, 2:14] = 7, 9, 9
    (tile,) = tiles_of(contact_sheet({7: LINE}, labels=labels, side=100), 1, 100)
    rows = np.flatnonzero((tile[..., 0] > 80).any(axis=1))
    assert np.ptp(rows) < 12  # a row of voxels is about 6 pixels, the root's mark 8


def test_a_tree_without_a_volume_fills_its_tile_and_an_empty_one_is_blank() -> None:
    first, second = tiles_of(contact_sheet([LINE, EMPTY], columns=2, side=100), 2, 100)
    columns = np.flatnonzero(is_coloured(first).any(axis=0))
    assert columns[0] < 10
    assert columns[-1] > 90
    assert not second.any()


def test_a_sheet_is_written_and_wide(tmp_path: Path) -> None:
    path = tmp_path / "sheet.png"
    picture = contact_sheet(dict.fromkeys(range(24), LINE), side=50, output=path)
    assert path.is_file()
    assert 1.0 < picture.shape[1] / picture.shape[0] < 2.2


@pytest.mark.parametrize(
    ("trees", "options", "message"),
    [
        ([], {}, "at least one tree"),
        ([LINE], {"images": []}, "images must have one entry for each of 1 trees"),
        ([LINE], {"titles": ["a", "b"]}, "titles must have"),
        ([LINE], {"labels": np.zeros((2, 2, 2), int)}, "needs a mapping"),
        ([LINE], {"columns": 0}, "columns must be at least 1"),
    ],
)
def test_wrong_arguments_are_refused(trees, options, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        contact_sheet(trees, **options)
