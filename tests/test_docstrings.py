"""Examples in docstrings are run, and every public callable has its sections."""

import doctest
import enum
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import zimg
from zimg.phantom import neurite

WITH_EXAMPLES = {
    "ZImg": zimg.ZImg,
    "ZImg.resize": zimg.ZImg.resize,
    "ZImg.save": zimg.ZImg.save,
    "ZImg.to_arrays": zimg.ZImg.to_arrays,
    "ZImgRegion": zimg.ZImgRegion,
    "ZImgSource": zimg.ZImgSource,
    "ZNeutubeAutoTrace": zimg.ZNeutubeAutoTrace,
    "ZNeutubeSkeletonize": zimg.ZNeutubeSkeletonize,
    "ZSwc": zimg.ZSwc,
    "ZSwcSubtract": zimg.ZSwcSubtract,
    "compare": zimg.compare,
    "contact_sheet": zimg.contact_sheet,
    "get_preset": zimg.neutube_json.get_preset,
    "open": zimg.open,
    "read": zimg.read,
    "skeletonize": zimg.skeletonize,
    "skeletonize_labels": zimg.skeletonize_labels,
    "subtract": zimg.subtract,
    "trace": zimg.trace,
    "trace_from": zimg.trace_from,
    "trace_path": zimg.trace_path,
    "write": zimg.write,
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the examples read."""
    volume = neurite().volume
    tifffile.imwrite(tmp_path / "cell.tif", volume)
    tifffile.imwrite(tmp_path / "mask.tif", (volume > volume.max() // 2).astype(np.uint8))
    neurite().tree.save(tmp_path / "cell.swc")
    zimg.ZSwc.from_arrays([[0, 0, 0]], 1, [-1]).save(tmp_path / "soma.swc")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_of_what_is_most_used_print_what_they_say(name: str) -> None:
    if name in ("read", "ZImg.to_arrays"):
        pytest.importorskip("torch")
    known = {"zimg": zimg, **{each: getattr(zimg, each) for each in zimg.__all__}}
    known["get_preset"] = zimg.neutube_json.get_preset
    finder = doctest.DocTestFinder(recurse=False)
    (examples,) = finder.find(WITH_EXAMPLES[name], name, module=False, globs=known)
    assert examples.examples, f"{name} has no example"
    result = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(examples)
    assert result.failed == 0


def public_callables() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Public functions, and the public methods of public classes, by name."""
    modules = [zimg.neutube_json]
    for name in sorted({*zimg.__all__, "open"}):
        each = getattr(zimg, name)
        if inspect.isfunction(each):
            yield name, each
        elif inspect.isclass(each) and not issubclass(each, enum.Enum | BaseException):
            yield from methods(each)
    for module in modules:
        for name in module.__all__:
            if inspect.isfunction(getattr(module, name)):
                yield f"{module.__name__}.{name}", getattr(module, name)


def methods(owner: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name in dir(owner):
        static = inspect.getattr_static(owner, name)
        function = getattr(static, "__func__", static)
        ours = str(getattr(function, "__module__", "")).startswith("zimg.")
        if inspect.isfunction(function) and ours and not name.startswith("_"):
            yield f"{owner.__name__}.{name}", function


CALLABLES = dict(public_callables())

# Callables that cannot fail: they only return, copy or reset what the object holds.
CANNOT_FAIL = {
    "ZImg.isEmpty",
    *(f"{name}.copy" for name in ("ZImgInfo", "ZImgRegion", "ZImgSource")),
    *(f"{name}.copy" for name in ("ZVoxelCoordinate", "col4")),
    "ZImgInfo.dataTypeString",
    *(f"{name}.{method}" for name in ("ZNeutubeAutoTrace", "ZNeutubeBlockedAutoTrace")
      for method in ("clearAlgoConfigOverrides", "clearTraceConfig", "hasResult", "outputSwcPath")),
    "ZNeutubeBlockedAutoTrace.outputSessionDir",
    *(f"ZNeutubeSkeletonize.{method}" for method in ("hasResult", "outputSwcPath", "to_task")),
    "ZSwcSubtract.to_task",
    *(f"ZSwc.{method}" for method in ("check", "labelSomaAndOthers", "resortID", "trees")),
    "ZSwc.to_napari",
    "doctor", "free_device_memory",
}  # fmt: skip


@pytest.mark.parametrize("name", CALLABLES)
def test_parameters_and_returns_are_documented(name: str) -> None:
    function = CALLABLES[name]
    text = inspect.getdoc(function) or ""
    signature = inspect.signature(function)
    if set(signature.parameters) - {"self", "cls"}:
        assert "Parameters\n----------\n" in text
    if signature.return_annotation not in (None, "None", inspect.Signature.empty):
        assert "Returns\n-------\n" in text


@pytest.mark.parametrize("name", CALLABLES)
def test_exceptions_are_documented(name: str) -> None:
    """Every public callable has a section Raises, except those that cannot fail."""
    text = inspect.getdoc(CALLABLES[name]) or ""
    assert ("Raises\n------\n" in text) == (name not in CANNOT_FAIL)


def test_the_callables_that_cannot_fail_exist() -> None:
    assert set(CALLABLES) >= CANNOT_FAIL
