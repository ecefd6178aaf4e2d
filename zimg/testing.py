"""Test lanes: the frameworks and test doubles on which tests and conformance run.

Other packages add theirs through the entry points of the group ``zimg.lanes``.
"""

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.metadata import PackageNotFoundError, entry_points, version
from importlib.util import find_spec
from typing import Any

import pytest
from array_api_extra.testing import patch_lazy_xp_functions
from numpy.typing import NDArray

from zimg._dispatch import array_namespace, framework_of
from zimg._typing import Array, Device, Namespace
from zimg.ops import to_host

ENTRY_POINTS = "zimg.lanes"
CHOICE = "ZIMG_CONFORMANCE"
"""Environment variable of a run: ``torch``, or ``torch=cuda:1`` to name a device as well."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One column of the test matrix: namespace, device and disabled features.

    Attributes
    ----------
    id
        Short name of the column, unique.
    module
        Import name of the namespace.
    device
        Device in the notation of the framework; None for its default.
    strictest
        Whether to disable boolean indexing and data-dependent shapes (array-api-strict only).
    gpu
        Whether the lane needs a GPU.
    """

    id: str
    module: str
    device: str | None
    strictest: bool = False
    gpu: bool = False

    @property
    def framework(self) -> str:
        """Name of the package and of its hooks."""
        return self.module.removeprefix("array_api_compat.").split(".")[0]


OWN_LANES = (
    Lane("numpy", "array_api_compat.numpy", "cpu"),
    Lane("strict", "array_api_strict", "CPU_DEVICE"),
    Lane("strictest", "array_api_strict", "CPU_DEVICE", strictest=True),
    Lane("strict-device1", "array_api_strict", "device1"),
    Lane("strict-no_float64", "array_api_strict", "no_float64"),
    Lane("torch", "array_api_compat.torch", "cpu"),
    Lane("torch-cuda", "array_api_compat.torch", "cuda:0", gpu=True),
    Lane("jax", "jax.numpy", "cpu"),
    Lane("cupy", "array_api_compat.cupy", None, gpu=True),
)
"""Lanes of every run: a skipped lane reports that a GPU is missing."""

OTHER_DEVICES = (
    Lane("torch-mps", "array_api_compat.torch", "mps", gpu=True),
    Lane("torch-xpu", "array_api_compat.torch", "xpu:0", gpu=True),
    Lane("jax-gpu", "jax.numpy", "gpu:0", gpu=True),
)
"""Lanes of machines that may have such a device, and of runs that ask for it."""

JAX_PLUGINS = ("jax-cuda12-plugin", "jax-cuda13-plugin", "jax-rocm7-plugin", "jax-rocm60-plugin")


def added_lanes() -> tuple[Lane, ...]:
    """Lanes of other packages: each entry point names a `Lane` or a function that returns one."""
    found = []
    for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name):
        made = entry.load()
        lane = made() if callable(made) else made
        if not isinstance(lane, Lane):
            raise TypeError(f"the lane {entry.value} is a {type(lane).__name__}, not a Lane")
        found.append(lane)
    return tuple(found)


def chosen() -> tuple[str | None, str | None]:
    """Framework and device requested by the environment; None for all."""
    framework, _, on = os.environ.get(CHOICE, "").partition("=")
    return framework or None, on or None


def likely_lanes() -> tuple[Lane, ...]:
    """The other devices that this machine may have; no framework is imported to find out."""
    likely = {
        "torch-mps": sys.platform == "darwin" and platform.machine() == "arm64",
        "torch-xpu": "+xpu" in _version("torch"),
        "jax-gpu": any(map(_version, JAX_PLUGINS)),
    }
    return tuple(lane for lane in OTHER_DEVICES if likely[lane.id])


