"""Maximum projections, on every framework."""

import numpy as np
import pytest

from zimg._typing import Device, Namespace
from zimg.testing import bring_home
from zimg.view import maximum_projections
from zimg.view.projection import PLANES_AT_ONCE

RANDOM = np.random.default_rng(3)


@pytest.fixture(autouse=True)
def _read_pretended_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the strict lanes' devices, which no host can read, be read at the one visible place."""
    monkeypatch.setattr("zimg.view.projection.to_host", bring_home)


def on(xp: Namespace, device: Device, host: np.ndarray) -> object:
    return xp.asarray(host, device=device)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
def test_each_projection_is_the_maximum_along_its_axis(
    xp: Namespace, device: Device, dtype: str
) -> None:
    host = RANDOM.integers(0, 100, (2 * PLANES_AT_ONCE + 3, 5, 7)).astype(dtype)
    found = maximum_projections(on(xp, device, host))
    for axis, projection in enumerate(found):
        assert isinstance(projection, np.ndarray)
        assert projection.dtype == np.float32
        np.testing.assert_array_equal(projection, host.max(axis=axis))


def test_a_mask_is_projected_to_zeros_and_ones(xp: Namespace, device: Device) -> None:
    host = RANDOM.random((4, 5, 6)) > 0.9
    along_z, _, _ = maximum_projections(on(xp, device, host))
    np.testing.assert_array_equal(along_z, host.any(axis=0))


def test_values_that_are_not_finite_count_as_nothing(xp: Namespace, device: Device) -> None:
    host = np.full((2, 2, 2), -3.0, np.float32)
    host[0, 0, 0], host[0, 1, 1], host[1, 1, 1] = np.nan, np.inf, -np.inf
    along_z, _, _ = maximum_projections(on(xp, device, host))
    np.testing.assert_array_equal(along_z, [[-3.0, -3.0], [-3.0, 0.0]])


@pytest.mark.parametrize("shape", [(0, 3, 4), (2, 0, 4), (2, 3, 0)])
def test_an_empty_volume_has_empty_or_black_projections(shape: tuple[int, int, int]) -> None:
    depth, height, width = shape
    found = maximum_projections(np.zeros(shape, np.uint8))
    assert [p.shape for p in found] == [(height, width), (depth, width), (depth, height)]
    assert not any(p.any() for p in found)


def test_an_array_without_three_axes_is_refused() -> None:
    with pytest.raises(ValueError, match=r"three axes \(z, y, x\), got the shape \(2, 3\)"):
        maximum_projections(np.zeros((2, 3)))
