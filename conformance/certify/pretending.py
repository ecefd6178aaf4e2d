"""A GPU without one: arrays in host memory that the library takes for those of a device."""

import inspect
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any
from unittest.mock import patch

from zimg._dispatch import hooks_for
from zimg._typing import Array

from .counting import replaced

HOST_MODULES = ("_host", "_compiled")
"""Beginnings of the names of modules whose functions work on host memory."""


def host_hooks(hooks: ModuleType) -> list[str]:
    """Names of the hooks that look at arrays through NumPy."""
    found = inspect.getmembers(hooks, inspect.isfunction)
    own = hooks.__package__ or ""
    bodies = {name: inspect.unwrap(function).__module__ for name, function in found}
    begins = tuple(f"{own}.{each}" for each in HOST_MODULES)
    return [name for name, module in bodies.items() if module.startswith(begins)]


@contextmanager
def pretended_gpu(framework: str) -> Iterator[None]:
    """Arrays of ``torch`` or ``jax`` on the CPU treated as those of a GPU.

    Generic bodies run, with the chunks that a GPU gets; values are right, times mean nothing.
    """
    hooks = hooks_for(framework)
    assert hooks is not None
    plan = hooks.row_plan
    with ExitStack() as stack:
        for name in [*host_hooks(hooks), "fastest", "for_voxels"]:
            stack.enter_context(replaced(hooks, name, None))  # the generic body
        stack.enter_context(replaced(hooks, "on_host", _away))
        if framework == "jax":
            stack.enter_context(patch.object(hooks, "_platform", lambda _: "gpu"))
        else:
            large = plan(xp=None, on="cuda")
            stack.enter_context(replaced(hooks, "row_plan", lambda **_: large))
        yield


def _away(x: Array, /, *, xp: Any = None) -> bool:  # noqa: ARG001
    return False