def _version(package: str) -> str:
    """Version of an installed package, empty for others."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def with_device(lanes: tuple[Lane, ...], framework: str, on: str) -> tuple[Lane, ...]:
    """`lanes`, those of `framework` reduced to one on the device `on`, with the flags of that.

    Parameters
    ----------
    lanes
        All lanes; at least one is of `framework`.
    framework, on
        As in ``--backend`` and ``--device``: ``torch`` and ``mps``, ``jax`` and ``gpu:0``.
    """
    own = [lane for lane in lanes if lane.framework == framework]
    others = tuple(lane for lane in lanes if lane.framework != framework)
    kind = on.partition(":")[0]
    alike = [lane for lane in (*own, *OTHER_DEVICES) if _is_kind(lane, framework, kind)]
    if alike:
        return (*others, replace(alike[0], device=on))
    if framework not in ("torch", "jax"):  # one kind of device, or a package that selects its own
        return (*others, replace(own[0], device=on))
    moved = replace(own[0], id=f"{framework}-{kind}", device=on, gpu=kind != "cpu")
    return (*others, moved)


def _is_kind(lane: Lane, framework: str, kind: str) -> bool:
    return lane.framework == framework and (lane.device or "").partition(":")[0] == kind


def all_lanes() -> tuple[Lane, ...]:
    """Every lane of this run."""
    lanes = OWN_LANES + likely_lanes() + added_lanes()
    if len({lane.id for lane in lanes}) != len(lanes):
        raise ValueError(f"lane ids must be unique, got {sorted(lane.id for lane in lanes)}")
    framework, on = chosen()
    return with_device(lanes, framework, on) if framework and on else lanes


LANES = all_lanes()


def lane_parameters(lanes: tuple[Lane, ...] = LANES) -> list[Any]:
    """`lanes` as parameters of a fixture; those that need a GPU carry the mark ``gpu``."""
    return [
        pytest.param(lane, id=lane.id, marks=[pytest.mark.gpu] if lane.gpu else [])
        for lane in lanes
    ]


def namespace_of(lane: Lane) -> Namespace:
    """Import the namespace of `lane`, or skip the test with the reason."""
    pytest.importorskip(lane.framework, reason=f"{lane.framework} is not installed")
    if lane.gpu and (missing := missing_device(lane)):
        pytest.skip(missing)
    return import_module(lane.module)


def missing_device(lane: Lane) -> str | None:
    """Reason why a GPU lane cannot run, or None; lanes of other packages decide themselves."""
    if lane.framework not in ("torch", "jax", "cupy"):
        return None
    if find_spec(lane.framework) is None:
        return f"{lane.framework} is not installed"
    found = {"torch": _torch_has, "jax": _jax_has, "cupy": _cupy_has}[lane.framework]
    return found(import_module(lane.framework), lane.device or "0")


def _torch_has(torch: Any, on: str) -> str | None:
    kind, _, number = on.partition(":")
    module = torch.backends.mps if kind == "mps" else getattr(torch, kind, None)
    if module is None or not module.is_available():
        return f"torch finds no {'CUDA' if kind == 'cuda' else kind} device"
    count = 1 if kind == "mps" else module.device_count()
    return None if int(number or 0) < count else f"torch finds {count} devices, not {on}"


def _jax_has(jax: Any, on: str) -> str | None:
    kind, _, number = on.partition(":")
    try:
        found = jax.devices(kind)
    except RuntimeError as error:
        return f"jax finds no {kind} device: {error}"
    return None if int(number or 0) < len(found) else f"jax finds {len(found)} devices, not {on}"


def _cupy_has(cupy: Any, _: str) -> str | None:
    try:
        return None if cupy.cuda.runtime.getDeviceCount() else "cupy finds no device"
    except cupy.cuda.runtime.CUDARuntimeError as error:
        return f"cupy finds no device: {error}"


def device_of(lane: Lane, xp: Namespace) -> Device:
    """The device of `lane` in the form that arrays of `xp` report."""
    framework = framework_of(xp)
    if framework == "numpy":
        return "cpu"
    if framework == "torch":
        return xp.device(lane.device)
    if framework == "array_api_strict":
        return xp.Device(lane.device)
    if lane.device is None:
        return xp.zeros(1, dtype=xp.int8).device
    return _listed_device(lane.device, framework, xp)


def _listed_device(name: str, framework: str, xp: Namespace) -> Device:
    """A device by name: ``gpu:0`` on JAX, a number on CuPy, elsewhere as the namespace lists it."""
    platform, _, number = name.partition(":")
    if framework == "jax":
        return import_module("jax").devices(platform)[int(number or 0)]
    if framework == "cupy":
        return import_module("cupy").cuda.Device(int(number or platform))
    listed = {str(each): each for each in xp.__array_namespace_info__().devices()}
    if name not in listed:
        raise ValueError(f"device {name!r} of {framework}: it lists {sorted(listed)}")
    return listed[name]


def _restrictions(lane: Lane, xp: Namespace) -> AbstractContextManager[Any]:
    if not lane.strictest:
        return nullcontext()
    flags: AbstractContextManager[Any] = xp.ArrayAPIStrictFlags(
        boolean_indexing=False, data_dependent_shapes=False
    )
    return flags


@pytest.fixture(params=lane_parameters())
def lane(request: pytest.FixtureRequest) -> Lane:
    """The lane that a test runs in."""
    chosen: Lane = request.param
    return chosen


@pytest.fixture
def xp(lane: Lane, request: pytest.FixtureRequest) -> Iterator[Namespace]:
    """Namespace of the lane; on JAX, functions marked by `lazy_xp_function` run under jit."""
    namespace = namespace_of(lane)
    with _restrictions(lane, namespace), patch_lazy_xp_functions(request, xp=namespace):
        yield namespace


@pytest.fixture
def device(lane: Lane, xp: Namespace) -> Device:
    """Device of the lane: pass it to every creation function of a test."""
    return device_of(lane, xp)


def bring_home(x: Array) -> NDArray[Any]:
    """Convert `x` to NumPy for assertions, also from the simulated devices of strict lanes."""
    xp = array_namespace(x)
    if framework_of(xp) == "array_api_strict":
        x = x.to_device(xp.Device("CPU_DEVICE"))
    return to_host(x)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks of the lanes; a conftest takes this function over by import."""
    config.addinivalue_line("markers", "gpu: needs a GPU; select with -m gpu")
