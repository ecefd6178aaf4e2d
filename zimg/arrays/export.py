"""The stored arrays in another framework: a view, a copy where there must be one, or an error."""

from importlib import import_module
from types import ModuleType

import numpy as np
from array_api_compat import to_device
from numpy.typing import NDArray

from zimg._dispatch import array_namespace, device
from zimg._typing import Array, Device
from zimg.arrays.host import ALIGNMENT, aligned_copy
from zimg.arrays.interop import device_named, dtype_name, framework_name, on_host

_OTHER_NAMES = {"pytorch": "torch", "tf": "tensorflow", "array_api": "auto"}
_HOST_ONLY = ("numpy", "memview")
_COPYING = ("cupy", "tensorflow")  # the latter copies on the host too
FRAMEWORKS = (
    *("auto", "numpy", "torch", "jax", "cupy", "tensorflow"),
    *("array_api_strict", "array_api", "memview"),
)
_NOT_WITHOUT_REQUEST = "cannot be shared there; device='cpu' without copy=False downloads it"


def exported(
    x: Array, framework: str = "auto", *, device: Device = None, copy: bool | None = None
) -> Array:
    """`x` in `framework`, sharing memory where that is possible and safe.

    Parameters
    ----------
    x
        Array of any framework, with any strides.
    framework
        ``auto`` or ``array_api`` (`x` itself, which has the methods of the standard), ``numpy``,
        ``torch`` (or ``pytorch``), ``jax``, ``cupy``, ``tensorflow`` (or ``tf``),
        ``array_api_strict``, ``memview``.
    device
        Where the result shall be; None for where `x` is, or the GPU when `framework` is ``cupy``.
        The host is asked for as ``cpu``.
    copy
        True: always a copy; False: a view or an error; None: a copy only where needed.

    Returns
    -------
    array or memoryview
        Same shape, dtype and values, without a gradient. Read-only memory never becomes writable:
        what JAX and read-only arrays hold is copied for torch, which can write to anything.

    Raises
    ------
    ValueError
        When the framework or device is not known, sharing is asked for and impossible, or memory
        of another device would have to come to the host without being asked for.
    TypeError
        When the framework lacks the dtype, or has it switched off.
    ModuleNotFoundError
        When the framework is not installed.

    Notes
    -----
    JAX takes its arrays to be immutable, and shows what is written later to memory that it shares
    with a writable array. Ask for a copy where one shall not see the other.
    """
    name = _OTHER_NAMES.get(framework, framework)
    if name not in FRAMEWORKS:
        raise ValueError(
            f"unknown framework {framework!r}; use one of {', '.join(FRAMEWORKS)}, pytorch, tf"
        )
    x = x.detach() if hasattr(x, "detach") else x
    if name in ("auto", framework_name(x)):
        return _on_device(x, device, copy=copy)
    module = None if name in _HOST_ONLY else _module(name)
    _check_dtype(x, name, module)
    target = None if device is None else _target(device, name)
    if not on_host(x) and not _is_host(target):
        return _between_devices(x, name, target, copy=copy)
    if on_host(x):
        host = _host_view(x)
    else:
        host, copy = _downloaded(x, copy=copy), None
    if module is None:
        host = host.copy() if copy else host
        return host if name == "numpy" else host.data
    return _from_host(host, name, module, target, copy=copy)


def _on_device(x: Array, wanted: Device, *, copy: bool | None) -> Array:
    """`x` in its own framework, on the device `wanted`."""
    target = None if wanted is None else _target(wanted, framework_name(x))
    if target is None or target == device(x):
        return array_namespace(x).asarray(x, copy=True) if copy else x
    if copy is False:
        raise ValueError(f"an array on {device(x)} cannot be shared with {target}; allow a copy")
    return to_device(x, target)


def _host_view(x: Array) -> NDArray[np.generic]:
    """The memory of `x`, which is on the host, as a NumPy array."""
    if framework_name(x) == "torch" and dtype_name(x.dtype) == "bfloat16":
        bits = np.asarray(x.view(import_module("torch").uint16))
        return bits.view(import_module("ml_dtypes").bfloat16)
    return np.asarray(x)


def _downloaded(x: Array, *, copy: bool | None) -> NDArray[np.generic]:
    """`x`, which is not on the host, as a new NumPy array."""
    if copy is False:
        raise ValueError(f"an array on {device(x)} {_NOT_WITHOUT_REQUEST}")
    if framework_name(x) == "cupy":
        return np.asarray(x.get())
    return _host_view(to_device(x, _target("cpu", framework_name(x))))


def _between_devices(x: Array, name: str, target: Device, *, copy: bool | None) -> Array:
    """`x`, not on the host, in another framework by DLPack."""
    takes = {"torch": "torch", "jax": "jax.numpy", "cupy": "cupy"}.get(name)
    if takes is None or x.__dlpack_device__()[0] == 1:  # DLPack's number of the host
        raise ValueError(f"an array on {device(x)} {_NOT_WITHOUT_REQUEST}")
    if framework_name(x) == "jax":  # other frameworks would write into what JAX holds immutable
        if copy is False:
            raise ValueError("an immutable JAX array cannot be shared with a framework that writes")
        x, copy = array_namespace(x).array(x, copy=True), None
    return _on_device(import_module(takes).from_dlpack(x), target, copy=copy)


