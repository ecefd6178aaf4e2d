"""Namespace and device of the inputs, and native replacements of primitives found by name.

A framework's module of hooks is known through the entry points of the group ``zimg.backends`` only,
so the library imports a framework no earlier than its user does.
"""

from collections.abc import Callable
from functools import cache, wraps
from importlib import import_module
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any, ParamSpec, TypeVar

from array_api_compat import array_namespace, device

from zimg._typing import Array, Namespace

__all__ = [
    "FACTS",
    "PRIMITIVES",
    "array_namespace",
    "device",
    "framework_of",
    "hookable",
    "hooks_for",
    "look_up_hooks",
    "memory_fact",
    "namespace_by_type",
    "namespace_named",
    "registered_frameworks",
]

P = ParamSpec("P")
R = TypeVar("R")

ENTRY_POINTS = "zimg.backends"

PRIMITIVES: dict[str, Callable[..., Any]] = {}
"""What a framework may replace, by name; complete once `zimg.ops` and `zimg.kernels` are read."""

FACTS: dict[str, Callable[..., Any]] = {}
"""Questions about memory that a framework may answer for itself, by name (`zimg.ops.memory`)."""

_NAMESPACES: dict[type, Namespace] = {}

_NATIVE: dict[tuple[str, str], Any | None] = {}
"""Hooks that have been looked up, by the name of a namespace and their own."""


@cache
def framework_of(xp: Namespace) -> str:
    """Name of the framework behind a namespace: ``numpy``, ``torch``, ``jax``, ``cupy``, ...

    Any other namespace is named by the package that it lives in, such as ``array_api_strict``.
    """
    parts: list[str] = xp.__name__.split(".")
    if "array_api_compat" in parts[:-1]:  # also when vendored inside another package
        return parts[parts.index("array_api_compat") + 1]
    return parts[0]


@cache
def hooks_for(framework: str) -> ModuleType | None:
    """The module registered for `framework`, or None: then every generic body is used."""
    for entry in entry_points(group=ENTRY_POINTS, name=framework):
        module: ModuleType = entry.load()
        return module
    return None


@cache
def registered_frameworks() -> tuple[str, ...]:
    """Names of all frameworks that have registered a module of hooks, NumPy and torch first."""
    names = {entry.name for entry in entry_points(group=ENTRY_POINTS)}
    return tuple(sorted(names, key=lambda name: (name != "numpy", name != "torch", name)))


def namespace_named(framework: str) -> Namespace:
    """Namespace of a framework by name: what its hooks give as ``namespace()``, or its package.

    Raises
    ------
    ImportError
        When the framework cannot be imported.
    """
    package = import_module(framework)
    own = getattr(hooks_for(framework), "namespace", None)
    return own() if own else package


def namespace_by_type(x: Array) -> Namespace:
    """Namespace of an array; remembered by type, since asking takes longer than wrapping."""
    kind = type(x)
    if kind not in _NAMESPACES:
        _NAMESPACES[kind] = array_namespace(x)
    return _NAMESPACES[kind]


def _native(xp: Namespace, name: str) -> Any | None:
    """The hook called `name` of the framework behind `xp`, or None."""
    key = (xp.__name__, name)
    if key not in _NATIVE:
        _NATIVE[key] = getattr(hooks_for(framework_of(xp)), name, None)
    return _NATIVE[key]


def look_up_hooks(xp: Namespace) -> None:
    """Find every hook of a namespace now: code that is traced reads the table and no more."""
    hooks_for(framework_of(xp))  # which may bring more primitives
    for name in tuple(PRIMITIVES):
        _native(xp, name)


def _namespace_of(args: tuple[Any, ...]) -> Namespace:
    """Namespace of the first positional argument, or of the arrays in it when it is a tuple."""
    first = args[0] if args else None
    return array_namespace(*first) if isinstance(first, tuple) else array_namespace(first)


def hookable(generic: Callable[P, R]) -> Callable[P, R]:
    """Let a framework's module replace `generic` by a function of the same name and signature.

    The framework is that of the keyword `xp` or else of the first positional argument: everything
    follows the first array, and so does the current device of frameworks that have one. `generic`
    must accept ``xp=``; it stays at hand as ``.__wrapped__``.
    """
    name = generic.__name__

    @wraps(generic)
    def op(*args: P.args, **kwargs: P.kwargs) -> R:
        xp = kwargs.get("xp") or _namespace_of(args)
        kwargs["xp"] = xp
        chosen: Callable[P, R] = _native(xp, name) or generic
        entered = _native(xp, "device_entered")
        if entered is None or not args:
            return chosen(*args, **kwargs)
        with entered(args[0]):
            return chosen(*args, **kwargs)

    if name in PRIMITIVES:  # hooks are found by name alone
        raise ValueError(
            f"two primitives are called {name!r}: {PRIMITIVES[name].__module__} has it"
        )
    PRIMITIVES[name] = op
    return op


def memory_fact(generic: Callable[P, R]) -> Callable[P, R]:
    """Let a framework's module answer a question about memory in its own way.

    Found like the hooks of `hookable`, but answers of frameworks differ: what they promise together
    is that arrays are shared, copied and refused as the conformance suite says.
    """
    name = generic.__name__

    @wraps(generic)
    def fact(*args: P.args, **kwargs: P.kwargs) -> R:
        xp = kwargs.get("xp") or namespace_by_type(args[0])
        kwargs["xp"] = xp
        chosen: Callable[P, R] = _native(xp, name) or generic
        return chosen(*args, **kwargs)

    FACTS[name] = fact
    return fact
