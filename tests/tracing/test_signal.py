"""Reads of the image by the structure stage, on every lane."""

import numpy as np
import pytest

from zimg.ops import RowPlan
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


@pytest.fixture
def _compiles_slices(monkeypatch):
    """Treat every framework as one that compiles a program for each slice."""
    monkeypatch.setattr(Signal, "_plan", RowPlan(rows=64, shapes=(), workers=1, partial=False))


@pytest.mark.usefixtures("_compiles_slices")
def test_reads_of_rounded_sizes_are_the_same(ramp, xp, device):
    del xp, device
    signal = Signal(ramp, 2.0)
    points = np.array([[1.5, 2.5, 3.0], [4.0, 1.0, 6.0], [0.0, 3.0, 2.0]])
    assert signal.sample(points)[:2] == pytest.approx([176.5, 314.0])
    assert np.isnan(signal.sample(points)[2])
    z, y, x = np.indices(SHAPE)
    box = (100.0 * z + 10.0 * y + x)[1:5, 2:7, 3:4]
    np.testing.assert_array_equal(signal.crop(np.array([1, 2, 3]), np.array([5, 7, 4])), box)


def test_a_device_of_jax_compiles_two_programs_for_reads_of_any_size():
    jax = pytest.importorskip("jax")
    from zimg.conformance.certify.counting import counted  # type: ignore[import-not-found]
    from zimg.conformance.certify.pretending import pretended_gpu  # type: ignore[import-not-found]

    volume = jax.numpy.arange(5.0 * 7 * 9).reshape(5, 7, 9)
    with pretended_gpu("jax"), counted("jax") as ledger:
        for count in (1, 2, 5):
            signal = Signal(volume)
            signal.sample(np.full((count, 3), 2.5))
            assert signal.crop(np.zeros(3, int), np.full(3, count)).shape == (count,) * 3
    assert ledger.total.programs == 2
