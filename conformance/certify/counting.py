"""Count launches, reads, transfers, programs and memory of a running workload."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from zimg import _dispatch
from zimg._dispatch import hooks_for
from zimg._typing import Array

from .ledger import Ledger


@contextmanager
def counted(framework: str) -> Iterator[Ledger]:
    """Count the costs of operations on ``torch`` or ``jax`` arrays inside a block.

    Parameters
    ----------
    framework
        Framework whose hooks are wrapped.

    Yields
    ------
    Ledger
        Filled while the block runs. Kernels, reads and memory are counted for Torch only, programs
        and compile seconds for JAX only.
    """
    hooks, ledger = hooks_for(framework), Ledger()
    with ExitStack() as stack:
        for name, wrapped in (("to_host", _fetching), ("upload", _sending), ("jit", _compiling)):
            stack.enter_context(replaced(hooks, name, wrapped(ledger, _body(hooks, name))))
        if framework == "torch":
            from .torch_counting import operations

            stack.enter_context(operations(ledger))
        if framework == "jax":
            from .jax_counting import programs

            stack.enter_context(programs(ledger))
        yield ledger


@contextmanager
def replaced(hooks: Any, name: str, function: Callable[..., Any] | None) -> Iterator[None]:
    """Replace a hook of a framework inside a block; None removes it."""
    with patch.object(hooks, name, function, create=True):
        _dispatch._NATIVE.clear()
        try:
            yield
        finally:
            _dispatch._NATIVE.clear()
    _dispatch._NATIVE.clear()


def _body(hooks: Any, name: str) -> Callable[..., Any]:
    """The hook called `name`, or the generic body if the framework has no such hook."""
    return getattr(hooks, name, None) or _dispatch.PRIMITIVES[name].__wrapped__  # type: ignore[attr-defined]


def _size(x: Array) -> int:
    return int(x.nbytes)


def _fetching(ledger: Ledger, body: Callable[..., Any]) -> Callable[..., Any]:
    def to_host(x: Array, /, **options: Any) -> Any:
        ledger.now.downloads += 1
        ledger.now.downloaded += _size(x)
        return body(x, **options)

    return to_host


def _sending(ledger: Ledger, body: Callable[..., Any]) -> Callable[..., Any]:
    def upload(host: Any, /, **options: Any) -> Array:
        sent = body(host, **options)
        ledger.now.uploads += 1
        ledger.now.uploaded += _size(sent)
        return sent

    return upload


def _compiling(ledger: Ledger, body: Callable[..., Any]) -> Callable[..., Any]:
    """`jit` whose compiled functions count as one launch each."""

    def jit(fn: Callable[..., Any], /, **options: Any) -> Callable[..., Any]:
        compiled = body(fn, **options)
        if compiled is fn:  # the framework does not compile
            return fn

        def call(*args: Any, **kwargs: Any) -> Any:
            ledger.now.launches += not ledger.inside
            ledger.inside += 1
            try:
                return compiled(*args, **kwargs)
            finally:
                ledger.inside -= 1

        return call

    return jit
