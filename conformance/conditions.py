"""Arrays in various states of memory, and the rules for their transfer between frameworks."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from zimg._typing import Array, Namespace
from zimg.arrays.host import aligned_zeros
from zimg.arrays.interop import dtype_name, framework_name
from zimg.testing import LANES, Lane, bring_home, device_of

SHAPE = (4, 6, 8)
WIDE = ("int64", "uint64", "float64")
DTYPES = (
    *("bool", "uint8", "int8", "uint16", "int16", "uint32", "int32"),
    *("float16", "bfloat16", "float32", *WIDE),
)
# Lanes that differ in their memory; the others are the same memory with something switched off.
PLACES = tuple(each for each in LANES if each.id not in ("strictest", "strict-no_float64"))

Host = NDArray[Any]
Outcome = Literal["view", "copy", "refuse"]


def _read_only(x: Host) -> Host:
    view = x.view()
    view.flags.writeable = False
    return view


def _shifted(x: Host, by: int) -> Host:
    """A copy of `x` at an offset of `by` bytes from a multiple of 64."""
    bytes_ = aligned_zeros((x.nbytes + 64,), np.uint8)[by : by + x.nbytes]
    result = bytes_.view(x.dtype).reshape(x.shape)
    result[...] = x
    return result


CONDITIONS: dict[str, Callable[[Host], Host]] = {
    "plain": lambda x: x,
    "sliced": lambda x: x[:, 1:5, ::2],
    "transposed": lambda x: x.transpose(2, 1, 0),
    "reversed": lambda x: x[:, ::-1],
    "offset": lambda x: _shifted(x, 16),
    "misaligned": lambda x: _shifted(x, 1),
    "big-endian": lambda x: x.astype(x.dtype.newbyteorder(">")),
    "read-only": _read_only,
    "0-d": lambda x: x[0, 0, 0, ...],
    "empty": lambda x: x[:0],
}
_SINGLE_BYTES = ("bool", "uint8", "int8")
_STEPS = ("sliced", "transposed", "reversed")
# What can be made in NumPy only, or has no meaning elsewhere.
_MISSING: dict[str, tuple[str, ...]] = {
    "array_api_strict": ("big-endian",),
    "torch": ("reversed", "big-endian", "read-only"),
    "jax": (*_STEPS, "offset", "misaligned", "big-endian", "read-only"),
    "device": (*_STEPS, "offset", "misaligned", "big-endian", "read-only"),
}

# By framework, or by lane where one device of a framework lacks what others have.
_LACKS: dict[str, tuple[str, ...]] = {
    "array_api_strict": ("float16", "bfloat16"),
    "jax": WIDE,
    "cupy": ("bfloat16",),
    "torch-mps": ("float64", "uint16", "uint32", "uint64"),  # from its documentation, never run
}


@dataclass(frozen=True)
class Rule:
    """A rule for the transfer of arrays; the first matching rule applies.

    `source` and `target` are a framework, a lane, ``host``, ``device`` (any but the host) or
    ``any``; without conditions or dtypes the rule is for all of them.
    """

    source: str
    target: str
    outcome: Outcome
    why: str
    conditions: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()
    error: type[Exception] = ValueError

    def fits(self, source: Lane, target: Lane, condition: str, dtype: str) -> bool:
        """Whether the rule applies to an array and a target."""
        return (
            self.source in _names(source)
            and self.target in _names(target)
            and condition in (self.conditions or CONDITIONS)
            and dtype in (self.dtypes or DTYPES)
        )


SWITCHED_OFF = Rule(
    *("any", "jax", "refuse", "disabled in JAX unless `jax_enable_x64` is set"),
    dtypes=WIDE,
    error=TypeError,
)
RULES = (
    Rule("any", "same", "view", "the array is unchanged"),
    SWITCHED_OFF,
    Rule(
        *("any", "array_api_strict", "refuse", "the standard lacks it"),
        dtypes=("float16", "bfloat16"),
        error=TypeError,
    ),
    Rule(
        *("torch", "numpy", "refuse", "NumPy cannot view it"),
        dtypes=("bfloat16",),
        error=TypeError,
    ),
    Rule("any", "cupy", "refuse", "CuPy lacks it", dtypes=("bfloat16",), error=TypeError),
    Rule("device", "host", "copy", "a download, only with `device='cpu'`"),
    Rule("host", "device", "copy", "an upload"),
    Rule("strict-device1", "device", "refuse", "the only path is through the host"),
    Rule("device", "strict-device1", "refuse", "the only path is through the host"),
    *(
        Rule(*way, "refuse", "no other framework can access it")
        for lane in ("torch-mps", "torch-xpu")
        for way in ((lane, "device"), ("device", lane))
    ),
    Rule("jax", "torch", "copy", "torch could write to immutable memory"),
    Rule("any", "torch", "copy", "torch would write to it", ("read-only",)),
    Rule("any", "torch", "copy", "torch aborts or raises", ("reversed", "big-endian")),
    Rule("any", "torch", "copy", "torch expects aligned values", ("misaligned",)),
    Rule("any", "jax", "copy", "JAX requires C order", (*_STEPS, "big-endian")),
    Rule("any", "jax", "copy", "JAX requires an alignment to 64 bytes", ("offset", "misaligned")),
    Rule(
        *("any", "array_api_strict", "copy", "required by the standard"),
        conditions=("big-endian", "misaligned"),
    ),
    Rule("any", "any", "view", "memory is shared"),
)


def _names(lane: Lane) -> tuple[str, ...]:
    return lane.id, lane.framework, "host" if on_host(lane) else "device", "any"


def on_host(lane: Lane) -> bool:
    """Whether the host can read the memory of a lane."""
    return not lane.gpu and lane.id != "strict-device1"


def expected(source: Lane, target: Lane, condition: str, dtype: str) -> Rule:
    """The rule for one array and one target."""
    if source == target:
        return RULES[0]
    found = (rule for rule in RULES if rule.fits(source, target, condition, dtype))
    return next(rule for rule in found if rule is not SWITCHED_OFF or not wide_in_jax())


def wide_in_jax() -> bool:
    """Whether the 64-bit types of JAX are enabled."""
    return bool(import_module("jax").config.jax_enable_x64)


def exists(lane: Lane, condition: str, dtype: str) -> bool:
    """Whether a lane can have such an array."""
    missing = _MISSING.get(lane.framework if on_host(lane) else "device", ())
    if condition in missing:
        return False
    if condition == "misaligned" and dtype in _SINGLE_BYTES:
        return False
    if condition == "big-endian" and dtype in (*_SINGLE_BYTES, "bfloat16"):
        return False
    return dtype not in _LACKS.get(lane.framework, ()) + _LACKS.get(lane.id, ())


def numbers(dtype: str) -> Host:
    """0, 1, 2, ... in aligned host memory (0 and 1 in turn when boolean)."""
    kind = import_module("ml_dtypes").bfloat16 if dtype == "bfloat16" else dtype
    result = aligned_zeros(SHAPE, kind)
    count = np.arange(result.size).reshape(SHAPE)
    result[...] = count % 2 if dtype == "bool" else count % 100
    return result


def made(lane: Lane, xp: Namespace, condition: str, source: str | Host) -> Array:
    """An array of a lane from NumPy memory or `numbers` of a dtype; a view if on the host."""
    host = CONDITIONS[condition](numbers(source) if isinstance(source, str) else source)
    dtype = host.dtype.name
    if lane.framework == "numpy":
        return host
    if lane.framework == "torch":
        bits = xp.from_numpy(host.view(np.uint16) if dtype == "bfloat16" else host)
        return (bits.view(xp.bfloat16) if dtype == "bfloat16" else bits).to(lane.device)
    if lane.framework == "jax":
        return import_module("jax").device_put(host, device_of(lane, xp))
    return xp.asarray(host, device=device_of(lane, xp))


def values(x: Array) -> Host:
    """Values of an array of any lane on the host; bfloat16 as float32."""
    if dtype_name(x.dtype) != "bfloat16":
        return bring_home(x)
    if framework_name(x) == "torch":
        return np.asarray(x.float().cpu())
    return np.asarray(x).astype(np.float32)


def address(x: Array) -> int:
    """Address of the memory of an array on its device."""
    if hasattr(x, "data_ptr"):
        return int(x.data_ptr())
    if framework_name(x) == "cupy":
        return int(x.data.ptr)
    if framework_name(x) == "array_api_strict":
        return np.from_dlpack(x).ctypes.data
    return np.asarray(x).ctypes.data


def table() -> str:
    """The rules as a Markdown table, in the order of their lookup."""
    rows = ["| from | to | condition | dtype | `copy=None` | why |", "|---|---|---|---|---|---|"]
    rows += [
        f"| {rule.source} | {rule.target} | {', '.join(rule.conditions) or 'any'} "
        f"| {', '.join(rule.dtypes) or 'any'} | {rule.outcome} | {rule.why} |"
        for rule in RULES
    ]
    return "\n".join(rows)
