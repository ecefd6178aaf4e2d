"""No primitive reads a value on the host or makes an array elsewhere, unless its case states it.

Torch's ``meta`` device and JAX's tracers have shapes and no values, so code that runs on them reads
nothing. Torch's fake tensors claim a CUDA device without one. Strict
``device1``, a lane of every other test, catches arrays on the wrong device.
"""

import inspect
from collections.abc import Callable
from typing import Any

import array_api_compat.numpy as numpy_namespace
import pytest

from zimg.ops import jit

from .case import Case
from .kernels import CALLS, arrays_in, numbered
from .pretended import pretended_cuda
from .primitives import CASES, primitives
from .test_dtype_device import ARRAY_CALLS

CAPABILITY = "no hidden transfer"

# JAX has no values to test while tracing, yet its loop is traced like everything else.
TRACED_CALLS = ARRAY_CALLS + [
    pytest.param("while_loop", case, id=f"while_loop-{case.id}") for case in CASES["while_loop"]
]


@pytest.mark.framework("torch")
@pytest.mark.parametrize(("name", "case"), ARRAY_CALLS)
def test_runs_without_values_on_the_meta_device_of_torch(name: str, case: Case) -> None:
    torch = pytest.importorskip("torch")
    xp = pytest.importorskip("array_api_compat.torch")
    args, kwargs = case.arguments(xp, torch.device("cpu"))
    args = _moved(args, lambda x: x.to("meta"))
    check_device(primitives()[name](*args, **kwargs), "meta")


@pytest.mark.framework("torch")
@pytest.mark.parametrize(("name", "number"), numbered(CALLS))
def test_a_kernel_runs_without_values_on_the_meta_device_of_torch(name: str, number: int) -> None:
    torch = pytest.importorskip("torch")
    xp = pytest.importorskip("array_api_compat.torch")
    args, static = CALLS[name][number].arguments(xp, torch.device("cpu"))
    args = _moved(args, lambda x: x.to("meta"))
    check_device(CALLS[name][number].run(*args, **static), "meta")


@pytest.mark.framework("torch")
@pytest.mark.parametrize(("name", "case"), ARRAY_CALLS)
def test_stays_on_a_pretended_cuda_device(name: str, case: Case) -> None:
    torch = pytest.importorskip("torch")
    xp = pytest.importorskip("array_api_compat.torch")
    args, kwargs = case.arguments(xp, torch.device("cpu"))
    with pretended_cuda() as moved:
        check_device(primitives()[name](*_moved(args, moved), **kwargs), "cuda")


@pytest.mark.framework("torch")
@pytest.mark.parametrize(("name", "number"), numbered(CALLS))
def test_a_kernel_stays_on_a_pretended_cuda_device(name: str, number: int) -> None:
    torch = pytest.importorskip("torch")
    xp = pytest.importorskip("array_api_compat.torch")
    args, static = CALLS[name][number].arguments(xp, torch.device("cpu"))
    with pretended_cuda() as moved:
        check_device(CALLS[name][number].run(*_moved(args, moved), **static), "cuda")


def test_the_pretended_cuda_device_refuses_a_mixture_and_a_read() -> None:
    torch = pytest.importorskip("torch")
    with pretended_cuda() as moved:
        there = moved(torch.ones(3))
        with pytest.raises(RuntimeError, match="cpu"):
            there + torch.ones(3, device="cpu")
        with pytest.raises(RuntimeError):
            there.sum().item()


def check_device(result: Any, kind: str) -> None:
    """Every array of a result is on a device of that kind."""
    found = arrays_in(result)
    assert found
    assert {each.device.type for each in found} == {kind}


def _moved(value: Any, move: Callable[[Any], Any]) -> Any:
    """An argument with its arrays elsewhere; tuples keep their type."""
    if isinstance(value, tuple):
        parts = [_moved(each, move) for each in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return move(value) if hasattr(value, "dtype") else value


@pytest.mark.framework("jax")
@pytest.mark.parametrize(("name", "case"), TRACED_CALLS)
def test_traces_without_values_on_jax(name: str, case: Case) -> None:
    jax = pytest.importorskip("jax")
    args, kwargs = case.arguments(jax.numpy, None)
    places = [place for place, value in enumerate(args) if _holds_arrays(value)]

    def call(*arrays: Any) -> Any:
        full = list(args)
        for place, array in zip(places, arrays, strict=True):
            full[place] = array
        return primitives()[name](*full, **kwargs)

    traced = jax.eval_shape(call, *(args[place] for place in places))
    args, kwargs = case.arguments(numpy_namespace, "cpu")
    expected = inspect.unwrap(primitives()[name])(*args, **kwargs)
    assert jax.tree.map(lambda x: x.shape, traced) == jax.tree.map(lambda x: x.shape, expected)


def _holds_arrays(value: Any) -> bool:
    return any(map(_holds_arrays, value)) if isinstance(value, tuple) else hasattr(value, "dtype")


@pytest.mark.framework("jax")
@pytest.mark.parametrize(("name", "number"), numbered(CALLS))
def test_a_compiled_kernel_moves_nothing_between_host_and_device(name: str, number: int) -> None:
    jax = pytest.importorskip("jax")
    args, static = CALLS[name][number].arguments(jax.numpy, None)
    compiled = jit(CALLS[name][number].run, xp=jax.numpy)
    first = compiled(*args, **static)
    with jax.transfer_guard("disallow"):
        second = jax.block_until_ready(compiled(*args, **static))
    assert jax.tree.map(lambda x: x.shape, first) == jax.tree.map(lambda x: x.shape, second)
