"""Every public kernel runs on every lane, compiled where the lane can, and stays on its device."""

from importlib import import_module
from inspect import getmembers, isfunction
from pkgutil import iter_modules
from typing import Any

import array_api_compat.numpy as numpy_namespace
import numpy as np
import pytest

import zimg.kernels
from zimg._dispatch import device as device_of
from zimg._typing import Device, Namespace
from zimg.ops import jit
from zimg.testing import LANES, bring_home, lane_parameters

from .kernels import CALLS, INSIDE, NOT_CALLED, READING, Call, arrays_in, numbered
from .primitives import CASES

CAPABILITY = "kernels"
under_jit = pytest.mark.capability("kernels under jit")


def public_kernels() -> set[str]:
    """Names of the public functions that the modules of kernels define."""
    found: set[str] = set()
    for module in iter_modules(zimg.kernels.__path__):
        if module.name in INSIDE:
            continue
        loaded = import_module(f"zimg.kernels.{module.name}")
        defined = getmembers(loaded, isfunction)
        found |= {n for n, f in defined if f.__module__ == loaded.__name__ and n[0] != "_"}
    return found


def kind_of(x: Any) -> str:
    """Floating, integer or bool: widths of integers differ between frameworks."""
    return "integer" if x.dtype.kind in "iu" else str(x.dtype.kind)


def check_same(got: Any, call: Call, on: Device, dtype: str) -> None:
    """Compare a result with that of NumPy, and its device with that of the lane."""
    args, static = call.arguments(numpy_namespace, "cpu", dtype)
    expected = call.run(*args, **static)
    for one, other in zip(arrays_in(got), arrays_in(expected), strict=True):
        assert device_of(one) == on
        home = bring_home(one)
        assert kind_of(home) == kind_of(other)
        np.testing.assert_allclose(home, np.asarray(other, home.dtype), rtol=1e-4, atol=2e-5)


def test_no_kernel_is_forgotten() -> None:
    tried = set(CALLS) | set(READING) | set(CASES) & public_kernels()
    assert public_kernels() == tried | set(NOT_CALLED)


# Voxels of each width for one kernel that samples and one that crops: the others read as they do.
READS = [(name, number, "uint8") for name, number in numbered(CALLS)] + [
    (name, 0, dtype)
    for name in ("dot_scores", "orientation_ranks")
    for dtype in ("uint16", "float32")
]


@pytest.mark.parametrize(("name", "number", "dtype"), READS)
def test_a_kernel_gives_on_every_lane_what_it_gives_on_numpy(
    xp: Namespace, device: Device, name: str, number: int, dtype: str
) -> None:
    call = CALLS[name][number]
    args, static = call.arguments(xp, device, dtype)
    check_same(call.run(*args, **static), call, device, dtype)


@pytest.mark.parametrize(("name", "number"), numbered(READING))
def test_a_kernel_that_reads_on_the_host_gives_what_it_gives_on_numpy(
    xp: Namespace, device: Device, name: str, number: int
) -> None:
    call = READING[name][number]
    args, static = call.arguments(xp, device)
    got, expected = call.run(*args, **static), call.run(*call.arguments(numpy_namespace, "cpu")[0])
    assert [float(x) for x in got] == [float(x) for x in expected]


# Frameworks whose hook compiles; elsewhere `jit` gives the function back.
COMPILING = tuple(lane for lane in LANES if lane.framework == "jax")


@under_jit
@pytest.mark.parametrize("lane", lane_parameters(COMPILING), indirect=True)
@pytest.mark.parametrize(("name", "number", "dtype"), READS)
def test_a_compiled_kernel_gives_what_it_gives_on_numpy(
    xp: Namespace, device: Device, name: str, number: int, dtype: str
) -> None:
    call = CALLS[name][number]
    args, static = call.arguments(xp, device, dtype)
    check_same(jit(call.run, xp=xp)(*args, **static), call, device, dtype)


# Arrays that can be written to; the pretended devices add nothing here.
WRITABLE = ("numpy", "torch", "cupy")
MUTABLE = tuple(each for each in LANES if each.framework in WRITABLE or each.id == "strict")


@pytest.mark.parametrize("lane", lane_parameters(MUTABLE), indirect=True)
@pytest.mark.parametrize(("name", "number"), numbered(CALLS))
def test_a_kernel_leaves_its_arguments_alone(
    xp: Namespace, device: Device, name: str, number: int
) -> None:
    args, static = CALLS[name][number].arguments(xp, device)
    before = [np.array(bring_home(each)) for each in arrays_in(args)]
    CALLS[name][number].run(*args, **static)
    for now, then in zip(arrays_in(args), before, strict=True):
        np.testing.assert_array_equal(bring_home(now), then)
