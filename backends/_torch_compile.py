"""Compilation of the kernels of segments by Torch, and the shapes that it compiles."""

import inspect
import os
import warnings
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

import torch
from torch.utils._pytree import tree_map_only

from zimg._dispatch import look_up_hooks
from zimg._typing import Device, Namespace
from zimg.kernels.pack import Layout
from zimg.ops.rows import RowPlan

COMPILE = "ZIMG_TORCH_COMPILE"
"""Environment variable: ``0`` compiles nothing, ``1`` on CPUs as well, ``graphs`` as ``1`` and with
CUDA graphs, which have not been run."""


def _compiles(on: torch.device) -> bool:
    """Whether kernels of segments are compiled for a device."""
    return os.environ.get(COMPILE, "0" if on.type == "cpu" else "1") in ("1", "graphs")


def jit(fn: Callable[..., Any], /, *, xp: Namespace, loops: bool = False) -> Callable[..., Any]:
    """Compile kernels of segments into fused ones; a round of a fit on one CPU thread: 122 / 17 ms.

    What looks at whole volumes has too many shapes to be compiled for each.
    """
    parameters = inspect.signature(fn).parameters.values()
    takes_segments = any(each.annotation is Layout for each in parameters)
    graphs = os.environ.get(COMPILE) == "graphs"
    return _compiled_form(fn, xp, graphs) if takes_segments and not loops else fn


@lru_cache(maxsize=64)
def _compiled_form(fn: Callable[..., Any], xp: Namespace, graphs: bool) -> Callable[..., Any]:
    """Compile `fn` as one graph per shape, on devices where kernels are compiled.

    The first result on a kind of device is compared with that of `fn` itself. Where compilation
    fails or the results differ, `fn` runs uncompiled from then on, and a warning names the reason.
    """
    look_up_hooks(xp)
    warnings.filterwarnings("ignore", "Dynamo detected a call to a `functools.lru_cache`")
    native = _replayed(fn) if graphs else torch.compile(fn, fullgraph=True, dynamic=False)
    broken, checked = False, set()

    @wraps(fn)
    def compiled(*args: Any, layout: Layout, **static: Any) -> Any:
        nonlocal broken
        on = next(each.device for each in args if isinstance(each, torch.Tensor))
        if broken or not _compiles(on) or torch.compiler.is_compiling():
            return fn(*args, layout=layout, **static)
        try:
            found = native(*args, layout=_as_numbers(layout, on), **static)
            problem = ""
        except Exception as error:  # no compiler on this machine, most likely
            problem = f"cannot compile {fn.__name__}: {error}"
        if not problem and on.type in checked:
            return found
        expected = fn(*args, layout=layout, **static)
        if not problem and not _agree(found, expected):
            problem = f"changes the results of {fn.__name__} on {on}"
        if not problem:
            checked.add(on.type)
            return found
        broken = True
        message = f"torch.compile {problem.splitlines()[0]}; it runs uncompiled"
        warnings.warn(message, RuntimeWarning, stacklevel=2)
        return expected

    return compiled


def _replayed(fn: Callable[..., Any]) -> Callable[..., Any]:
    """`fn` compiled as CUDA graphs.

    Each call is a step of its own: its results lie in memory that the next replay overwrites, so
    they are copied.
    """
    native = torch.compile(fn, fullgraph=True, dynamic=False, mode="reduce-overhead")

    @wraps(fn)
    def replayed(*args: Any, **options: Any) -> Any:
        torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
        return tree_map_only(torch.Tensor, torch.clone, native(*args, **options))

    return replayed


AGREEING, DIGITS = 0.95, 1e-3
"""Share of the numbers that must agree, and their relative difference: a last digit may decide
whether a step of a line search is taken, which changes all numbers of that segment."""


def _agree(found: Any, expected: Any) -> bool:
    """Whether the arrays of two results, which may be tuples of tuples, agree."""
    if isinstance(expected, tuple):
        return all(_agree(a, b) for a, b in zip(found, expected, strict=True))
    if found.shape != expected.shape or found.dtype != expected.dtype:
        return False
    if not found.numel():
        return True
    near = torch.isclose(found, expected, rtol=DIGITS, atol=DIGITS, equal_nan=True)
    return bool(near.to(torch.float32).mean() >= AGREEING)


@lru_cache(maxsize=16)
def _as_numbers(layout: Layout, on: torch.device) -> Layout:
    """A layout of tensors; plain numbers would be constants and need a compilation per shape."""
    shape = tuple(torch.tensor(size, device=on) for size in layout.shape)
    kind = torch.float32 if on.type == "mps" else torch.float64
    ratio = torch.tensor(layout.z_to_xy, dtype=kind, device=on)
    return Layout(layout.kind, shape, ratio)  # type: ignore[arg-type]


def row_plan(*, xp: Namespace, on: Device) -> RowPlan:
    """Small chunks for the cache of a CPU, large ones for a GPU, where launches are expensive.

    The sizes for a GPU are estimates.
    """
    on = torch.device("cpu" if on is None else on)
    if on.type == "cpu":
        if _compiles(on):
            return RowPlan(rows=256, shapes=(64, 256), workers=1, lanes=(64,), queues=(64, 1024))
        return RowPlan(rows=64, shapes=(), workers=1)
    if not _compiles(on):
        return RowPlan(rows=4096, shapes=(), workers=1, seeds=128, lanes=(256,), unread=8)
    shapes = (64, 512, 4096)
    return RowPlan(
        rows=4096, shapes=shapes, workers=1, seeds=128, lanes=(256,), queues=(64, 512), unread=8
    )
