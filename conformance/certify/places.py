"""Find the frameworks and devices of this machine."""

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from zimg._dispatch import namespace_named
from zimg._typing import Array, Device, Namespace
from zimg.ops import to_host, upload
from zimg.ops.memory import device_named

from .pretending import pretended_gpu

DEVICES = {"torch": ("cuda:0", "mps", "xpu:0"), "jax": ("gpu:0",), "cupy": ("cuda:0",)}
"""Devices to try if none is requested."""

TWO = "--xla_force_host_platform_device_count=2"

REHEARSED = ("torch", "jax")
"""Frameworks whose host arrays can simulate a GPU."""


@dataclass(frozen=True, slots=True)
class Place:
    """A device of a framework.

    Attributes
    ----------
    framework, device
        By name.
    missing
        Reason why nothing can run there; empty if the device works.
    """

    framework: str
    device: str
    missing: str = ""

    @property
    def name(self) -> str:
        """``torch on cuda:0``."""
        simulated = ", simulating a GPU" if self.device.startswith("cpu") else ""
        return f"{self.framework} on {self.device}{simulated}"

    @property
    def is_host(self) -> bool:
        """Whether a GPU is simulated on the CPU."""
        return self.device == "cpu"

    def put(self, host: Any) -> Array:
        """Upload a NumPy array."""
        xp = namespace_at(self.framework)
        return upload(np.ascontiguousarray(host), on=device_at(self.device, xp), xp=xp)

    def manner(self) -> AbstractContextManager[Any]:
        """Context for workloads: a simulated GPU if this is a CPU."""
        return pretended_gpu(self.framework) if self.device.startswith("cpu") else nullcontext()


def namespace_at(framework: str) -> Namespace:
    """Array API namespace of a framework."""
    if framework == "jax":
        return namespace_named(framework)
    return import_module(f"array_api_compat.{framework}")


def device_at(name: str, xp: Namespace) -> Device:
    """A device by name."""
    return device_named(name, xp=xp)


def reached(framework: str, device: str) -> Place:
    """Try a device with a small array."""
    if find_spec(framework) is None:
        return Place(framework, device, f"{framework} is not installed")
    place = Place(framework, device)
    try:
        answer = to_host(place.put(np.arange(3, dtype=np.int32)))
    except Exception as error:  # each framework, and each driver, has its own
        lines = str(error).strip().splitlines() or [type(error).__name__]
        return Place(framework, device, lines[0].partition(". ")[0])
    return place if answer.tolist() == [0, 1, 2] else Place(framework, device, f"reads {answer}")


def offer_second_host_device() -> None:
    """Let JAX have two CPU devices, unless it is imported: a rehearsal needs a second one."""
    if "jax" not in sys.modules:
        flags = os.environ.get("XLA_FLAGS", "")
        if TWO.partition("=")[0] not in flags:
            # XLA reads no flag behind a word without dashes (intra_op_parallelism_threads=1).
            os.environ["XLA_FLAGS"] = f"{TWO} {flags}".strip()


def places(asked: str | None) -> list[Place]:
    """All places to check; the CPU is included if no device works.

    Parameters
    ----------
    asked
        A device such as ``cuda:0``, ``mps`` or ``cpu``, tried for every framework; None tries all
        types of GPUs.
    """
    found = [
        reached(framework, name)
        for framework, names in DEVICES.items()
        for name in ((asked,) if asked else names)
    ]
    if asked is None and all(place.missing for place in found):
        found += [reached(framework, "cpu") for framework in REHEARSED]
    return found
