"""Saturating arithmetic against exact integers and fractions of Python, on every lane."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zimg._dispatch import framework_of
from zimg.kernels import arithmetic
from zimg.kernels.arithmetic import combined
from zimg.ops import upload
from zimg.testing import bring_home

INTEGERS = ["bool", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))]
OPERATIONS = ["add", "subtract", "multiply", "divide", "divide_or_zero"]
FEW = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def limits(dtype):
    return (0, 1) if dtype == "bool" else (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))


def edges(dtype):
    low, high = limits(dtype)
    near = {low, low + 1, low // 2, -2, -1, 0, 1, 2, 3, high // 3, high // 2, high - 1, high}
    return sorted(x for x in near if low <= x <= high)


def exact(a, b, operation, dtype):
    """What two Python integers give, by definition."""
    low, high = limits(dtype)
    if operation.startswith("divide") and b == 0:
        result = 0 if operation == "divide_or_zero" or a == 0 else (high if a > 0 else low)
    elif operation.startswith("divide"):
        result = math.trunc(Fraction(a, b))
    else:
        result = {"add": a + b, "subtract": a - b, "multiply": a * b}[operation]
    return min(max(result, low), high)


def known(xp, dtype):
    """Whether arrays of `dtype` can be made: PyTorch has more than it lists."""
    listed = xp.__array_namespace_info__().dtypes()
    return dtype in listed or (framework_of(xp) == "torch" and hasattr(xp, dtype))


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("left", INTEGERS)
def test_integers_of_any_two_types_meet_exactly_at_their_edges(left, operation, xp, device):
    if not known(xp, left):
        pytest.skip(f"{left} is switched off here")
    compiled = framework_of(xp) == "jax"  # slowly, for each pair of types
    for right in (left, "int32", "uint32") if compiled else INTEGERS:
        pairs = [(a, b) for a in edges(left) for b in edges(right)]
        a, b = (
            np.asarray(x, t) for x, t in zip(zip(*pairs, strict=True), (left, right), strict=True)
        )
        a, b = (upload(x, on=device, xp=xp) for x in (a, b))
        found = bring_home(combined(a, b, operation))
        assert found.dtype.name == left
        assert found.tolist() == [exact(*pair, operation, left) for pair in pairs], right


@FEW
@given(data=st.data())
def test_numbers_of_any_size_meet_integers_exactly(data, xp, device):
    dtype = data.draw(st.sampled_from([x for x in INTEGERS if known(xp, x)]))
    operation = data.draw(st.sampled_from(OPERATIONS))
    low, high = limits(dtype)
    values = data.draw(st.lists(st.integers(low, high), min_size=3, max_size=3))
    number = data.draw(
        st.integers(-(2**70), 2**70) | st.integers(-9, 9) | st.sampled_from(edges("uint64"))
    )
    number = number or 1
    found = combined(upload(np.asarray(values, dtype), on=device, xp=xp), number, operation)
    assert bring_home(found).tolist() == [exact(x, number, operation, dtype) for x in values]


def rounded(value, dtype):
    """The nearest integer of a float, ties away from zero, in the range of `dtype`."""
    low, high = limits(dtype)
    if math.isnan(value):
        return 0
    if math.isinf(value):
        return high if value > 0 else low
    whole = math.floor(abs(Fraction(value)) + Fraction(1, 2))
    return min(max(whole if value > 0 else -whole, low), high)


FLOATS = [0.5, -0.5, 1.5, 2.5, -2.5, 0.49999997, 8388609.0, 2.0**31, -(2.0**31), 2.0**32, 2.0**62]
FLOATS += [2.0**63, -(2.0**63), 2.0**64, 1.5 * 2.0**63, 1e30, -1e30, math.inf, -math.inf, math.nan]


@pytest.mark.parametrize("dtype", INTEGERS)
def test_floats_are_rounded_half_away_from_zero_and_saturate(dtype, xp, device):
    if not known(xp, dtype):
        pytest.skip(f"{dtype} is switched off here")
    values = np.asarray(FLOATS, np.float32)
    zeros = upload(np.zeros(len(values), dtype), on=device, xp=xp)
    expected = [rounded(float(x), dtype) for x in values]
    with np.errstate(all="ignore"):
        found = combined(zeros, upload(values, on=device, xp=xp), "add")
        one_by_one = [combined(zeros[:1], float(x), "add") for x in values]
    assert bring_home(found).tolist() == expected
    assert [bring_home(x)[0] for x in one_by_one] == expected


def test_the_largest_fraction_below_a_half_is_rounded_down(xp, device):
    if "float64" not in xp.__array_namespace_info__().dtypes(device=device):
        pytest.skip("this device has no float64")
    zero = upload(np.zeros(1, np.uint8), on=device, xp=xp)
    assert bring_home(combined(zero, 0.49999999999999994, "add")).tolist() == [0]


@pytest.mark.parametrize("operation", ["add", "subtract", "multiply", "divide"])
def test_floats_follow_ieee(operation, xp, device):
    a = np.asarray([1.0, -1.0, 0.0, 3e38, np.inf, np.nan, 0.1, -7.5], np.float32)
    b = np.asarray([0.0, 0.0, 0.0, 3e38, -np.inf, 1.0, 0.3, 2.0], np.float32)
    with np.errstate(all="ignore"):
        left, right = (upload(x, on=device, xp=xp) for x in (a, b))
        found = combined(left, right, operation)
        expected = getattr(np, operation)(a, b)
    np.testing.assert_array_equal(bring_home(found), expected, strict=True)


def test_parts_are_joined_in_order(xp, device, monkeypatch):
    monkeypatch.setattr(arithmetic, "CHUNK", 5)
    values = np.arange(24, dtype=np.uint8).reshape(1, 2, 3, 4)
    x = upload(values, on=device, xp=xp)
    np.testing.assert_array_equal(bring_home(combined(x, x, "add")), values * 2, strict=True)
    np.testing.assert_array_equal(bring_home(combined(x, 3, "divide")), values // 3, strict=True)
    empty = combined(x[:0, ...], 3, "divide")
    assert empty.shape == (0, 2, 3, 4)


@pytest.mark.parametrize("operation", ["multiply", "divide"])
def test_an_integer_joins_float32_as_float32(xp, device, operation):
    values = [1304.0, -703.5, 0.1]
    left = xp.asarray(values, dtype=xp.float32, device=device)
    found = bring_home(combined(left, 16777217, operation))
    number = np.float32(16777216)  # what float32 makes of it
    expected = getattr(np, operation)(np.asarray(values, np.float32), number)
    np.testing.assert_array_equal(found, expected)
