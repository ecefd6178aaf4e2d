"""The formulas of the CuPy hooks, run with NumPy and SciPy in place of CuPy: the same interface."""

import importlib.util
import inspect
import sys
from importlib.resources import files
from types import ModuleType, SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

import numpy as np
import pytest
import scipy.ndimage

from zimg import ops


class Device:
    """A device that counts how often it is the current one."""

    entered = 0

    def __enter__(self):
        Device.entered += 1

    def __exit__(self, *_):
        pass


class Resident(np.ndarray):
    """An array with what arrays of CuPy have beyond those of NumPy."""

    device: Any = Device()

    def get(self):
        return np.array(self)


def stand_in():
    """Modules that take the place of CuPy's."""
    names = "cupy", "cupyx", "cupyx.scipy"
    cupy, cupyx, scipy_part = modules = [cast("Any", ModuleType(name)) for name in names]
    cupy.__getattr__ = lambda name: getattr(np, name)
    cupy.ndarray, cupy.cuda = Resident, SimpleNamespace(Device=Device)
    cupy.asarray = lambda x: np.array(x).view(Resident)
    cupyx.scatter_add, cupyx.scatter_min = np.add.at, np.minimum.at
    cupyx.scatter_max, cupyx.scipy = np.maximum.at, scipy_part
    scipy_part.ndimage = scipy.ndimage
    return dict(zip(names, modules, strict=True)) | {"cupyx.scipy.ndimage": scipy.ndimage}


@pytest.fixture(scope="module")
def hooks():
    """The module of the CuPy hooks, on NumPy."""
    source = str(files("zimg.backends") / "_cupy.py")
    spec = importlib.util.spec_from_file_location("zimg.backends._cupy_on_numpy", source)
    module = importlib.util.module_from_spec(spec)
    with patch.dict(sys.modules, stand_in()):
        spec.loader.exec_module(module)
    return module


def both(hooks, name, *args, **options):
    """Results of a hook and of the generic body."""
    return getattr(hooks, name)(*args, **options), inspect.unwrap(getattr(ops, name))(
        *args, xp=np, **options
    )


IDS = np.asarray([3, 0, -1, 3, 7, 2, 9, 3, -5], np.int32)
VALUES = np.asarray([4, 1, 9, -2, 5, 0, 8, 7, 3])


@pytest.mark.parametrize("dtype", ["int32", "float32", "float64", "int64", "uint8"])
def test_scatters_drop_ids_outside(hooks, dtype):
    values = VALUES.astype(dtype)
    np.testing.assert_array_equal(*both(hooks, "scatter_add", values, IDS, 8), strict=True)
    for name in ("scatter_min", "scatter_max"):
        found = both(hooks, name, values, IDS, 8, empty=1)
        np.testing.assert_array_equal(*found, strict=True)


def test_values_are_written_where_their_ids_are_inside(hooks):
    ids = np.asarray([3, 0, -1, 9, 5], np.int32)
    found = both(hooks, "scatter_set", np.arange(8.0), ids, np.arange(50.0, 55.0))
    np.testing.assert_array_equal(*found, strict=True)


@pytest.mark.parametrize("size", [0, 2, 4, 9])
def test_kept_rows_come_first(hooks, size):
    rows, keep = np.arange(12.0).reshape(6, 2), np.asarray([0, 1, 1, 0, 1, 1], bool)
    (packed, count), (expected, number) = both(hooks, "compact", rows, keep, size, fill=-1.0)
    np.testing.assert_array_equal(packed, expected, strict=True)
    assert count == number == 4


@pytest.mark.parametrize("fill", [0.0, 5.0])
def test_samples_outside_fade_to_the_fill(hooks, fill):
    random = np.random.default_rng(1)
    volume = random.uniform(0, 9, (4, 5, 6)).astype(np.float32)
    points = random.uniform(-2, 7, (3, 50, 3)).astype(np.float32)
    found, expected = both(hooks, "sample_linear", volume, points, fill_value=fill)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_work_enters_the_device_of_the_first_array(hooks):
    array = np.zeros(3).view(Resident)
    for given, times in ((array, 1), ((np.zeros(1), array), 1), (np.zeros(1), 0), (None, 0)):
        before = Device.entered
        with hooks.device_entered(given):
            pass
        assert Device.entered - before == times


def test_arrays_are_sent_to_the_device_asked_for_and_read_back(hooks):
    before = Device.entered
    sent = hooks.upload(np.arange(3, dtype=">i4"), on=Device(), dtype=np.float32, xp=None)
    assert Device.entered == before + 1
    assert sent.dtype == np.float32
    np.testing.assert_array_equal(hooks.to_host(sent), [0, 1, 2])


@pytest.mark.parametrize("name", ["gpu:x", "cpu", "nonsense"])
def test_devices_of_other_names_are_refused(hooks, name):
    with pytest.raises(ValueError, match=r"it has cuda:0|invalid literal"):
        hooks.device_named(name, xp=None)
