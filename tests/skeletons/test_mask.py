"""Masks: reduced, thresholded and cleaned, in every framework."""

from typing import Any

import numpy as np
import pytest

from zimg import SkeletonizeConfig
from zimg.skeletons.mask import object_mask, reduced_by
from zimg.testing import bring_home


def masked(volume: Any, xp: Any, device: Any, **options: Any) -> np.ndarray:
    found = object_mask(xp.asarray(volume, device=device), SkeletonizeConfig(**options))
    return np.asarray(bring_home(found))


@pytest.mark.parametrize(
    ("level", "operation", "expected"),
    [
        (-1, 0, [0, 1, 1, 1]),
        (5, 0, [0, 0, 0, 1]),
        (5, 1, [0, 1, 0, 0]),
        (5, 2, [0, 0, 1, 0]),
        (0, 2, [1, 0, 0, 0]),
        (5, 7, [0, 1, 1, 1]),
        (-1, 1, [0, 0, 0, 0]),
    ],
)
def test_operations_compare_with_the_level(
    level: float, operation: int, expected: list[int], xp: Any, device: Any
) -> None:
    volume = np.asarray([[[0, 4, 5, 6]]], np.uint8)
    found = masked(volume, xp, device, level=level, levelOp=operation)
    assert found.astype(int).tolist() == [[expected]]


def test_a_block_is_its_largest_value_and_the_last_one_may_be_part(xp: Any, device: Any) -> None:
    volume = xp.asarray(np.arange(10, dtype=np.uint8).reshape(1, 2, 5), device=device)
    found = bring_home(reduced_by(volume, (2, 2, 1), xp=xp))
    assert found.tolist() == [[[6, 8, 9]]]


def test_negative_values_and_nan_are_background(xp: Any, device: Any) -> None:
    volume = np.asarray([[[-3.0, np.nan, 0.0, 0.5]]], np.float32)
    assert masked(volume, xp, device).astype(int).tolist() == [[[0, 0, 0, 1]]]


def test_an_enclosed_hole_is_filled_and_an_open_one_is_not(xp: Any, device: Any) -> None:
    closed = np.ones((5, 5, 7), np.uint8)
    closed[2, 2, 2:5] = 0
    opened = closed.copy()
    opened[2, 2, 5:] = 0
    assert masked(closed, xp, device, fillingHole=True).all()
    assert (masked(opened, xp, device, fillingHole=True) == opened).all()


def test_a_hole_that_opens_at_a_corner_is_open(xp: Any, device: Any) -> None:
    volume = np.ones((5, 5, 5), np.uint8)
    for place in range(3):
        volume[place, place, place] = 0
    assert (masked(volume, xp, device, fillingHole=True) == volume).all()


def test_a_plane_has_no_holes(xp: Any, device: Any) -> None:
    ring = np.ones((1, 5, 5), np.uint8)
    ring[0, 2, 2] = 0
    assert (masked(ring, xp, device, fillingHole=True) == ring).all()


def test_a_gap_of_one_voxel_is_closed_and_a_wider_one_is_not(xp: Any, device: Any) -> None:
    volume = np.ones((1, 9, 12), np.uint8)
    volume[0, :, 3] = 0
    volume[0, :, 7:9] = 0
    found = masked(volume, xp, device, removingBorder=True)
    assert found[0, 1:-1, 3].all()
    assert not found[0, 1:-1, 7:9].any()


@pytest.mark.parametrize(
    ("dtype", "level", "operation", "expected"),
    [
        ("float32", 0.5, 0, [0, 0, 0, 1, 1]),
        ("float32", 0.5, 1, [0, 1, 0, 0, 0]),
        ("float32", 0.5, 2, [0, 0, 1, 0, 0]),
        ("uint8", 1.5, 0, [0, 0, 0, 1, 0]),
        ("uint8", 1.5, 1, [0, 1, 0, 0, 1]),
        ("uint8", 1.5, 2, [0, 0, 0, 0, 0]),
    ],
)
def test_a_level_may_be_a_fraction(
    dtype: str, level: float, operation: int, expected: list[int], xp: Any, device: Any
) -> None:
    values = [0.0, 0.25, 0.5, 0.75, 2.0] if dtype == "float32" else [0, 1, 0, 2, 1]
    volume = np.asarray(values, dtype).reshape(1, 1, -1)
    found = masked(volume, xp, device, level=level, levelOp=operation)
    assert np.asarray(found).reshape(-1).astype(int).tolist() == expected
