"""Every lane returns the values, shapes and dtypes of NumPy's generic body, on its own device."""

import inspect
from typing import Any

import array_api_compat.numpy as numpy_namespace
import numpy as np
import pytest

from zimg._dispatch import device as device_of
from zimg._typing import Device, Namespace
from zimg.testing import LANES, bring_home, lane_parameters

from .case import Case
from .kernels import arrays_in
from .primitives import CASES, primitives

CAPABILITY = "dtype and device"

ARRAY_CALLS = [
    pytest.param(name, case, id=f"{name}-{case.id}")
    for name, cases in CASES.items()
    for case in cases
    if not case.reads_host
]

# Arrays that can be written to; the pretended devices add nothing here.
WRITABLE = ("numpy", "torch", "cupy")
MUTABLE = tuple(each for each in LANES if each.framework in WRITABLE or each.id == "strict")


@pytest.mark.parametrize(("name", "case"), ARRAY_CALLS)
def test_a_lane_gives_what_numpy_gives(
    xp: Namespace, device: Device, name: str, case: Case
) -> None:
    primitive = primitives()[name]
    args, kwargs = case.arguments(numpy_namespace, "cpu")
    expected = case.finish(inspect.unwrap(primitive)(*args, **kwargs))
    args, kwargs = case.arguments(xp, device)
    got = case.finish(primitive(*args, **kwargs))
    for one, other in zip(arrays_in(got), arrays_in(expected), strict=True):
        assert device_of(one) == device
        assert _type_name(bring_home(one)) == _type_name(other)
        np.testing.assert_allclose(
            bring_home(one), bring_home(other), rtol=max(case.rtol, 1e-6), atol=max(case.rtol, 1e-6)
        )
        assert one.shape == other.shape


@pytest.mark.parametrize("lane", lane_parameters(MUTABLE), indirect=True)
@pytest.mark.parametrize(("name", "case"), ARRAY_CALLS)
def test_a_primitive_leaves_its_input_alone(
    xp: Namespace, device: Device, name: str, case: Case
) -> None:
    args, kwargs = case.arguments(xp, device)
    before = [np.array(bring_home(each)) for each in arrays_in(args)]
    primitives()[name](*args, **kwargs)
    for now, then in zip(arrays_in(args), before, strict=True):
        np.testing.assert_array_equal(bring_home(now), then)


def _type_name(x: Any) -> str:
    """Name of a dtype; index types differ in width between frameworks."""
    return "index" if x.dtype.name in ("int32", "int64") else str(x.dtype.name)
