"""Versions of packages and names of devices for the report."""

import platform
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

from zimg.testing import LANES, Lane, missing_device

PACKAGES = ("zimg-xp", "array-api-compat", "array-api-extra", "scipy", "pytest", "hypothesis")


def versions() -> dict[str, str]:
    """Versions of Python, of this library and of the frameworks that are installed."""
    found = {"python": platform.python_version()}
    found |= {name: version(name) for name in PACKAGES}
    for framework in dict.fromkeys(lane.framework for lane in LANES):
        if find_spec(framework) is not None:
            found[framework] = _version(framework)
    return found


def _version(framework: str) -> str:
    try:
        return version(framework.replace("_", "-"))
    except PackageNotFoundError:  # CuPy's packages are called after their CUDA version
        return str(getattr(import_module(framework), "__version__", "unknown"))


def device_name(lane: Lane) -> str:
    """Marketing name of the device of a lane."""
    if lane.gpu and (missing := missing_device(lane)):
        return missing
    if lane.gpu and lane.framework == "torch":
        return torch_device_name(import_module("torch"), lane.device or "cuda:0")
    if lane.gpu and lane.framework == "cupy":
        runtime: Any = import_module("cupy").cuda.runtime
        return str(runtime.getDeviceProperties(int(lane.device or 0))["name"].decode())
    if lane.framework == "jax":
        jax = import_module("jax")
        name, _, number = (lane.device or jax.default_backend()).partition(":")
        kind = str(jax.devices(name)[int(number or 0)].device_kind)
        return processor() if kind == "cpu" else kind
    return f"pretended device {lane.device}" if "strict" in lane.framework else processor()


def torch_device_name(torch: Any, on: str) -> str:
    """Name of a device of torch; Apple GPUs have no name."""
    name: Any = getattr(getattr(torch, on.partition(":")[0], None), "get_device_name", None)
    return str(name(on)) if name else on


def processor() -> str:
    """Processor architecture and system."""
    return f"{platform.machine()} {platform.system()} CPU"


def devices(lanes: list[str]) -> dict[str, str]:
    """Names of the devices of the lanes that ran."""
    return {lane.id: device_name(lane) for lane in LANES if lane.id in lanes}


def problem(framework: str | None) -> str | None:
    """Reason why nothing can run for a framework, or None."""
    known = sorted({lane.framework for lane in LANES})
    if framework is not None and framework not in known:
        return f"--backend {framework}: there are lanes for {', '.join(known)}"
    if framework is not None and find_spec(framework) is None:
        return f"--backend {framework}: the package is not installed"
    return None
