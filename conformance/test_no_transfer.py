"""No primitive reads a value on the host or makes an array elsewhere, except those that say so.

Torch's ``meta`` device has shapes and no values, and JAX's tracers likewise: what runs on them has
read nothing. Strict ``device1``, a lane of every other test, catches arrays on the wrong device.
"""

import inspect
from typing import Any

import array_api_compat.numpy as numpy_namespace
import pytest

from .primitives import CASES, Case, primitives
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
    args = tuple(_to_meta(each) for each in args)
    result = primitives()[name](*args, **kwargs)
    for each in result if isinstance(result, tuple) else (result,):
        assert each.device.type == "meta"


def _to_meta(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_to_meta(each) for each in value)
    return value.to("meta") if hasattr(value, "dtype") else value


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
