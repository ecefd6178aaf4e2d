"""Reads of the image by the structure stage, on every lane."""

import numpy as np
import pytest

from zimg.testing import bring_home
from zimg.tracing.signal import Signal

SHAPE = (5, 7, 9)


@pytest.fixture(autouse=True)
def _readable(monkeypatch):
    """Let the pretended devices of the strict lanes be read, which `to_host` refuses."""
    monkeypatch.setattr("zimg.tracing.signal.to_host", bring_home)


@pytest.fixture
def ramp(xp, device):
    """A volume whose value is linear in each index, so that sampling it is exact."""
    z, y, x = (xp.arange(n, dtype=xp.float32, device=device) for n in SHAPE)
    return 100.0 * z[:, None, None] + 10.0 * y[None, :, None] + x[None, None, :]


def test_samples_are_linear_and_divide_z_by_the_voxel_ratio(ramp):
    got = Signal(ramp, 2.0).sample(np.array([[1.5, 2.5, 3.0], [4.0, 1.0, 6.0]]))
    assert isinstance(got, np.ndarray)
    assert got == pytest.approx([176.5, 314.0])


def test_samples_on_and_outside_the_border_are_nan(ramp):
    points = np.array([[0.0, 3, 2], [8.0, 3, 2], [4, -1.0, 2], [4, 3, 4.0], [4, 3, 99.0]])
    assert np.isnan(Signal(ramp).sample(points)).all()


def test_a_crop_is_the_box_on_the_host(ramp):
    got = Signal(ramp).crop(np.array([1, 2, 3]), np.array([3, 4, 6]))
    assert isinstance(got, np.ndarray)
    assert got.dtype == np.float64
    assert got.shape == (2, 2, 3)
    assert got[1, 0].tolist() == [223.0, 224.0, 225.0]


def test_shape_and_coordinates_go_both_ways(ramp):
    signal = Signal(ramp, 3.0)
    assert signal.shape_zyx == SHAPE
    index = np.array([[1, 2, 3]])
    assert signal.points_of(index).tolist() == [[3.0, 2.0, 3.0]]
    assert signal.index_of(signal.points_of(index)).tolist() == index.tolist()


@pytest.mark.parametrize("name", ["uint8", "uint16", "int16"])
def test_integer_volumes_are_read(xp, device, name):
    volume = xp.ones(SHAPE, dtype=getattr(xp, name), device=device)
    signal = Signal(volume)
    assert signal.sample(np.array([[4.5, 3.5, 1.5]])) == pytest.approx([1.0])
    assert signal.crop(np.zeros(3, dtype=int), np.array([1, 1, 1])).tolist() == [[[1.0]]]
