"""The current device of frameworks with such a state, and the memory in their caches."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from zimg._dispatch import hooks_for, memory_fact, namespace_by_type, registered_frameworks
from zimg._typing import Array, Namespace

P = ParamSpec("P")
R = TypeVar("R")


@memory_fact
def device_entered(x: Array, /, *, xp: Namespace | None = None) -> AbstractContextManager[Any]:
    """Context that makes the device of `x` the current one.

    It does nothing by default. CuPy allocates and computes on the *current* device, so its hook
    sets it.
    """
    return nullcontext()


def on_device_of_first(function: Callable[P, R]) -> Callable[P, R]:
    """Run a public function on the device of its first argument, an image or an array."""

    @wraps(function)
    def entry(*args: P.args, **kwargs: P.kwargs) -> R:
        array = _first_array(args[0]) if args else None
        if array is None:  # the function itself refuses other arguments
            return function(*args, **kwargs)
        with device_entered(array):
            return function(*args, **kwargs)

    return entry


def _first_array(given: Any) -> Array | None:
    """The array, or the first array of an image; None for other objects."""
    try:
        namespace_by_type(given)
    except TypeError:
        data = getattr(given, "data", None)
        return data[0] if isinstance(data, list | tuple) and data else None
    return given


def free_device_memory() -> None:
    """Release the device memory that CuPy and Torch cache for later arrays.

    Both keep the memory of deleted arrays for reuse, where other programs and frameworks cannot
    use it. Existing arrays are unaffected. JAX never releases memory before the process ends; set
    ``XLA_PYTHON_CLIENT_PREALLOCATE=false`` so that it reserves less.

    Examples
    --------
    >>> zimg.free_device_memory()
    """
    for framework in registered_frameworks():
        if framework in sys.modules:
            release = getattr(hooks_for(framework), "release_memory", None)
            if release is not None:
                release()
