"""Simulated CUDA tensors: torch's fake tensors, which have a device but no values."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest


@contextmanager
def pretended_cuda() -> Iterator[Callable[[Any], Any]]:
    """Simulate tensors on ``cuda:0``; yields a function that makes one like a given tensor.

    Reading a value raises, and so does an operation on tensors of two devices. Square
    brackets and some operators ask for a real CUDA before the fake tensor has a say: they are
    spelled out here.
    """
    torch = pytest.importorskip("torch")
    fake = pytest.importorskip("torch._subclasses")

    unguarded = {
        torch.Tensor.__floordiv__: torch.ops.aten.floor_divide.default,
        torch.Tensor.__invert__: torch.ops.aten.bitwise_not.default,
    }

    class Operators(torch.overrides.TorchFunctionMode):  # type: ignore[misc,name-defined]
        def __torch_function__(
            self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
        ) -> Any:
            if function is torch.Tensor.__getitem__:
                return _read(torch, *args)
            if function is torch.Tensor.__setitem__:
                return _write(torch, *args)
            return unguarded.get(function, function)(*args, **(kwargs or {}))

    def moved(x: Any) -> Any:
        return torch.empty(x.shape, dtype=x.dtype, device="cuda:0")

    with fake.FakeTensorMode(), Operators():
        yield moved


def _read(torch: Any, x: Any, key: Any) -> Any:
    """``x[key]`` by low-level operations."""
    keys = _full(key if isinstance(key, tuple) else (key,), x.ndim)
    axis = 0
    tensors: list[Any] = []
    for each in keys:
        if each is None:
            x = torch.unsqueeze(x, axis)
        elif isinstance(each, slice):
            x = torch.ops.aten.slice.Tensor(x, axis, each.start, each.stop, each.step or 1)
        elif isinstance(each, int):
            x, axis = torch.select(x, axis, each), axis - 1
        else:
            tensors += [None] * (axis - len(tensors)) + [each]
        axis += 1
    return torch.ops.aten.index.Tensor(x, tensors) if tensors else x


def _full(keys: tuple[Any, ...], ndim: int) -> list[Any]:
    """Expand the ellipsis of a key."""
    place = next((n for n, key in enumerate(keys) if key is Ellipsis), None)
    if place is None:
        return list(keys)
    missing = ndim - sum(key is not None and key is not Ellipsis for key in keys)
    return [*keys[:place], *[slice(None)] * missing, *keys[place + 1 :]]


def _write(torch: Any, x: Any, key: Any, value: Any) -> None:
    """``x[key] = value``: only checks that the value is on the device."""
    for each in (key, value):
        if hasattr(each, "dtype") and each.ndim and each.device != x.device:
            raise RuntimeError(f"written from {each.device} to {x.device}")
    target = (
        torch.ops.aten.index.Tensor(x, [key]) if hasattr(key, "dtype") else _read(torch, x, key)
    )
    torch.broadcast_to(torch.as_tensor(value, device=x.device), target.shape)