def _from_host(
    host: NDArray[np.generic], name: str, module: ModuleType, target: Device, *, copy: bool | None
) -> Array:
    """Host memory in another framework; shared on the host, uploaded to other devices."""
    uploads = name in _COPYING or not (target is None or _is_host(target))
    seen = not uploads or name == "torch" or not host.dtype.isnative  # by whom uploads are made
    obstacle = _obstacle(host, name) if seen else None
    reason = f"what goes to {target or name} is copied" if uploads else obstacle
    if copy is False and reason is not None:
        raise ValueError(f"memory cannot be shared with {name} because {reason}; allow a copy")
    if obstacle or (copy and not uploads):
        host = aligned_copy(host.astype(host.dtype.newbyteorder("="), copy=False))
    convert = {"torch": _in_torch, "jax": _in_jax, "cupy": _in_cupy}
    convert["tensorflow"] = _in_tensorflow
    result: Array = convert.get(name, _in_namespace)(host, module, target)
    if copy is False and host.size and _address(result) != host.ctypes.data:
        raise ValueError(f"{name} copies such memory instead of sharing it; allow a copy")
    return result


def _obstacle(host: NDArray[np.generic], name: str) -> str | None:
    """Why `name` cannot share host memory, or must not; None when it can."""
    if not host.dtype.isnative:
        return f"of its byte order {host.dtype.str}"
    if name != "torch" and host.size == 0:
        return None
    if name == "jax":
        if not host.flags.c_contiguous:
            return f"its strides {host.strides} are not those of C order"
        aligned = host.ctypes.data % ALIGNMENT == 0
        return None if aligned else f"of its alignment: not to multiples of {ALIGNMENT} bytes"
    if name == "torch" and not host.flags.writeable:
        return "it is read-only"
    if name == "torch" and any(step < 0 or step % host.itemsize for step in host.strides):
        return f"of its strides {host.strides}"
    return None if host.flags.aligned else f"of its alignment: not to its type {host.dtype}"


def _in_torch(host: NDArray[np.generic], torch: ModuleType, target: Device) -> Array:
    if host.dtype.name == "bfloat16":
        bits = torch.from_numpy(host.view(np.uint16))
        return bits.view(torch.bfloat16).to(device=target)
    return torch.from_numpy(host).to(device=target)


def _in_jax(host: NDArray[np.generic], jax: ModuleType, target: Device) -> Array:
    return jax.device_put(host, jax.devices("cpu")[0] if target is None else target)


def _in_tensorflow(host: NDArray[np.generic], tensorflow: ModuleType, target: Device) -> Array:
    with tensorflow.device(target or "cpu"):
        return tensorflow.convert_to_tensor(host)


def _in_cupy(host: NDArray[np.generic], cupy: ModuleType, target: Device) -> Array:
    with cupy.cuda.Device() if target is None else target:
        return cupy.asarray(host)


def _in_namespace(host: NDArray[np.generic], module: ModuleType, target: Device) -> Array:
    if target is None or _is_host(target):
        return module.asarray(host)
    return module.asarray(host, device=target, copy=True)


def _address(x: Array) -> int:
    """Where the memory of an array on the host starts."""
    return int(x.data_ptr()) if hasattr(x, "data_ptr") else np.asarray(x).ctypes.data


def _check_dtype(x: Array, name: str, module: ModuleType | None) -> None:
    """Refuse what the framework would narrow in silence, or does not know."""
    dtype = dtype_name(x.dtype)
    if name == "jax" and dtype.endswith("64") and not import_module("jax").config.jax_enable_x64:
        raise TypeError(
            f"JAX has {dtype} switched off; jax.config.update('jax_enable_x64', True) "
            "switches it on"
        )
    if module is None:  # NumPy has the bfloat16 that JAX gives it, and buffers have none
        known = dtype != "bfloat16" or (name == "numpy" and framework_name(x) != "torch")
    else:
        known = name == "jax" or hasattr(module, dtype) or hasattr(module, f"{dtype}_")
    if not known:
        raise TypeError(f"{name} has no dtype {dtype} for what {framework_name(x)} holds")


def _is_host(target: Device) -> bool:
    """Whether a device, of any framework, is the host."""
    return "cpu" in str(target).lower()


def _target(wanted: Device, name: str) -> Device:
    """The device `wanted` as arrays of the framework `name` report it."""
    if name in _HOST_ONLY:
        if not _is_host(wanted):
            raise ValueError(f"{name} has no device {str(wanted)!r}; it has 'cpu' only")
        return "cpu"
    try:
        if name == "tensorflow":
            return _tensorflow_device(str(wanted))
        found = device_named(wanted, name)
        # Torch compares 'cuda' and 'cuda:0' as different devices; its arrays are on the latter.
        return import_module(name).empty(0, device=found).device if name == "torch" else found
    except (AssertionError, IndexError, RuntimeError) as error:
        reason = str(error).split("\n", maxsplit=1)[0]
        raise ValueError(f"{name} has no device {str(wanted)!r}: {reason}") from error


def _tensorflow_device(wanted: str) -> str:
    """Name of a device that exists: for others TensorFlow takes the host in silence."""
    kind, _, number = wanted.upper().replace("CUDA", "GPU").partition(":")
    devices = import_module("tensorflow").config.list_logical_devices(kind)
    return str(devices[int(number or 0)].name)


def _module(name: str) -> ModuleType:
    """The framework called `name`, imported."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        extras = {"cupy": "zimg-xp[cupy12] or zimg-xp[cupy13]", "tensorflow": "tensorflow"}
        extras |= {"array_api_strict": "zimg-xp[conformance]"}
        wanted = extras.get(name, f"zimg-xp[{name}]")
        raise ModuleNotFoundError(f"{name} is not installed; pip install {wanted} adds it") from (
            error
        )
