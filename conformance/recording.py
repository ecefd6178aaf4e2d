"""Records which functions of a namespace the kernels and generic bodies call."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import array_api_compat.numpy as numpy_namespace

from zimg._typing import Namespace

from .kernels import CALLS, READING
from .primitives import CASES, primitives

Use = tuple[str, int, tuple[str, ...]]
"""A function's name, the number of its positional arguments, and the names of the others."""


@dataclass
class Recorder:
    """NumPy's namespace under a name without hooks that records its use."""

    __name__ = "recorded"
    names: set[str] = field(default_factory=set)
    uses: set[Use] = field(default_factory=set)

    def __hash__(self) -> int:  # namespaces are keys of caches
        return id(self)

    def __getattr__(self, name: str) -> Any:
        found = getattr(numpy_namespace, name)
        self.names.add(name)
        return found if isinstance(found, type) or not callable(found) else self._noting(found)

    def _noting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        name = function.__name__

        def call(*args: Any, **kwargs: Any) -> Any:
            self.uses.add((name, len(args), tuple(sorted(kwargs))))
            return function(*args, **kwargs)

        return call


@contextmanager
def recorded() -> Iterator[Namespace]:
    """Replace the namespaces of arrays by a recorder inside a block."""
    recorder = Recorder()
    modules = [m for name, m in sys.modules.items() if name.split(".")[0] == "zimg"]
    users = [m for m in modules if hasattr(m, "array_namespace")]

    def found(*_arrays: Any) -> Namespace:
        return recorder

    patches = [patch.object(module, "array_namespace", found) for module in users]
    for each in patches:
        each.start()
    try:
        yield recorder
    finally:
        for each in patches:
            each.stop()


def everything() -> Recorder:
    """Run every case of the primitives and every call of the kernels once."""
    known = primitives()
    with recorded() as recorder:
        for name, cases in CASES.items():
            for case in cases:
                args, kwargs = case.arguments(numpy_namespace, "cpu")
                known[name](*args, **(kwargs | {"xp": recorder}))
        for calls in (*CALLS.values(), *READING.values()):
            for call in calls:
                args, static = call.arguments(numpy_namespace, "cpu")
                call.run(*args, **static)
    return recorder
