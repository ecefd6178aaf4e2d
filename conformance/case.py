"""Test cases of primitives, and random values for their arguments."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import DTypeLike, NDArray

from zimg._typing import Array, Device, Namespace
from zimg.ops import upload


@dataclass(frozen=True, slots=True)
class Raw:
    """An argument that stays on the host."""

    value: Any


class OnDevice:
    """Placeholder for the device of the lane."""


def same(result: Any) -> Any:
    """Return the result unchanged."""
    return result


@dataclass(frozen=True)
class Case:
    """A call whose NumPy arguments are moved to the lane; `finish` prepares the comparison."""

    id: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    finish: Callable[[Any], Any] = same
    rtol: float = 0.0
    reads_host: bool = False
    """Whether the primitive is meant to read values on the host."""

    def arguments(self, xp: Namespace, on: Device) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Positional and keyword arguments on a lane, `xp` among the latter."""
        args = tuple(place(value, xp, on) for value in self.args)
        return args, {"xp": xp} | {key: place(value, xp, on) for key, value in self.kwargs.items()}


def place(value: Any, xp: Namespace, on: Device) -> Any:
    """Move the NumPy arrays of an argument to a lane; skip the test if it lacks their dtype."""
    if isinstance(value, tuple):
        placed = [place(each, xp, on) for each in value]
        return type(value)(*placed) if hasattr(value, "_fields") else tuple(placed)
    if isinstance(value, OnDevice):
        return on
    if isinstance(value, Raw):
        return value.value
    return _array(value, xp, on) if isinstance(value, np.ndarray) else value


def _array(host: NDArray[Any], xp: Namespace, on: Device) -> Array:
    available = xp.__array_namespace_info__().dtypes(device=on)
    if host.dtype == np.int64 and "int64" not in available:
        host = host.astype(np.int32)  # an index type: frameworks without int64 index in int32
    if host.dtype == np.float64 and "float64" not in available:
        pytest.skip(f"this device has no {host.dtype}")
    return upload(host, on=on, xp=xp)


def random_values(
    shape: int | tuple[int, ...], dtype: DTypeLike, *, levels: int = 200
) -> NDArray[Any]:
    """Random values from 0 to levels - 1 with ties, in quarters if floating, in any dtype."""
    drawn = np.random.default_rng(7).integers(0, levels, shape)
    quarters = np.issubdtype(np.dtype(dtype), np.floating)
    return (drawn / 4 if quarters else drawn).astype(dtype)


def cell_ids(count: int, size: int) -> NDArray[np.int64]:
    """Random cells, some outside the range; the last quarter of the cells is unused."""
    drawn = np.random.default_rng(11).integers(-size // 4 - 2, size + 3, count)
    return np.where((drawn >= size * 3 // 4) & (drawn < size), 0, drawn)
