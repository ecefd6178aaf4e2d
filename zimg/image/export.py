"""The stored arrays in another framework: a view, a copy where there must be one, or an error."""

from importlib import import_module
from types import ModuleType

import numpy as np
from array_api_compat import to_device
from numpy.typing import NDArray

from zimg._dispatch import array_namespace, device
from zimg._typing import Array, Device
from zimg.image.host import aligned_copy
from zimg.image.interop import device_named, dtype_name, framework_name, on_host

_OTHER_NAMES = {"pytorch": "torch", "array_api": "auto"}
FRAMEWORKS = ("auto", "numpy", "torch", "jax", "cupy", "array_api_strict", "array_api", "memview")


def exported(
    x: Array, framework: str = "auto", *, device: Device = None, copy: bool | None = None
) -> Array:
    """`x` in `framework`, sharing memory where that is possible and safe.

    Parameters
    ----------
    x
        C-contiguous array of any framework.
    framework
        ``auto`` or ``array_api`` (that of `x`), ``numpy``, ``torch`` (or ``pytorch``), ``jax``,
        ``cupy``, ``array_api_strict``, ``memview``.
    device
        Where the result shall be; None for where `x` is. The host is asked for as ``cpu``.
    copy
        True: always a copy; False: a view or an error; None: a copy only where needed.

    Returns
    -------
    array or memoryview
        Same shape, dtype and values, without a gradient. Read-only memory never becomes writable.

    Raises
    ------
    ValueError
        When the framework is not known, sharing is asked for and impossible, or memory of another
        device would have to come to the host without being asked for.
    TypeError
        When the framework lacks the dtype.
    ModuleNotFoundError
        When the framework is not installed.
    """
    name = _OTHER_NAMES.get(framework, framework)
    if name not in FRAMEWORKS:
        raise ValueError(f"unknown framework {framework!r}; use one of {', '.join(FRAMEWORKS)}")
    x = x.detach() if hasattr(x, "detach") else x
    if name in ("auto", framework_name(x)):
        return _on_device(x, device, copy=copy)
    if name == "memview":
        return _host_view(x, device, copy=copy).data
    if not on_host(x) and name != "numpy" and str(device) != "cpu":
        return _between_devices(x, name, device, copy=copy)
    host = _host_view(x, device, copy=copy if name == "numpy" else None)
    return host if name == "numpy" else _from_host(host, name, device, copy=copy)


def _on_device(x: Array, wanted: Device, *, copy: bool | None) -> Array:
    """`x` in its own framework, on the device `wanted`."""
    xp = array_namespace(x)
    target = None if wanted is None else device_named(wanted, framework_name(x))
    if target is not None and target != device(x):
        if copy is False:
            raise ValueError(f"an array on {device(x)} cannot be shared with {wanted}")
        return to_device(x, target)
    return xp.asarray(x, copy=True) if copy else x


def _host_view(x: Array, wanted: Device, *, copy: bool | None) -> NDArray[np.generic]:
    """`x` as a NumPy array, a view wherever the host can read the memory."""
    if not on_host(x):
        if str(wanted) != "cpu" or copy is False:
            raise ValueError(f"array is on {device(x)}; device='cpu' without copy=False downloads")
        x, copy = _downloaded(x), None
    elif wanted is not None and str(wanted) != "cpu" and framework_name(x) == "numpy":
        device_named(wanted, "numpy")
    try:
        host = np.asarray(x)
    except TypeError as error:
        raise TypeError(f"NumPy cannot hold {dtype_name(x.dtype)}: {error}") from error
    return host.copy() if copy else host


def _downloaded(x: Array) -> Array:
    return x.get() if framework_name(x) == "cupy" else to_device(x, _host_of(x))


def _host_of(x: Array) -> Device:
    return device_named("cpu", framework_name(x))


def _between_devices(x: Array, name: str, wanted: Device, *, copy: bool | None) -> Array:
    """`x`, not on the host, in another framework by DLPack."""
    if framework_name(x) == "jax":  # other frameworks would write into what JAX holds immutable
        if copy is False:
            raise ValueError("an immutable JAX array cannot be shared with a framework that writes")
        x = array_namespace(x).array(x, copy=True)
    return _on_device(_module(name).from_dlpack(x), wanted, copy=copy)


def _from_host(host: NDArray[np.generic], name: str, wanted: Device, *, copy: bool | None) -> Array:
    """Host memory in another framework; shared on the host, uploaded to other devices."""
    module = _module(name)
    _check_dtype(host, name, module)
    convert = {"torch": _in_torch, "jax": _in_jax}.get(name, _in_namespace)
    target = None if wanted is None else device_named(wanted, name)
    result = convert(host.copy() if copy else host, module, target)
    if copy is False and not _shares(result, host):
        reason = "it is read-only" if not host.flags.writeable else "of its alignment or device"
        raise ValueError(f"memory cannot be shared with {name} because {reason}; allow a copy")
    return result


def _in_torch(host: NDArray[np.generic], torch: ModuleType, target: Device) -> Array:
    writable = (
        host if host.flags.writeable else host.copy()
    )  # torch writes through read-only memory
    return torch.from_numpy(writable).to(device=target)


def _in_jax(host: NDArray[np.generic], jax: ModuleType, target: Device) -> Array:
    return jax.device_put(host if _is_aligned(host) else aligned_copy(host), target)


def _in_namespace(host: NDArray[np.generic], module: ModuleType, target: Device) -> Array:
    return module.asarray(host) if target is None else module.asarray(host, device=target)


def _is_aligned(host: NDArray[np.generic]) -> bool:
    return host.ctypes.data % 64 == 0


def _shares(result: Array, host: NDArray[np.generic]) -> bool:
    """Whether `result` lies in the memory of `host`."""
    if not on_host(result):
        return False
    return bool(np.asarray(result).ctypes.data == host.ctypes.data)


def _check_dtype(host: NDArray[np.generic], name: str, module: ModuleType) -> None:
    """Refuse what the framework would narrow in silence, or does not know."""
    if name == "jax" and host.dtype.itemsize == 8 and not module.config.jax_enable_x64:
        raise TypeError(
            f"JAX has {host.dtype} switched off; jax.config.update('jax_enable_x64', True) "
            "switches it on"
        )
    if name != "jax" and not hasattr(module, dtype_name(host.dtype)):
        raise TypeError(f"{name} has no dtype {host.dtype}")


def _module(name: str) -> ModuleType:
    """The framework called `name`, imported."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        extra = "cupy12 or cupy13" if name == "cupy" else name
        raise ModuleNotFoundError(
            f"{name} is not installed; the extra of this name adds it: zimg-xp[{extra}]"
        ) from error
