"""Convert arrays to another framework: as a view, a copy where necessary, or an error."""

import numpy as np
from array_api_compat import to_device
from numpy.typing import NDArray

from zimg._dispatch import (
    array_namespace,
    device,
    namespace_by_type,
    namespace_named,
    registered_frameworks,
)
from zimg._typing import Array, Device, Namespace
from zimg.arrays.host import aligned_copy
from zimg.arrays.interop import dtype_name, framework_name
from zimg.ops.memory import (
    device_named,
    host_view,
    import_host,
    is_host_device,
    is_writable,
    lacks_dtype,
    obstacle,
    on_host,
    shareable,
    shares_host_memory,
)
from zimg.ops.transfer import to_host

_OTHER_NAMES = {"pytorch": "torch", "tf": "tensorflow", "array_api": "auto"}
_HOST_ONLY = ("numpy", "memview")
_PSEUDO = ("array_api_strict", "array_api", "memview")
_NOT_WITHOUT_REQUEST = (
    "cannot be shared with the host; device='cpu' without copy=False downloads it"
)


def frameworks() -> tuple[str, ...]:
    """Names that `exported` accepts: registered frameworks and special forms."""
    return ("auto", *registered_frameworks(), *_PSEUDO)


def exported(
    x: Array, framework: str = "auto", *, device: Device = None, copy: bool | None = None
) -> Array:
    """Convert `x` to `framework`, sharing memory where that is possible and safe.

    Parameters
    ----------
    x
        Array of any framework, with any strides.
    framework
        ``auto`` or ``array_api`` (`x` itself, which implements the standard), ``memview``,
        or any framework with registered hooks: ``numpy``, ``torch`` (or ``pytorch``), ``jax``,
        ``cupy``, ``tensorflow`` (or ``tf``), those of other packages.
    device
        Device of the result; None for that of `x`, or the GPU if `framework` is ``cupy``. The host
        is ``cpu``.
    copy
        True always copies, False returns a view or raises an error, None copies only if necessary.

    Returns
    -------
    array or memoryview
        Same shape, dtype and values, without a gradient. Read-only memory never becomes writable:
        JAX and read-only arrays are copied for torch, whose tensors are always writable.

    Raises
    ------
    ValueError
        When the framework or device is unknown, a view is requested but impossible, or memory of
        another device would be copied to the host without a request.
    TypeError
        When the framework lacks the dtype, or it is disabled.
    ModuleNotFoundError
        When the framework is not installed.

    Notes
    -----
    JAX assumes that arrays are immutable: later writes to memory that it shares with a writable
    array are visible in JAX. Request a copy to avoid this.
    """
    name = _own_name(framework)
    x = shareable(x)
    if name in ("auto", framework_name(x)):
        return _on_device(x, device, copy=copy)
    xp = _namespace("numpy" if name == "memview" else name)
    _check_dtype(x, name, xp)
    target = None if device is None else _target(device, name, xp)
    if not on_host(x) and not is_host_device(target):
        return _between_devices(x, name, xp, target, copy=copy)
    if on_host(x):
        host = host_view(x)
    else:
        host, copy = _downloaded(x, copy=copy), None
    if name in _HOST_ONLY:
        host = host.copy() if copy else host
        return host if name == "numpy" else host.data
    return _from_host(host, name, xp, target, copy=copy)


def check_place(framework: str, device: Device) -> None:
    """Refuse an unknown framework or device before anything is read for it.

    Raises
    ------
    ValueError
        When the framework or device is unknown.
    ModuleNotFoundError
        When the framework is not installed.
    """
    name = _own_name(framework)
    if name == "auto":
        return
    xp = _namespace("numpy" if name == "memview" else name)
    if device is not None:
        _target(device, name, xp)


def _own_name(framework: str) -> str:
    """The name of a framework here, for the names that users know it by."""
    name = _OTHER_NAMES.get(framework, framework)
    if name not in frameworks():
        raise ValueError(
            f"unknown framework {framework!r}; use one of {', '.join(frameworks())}, pytorch, tf"
        )
    return name


def _on_device(x: Array, wanted: Device, *, copy: bool | None) -> Array:
    """Move `x` to the device `wanted` within its framework."""
    target = None if wanted is None else _target(wanted, framework_name(x), namespace_by_type(x))
    if target is None or target == device(x):
        return array_namespace(x).asarray(x, copy=True) if copy else x
    if copy is False:
        raise ValueError(f"an array on {device(x)} cannot be shared with {target}; allow a copy")
    return to_device(x, target)


