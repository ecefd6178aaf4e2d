"""Memory facts for TensorFlow; no kernel hooks, because it does not implement the standard."""

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from zimg._typing import Array, Device, Namespace


def shares_host_memory(*, xp: Namespace) -> bool:
    """Never: it copies on the host too."""
    return False


def device_named(name: Device, /, *, xp: Namespace) -> Device:
    """Name of an existing device; TensorFlow would silently use the host for others."""
    kind, _, number = str(name).upper().replace("CUDA", "GPU").partition(":")
    devices = tf.config.list_logical_devices(kind)
    return str(devices[int(number or 0)].name)


def obstacle(host: NDArray[np.generic], /, *, on: Device = None, xp: Namespace) -> str | None:
    """Only the byte order, because everything is copied."""
    return None if host.dtype.isnative else f"of its byte order {host.dtype.str}"


def import_host(host: NDArray[np.generic], /, *, on: Device = None, xp: Namespace) -> Array:
    """Copy to the device `on`, or to the host."""
    with tf.device(on or "cpu"):
        return tf.convert_to_tensor(host)
