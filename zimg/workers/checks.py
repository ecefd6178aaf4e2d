"""Checks of the values that setters of workers accept, one function per kind."""

import math
import operator
import os
from collections.abc import Mapping, Sequence
from copy import deepcopy
from numbers import Real
from typing import Any

import numpy as np

from zimg.tracing.config import TraceConfig

TRACE_MODES = ("accurate", "reference")


def text(name: str, value: Any) -> str:
    """Return a string; paths are converted."""
    if isinstance(value, str | os.PathLike):
        return str(value)
    raise TypeError(f"{name} must be a string, not {value!r}")


def flag(name: str, value: Any) -> bool:
    """Return a bool; other truthy values are refused."""
    if isinstance(value, bool):
        return value
    raise TypeError(f"{name} must be True or False, not {value!r}")


def integer(name: str, value: Any) -> int:
    """Return an int; NumPy integers are converted, floats refused."""
    if hasattr(value, "__index__"):
        return operator.index(value)
    raise TypeError(f"{name} must be an int, not {value!r}")


def index(name: str, value: Any) -> int:
    """Return an int of at least 0.

    A negative one is a TypeError, as in the reference, whose parameter is unsigned.
    """
    number = integer(name, value)
    if number < 0:
        raise TypeError(f"{name} must be an int of 0 or above, not {number}")
    return number


def positive(name: str, value: Any) -> int:
    """Return an int of 1 or above."""
    number = integer(name, value)
    if number < 1:
        raise ValueError(f"{name} must be 1 or above, not {number}")
    return number


def not_negative(name: str, value: Any) -> int:
    """Return an int of at least 0."""
    number = integer(name, value)
    if number < 0:
        raise ValueError(f"{name} must be 0 or above, not {number}")
    return number


def trace_mode(name: str, value: Any) -> str:
    """Return the name of a tracing mode."""
    if value not in TRACE_MODES:
        accepted = " or ".join(map(repr, TRACE_MODES))
        raise ValueError(f"{name} must be {accepted}, not {value!r}")
    return str(value)


def ratio(name: str, value: Any) -> float:
    """Return a finite float above 0."""
    if not isinstance(value, Real):
        raise TypeError(f"{name} must be a number above 0, not {value!r}")
    number = float(value)
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"{name} must be finite and above 0, not {number}")
    return number


def three_factors(name: str, value: Any) -> tuple[int, int, int]:
    """Return three ints of 1 or above, in the order x, y, z."""
    x, y, z = three_integers(name, value)
    if min(x, y, z) < 1:
        raise ValueError(f"{name} must be 1 or above in each axis, not {x}, {y}, {z}")
    return x, y, z


def three_integers(name: str, value: Any) -> tuple[int, int, int]:
    """Return three ints, in the order x, y, z."""
    if isinstance(value, str) or not isinstance(value, Sequence | np.ndarray):
        raise TypeError(f"{name} must be a sequence of 3 ints, not {value!r}")
    if len(value) != 3:
        raise ValueError(f"{name} must contain exactly 3 elements, not {len(value)}")
    x, y, z = (integer(name, skipped) for skipped in value)
    return x, y, z


def json_object(name: str, value: Any) -> dict[str, Any]:
    """Return a copy of a mapping that JSON can represent; tuples become lists."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} must be a dict-like JSON object, not {value!r}")
    copied: dict[str, Any] = _json_value(name, value)
    return copied


def trace_config(name: str, value: Any) -> TraceConfig:
    """Return a copy of a `TraceConfig`."""
    if isinstance(value, TraceConfig):
        return deepcopy(value)
    raise TypeError(f"{name} must be a TraceConfig, not {value!r}")


def trace_config_from_json(name: str, value: Any) -> TraceConfig:
    """Return a `TraceConfig` with the attributes of a JSON object; others keep their default."""
    config = TraceConfig()
    for option, setting in json_object(name, value).items():
        if not hasattr(config, option):
            raise ValueError(f"unknown option {option!r} in {name}")
        setattr(config, option, setting)
    return config


def _json_value(name: str, value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [_json_value(name, item) for item in value]
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"{name}: JSON object keys must be strings, not {key!r}")
        return {key: _json_value(name, item) for key, item in value.items()}
    raise TypeError(f"{name}: expected a JSON-compatible Python object, not {value!r}")
