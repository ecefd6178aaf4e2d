"""The public names: what the reference has, what we deliver, what comes later and what never."""

import inspect
import json
import pkgutil
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import zimg

SURFACE: dict[str, Any] = json.loads(
    (Path(__file__).parent / "data" / "surface.json").read_text(encoding="utf-8")
)
DELIVERED = sorted(SURFACE["delivered"])
OURS = {"__version__", "read", "trace"}

TRACE_OPTIONS = {
    *("channel", "time", "z_to_xy", "downsample", "config", "level", "overrides", "resample"),
    *("mode", "dtype", "progress", "cancel"),
}


def absent() -> list[str]:
    """Names of the reference that are said to be missing, each under a reason."""
    groups = [*SURFACE["later"].values(), *SURFACE["out_of_scope"].values()]
    return sorted(name for group in groups for name in group)


def has(dotted: str) -> bool:
    """Whether `zimg` has the name; a field without default counts, though the class lacks it."""
    name, _, member = dotted.partition(".")
    owner = getattr(zimg, name, None)
    if not member:
        return owner is not None
    return hasattr(owner, member) or member in getattr(owner, "__dataclass_fields__", {})


@pytest.mark.parametrize("name", DELIVERED)
def test_a_delivered_name_has_every_recorded_member(name: str) -> None:
    missing = [m for m in SURFACE["delivered"][name] if not has(f"{name}.{m}")]
    assert has(name)
    assert not missing


@pytest.mark.parametrize("dotted", absent())
def test_a_name_is_recorded_as_missing_only_while_it_is(dotted: str) -> None:
    assert not has(dotted), "it is there now: move it to `delivered` in tests/data/surface.json"


def test_the_public_names_are_the_delivered_ones_and_ours() -> None:
    assert set(zimg.__all__) == set(DELIVERED) | OURS
    assert dir(zimg) == sorted(zimg.__all__)


@pytest.mark.parametrize("name", zimg.__all__)
def test_every_public_name_can_be_used(name: str) -> None:
    assert getattr(zimg, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'ZImage'"):
        zimg.ZImage  # noqa: B018 (reading the name is the test)


@pytest.mark.parametrize("package", ["zimg", "zimg.image", "zimg.io", "zimg.swc", "zimg.tracing"])
def test_no_public_function_or_class_has_the_name_of_a_module_beside_it(package: str) -> None:
    modules = {module.name for module in pkgutil.iter_modules(import_module(package).__path__)}
    names = {name for name in zimg.__all__ if not inspect.ismodule(getattr(zimg, name))}
    assert not names & (modules | {"backends", "conformance", "skeletons"})


def test_trace_takes_the_image_alone_by_position_and_all_options_by_name() -> None:
    first, *rest = inspect.signature(zimg.trace).parameters.values()
    assert first.kind is inspect.Parameter.POSITIONAL_ONLY
    assert {option.name for option in rest} == TRACE_OPTIONS
    assert all(option.kind is inspect.Parameter.KEYWORD_ONLY for option in rest)


def test_read_takes_the_path_and_region_scene_framework_device_by_name() -> None:
    parameters = inspect.signature(zimg.read).parameters
    options = {n for n, p in parameters.items() if p.kind is inspect.Parameter.KEYWORD_ONLY}
    assert {"region", "scene", "framework", "device"} <= options