def _downloaded(x: Array, *, copy: bool | None) -> NDArray[np.generic]:
    """Copy `x` from a device to a new NumPy array."""
    if copy is False:
        raise ValueError(f"an array on {device(x)} {_NOT_WITHOUT_REQUEST}")
    try:
        return to_host(x)
    except TypeError:  # a simulated device, which only its own framework can leave
        xp = namespace_by_type(x)
        return host_view(to_device(x, _target("cpu", framework_name(x), xp)))


def _between_devices(
    x: Array, name: str, xp: Namespace, target: Device, *, copy: bool | None
) -> Array:
    """Pass `x` on a device to another framework through DLPack."""
    takes = name not in _HOST_ONLY and hasattr(xp, "from_dlpack")
    if not takes or x.__dlpack_device__()[0] == 1:  # DLPack device type of the host
        raise ValueError(f"an array on {device(x)} {_NOT_WITHOUT_REQUEST}")
    if not is_writable(x):  # other frameworks could write to immutable memory
        if copy is False:
            raise ValueError(f"an immutable array of {framework_name(x)} cannot be shared")
        x, copy = array_namespace(x).asarray(x, copy=True), None
    try:
        taken = xp.from_dlpack(x)
    except (BufferError, RuntimeError, TypeError) as error:
        raise ValueError(f"{name} cannot take an array on {device(x)}: {error}") from error
    return _on_device(taken, target, copy=copy)


def _from_host(
    host: NDArray[np.generic], name: str, xp: Namespace, target: Device, *, copy: bool | None
) -> Array:
    """Pass host memory to another framework: shared on the host, uploaded to other devices."""
    away = not (target is None or is_host_device(target))
    uploads = away or not shares_host_memory(xp=xp)
    found = obstacle(host, on=target, xp=xp)
    reason = f"transfers to {target or name} always copy" if uploads else found
    if copy is False and reason is not None:
        raise ValueError(f"memory cannot be shared with {name} because {reason}; allow a copy")
    if found or (copy and not uploads):
        host = aligned_copy(host.astype(host.dtype.newbyteorder("="), copy=False))
    result = import_host(host, on=target, xp=xp)
    if copy is False and host.size and _address(result) != host.ctypes.data:
        raise ValueError(f"{name} cannot share such memory; allow a copy")
    return result


def _address(x: Array) -> int:
    """Address of the memory of an array on the host."""
    return int(x.data_ptr()) if hasattr(x, "data_ptr") else np.asarray(x).ctypes.data


def _check_dtype(x: Array, name: str, xp: Namespace) -> None:
    """Refuse dtypes that the framework lacks or would silently narrow."""
    dtype = dtype_name(x.dtype)
    if name in _HOST_ONLY:  # NumPy accepts bfloat16 of ml_dtypes; buffers do not
        native = name == "numpy" and isinstance(x.dtype, np.dtype)
        reason = None if native or dtype != "bfloat16" else f"{name} has no dtype {dtype}"
    else:
        reason = lacks_dtype(dtype, xp=xp)
    if reason:
        raise TypeError(f"{reason}; the array of {framework_name(x)} holds {dtype}")


def _target(wanted: Device, name: str, xp: Namespace) -> Device:
    """The device `wanted` in the notation of the framework `name`."""
    try:
        return device_named(wanted, xp=xp)
    except (AssertionError, IndexError, RuntimeError, ValueError) as error:
        reason = str(error).split("\n", maxsplit=1)[0]
        raise ValueError(f"{name} has no device {str(wanted)!r}: {reason}") from error


def _namespace(name: str) -> Namespace:
    """Import the framework called `name`."""
    try:
        return namespace_named(name)
    except ModuleNotFoundError as error:
        extras = {"cupy": "zimg-xp[cupy12] or zimg-xp[cupy13]", "tensorflow": "tensorflow"}
        extras |= {"array_api_strict": "zimg-xp[conformance]"}
        wanted = extras.get(name, f"zimg-xp[{name}]")
        raise ModuleNotFoundError(f"{name} is not installed; pip install {wanted} adds it") from (
            error
        )
