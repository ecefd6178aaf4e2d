"""What `inspect.signature` and type checkers are told of functions with several forms."""

from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any, get_overloads

import pytest

from zimg import ZImg, ZImgSource

SEVERAL_FORMS: dict[str, Callable[..., Any]] = {
    "ZImg": ZImg.__init__,
    "ZImgSource": ZImgSource.__init__,
    "readImgInfos": ZImg.readImgInfos,
    "readSubBlock": ZImg.readSubBlock.__func__,  # type: ignore[attr-defined]
    "readSubBlockLists": ZImg.readSubBlockLists,
    "getInternalSubRegions": ZImg.getInternalSubRegions,
}


def options(function: Callable[..., Any]) -> dict[str, Any]:
    """Arguments that can be named, with their defaults."""
    named = (Parameter.KEYWORD_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    return {
        name: ... if parameter.default is Parameter.empty else parameter.default
        for name, parameter in signature(function).parameters.items()
        if parameter.kind in named and name not in ("self", "cls")
    }


@pytest.mark.parametrize("name", SEVERAL_FORMS)
def test_the_signature_names_what_the_overloads_take(name: str) -> None:
    function = SEVERAL_FORMS[name]
    shown = options(function)
    overloads = [options(getattr(each, "__func__", each)) for each in get_overloads(function)]
    assert len(overloads) > 1
    assert set(shown) == set().union(*overloads)
    for option, default in shown.items():
        assert default in [each[option] for each in overloads if option in each]


@pytest.mark.parametrize("made", [ZImg, ZImgSource])
def test_a_class_shows_the_signature_without_self(made: type) -> None:
    names = list(signature(made).parameters)
    assert names[0] == "args"
    assert {"filename", "filenames", "region", "scene"} <= set(names)
