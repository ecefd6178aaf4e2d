"""Frameworks and devices of this machine, as a certificate finds them."""

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
"""Devices that are looked for where none is asked for."""

REHEARSED = ("torch", "jax")
"""Frameworks whose arrays in host memory can pass for those of a GPU."""


@dataclass(frozen=True, slots=True)
class Place:
    """A device of a framework.

    Attributes
    ----------
    framework, device
        By name.
    missing
        Why nothing can run there; empty when something can.
    """

    framework: str
    device: str
    missing: str = ""

    @property
    def name(self) -> str:
        """``torch on cuda:0``."""
        return f"{self.framework} on {self.device}"

    @property
    def is_host(self) -> bool:
        """Whether this is a rehearsal on the CPU."""
        return self.device == "cpu"

    def put(self, host: Any) -> Array:
        """A NumPy array at this place."""
        xp = namespace_at(self.framework)
        return upload(np.ascontiguousarray(host), on=device_at(self.device, xp), xp=xp)

    def manner(self) -> AbstractContextManager[Any]:
        """How work runs here: on the CPU as if it were a GPU."""
        return pretended_gpu(self.framework) if self.is_host else nullcontext()


def namespace_at(framework: str) -> Namespace:
    """The namespace of a framework by name, as its arrays give it."""
    if framework == "jax":
        return namespace_named(framework)
    return import_module(f"array_api_compat.{framework}")


def device_at(name: str, xp: Namespace) -> Device:
    """A device by name."""
    return device_named(name, xp=xp)


def reached(framework: str, device: str) -> Place:
    """A device, tried with one small array."""
    if find_spec(framework) is None:
        return Place(framework, device, f"{framework} is not installed")
    place = Place(framework, device)
    try:
        answer = to_host(place.put(np.arange(3, dtype=np.int32)))
    except Exception as error:  # each framework, and each driver, has its own
        lines = str(error).strip().splitlines() or [type(error).__name__]
        return Place(framework, device, lines[0][:100])
    return place if answer.tolist() == [0, 1, 2] else Place(framework, device, f"reads {answer}")


def places(asked: str | None) -> list[Place]:
    """Every place to look at; the CPU is one where no device can be reached.

    Parameters
    ----------
    asked
        ``cuda:0``, ``mps``, ``cpu``: that device of every framework. None looks for GPUs.
    """
    found = [
        reached(framework, name)
        for framework, names in DEVICES.items()
        for name in ((asked,) if asked else names)
    ]
    if asked is None and all(place.missing for place in found):
        found += [reached(framework, "cpu") for framework in REHEARSED]
    return found
