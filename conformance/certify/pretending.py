"""A simulated GPU: arrays in host memory that the library treats as device arrays."""

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
"""Prefixes of the modules whose functions work on host memory."""


def host_hooks(hooks: ModuleType) -> list[str]:
    """Names of the hooks that view arrays by NumPy."""
    found = inspect.getmembers(hooks, inspect.isfunction)
    own = hooks.__package__ or ""
    bodies = {name: inspect.unwrap(function).__module__ for name, function in found}
    begins = tuple(f"{own}.{each}" for each in HOST_MODULES)
    return [name for name, module in bodies.items() if module.startswith(begins)]


@contextmanager
def pretended_gpu(framework: str) -> Iterator[None]:
    """Treat ``torch`` or ``jax`` arrays on the CPU as GPU arrays inside a block.

    Generic bodies run with the chunk sizes of a GPU. Results are correct; times are meaningless.
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
