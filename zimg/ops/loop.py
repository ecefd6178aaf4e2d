"""Loops, compilation and fusion barriers: the same source, eager or traced."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

from zimg._dispatch import hookable
from zimg._typing import Array, Namespace
from zimg.ops.memory import on_host

State = TypeVar("State")
Function = TypeVar("Function", bound=Callable[..., Any])


@hookable
def while_loop(
    cond: Callable[[State], Array],
    body: Callable[[State], State],
    state: State,
    /,
    *,
    xp: Namespace,
) -> State:
    """Apply `body` to `state` as long as `cond` of it holds.

    Parameters
    ----------
    cond
        State to a 0-d bool array. Eager frameworks read it on the host once per step: here, and
        nowhere else.
    body
        State to state of the same structure, shapes and dtypes.
    state
        Tuple of arrays.
    xp
        Namespace of the arrays.

    Returns
    -------
    tuple of Array
        The first state for which `cond` does not hold.

    Notes
    -----
    JAX compiles the loop: outside `jit`, a loop with new functions is compiled at every call.
    """
    while bool(cond(state)):
        state = body(state)
    return state


@hookable
def jit(fn: Function, /, *, xp: Namespace, loops: bool = False) -> Function:
    """`fn` compiled, where the framework of `xp` compiles; else `fn` itself.

    Parameters
    ----------
    fn
        Pure function of arrays, best at module level: the compiled form is remembered per function.
        Its keyword-only arguments are static, hashable Python values (`xp` among them), but for a
        `zimg.kernels.pack.Layout` that is annotated as such; arrays are positional.
    xp
        Namespace of the arrays.
    loops
        Whether `fn` has a `while_loop`, whose condition some frameworks read on the host: they
        compile what `fn` gives to `jit` itself.

    Returns
    -------
    callable
        Same signature as `fn`.
    """
    return fn


def fused(fn: Function, x: Array, /, *, xp: Namespace) -> Function:
    """`fn` compiled for arrays on devices; in host memory, `fn` itself, which calls faster hooks.

    Parameters
    ----------
    fn
        As for `jit`; it calls primitives that have hooks for host memory.
    x
        One of its arrays.
    xp
        Namespace of the arrays.
    """
    return fn if on_host(x) else jit(fn, xp=xp)


@hookable
def barrier(x: State, /, *, xp: Namespace | None = None) -> State:
    """`x` itself; a compiler does not fuse what comes before with what comes after.

    Parameters
    ----------
    x
        An array or a tuple of arrays.
    xp
        Namespace of the arrays; found from `x` when None.

    Returns
    -------
    Array or tuple of Array
        The values of `x`.
    """
    return x


@hookable
def wide_types(*, xp: Namespace) -> AbstractContextManager[None]:
    """Context in which the framework has its 64-bit types, where they are switched off otherwise.

    Parameters
    ----------
    xp
        Namespace of the framework.

    Returns
    -------
    context manager
        Restores the former state at its end; arrays keep their types.
    """
    return nullcontext()
