"""Files of many pages are walked once, and again when they change."""

import os
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile

import zimg
from zimg import ZException, ZImgRegion
from zimg.io.formats.tiff import remembered
from zimg.io.formats.tiff.file import TiffPages

COUNT = 150


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(remembered, "_kept", type(remembered._kept)())


def stack(path: Path, count: int = COUNT, value: int = 0) -> np.ndarray:
    """A file of pages that differ."""
    data = (np.arange(count * 30).reshape(count, 5, 6) + value).astype(np.uint16)
    with tifffile.TiffWriter(path) as file:
        for page in data:
            file.write(page, photometric="minisblack", metadata=None)
    return data


def settle() -> None:
    """Wait until the time stamps of a file are not those of now."""
    time.sleep(2 * remembered.FRESH / 1e9)


def walks(path: Path) -> bool:
    """Whether opening a file reads more than a tenth of its directories."""
    pages = TiffPages(path)
    try:
        return pages.directories._last != 0
    finally:
        pages.close()


def test_a_file_is_walked_once_and_read_right(tmp_path):
    path = tmp_path / "a.tif"
    data = stack(path)
    settle()
    assert walks(path)
    assert not walks(path)
    for z in (0, 7, COUNT - 1):
        region = ZImgRegion((0, 0, z, 0, 0), (6, 5, z + 1, 1, 1))
        np.testing.assert_array_equal(zimg.read(path, region=region).data[0][0, 0], data[z])


def test_a_file_that_changed_is_walked_again(tmp_path):
    path = tmp_path / "a.tif"
    stack(path)
    settle()
    zimg.read(path)
    new = stack(path, COUNT - 1, value=9)
    np.testing.assert_array_equal(zimg.read(path).data[0][0], new)
    settle()
    np.testing.assert_array_equal(zimg.read(path).data[0][0], new)
    other = stack(tmp_path / "b.tif", COUNT - 1, value=700)
    (tmp_path / "b.tif").replace(path)
    np.testing.assert_array_equal(zimg.read(path).data[0][0], other)


def test_a_file_that_was_just_written_is_not_remembered(tmp_path):
    path = tmp_path / "a.tif"
    stack(path)
    now = time.time_ns()
    os.utime(path, ns=(now, now + 10**12))  # also where reading it takes longer than it is fresh
    assert walks(path)
    assert walks(path)


def test_few_files_are_remembered_and_damage_is_not(tmp_path):
    for number in range(remembered.FILES + 3):
        stack(tmp_path / f"{number}.tif", value=number)
    whole = (tmp_path / "0.tif").read_bytes()
    (tmp_path / "cut.tif").write_bytes(whole[: len(whole) // 2])
    settle()
    for number in range(remembered.FILES + 3):
        zimg.read(tmp_path / f"{number}.tif")
    assert len(remembered._kept) == remembered.FILES
    for _ in range(2):
        with pytest.raises(ZException):
            zimg.read(tmp_path / "cut.tif")


def test_an_open_file_is_that_which_was_opened(tmp_path):
    path = tmp_path / "a.tif"
    data = stack(path)
    settle()
    with zimg.open(path) as first, zimg.open(path) as second:
        np.testing.assert_array_equal(first[0, 0, 3:4].data[0][0], data[3:4])
        np.testing.assert_array_equal(second[0, 0, 4:5].data[0][0], data[4:5])
