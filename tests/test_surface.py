"""The public names: what the reference has, what we deliver, what comes later and what never."""

import inspect
import pkgutil
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import zimg
from tests.reference import surface
from zimg import Dimension, FileFormat, ZImg, ZImgInfo, ZImgRegion, ZImgSource

NAMES = surface.RECORD["names"]
DELIVERED = [name for name in NAMES if surface.status(name) == "delivered"]
CALLS = [
    pytest.param(f"{name}.{member}", form, id=f"{name}.{member}({form})")
    for name in DELIVERED
    for member in surface.members(name)
    for form in surface.forms(f"{name}.{member}")
]
DIFFERENT = surface.RECORD["different"]
OURS = {
    "BlockedSkeletonizer",
    "BlockedTracer",
    "SkeletonizeConfig",
    "TraceWarning",
    "__version__",
    "compare",
    "contact_sheet",
    "doctor",
    "free_device_memory",
    "patches",
    "read",
    "skeletonize",
    "skeletonize_labels",
    "subtract",
    "trace",
    "trace_from",
    "trace_many",
    "trace_path",
    "write",
}

TRACE_OPTIONS = {
    *(
        "channel",
        "time",
        "z_to_xy",
        "downsample",
        "positions",
        "config",
        "level",
        "overrides",
        "resample",
    ),
    *("mode", "clutter", "trees", "soma", "invert", "dtype", "progress", "cancel"),
}


@pytest.mark.parametrize("name", DELIVERED)
def test_a_delivered_name_has_every_recorded_member(name: str) -> None:
    missing = [m for m in surface.members(name) if surface.found(f"{name}.{m}") is None]
    assert surface.found(name) is not None
    assert not missing


@pytest.mark.parametrize("absent", [n for names in surface.ABSENT.values() for n in names])
def test_a_name_is_recorded_as_missing_only_while_it_is(absent: str) -> None:
    assert surface.found(absent) is None, "it is there: take it off the list in surface.json"


@pytest.mark.parametrize(("dotted", "form"), CALLS)
def test_a_call_takes_the_arguments_of_the_reference(dotted: str, form: str) -> None:
    problem = surface.mismatch(dotted, form)
    assert bool(problem) == (f"{dotted}({form})" in DIFFERENT), problem or "it fits: take it off"


def test_what_is_called_differently_is_a_recorded_call_with_a_reason() -> None:
    assert set(DIFFERENT) <= {f"{call.values[0]}({call.values[1]})" for call in CALLS}
    assert all(DIFFERENT.values())


@pytest.mark.parametrize(
    "name", [n for n in DELIVERED if NAMES[n]["kind"] in ("enum", "exception")]
)
def test_members_of_enumerations_and_bases_are_those_of_the_reference(name: str) -> None:
    ours = getattr(zimg, name)
    members = NAMES[name]["members"]
    assert {member: ours[member].value for member in members} == members
    assert {base.__name__ for base in ours.__mro__} >= set(NAMES[name]["bases"])
    assert [repr(ours[m]) for m in members] == [str(ours[m]) for m in members]
    assert [str(ours[m]) for m in members] == [f"{name}.{m}" for m in members]


@pytest.mark.parametrize("name", [n for n in DELIVERED if "rw" in NAMES[n]["members"].values()])
def test_fields_are_read_and_written_where_the_reference_does(name: str) -> None:
    for member, access in NAMES[name]["members"].items():
        field = inspect.getattr_static(getattr(zimg, name), member, None)
        if isinstance(field, property):
            assert (field.fset is not None) == (access == "rw"), member


def test_the_page_of_the_manual_is_up_to_date() -> None:
    page = Path(__file__).parents[1] / "docs" / "surface.md"
    assert page.read_text(encoding="utf-8") == surface.page(), (
        "run python -m tests.reference.surface > docs/surface.md"
    )


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("surface") / "small.tif"
    tifffile.imwrite(path, np.arange(60, dtype=np.uint8).reshape(3, 4, 5), photometric="minisblack")
    return str(path)


REGION = ZImgRegion((1, 0, 0, 0, 0), (3, -1, -1, -1, -1))


@pytest.mark.parametrize(
    ("args", "options", "shape"),
    [
        ((), {}, (0, 0, 0, 0, 0)),
        ((ZImgInfo(5, 4, 3, 2, 2),), {}, (2, 2, 3, 4, 5)),
        (("file",), {}, (1, 1, 3, 4, 5)),
        (("file", REGION, 0, 1, 1, 1, FileFormat.Tiff), {}, (1, 1, 3, 4, 2)),
        ((), {"filename": "file", "region": REGION, "scene": 0, "xRatio": 1}, (1, 1, 3, 4, 2)),
        ((), {"filename": "file", "yRatio": 1, "zRatio": 1, "format": 3}, (1, 1, 3, 4, 5)),
        ((["file", "file"], Dimension.C, False), {}, (1, 2, 3, 4, 5)),
        ((["file"], 2, False, REGION, 0, 1, 1, 1, 3, True, False), {}, (1, 1, 3, 4, 2)),
        ((), {"filenames": ["file"] * 2, "catDim": 4, "catScenes": True}, (2, 1, 3, 4, 5)),
        (("source",), {}, (1, 1, 3, 4, 5)),
        (("source", 1, 1, 1), {}, (1, 1, 3, 4, 5)),
        ((), {"imgSource": "source", "xRatio": 1, "yRatio": 1, "zRatio": 1}, (1, 1, 3, 4, 5)),
        (("array",), {}, (1, 2, 3, 4, 5)),
        (("array", ZImgInfo(), False, "CZYX"), {}, (1, 2, 3, 4, 5)),
        ((), {"ndarray": "array", "imgInfo": ZImgInfo(), "layout": "ZCYX"}, (1, 3, 2, 4, 5)),
        ((["array", "array"],), {}, (2, 2, 3, 4, 5)),
        ((["array", "array"], ZImgInfo(), False, "CZYX"), {}, (2, 2, 3, 4, 5)),
        ((), {"listOfndarray": ["array"], "copy_if_needed": True}, (1, 2, 3, 4, 5)),
    ],
)
def test_each_form_of_the_constructor_of_an_image(
    args: tuple[Any, ...], options: dict[str, Any], shape: tuple[int, ...], file: str
) -> None:
    made = {"file": file, "source": ZImgSource(file), "array": np.zeros((2, 3, 4, 5), np.uint8)}

    def filled(value: Any) -> Any:
        if isinstance(value, list):
            return [filled(item) for item in value]
        return made.get(value, value) if isinstance(value, str) else value

    image = ZImg(*map(filled, args), **{name: filled(value) for name, value in options.items()})
    assert image.shape == shape


def test_the_public_names_are_the_delivered_ones_and_ours() -> None:
    assert set(zimg.__all__) == set(DELIVERED) | OURS
    assert dir(zimg) == sorted([*zimg.__all__, "open"])


def test_a_star_import_leaves_the_builtin_open_alone() -> None:
    names: dict[str, object] = {}
    exec("from zimg import *", names)
    assert "read" in names
    assert "open" not in names
    assert zimg.open is not open


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
