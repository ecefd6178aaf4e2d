"""Gaussian smoothing against SciPy, and its identities."""

import inspect

import numpy as np
import pytest
from scipy import ndimage

from zimg.kernels.filters import correlated, edged, gaussian
from zimg.ops import upload
from zimg.testing import bring_home


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("sigmas", [(0.0, 1.0, 1.0), (1.0, 1.0, 1.0), (0.6, 0.0, 1.7)])
def test_smoothing_is_that_of_scipy(xp, device, dtype, sigmas):
    host = np.random.default_rng(0).integers(0, 200, (6, 9, 11)).astype(dtype)
    # SciPy rounds the reach, ours is the next whole number: give it the same.
    expected = host.astype(np.float64)
    for axis, sigma in enumerate(sigmas):
        if sigma:
            radius = int(np.ceil(4.0 * sigma))
            expected = ndimage.gaussian_filter1d(
                expected, sigma, axis=axis, mode="nearest", radius=radius
            )
    found = bring_home(gaussian(upload(host, on=device, xp=xp), sigmas))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-3)


def test_a_constant_stays_and_a_single_plane_is_smoothed_in_its_plane(xp, device):
    host = np.full((1, 5, 6), 7.0, np.float32)
    found = bring_home(gaussian(upload(host, on=device, xp=xp), (2.0, 1.0, 1.0)))
    np.testing.assert_allclose(found, host, rtol=1e-6)


def test_the_border_is_repeated(xp, device):
    host = np.arange(6, dtype=np.float32).reshape(1, 2, 3)
    found = bring_home(edged(upload(host, on=device, xp=xp), (0, 1, 2), xp=xp))
    np.testing.assert_array_equal(found, np.pad(host, ((0, 0), (1, 1), (2, 2)), mode="edge"))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_weighted_sums_on_the_host_equal_the_generic_body_bit_for_bit(axis):
    host = np.random.default_rng(axis).random((5, 40, 2100)).astype(np.float32)
    taps = (0.4, 0.2, 0.1)
    np.testing.assert_array_equal(
        correlated(host, axis, taps), inspect.unwrap(correlated)(host, axis, taps)
    )
