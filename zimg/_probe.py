"""Describe one framework as one line of JSON; a script that needs only the standard library.

`zimg.diagnosis` runs it in a process of its own, since an import may fail in ways that no handler
catches. It therefore imports nothing of this library but hooks.
"""

import json
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

GIB = 2**30

KEEP_PROGRAMS = "JAX_COMPILATION_CACHE_DIR=FOLDER"
"""Setting of the environment that makes JAX keep what it has compiled."""


def probed(framework: str) -> dict[str, Any]:
    """Version, devices, notes and hooks of a framework that can be imported.

    Parameters
    ----------
    framework
        Name to import.

    Returns
    -------
    dict
        ``version``, ``devices`` (list of texts), ``notes`` (list of texts) and ``hooks`` (``none``,
        ``registered``, or what their import fails with).
    """
    module = import_module(framework)
    devices, notes = _LOOKS.get(framework, _nothing)(module)
    version = str(getattr(module, "__version__", "unknown"))
    return {"version": version, "devices": devices, "notes": notes, "hooks": _hooks(framework)}


def _hooks(framework: str) -> str:
    """Whether native replacements are registered for a framework, and can be imported."""
    for entry in entry_points(group="zimg.backends", name=framework):
        try:
            entry.load()
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return "registered"
    return "none"


def _nothing(_: Any) -> tuple[list[str], list[str]]:
    return [], []


def _on_cpu(_: Any) -> tuple[list[str], list[str]]:
    return ["cpu"], []


def _torch(torch: Any) -> tuple[list[str], list[str]]:
    devices = ["cpu"]
    for number in range(torch.cuda.device_count()):
        found = torch.cuda.get_device_properties(number)
        devices.append(f"cuda:{number} {found.name}, {found.total_memory / GIB:.1f} GiB")
    if torch.backends.mps.is_available():
        devices.append("mps")
    return devices, []


def _jax(jax: Any) -> tuple[list[str], list[str]]:
    found = jax.devices()
    devices = [f"{each.platform}:{each.id} {each.device_kind}" for each in found]
    if not any(each.platform == "cpu" for each in found):
        devices.append("cpu")
    state = "on" if jax.config.jax_enable_x64 else "off (jax_enable_x64 switches it on)"
    folder = jax.config.jax_compilation_cache_dir
    kept = f"kept in {folder}" if folder else f"lost at exit ({KEEP_PROGRAMS} keeps them)"
    return devices, [f"64-bit types {state}", f"compiled programs {kept}"]


def _cupy(cupy: Any) -> tuple[list[str], list[str]]:
    runtime, devices = cupy.cuda.runtime, []
    for number in range(runtime.getDeviceCount()):
        found = runtime.getDeviceProperties(number)
        memory = found["totalGlobalMem"] / GIB
        devices.append(f"cuda:{number} {found['name'].decode()}, {memory:.1f} GiB")
    return devices, []


def _numba(_: Any) -> tuple[list[str], list[str]]:
    """Whether compiled code works, as the library's own hooks see it."""
    hooks = next(iter(entry_points(group="zimg.backends", name="numpy"))).load()
    found = hooks._compiled.status()
    if found.problem:
        return [], [f"not used: {found.problem}"]
    threads = f"{found.threads} thread{'s' if found.threads > 1 else ''}"
    kept = f"machine code in {found.cache}" if found.cache else "no folder for machine code"
    return [threads], [kept]


_LOOKS: dict[str, Callable[[Any], tuple[list[str], list[str]]]] = {
    "numpy": _on_cpu,
    "torch": _torch,
    "jax": _jax,
    "cupy": _cupy,
    "numba": _numba,
}


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(probed(sys.argv[1])) + "\n")
