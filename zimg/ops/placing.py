"""The current device of frameworks that have one, and memory that they keep for later arrays."""

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
    """Context in which new arrays are made on the device of `x`.

    Frameworks whose functions take a device have no use for it. CuPy computes on the *current*
    device, which its hook sets.
    """
    return nullcontext()


def on_device_of_first(function: Callable[P, R]) -> Callable[P, R]:
    """Run a public function on the device of its first argument, an image or an array."""

    @wraps(function)
    def entry(*args: P.args, **kwargs: P.kwargs) -> R:
        array = _first_array(args[0]) if args else None
        if array is None:  # what it cannot be, the function says
            return function(*args, **kwargs)
        with device_entered(array):
            return function(*args, **kwargs)

    return entry


def _first_array(given: Any) -> Array | None:
    """The array, or that of an image's first time point; None where there is none."""
    data = getattr(given, "data", None)
    if isinstance(data, list | tuple):
        given = data[0] if data else None
    try:
        namespace_by_type(given)
    except TypeError:
        return None
    return given


def free_device_memory() -> None:
    """Give back the device memory that frameworks keep for arrays to come.

    CuPy and Torch keep the memory of arrays that are gone, so that the next ones get it at once;
    other programs, and the other framework, do not. Arrays that are alive stay. JAX gives nothing
    back while a process lives: ``XLA_PYTHON_CLIENT_PREALLOCATE=false`` lets it take less.

    Examples
    --------
    >>> zimg.free_device_memory()
    """
    for framework in registered_frameworks():
        if framework in sys.modules:
            release = getattr(hooks_for(framework), "release_memory", None)
            if release is not None:
                release()
