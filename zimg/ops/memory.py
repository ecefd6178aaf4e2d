"""Facts about the memory of frameworks: location, sharing, and obstacles to sharing.

Each function has an answer that fits most array libraries; a framework's module of hooks may give
its own under the same name.
"""

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace, device, framework_of, memory_fact
from zimg._typing import Array, Device, Namespace

_HOST = 1  # DLPack's number of the host


@memory_fact
def on_host(x: Array, /, *, xp: Namespace | None = None) -> bool:
    """Whether the host can read the memory of `x` directly."""
    return is_host_device(device(x))


def is_host_device(on: Device) -> bool:
    """Whether a device, of any framework, is the host."""
    return "cpu" in str(on).lower()


def is_shared(on: Device) -> bool:
    """Whether arrays on the device `on` can share host memory; None means the host."""
    return on is None or is_host_device(on)


@memory_fact
def host_view(x: Array, /, *, xp: Namespace | None = None) -> NDArray[np.generic]:
    """View the host memory of `x` as a NumPy array."""
    return np.asarray(x)


@memory_fact
def is_contiguous(x: Array, /, *, xp: Namespace | None = None) -> bool:
    """Whether the memory of `x` is in C order, axes of size 1 aside."""
    if hasattr(x, "flags"):
        return bool(x.flags.c_contiguous)
    if on_host(x):
        return bool(np.asarray(x).flags.c_contiguous)
    if x.__dlpack_device__()[0] == _HOST:  # a pretended device
        return bool(np.from_dlpack(x).flags.c_contiguous)
    try:  # strides on other devices are unknown; this succeeds for C order only
        array_namespace(x).reshape(x, (-1,), copy=False)
    except (AttributeError, ValueError):
        return False
    return True


@memory_fact
def is_writable(x: Array, /, *, xp: Namespace | None = None) -> bool:
    """Whether others may write to the memory of `x`."""
    if not hasattr(x, "flags") and on_host(x):
        x = np.asarray(x)
    return bool(getattr(getattr(x, "flags", None), "writeable", True))


@memory_fact
def copies_when_sliced(x: Array, /, *, xp: Namespace | None = None) -> bool:
    """Whether indexing and reshaping `x` copy, although a view of its host memory would not."""
    return False


@memory_fact
def device_named(name: Device, /, *, xp: Namespace) -> Device:
    """A device by name, such as ``cpu`` or ``cuda:0``, as arrays report it, or a device itself.

    Raises
    ------
    ValueError
        When there is no such device.
    """
    listed = xp.__array_namespace_info__().devices()
    if not isinstance(name, str) and name in listed:
        return name
    alike = [d for d in listed if str(d) == name or f"'{name}'" in str(d)]
    alike += [d for d in listed if name == "cpu" and is_host_device(d)]
    if not alike:
        raise ValueError(f"it lists {', '.join(map(str, listed))}")
    return alike[0]


@memory_fact
def lacks_dtype(name: str, /, *, xp: Namespace) -> str | None:
    """Reason why a framework cannot hold a dtype, as a sentence, or None."""
    known = hasattr(xp, name) or hasattr(xp, f"{name}_")
    return None if known else f"{framework_of(xp)} has no dtype {name}"


@memory_fact
def shares_host_memory(*, xp: Namespace) -> bool:
    """Whether arrays of the framework can share memory of the host at all."""
    return True


@memory_fact
def obstacle(host: NDArray[np.generic], /, *, on: Device = None, xp: Namespace) -> str | None:
    """Reason why `import_host` needs a copy of `host`, as the end of a sentence, or None.

    The generic answer asks for native byte order and, on the host, the alignment of the type.
    """
    if not host.dtype.isnative:
        return f"of its byte order {host.dtype.str}"
    if is_shared(on) and host.size and not host.flags.aligned:
        return f"of its alignment: not to its type {host.dtype}"
    return None


@memory_fact
def import_host(host: NDArray[np.generic], /, *, on: Device = None, xp: Namespace) -> Array:
    """Host memory without an `obstacle` as an array: shared on the host, uploaded elsewhere.

    Parameters
    ----------
    host
        Any shape, in native byte order.
    on
        Device as `device_named` gives it; None for the host, or for the default device
        of a framework without arrays on the host.
    """
    if is_shared(on):
        return xp.asarray(host, device=None)
    return xp.asarray(host, device=on, copy=True)


@memory_fact
def shareable(x: Array, /, *, xp: Namespace | None = None) -> Array:
    """`x` in a form that can be exported by DLPack."""
    return x


@memory_fact
def settled(x: Array, /, *, xp: Namespace | None = None) -> Array:
    """`x` in a single block of memory without lazy views; `x` itself if it is one already."""
    return x


@memory_fact
def free_memory(x: Array, /, *, xp: Namespace | None = None) -> int | None:
    """Free memory on the device of `x` in bytes; None if it is not reported."""
    return None
