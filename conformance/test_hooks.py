"""A hook does exactly what the generic body does, ties, empty input and dtypes included."""

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from zimg._dispatch import FACTS, hooks_for
from zimg._typing import Device, Namespace
from zimg.testing import LANES, Lane, bring_home

from .case import Case
from .primitives import CASES, primitives

CAPABILITY = "hooks"
looked_up = pytest.mark.capability("hook signatures (looked up)")


def hook_module(lane: Lane) -> ModuleType | None:
    """Hooks of the lane's framework; None without hooks, or where it is not installed."""
    try:
        return hooks_for(lane.framework)
    except ImportError:
        return None


NOT_COMPARED = {"namespace", "release_memory", *FACTS}
"""Functions of hook modules without a generic body to compare with; see test_interop.py."""


def hooks_of(lane: Lane) -> dict[str, Callable[..., Any]]:
    """Hooks that the lane's module, or a neighbour of it, defines, by name."""
    module = hook_module(lane)
    found = inspect.getmembers(module, inspect.isfunction)
    return {
        name: function
        for name, function in found
        if module and _package(function.__module__) == module.__package__
        if not name.startswith("_") and name not in NOT_COMPARED
    }


def _package(module: str) -> str:
    return module.rpartition(".")[0]


def _lane(lane: Lane, *values: Any, label: str) -> Any:
    marks = [pytest.mark.gpu] if lane.gpu else []
    return pytest.param(lane, *values, id=f"{lane.id}-{label}", marks=marks)


HOOKS = [_lane(lane, name, label=name) for lane in LANES for name in hooks_of(lane)]
CALLS = [
    _lane(lane, name, case, label=f"{name}-{case.id}")
    for lane in LANES
    for name in hooks_of(lane)
    for case in CASES.get(name, [])
]


@looked_up
@pytest.mark.parametrize(("lane", "name"), HOOKS)
def test_a_hook_replaces_a_primitive_that_is_tried_here(lane: Lane, name: str) -> None:
    assert name in primitives(), f"{lane.framework} replaces {name}, which is no primitive"
    assert CASES.get(name), f"conformance/primitives.py has no input for {name}"


@looked_up
@pytest.mark.parametrize(("lane", "name"), HOOKS)
def test_a_hook_has_the_signature_of_its_generic_body(lane: Lane, name: str) -> None:
    generic = inspect.signature(inspect.unwrap(primitives()[name]))
    native = inspect.signature(hooks_of(lane)[name])
    assert [_shape(each) for each in native.parameters.values()] == [
        _shape(each) for each in generic.parameters.values()
    ]


@looked_up
@pytest.mark.parametrize("lane", [_lane(lane, label="facts") for lane in LANES])
def test_an_answer_about_memory_has_the_signature_of_its_question(lane: Lane) -> None:
    module = hook_module(lane)
    for name, fact in FACTS.items():
        own = getattr(module, name, None)
        if own is not None:
            asked = inspect.signature(inspect.unwrap(fact))
            assert list(map(_shape, inspect.signature(own).parameters.values())) == list(
                map(_shape, asked.parameters.values())
            ), name


def _shape(parameter: inspect.Parameter) -> tuple[object, ...]:
    return parameter.name, parameter.kind, parameter.default


@pytest.mark.parametrize(("lane", "name", "case"), CALLS)
def test_a_hook_agrees_with_its_generic_body(
    xp: Namespace, device: Device, lane: Lane, name: str, case: Case
) -> None:
    if name == "to_host" and lane.gpu:
        pytest.skip("the generic body refuses what is not on the host")
    args, kwargs = case.arguments(xp, device)
    try:
        expected = case.finish(inspect.unwrap(primitives()[name])(*args, **kwargs))
    except NotImplementedError as error:  # torch; test_dtype_device.py has NumPy's answer
        pytest.skip(f"the generic body cannot: {error}")
    got = case.finish(hooks_of(lane)[name](*args, **kwargs))
    assert_same(got, expected, case.rtol)


def assert_same(got: Any, expected: Any, rtol: float) -> None:
    """Compare values, dtype, device and structure."""
    if isinstance(expected, tuple):
        assert isinstance(got, tuple)
        assert len(got) == len(expected)
        for one, other in zip(got, expected, strict=True):
            assert_same(one, other, rtol)
    elif hasattr(expected, "dtype"):
        assert type(got) is type(expected)
        assert (got.dtype, got.device) == (expected.dtype, expected.device)
        np.testing.assert_allclose(
            bring_home(got), bring_home(expected), rtol=rtol, atol=rtol, strict=True
        )
    else:
        assert got == expected
