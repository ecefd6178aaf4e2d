"""Linear sampling: closed forms first, then what interpolation must keep."""

import numpy as np
import pytest
from array_api_extra.testing import lazy_xp_function

from zimg.ops import sample_linear
from zimg.testing import bring_home

lazy_xp_function(sample_linear)


def assert_close(got, expected):
    assert got.dtype == expected.dtype
    assert got.device == expected.device
    np.testing.assert_allclose(bring_home(got), bring_home(expected), rtol=1e-6)


def ramp(xp, device, shape=(3, 4, 5)):
    """A volume whose value is linear in each index, so sampling it is exact."""
    z, y, x = (xp.arange(n, dtype=xp.float32, device=device) for n in shape)
    return 100.0 * z[:, None, None] + 10.0 * y[None, :, None] + x[None, None, :]


def test_linear_ramp_is_reproduced_exactly(xp, device):
    points = xp.asarray([[0.0, 0.0, 0.0], [1.5, 2.25, 3.5]], dtype=xp.float32, device=device)
    got = sample_linear(ramp(xp, device), points)
    assert_close(got, xp.asarray([0.0, 176.0], dtype=xp.float32, device=device))
    assert got.device == points.device


def test_outside_the_grid_reads_the_fill_value(xp, device):
    points = xp.asarray([[-1.0, 0.0, 0.0], [9.0, 9.0, 9.0]], dtype=xp.float32, device=device)
    got = sample_linear(ramp(xp, device), points, fill_value=-7.0)
    assert_close(got, xp.asarray([-7.0, -7.0], dtype=xp.float32, device=device))


def test_the_border_blends_into_the_fill_value(xp, device):
    points = xp.asarray([[0.0, 0.0, -0.25], [2.5, 3.0, 4.0]], dtype=xp.float32, device=device)
    got = sample_linear(ramp(xp, device), points, fill_value=-8.0)
    assert_close(got, xp.asarray([-2.0, 113.0], dtype=xp.float32, device=device))


@pytest.mark.parametrize("name", ["uint8", "uint16"])
def test_integer_voxels_are_sampled_in_the_dtype_of_the_points(xp, device, name):
    volume = xp.asarray([[0, 200], [100, 100]], dtype=getattr(xp, name), device=device)
    points = xp.asarray([[0.0, 0.5], [0.5, 0.5]], dtype=xp.float32, device=device)
    got = sample_linear(volume, points)
    assert_close(got, xp.asarray([100.0, 100.0], dtype=xp.float32, device=device))


def test_permuting_the_axes_permutes_the_coordinates(xp, device):
    drawn = np.random.default_rng(0).uniform(-1.0, 5.0, (50, 3)).astype(np.float32)
    points = xp.asarray(drawn, device=device)
    swapped = xp.asarray(drawn[:, [2, 0, 1]], device=device)
    volume = ramp(xp, device)
    got = sample_linear(xp.permute_dims(volume, (2, 0, 1)), swapped)
    expected = sample_linear(volume, points)
    np.testing.assert_allclose(bring_home(got), bring_home(expected), rtol=1e-5, atol=1e-4)
