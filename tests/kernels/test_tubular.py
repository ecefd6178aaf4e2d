"""The filter for tubes: where it answers, and how its answer changes with the image."""

import numpy as np
import pytest

from zimg.kernels.tubular import tubular
from zimg.ops import upload
from zimg.testing import bring_home


def tube(shape, *, sigma, axis, z_to_xy=1.0):
    """A Gaussian tube through the middle of a volume, along one axis."""
    grid = np.indices(shape).astype(np.float64)
    grid[0] *= z_to_xy
    away = np.zeros(shape)
    for other in range(3):
        if other != axis and shape[other] > 1:
            away += (grid[other] - grid[other].mean()) ** 2
    return (100.0 * np.exp(-away / (2.0 * sigma**2))).astype(np.float32)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_answer_is_largest_on_the_axis_of_a_tube(xp, device, axis):
    shape = (13, 15, 17)
    answer = bring_home(tubular(upload(tube(shape, sigma=1.5, axis=axis), on=device, xp=xp)))
    middle = tuple(n // 2 for n in shape)
    line = np.take(np.take(answer, middle[(axis + 1) % 3], axis=(axis + 1) % 3), 0, axis=0)
    assert answer[middle] == pytest.approx(answer.max(), rel=1e-3)
    assert answer[middle] > 20.0
    assert np.isfinite(line).all()


def test_a_plane_of_light_and_a_constant_are_no_tubes():
    sheet = tube((13, 15, 17), sigma=1.5, axis=0).max(axis=1, keepdims=True)
    sheet = np.broadcast_to(sheet, (13, 15, 17)).copy()
    assert tubular(sheet)[6, 7, 8] < 0.1 * tubular(tube((13, 15, 17), sigma=1.5, axis=0)).max()
    assert tubular(np.full((9, 9, 9), 5, np.uint8)).max() < 1e-3


def test_the_answer_scales_with_the_image_and_ignores_an_offset():
    volume = tube((13, 15, 17), sigma=1.5, axis=2)
    np.testing.assert_allclose(tubular(3.0 * volume + 50.0), 3.0 * tubular(volume), atol=2e-2)


def test_a_single_plane_shows_lines():
    line = tube((1, 21, 23), sigma=1.5, axis=2)
    answer = tubular(line)
    assert (np.argmax(answer[0], axis=0) == 10).all()


def test_flat_voxels_count_as_flat():
    volume = tube((9, 17, 17), sigma=2.0, axis=2, z_to_xy=2.0)
    round_answer, flat_answer = tubular(volume, z_to_xy=2.0), tubular(volume)
    middle = (4, 8, 8)
    assert round_answer[middle] == pytest.approx(round_answer.max(), rel=1e-3)
    assert round_answer[middle] != pytest.approx(flat_answer[middle], rel=1e-2)
